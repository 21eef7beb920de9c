// Reads the store of imap-backup: an mbox and a JSON file of the same name for each mailbox, which says where each message lies and what flags
// it has. Bytes come back as imap-backup itself would restore them: one mark less before lines of "From" (it quotes "Fromage" too), the
// empty line that it adds taken away, CRLF. It must never trust the JSON file: what it states is looked for, and named where it is not.
import { type MailboxPath, normalFlags } from "@packetboat/core";
import { readFromLine } from "../from-lines.ts";
import { readMboxFile } from "./mbox-read.ts";
import {
  asFailure,
  asMail,
  type FilePath,
  failed,
  MAX_MESSAGE_BYTES,
  placeOfFile,
  type ReadOptions,
  type SourceFile,
  type SourceItem,
  type SourceTree,
  TOO_LARGE,
  textOf,
} from "./source.ts";

const MAX_JSON_BYTES = 256 * 1_048_576;

interface Entry {
  readonly offset: number;
  readonly length: number;
  readonly flags: readonly string[];
}

/** Reads the store of one account, or the directory of several; then each account is a mailbox above its own. */
export async function* readImapBackup(
  tree: SourceTree,
  root: FilePath,
  options: ReadOptions,
): AsyncGenerator<SourceItem> {
  const { directories, files } = await tree.list(root);
  const isAccount = files.some((name) => name.endsWith(".imap"));
  if (isAccount || directories.length === 1) {
    const own = isAccount ? root : [...root, directories[0] ?? ""];
    yield* readBelow(tree, own, [], options);
    return;
  }
  for (const name of directories) yield* readBelow(tree, [...root, name], [name], options);
}

async function* readBelow(
  tree: SourceTree,
  directory: FilePath,
  below: MailboxPath,
  options: ReadOptions,
): AsyncGenerator<SourceItem> {
  const { directories, files } = await tree.list(directory);
  for (const name of files) {
    if (!name.endsWith(".mbox")) continue;
    const path = [...directory, name];
    const file = await tree.file(path);
    if (file === null) continue;
    const mailbox = [...below, plainName(name.slice(0, -5))];
    yield { kind: "mailbox", path: mailbox, role: null, subscribed: true };
    const entries = await entriesOf(tree, [...directory, `${name.slice(0, -5)}.imap`]);
    if (Array.isArray(entries)) yield* readListed(file, entries, mailbox, options);
    else {
      if (typeof entries === "string") yield failed(placeOfFile(path), "damaged", entries);
      yield* readMboxFile(file, { mailbox, dialect: "mboxrd", writer: "any" }, options);
    }
  }
  for (const name of directories) yield* readBelow(tree, [...directory, name], [...below, plainName(name)], options);
}

/** `%3a;` is a character that some file systems do not take. */
const plainName = (name: string): string =>
  name.replace(/%([0-9a-f]{1,6});/gi, (whole, hex: string) => {
    const point = Number.parseInt(hex, 16);
    return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : whole;
  });

/** Null: there is no such file, or an older one without places. A text: why it is of no use. */
async function entriesOf(tree: SourceTree, path: FilePath): Promise<Entry[] | string | null> {
  const useless = "Its .imap file cannot be understood: flags are not known.";
  let value: unknown;
  try {
    const text = await textOf(tree, path, MAX_JSON_BYTES);
    if (text === null) return null;
    value = JSON.parse(text);
  } catch {
    return useless;
  }
  const { messages } = (value ?? {}) as { readonly messages?: unknown };
  if (messages === undefined) return null;
  if (!Array.isArray(messages)) return useless;
  const entries = messages.map(entryOf);
  return entries.every((entry) => entry !== null) ? entries : useless;
}

function entryOf(value: unknown): Entry | null {
  const { offset, length, flags } = (value ?? {}) as Partial<Record<keyof Entry, unknown>>;
  if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length)) return null;
  const named = Array.isArray(flags) ? flags.filter((flag): flag is string => typeof flag === "string") : [];
  return { offset: offset as number, length: length as number, flags: named };
}

const SYSTEM = new Set(["seen", "answered", "flagged", "deleted", "draft"]);
const flagOf = (name: string): string => (SYSTEM.has(name.toLowerCase()) ? `\\${name}` : name);

async function* readListed(
  file: SourceFile,
  entries: readonly Entry[],
  mailbox: MailboxPath,
  options: ReadOptions,
): AsyncGenerator<SourceItem> {
  const reader = new Forward(file, options);
  const sorted = entries.map((entry, i) => ({ ...entry, number: i + 1 })).sort((a, b) => a.offset - b.offset);
  for (const { offset, length, flags, number } of sorted) {
    const place = `${placeOfFile(file.path)}, message ${number}`;
    if (length > MAX_MESSAGE_BYTES) yield failed(place, "tooLarge", TOO_LARGE);
    else {
      try {
        const raw = await reader.read(offset, length);
        if (raw === null || raw.toString("latin1", 0, 5) !== "From ")
          yield failed(place, "damaged", "Its .imap file says that it lies where no message is.");
        else yield messageOf(raw, { mailbox, flags: normalFlags(flags.map(flagOf)), place, options });
      } catch (error) {
        yield asFailure(place, error);
        return;
      }
    }
  }
}

function messageOf(
  raw: Buffer,
  about: {
    readonly mailbox: MailboxPath;
    readonly flags: readonly string[];
    readonly place: string;
    readonly options: ReadOptions;
  },
): SourceItem {
  const lineEnd = raw.indexOf(10);
  const line = raw.toString("latin1", 0, lineEnd === -1 ? raw.length : lineEnd);
  const body = raw.subarray(lineEnd === -1 ? raw.length : lineEnd + 1);
  const plain = Buffer.from(body.toString("latin1").replace(/^>(>*From)/gm, "$1"), "latin1");
  const end = plain.length - (plain.toString("latin1", Math.max(0, plain.length - 2)) === "\n\n" ? 1 : 0);
  const { mailbox, flags, place, options } = about;
  const bytes = asMail(plain.subarray(0, end), options);
  return { kind: "message", mailboxes: [mailbox], flags, internalDate: readFromLine(line)?.date ?? null, bytes, place };
}

/** Places in a file that only goes forward. */
class Forward {
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #options: ReadOptions;
  #held: Buffer = Buffer.alloc(0);
  #at = 0;

  constructor(file: SourceFile, options: ReadOptions) {
    this.#chunks = file.bytes()[Symbol.asyncIterator]();
    this.#options = options;
  }

  /** Null when the place lies behind, or beyond the end. */
  async read(offset: number, length: number): Promise<Buffer | null> {
    if (offset < this.#at || length < 0) return null;
    while (offset > this.#at + this.#held.length) {
      this.#at += this.#held.length;
      this.#held = (await this.#next()) ?? Buffer.alloc(0);
      if (this.#held.length === 0) return null;
    }
    this.#held = this.#held.subarray(offset - this.#at);
    this.#at = offset;
    const parts = [this.#held];
    let got = this.#held.length;
    while (got < length) {
      const chunk = await this.#next();
      if (chunk === null) break;
      parts.push(chunk);
      got += chunk.length;
    }
    const all = parts.length === 1 ? this.#held : Buffer.concat(parts, got);
    if (got < length) {
      this.#held = all;
      return null;
    }
    this.#held = all.subarray(length);
    this.#at = offset + length;
    return all.subarray(0, length);
  }

  async #next(): Promise<Buffer | null> {
    const { value, done } = await this.#chunks.next();
    if (done === true) return null;
    this.#options.onRead?.(value.length);
    return value;
  }
}
