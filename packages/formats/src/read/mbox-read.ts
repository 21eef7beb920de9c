// Reads mbox files of all four dialects: mboxo, mboxrd, mboxcl, mboxcl2, and what Google Takeout makes of one. Flags come from the headers that
// mail programs write, the date from the From_ line. It must never change a byte but the marks before From_ lines and the line ends
// (asMail), nor guess further than it can tell: a dialect can be named.
import { type MailboxPath, normalFlags } from "@packetboat/core";
import { type Quoting, unquoted } from "../from-lines.ts";
import { gmailPlace, keptStatus, withoutMozillaNotes } from "./kept-headers.ts";
import { type MboxPart, splitMbox } from "./mbox-split.ts";
import {
  asFailure,
  asMail,
  counted,
  type FilePath,
  failed,
  placeOfFile,
  type ReadOptions,
  type SourceFile,
  type SourceItem,
  type SourceTree,
  TOO_LARGE,
} from "./source.ts";

/** `auto`: marks are taken off as mboxrd puts them, and Content-Length counts where it is right. */
export type Dialect = "auto" | "mboxo" | "mboxrd" | "mboxcl" | "mboxcl2";
/** Who wrote it, where that matters. */
export type MboxWriter = "any" | "gmail" | "thunderbird";

export interface MboxAbout {
  readonly mailbox: MailboxPath;
  readonly dialect: Dialect;
  readonly writer: MboxWriter;
}

/** Gives the messages of one mbox. */
export async function* readMboxFile(
  file: SourceFile,
  about: MboxAbout,
  options: ReadOptions,
): AsyncGenerator<SourceItem> {
  const place = placeOfFile(file.path);
  const marks = new Marks(about.dialect);
  let number = 0;
  try {
    for await (const part of mboxParts(file, about.dialect, options)) {
      if (part.kind === "stray") {
        if (number === 0 && part.bytes === file.size)
          yield failed(place, "damaged", "It is no mbox: no line begins with From.");
        else yield failed(place, "damaged", `${counted(part.bytes, "byte")} before the first message belong to none.`);
        continue;
      }
      number++;
      yield itemOf(part, `${place}, message ${number}`, { marks, about, options });
    }
  } catch (error) {
    yield asFailure(place, error);
  }
}

/** The parts of an mbox, with what was read of it told. */
export async function* mboxParts(file: SourceFile, dialect: Dialect, options: ReadOptions): AsyncGenerator<MboxPart> {
  const lengths = dialect === "auto" || dialect === "mboxcl" || dialect === "mboxcl2";
  yield* splitMbox(told(file.bytes(), options), { lengths, size: file.size });
}

async function* told(chunks: AsyncIterable<Buffer>, options: ReadOptions): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    options.onRead?.(chunk.length);
    yield chunk;
  }
}

interface Around {
  readonly marks: Marks;
  readonly about: MboxAbout;
  readonly options: ReadOptions;
}

function itemOf(part: Exclude<MboxPart, { kind: "stray" }>, place: string, around: Around): SourceItem {
  const { marks, about, options } = around;
  if (part.kind === "tooLarge") return failed(place, "tooLarge", TOO_LARGE);
  const plain = marks.off(part.bytes, part.byLength);
  const status = keptStatus(plain);
  const gmail = about.writer === "gmail" ? gmailPlace(plain) : null;
  const removed = about.writer === "thunderbird" && status.isRemoved;
  return {
    kind: "message",
    // Removed and still in the file: nobody's mail any more.
    mailboxes: removed ? [] : (gmail?.mailboxes ?? [about.mailbox]),
    flags: normalFlags([...status.flags, ...(gmail?.flags ?? [])]),
    internalDate: part.from.date,
    bytes: asMail(about.writer === "thunderbird" ? withoutMozillaNotes(plain) : plain, options),
    place,
  };
}

/** Whether marks are taken off, and which: in an mboxcl2 there are none, and such a file shows itself by lines without. */
class Marks {
  readonly #dialect: Dialect;
  #isCl2 = false;

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  off(bytes: Buffer, byLength: boolean): Buffer {
    const quoting = this.#quotingOf(bytes, byLength);
    return quoting === null ? bytes : unquoted(bytes, quoting);
  }

  #quotingOf(bytes: Buffer, byLength: boolean): Quoting | null {
    if (this.#dialect === "mboxcl2") return null;
    if (this.#dialect !== "auto") return this.#dialect === "mboxrd" ? "rd" : "o";
    if (!byLength) return "rd";
    this.#isCl2 ||= bytes.includes("\nFrom ");
    return this.#isCl2 ? null : "o";
  }
}

/** What a directory of mboxes holds beside them, by its name. */
const NO_MBOX = /\.(msf|dat|imap|json|jsonl|html?|txt|log|md|toc|idx|cache|lock|pdf|sqlite.*)$|^\.|~$/i;

/** Reads every mbox of a tree: the mailbox of `Work/2024.mbox` is Work/2024, that of `INBOX.mbox` and of a lone `mbox` is INBOX. */
export async function* readMboxTree(
  tree: SourceTree,
  root: FilePath,
  how: { readonly dialect: Dialect; readonly writer: MboxWriter },
  options: ReadOptions,
): AsyncGenerator<SourceItem> {
  const { directories, files } = await tree.list(root);
  for (const name of files) {
    if (NO_MBOX.test(name)) continue;
    const file = await tree.file([...root, name]);
    // One that cannot be read may be an mbox: reading it says why not, by name.
    if (file === null || (!/\.mbox$/i.test(name) && !(await beginsLikeMbox(file).catch(() => true)))) continue;
    const mailbox = mailboxOf([...root, name]);
    if (how.writer !== "gmail") yield { kind: "mailbox", path: mailbox, role: null, subscribed: true };
    yield* readMboxFile(file, { mailbox, ...how }, options);
  }
  for (const name of directories) if (!name.startsWith(".")) yield* readMboxTree(tree, [...root, name], how, options);
}

function mailboxOf(path: FilePath): MailboxPath {
  const name = (path.at(-1) ?? "").replace(/\.mbox$/i, "");
  // Apple Mail keeps `Work.mbox/mbox`.
  const parent = path.slice(0, -1).map((segment) => segment.replace(/\.(mbox|sbd)$/i, ""));
  if (name.toLowerCase() === "mbox") return parent.length === 0 ? ["INBOX"] : parent;
  return [...parent, name];
}

export async function beginsLikeMbox(file: SourceFile): Promise<boolean> {
  return /^(?:\xef\xbb\xbf)?[\r\n]*From /.test((await headOf(file)).toString("latin1"));
}

/** The first bytes of a file. */
export async function headOf(file: SourceFile, bytes = 4_096): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of file.bytes()) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= bytes) break;
  }
  return Buffer.concat(chunks).subarray(0, bytes);
}
