// An export as a download: the same files as the exports to a directory write, with the same manifest, in one zip that is given out while it is
// made. A message is proved before any of it is given out: a small one in memory, a large one in a spooled file. It must never hold more of the
// mail than one small message, nor end as if it were whole when something failed.
import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { pathKey, showPath } from "@packetboat/core";
import {
  aboutText,
  type ExportMailbox,
  type ExportMessage,
  type ExportOptions,
  type ExportOutcome,
  ExportRecord,
  type ExportSubject,
  mailboxLines,
  placeOf,
} from "./export-frame.ts";
import { ABOUT, MAILBOXES, MANIFEST, mailboxDirectories, messageFileName, SUMS } from "./file-names.ts";
import { fromLine, LineRewriter } from "./from-lines.ts";
import { INBOX, subscriptionsOf } from "./maildir-export.ts";
import { KeywordLetters, maildirDirectories, maildirFileName } from "./maildir-names.ts";
import { endOf } from "./mbox-export.ts";
import { take } from "./message-file.ts";
import { TextFile } from "./text-file.ts";
import { toUtf7 } from "./utf7.ts";
import { ZipStream } from "./zip-stream.ts";

/** `zip` is laid out as `eml` is: a file for each message. */
export type PackedFormat = "eml" | "mbox" | "maildir" | "zip";

export interface PackedOptions extends ExportOptions {
  /** An empty directory for what must be written before it can be given out; whoever gave it removes it. */
  readonly spool: string;
}

/** Messages up to this size are proved in memory. */
const SMALL_BYTES = 1_048_576;

interface Packing {
  readonly zip: ZipStream;
  readonly record: ExportRecord;
  readonly sums: TextFile;
  readonly spool: string;
}

type Given = AsyncGenerator<Uint8Array>;

/** Gives the zip, and what is in it. Throws what the messages throw, and the reason of an aborted signal: what was given is of no use then. */
export async function* exportPacked(
  format: PackedFormat,
  subject: ExportSubject,
  mailboxes: readonly ExportMailbox[],
  messages: AsyncIterable<ExportMessage>,
  options: PackedOptions,
): AsyncGenerator<Uint8Array, ExportOutcome> {
  const { spool } = options;
  const zip = await ZipStream.begin(join(spool, "directory"));
  const record = await ExportRecord.begin(join(spool, MANIFEST), subject, options);
  const sums = await TextFile.begin(join(spool, SUMS));
  try {
    yield* zip.small(ABOUT, null, Buffer.from(aboutText(format, subject)));
    const { places, give } = LAYOUTS[format](mailboxes);
    yield* give({ zip, record, sums, spool }, messages);
    const lines = Buffer.from(mailboxLines(mailboxes, places));
    yield* zip.small(MAILBOXES, null, lines);
    await sums.line(`${createHash("sha256").update(lines).digest("hex")}  ${MAILBOXES}`);
    await sums.line(`${await record.finish()}  ${MANIFEST}`);
    await sums.finish();
    for (const name of [MANIFEST, SUMS]) yield* zip.large(name, null, createReadStream(join(spool, name)));
    yield* zip.finish();
    return record.outcome;
  } finally {
    await record.close();
    await sums.close();
    await zip.close();
  }
}

/** Where mailboxes lie, and how their messages are given. */
interface Layout {
  readonly places: ReadonlyMap<string, string>;
  readonly give: (into: Packing, messages: AsyncIterable<ExportMessage>) => Given;
}

const LAYOUTS: Readonly<Record<PackedFormat, (mailboxes: readonly ExportMailbox[]) => Layout>> = {
  eml: emlLayout,
  zip: emlLayout,
  mbox: mboxLayout,
  maildir: maildirLayout,
};

function emlLayout(mailboxes: readonly ExportMailbox[]): Layout {
  const places = mailboxDirectories(mailboxes.map(({ path }) => path));
  const give = async function* (into: Packing, messages: AsyncIterable<ExportMessage>): Given {
    for (const place of places.values()) yield* into.zip.directory(`${place}/`);
    for await (const message of messages) {
      into.record.check();
      const place = placeOf(places, message.mailbox);
      yield* giveFile(into, `${place}/${messageFileName(message.internalDate, message.id)}`, message);
    }
  };
  return { places, give };
}

function maildirLayout(mailboxes: readonly ExportMailbox[]): Layout {
  const places = maildirDirectories(
    [...mailboxes, INBOX].map(({ path }) => path),
    toUtf7,
  );
  const below = (place: string, name: string): string => (place === "" ? name : `${place}/${name}`);
  const give = async function* (into: Packing, messages: AsyncIterable<ExportMessage>): Given {
    const { zip } = into;
    for (const place of new Set(places.values())) {
      for (const name of ["cur", "new", "tmp"]) yield* zip.directory(`${below(place, name)}/`);
      if (place !== "") yield* zip.small(`${place}/maildirfolder`, null, Buffer.alloc(0));
    }
    yield* zip.small("subscriptions", null, Buffer.from(subscriptionsOf(mailboxes, places)));
    for await (const one of byMailbox(messages)) {
      const place = placeOf(places, one.mailbox);
      const keywords = new KeywordLetters();
      for await (const message of one.messages) {
        into.record.check();
        const name = maildirFileName(message, keywords.of(message.flags));
        yield* giveFile(into, below(place, `cur/${name}`), message);
      }
      const text = keywords.text();
      if (text !== "") yield* zip.small(below(place, "dovecot-keywords"), null, Buffer.from(text));
    }
  };
  return { places, give };
}

function mboxLayout(mailboxes: readonly ExportMailbox[]): Layout {
  const names = mailboxDirectories(mailboxes.map(({ path }) => path));
  const places: ReadonlyMap<string, string> = new Map([...names].map(([key, name]) => [key, `${name}.mbox`]));
  const give = async function* (into: Packing, messages: AsyncIterable<ExportMessage>): Given {
    const { zip, sums } = into;
    const waiting = new Set<string>(places.values());
    const box = async function* (place: string, of: AsyncIterable<ExportMessage>): Given {
      waiting.delete(place);
      const hash = createHash("sha256");
      yield* zip.large(place, null, hashed(mboxBytes(into, place, of), hash));
      await sums.line(`${hash.digest("hex")}  ${place}`);
    };
    for await (const one of byMailbox(messages)) yield* box(placeOf(places, one.mailbox), one.messages);
    for (const place of waiting) yield* box(place, none());
  };
  return { places, give };
}

async function* none(): AsyncGenerator<never> {
  // An empty mailbox is an empty file.
}

/** A message as a file of its own. */
async function* giveFile(into: Packing, path: string, message: ExportMessage): Given {
  const whole = await proved(message, into.spool);
  if (whole === null) {
    await into.record.add(message, { kind: "damaged", path });
    return;
  }
  if (whole.kind === "memory") yield* into.zip.small(path, message.internalDate, whole.bytes);
  else yield* into.zip.large(path, message.internalDate, createReadStream(whole.path));
  await into.record.add(message, { kind: "written", path });
  await into.sums.line(`${message.sha256}  ${path}`);
}

/** The bytes of a mailbox's mbox. Damaged messages are left out. */
async function* mboxBytes(into: Packing, place: string, messages: AsyncIterable<ExportMessage>): Given {
  for await (const message of messages) {
    into.record.check();
    const whole = await proved(message, into.spool);
    if (whole === null) {
      const path = `${showPath(message.mailbox)}, message ${message.id}`;
      await into.record.add(message, { kind: "damaged", path });
      continue;
    }
    yield Buffer.from(fromLine(message.internalDate), "latin1");
    const rewriter = new LineRewriter("quote");
    let last: number | undefined;
    for await (const slice of whole.kind === "memory" ? [whole.bytes] : createReadStream(whole.path)) {
      const bytes = slice as Buffer;
      last = bytes.at(-1) ?? last;
      yield rewriter.push(bytes);
    }
    yield rewriter.end();
    yield endOf(message.size, last);
    await into.record.add(message, { kind: "written", path: place });
  }
}

type Proved =
  | { readonly kind: "memory"; readonly bytes: Buffer }
  | { readonly kind: "file"; readonly path: string }
  /** The archive's bytes are not those that were stored. */
  | null;

/** The bytes of a message, all of them, before any is given out: what is on its way to a reader cannot be taken back. */
async function proved(message: ExportMessage, spool: string): Promise<Proved> {
  if (message.size <= SMALL_BYTES) {
    const slices: Uint8Array[] = [];
    const whole = await take(message, (slice) => {
      slices.push(slice);
    });
    return whole ? { kind: "memory", bytes: Buffer.concat(slices) } : null;
  }
  const path = join(spool, "message");
  await rm(path, { force: true });
  const file = await open(path, "wx", 0o600);
  try {
    return (await take(message, (slice) => file.writeFile(slice))) ? { kind: "file", path } : null;
  } finally {
    await file.close();
  }
}

async function* hashed(bytes: AsyncIterable<Uint8Array>, hash: Hash): Given {
  for await (const slice of bytes) {
    hash.update(slice);
    yield slice;
  }
}

interface OfMailbox {
  readonly mailbox: ExportMessage["mailbox"];
  readonly messages: AsyncGenerator<ExportMessage>;
}

/** The messages of each mailbox, which follow each other: walk those of one before asking for the next. */
async function* byMailbox(all: AsyncIterable<ExportMessage>): AsyncGenerator<OfMailbox> {
  const source = all[Symbol.asyncIterator]();
  try {
    let next = await source.next();
    while (next.done !== true) {
      const { mailbox } = next.value;
      const key = pathKey(mailbox);
      const messages = async function* (): AsyncGenerator<ExportMessage> {
        while (next.done !== true && pathKey(next.value.mailbox) === key) {
          yield next.value;
          next = await source.next();
        }
      };
      yield { mailbox, messages: messages() };
    }
  } finally {
    await source.return?.();
  }
}
