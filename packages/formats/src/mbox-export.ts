// Writes messages as mbox files, one for each mailbox, quoted as mboxrd does, so that every byte comes back. What an mbox cannot hold (flags,
// the exact date, that a message does not end with a line end) is in the manifest: no header is added to a message (C1). An interrupted
// export reads what it finds, proves it and goes on behind it. It must never hold more of a message than the slice that it came in, but
// for small ones, nor give a file its name before it is whole.
import { createHash, type Hash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Digest, showPath } from "@packetboat/core";
import { AppendedFile } from "./appended-file.ts";
import {
  type ExportMailbox,
  type ExportMessage,
  type ExportOptions,
  type ExportOutcome,
  type ExportSubject,
  exportToDirectory,
  mailboxLines,
  type Put,
  placeOf,
} from "./export-frame.ts";
import { mailboxDirectories } from "./file-names.ts";
import { fromLine, LineRewriter } from "./from-lines.ts";
import { take } from "./message-file.ts";
import { syncDirectory } from "./text-file.ts";

const LF = Buffer.from("\n", "latin1");
const READ_BYTES = 1_048_576;

/** Exports to `directory`, as exportEml does: `INBOX.mbox`, `Work.mbox`, `Work/2024.mbox`. Empty mailboxes are empty files. */
export async function exportMbox(
  directory: string,
  subject: ExportSubject,
  mailboxes: readonly ExportMailbox[],
  messages: AsyncIterable<ExportMessage>,
  options: ExportOptions = {},
): Promise<ExportOutcome> {
  const names = mailboxDirectories(mailboxes.map(({ path }) => path));
  const places: ReadonlyMap<string, string> = new Map([...names].map(([key, name]) => [key, `${name}.mbox`]));
  const about = { format: "mbox", subject, options };
  return await exportToDirectory(directory, about, mailboxLines(mailboxes, places), async (into) => {
    const waiting = new Set<string>(places.values());
    let box: MboxFile | null = null;
    const next = async (place: string): Promise<MboxFile> => {
      waiting.delete(place);
      return await MboxFile.begin(directory, place, into.resumed);
    };
    const done = async (file: MboxFile): Promise<void> => {
      await into.sums.line(`${await file.finish()}  ${file.place}`);
    };
    try {
      for await (const message of messages) {
        into.record.check();
        const place = placeOf(places, message.mailbox);
        if (box?.place !== place) {
          if (box !== null) await done(box);
          box = await next(place);
        }
        await into.record.add(message, await box.put(message));
      }
      if (box !== null) await done(box);
      for (const place of waiting) {
        box = await next(place);
        await done(box);
      }
    } finally {
      await box?.close();
    }
  });
}

class MboxFile {
  readonly place: string;
  readonly #path: string;
  readonly #file: AppendedFile;
  #hash: Hash = createHash("sha256");

  private constructor(place: string, path: string, file: AppendedFile) {
    this.place = place;
    this.#path = path;
    this.#file = file;
  }

  static async begin(directory: string, place: string, resumed: boolean): Promise<MboxFile> {
    const path = join(directory, place);
    await mkdir(dirname(path), { recursive: true });
    if (resumed && existsSync(path)) await rename(path, `${path}.part`);
    return new MboxFile(place, path, await AppendedFile.open(`${path}.part`, resumed));
  }

  async put(message: ExportMessage): Promise<Put> {
    const path = this.place;
    if (this.#file.found > 0) {
      const length = await this.#lengthOfWhole(message);
      if (length !== null) {
        await this.#file.take(length);
        return { kind: "there", path };
      }
      // What lies behind is of no use: a message's place follows from those before it.
      await this.#file.cutTo(this.#file.position);
    }
    const begun = this.#file.position;
    const hash = this.#hash.copy();
    if (await this.#write(message)) return { kind: "written", path };
    await this.#file.cutTo(begun);
    this.#hash = hash;
    return { kind: "damaged", path: `${showPath(message.mailbox)}, message ${message.id}` };
  }

  async #append(bytes: Buffer): Promise<void> {
    this.#hash.update(bytes);
    await this.#file.append(bytes);
  }

  async #write({ bytes, size, internalDate }: ExportMessage): Promise<boolean> {
    await this.#append(Buffer.from(fromLine(internalDate), "latin1"));
    const rewriter = new LineRewriter("quote");
    let last: number | undefined;
    const whole = await take({ bytes }, async (slice) => {
      last = slice.at(-1) ?? last;
      await this.#append(rewriter.push(slice));
    });
    await this.#append(rewriter.end());
    await this.#append(endOf(size, last));
    return whole;
  }

  /** Reads the message that should lie at the position; its length with all that belongs to it, or null when it is not exactly that. */
  async #lengthOfWhole({ sha256, size, internalDate }: ExportMessage): Promise<number | null> {
    const from = Buffer.from(fromLine(internalDate), "latin1");
    const begun = this.#file.position;
    const all = this.#hash.copy();
    const head = await this.#file.read(begun, from.length);
    if (!head.equals(from)) return null;
    all.update(head);
    const found = await this.#readMessage(begun + head.length, size, all);
    if (found === null || found.sha256 !== sha256) return null;
    const end = endOf(size, found.last);
    if (!(await this.#file.read(found.end, end.length)).equals(end)) return null;
    this.#hash = all.update(end);
    return found.end + end.length - begun;
  }

  async #readMessage(
    from: number,
    size: number,
    all: Hash,
  ): Promise<{ readonly end: number; readonly sha256: Digest; readonly last: number | undefined } | null> {
    const own = createHash("sha256");
    const rewriter = new LineRewriter("unquote");
    let at = from;
    let left = size;
    let last: number | undefined;
    const took = (bytes: Buffer): void => {
      own.update(bytes);
      left -= bytes.length;
      last = bytes.at(-1) ?? last;
    };
    while (left > 0) {
      // Never more than what is missing: marks make it longer, so the message does not end before.
      const bytes = await this.#file.read(at, Math.min(left - rewriter.heldBytes, READ_BYTES));
      if (bytes.length === 0) return null;
      at += bytes.length;
      all.update(bytes);
      took(rewriter.push(bytes));
      // What the rewriter holds back would be read over and over.
      if (left > 0 && rewriter.heldBytes >= left) took(rewriter.end());
    }
    return left === 0 ? { end: at, sha256: own.digest("hex"), last } : null;
  }

  /** Puts the file in its place and gives its digest. */
  async finish(): Promise<Digest> {
    await this.#file.finish();
    await rename(`${this.#path}.part`, this.#path);
    await syncDirectory(dirname(this.#path));
    return this.#hash.digest("hex");
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** What follows a message: a line end where it has none, and an empty line. Nothing of nothing ends with one. */
export function endOf(size: number, last: number | undefined): Buffer {
  return size === 0 || last === LF[0] ? LF : Buffer.concat([LF, LF]);
}
