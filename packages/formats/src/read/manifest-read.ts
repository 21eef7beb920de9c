// Reads an export of Packetboat by its manifest, so that what comes back is what went out: bytes proved by their SHA-256, mailboxes by their
// true names, flags, exact dates. What is there beside the manifest (somebody used the Maildir, put files into the tree) is read as in any
// other source. It must never believe a line of the manifest that it has not understood, nor a path that leads out of the tree.
import { type Flags, type MailboxPath, normalFlags, pathKey, type Role, sha256 } from "@packetboat/core";
import type { MailboxLine, ManifestLine } from "../export-frame.ts";
import { ABOUT, MAILBOXES, MANIFEST } from "../file-names.ts";
import { unquoted } from "../from-lines.ts";
import { DigestTable, textDigest } from "./digest-table.ts";
import { type Known, readEmlTree } from "./eml-read.ts";
import { readMaildirTree } from "./maildir-read.ts";
import { mboxParts, readMboxFile } from "./mbox-read.ts";
import type { MboxPart } from "./mbox-split.ts";
import {
  asFailure,
  counted,
  type FilePath,
  failed,
  placeOfFile,
  type ReadOptions,
  type SourceItem,
  type SourceTree,
  TOO_LARGE,
  textOf,
  wholeFile,
} from "./source.ts";

export type ExportedAs = "eml" | "mbox" | "maildir" | "zip";

/** Gives as what the tree was exported; null when it is no finished export. */
export async function exportedAs(tree: SourceTree, root: FilePath): Promise<ExportedAs | null> {
  const { files } = await tree.list(root);
  if (![ABOUT, MANIFEST].every((name) => files.includes(name))) return null;
  const about = objectOf((await textOf(tree, [...root, ABOUT])) ?? "");
  const format = /^packetboat (eml|mbox|maildir|zip) export 1$/.exec(String(about?.format))?.[1];
  return (format as ExportedAs | undefined) ?? null;
}

const OTHER_BYTES = "Its bytes are not those that the manifest states.";

interface Line {
  readonly path: FilePath;
  readonly sha256: string;
  readonly size: number;
  readonly mailbox: MailboxPath;
  readonly flags: Flags;
  readonly internalDate: number | null;
}

/** Reads the export below `root`. */
export async function* readExport(
  tree: SourceTree,
  root: FilePath,
  format: ExportedAs,
  options: ReadOptions,
): AsyncGenerator<SourceItem> {
  const mailboxes = await mailboxesOf(tree, root);
  for (const { mailbox: path, role, subscribed } of mailboxes) yield { kind: "mailbox", path, role, subscribed };
  const places = new Map(mailboxes.map(({ path, mailbox }) => [path, mailbox]));
  if (format === "mbox") {
    yield* readMboxes(tree, root, mailboxes, options);
    return;
  }
  const seen = new DigestTable();
  const renamed = new DigestTable();
  const listed = new Listed(tree, root);
  for await (const line of manifestOf(tree, root)) {
    if (line === null) {
      yield failed(MANIFEST, "damaged", "A line of it cannot be understood.");
      continue;
    }
    const path = [...root, ...line.path];
    const file = await tree.file(path);
    // A Maildir that is used renames its files: those are read below, by their names.
    if (file === null && format === "maildir") {
      renamed.add(lastingName(path));
      continue;
    }
    seen.add(textDigest(placeOfFile(path)));
    if (file === null) {
      yield failed(placeOfFile(path), "damaged", "The manifest lists it, and it is not there.");
      continue;
    }
    const bytes = await wholeFile(file, options);
    yield Buffer.isBuffer(bytes) ? provedItem(bytes, line, placeOfFile(path)) : bytes;
  }
  const known: Known = {
    has: (path) => seen.count(textDigest(path)) > 0,
    mailboxAt: (directory) => places.get(placeOfFile(directory.slice(root.length))) ?? null,
    refuses: async (path, bytes) =>
      renamed.count(lastingName(path)) > 0 && !(await listed.has(bytes)) ? OTHER_BYTES : null,
  };
  if (format === "maildir") yield* readMaildirTree(tree, root, options, known);
  else yield* readEmlTree(tree, root, options, known);
}

/** What a mail program leaves of a file's name in a Maildir, as a key: it moves the file from new to cur, and changes what follows a colon. */
const lastingName = (path: FilePath): Buffer =>
  textDigest(placeOfFile([...path.slice(0, -2), (path.at(-1) ?? "").replace(/[:,].*$/, "")]));

function provedItem(bytes: Buffer, line: Line, place: string): SourceItem {
  if (bytes.length !== line.size || sha256(bytes) !== line.sha256) return failed(place, "damaged", OTHER_BYTES);
  const { mailbox, flags, internalDate } = line;
  return { kind: "message", mailboxes: [mailbox], flags, internalDate, bytes, place };
}

/** Lines that may be skipped to find the one of a message: so many may have been removed from an mbox in one place. */
const LOOK_AHEAD = 1_000;

/** Lines of the manifest and messages of the mboxes are in the same order. */
async function* readMboxes(
  tree: SourceTree,
  root: FilePath,
  mailboxes: readonly MailboxAt[],
  options: ReadOptions,
): AsyncGenerator<SourceItem> {
  const lines = new Lines(manifestOf(tree, root));
  const listed = new Listed(tree, root);
  // A message's own place in the list decides, not the order of the mailboxes in it.
  const order = await fileOrder(tree, root, mailboxes);
  for (const { path, mailbox } of order) {
    const file = await tree.file([...root, ...path.split("/")]);
    if (file === null) {
      yield failed(path, "damaged", "The export lists this mbox, and it is not there.");
      continue;
    }
    let number = 0;
    try {
      for await (const part of mboxParts(file, "mboxrd", options)) {
        number++;
        yield await pairedItem(part, { lines, listed }, { path, mailbox, place: `${path}, message ${number}` });
      }
    } catch (error) {
      yield asFailure(path, error);
    }
    for (const missing of await lines.restOf(path)) yield missing;
  }
  const extra = await extraMboxes(tree, root, mailboxes);
  for (const { path, mailbox } of extra) {
    const file = await tree.file(path);
    if (file !== null) yield* readMboxFile(file, { mailbox, dialect: "auto", writer: "any" }, options);
  }
}

/** The mboxes in the order in which the manifest speaks of them, then those that are empty. */
async function fileOrder(
  tree: SourceTree,
  root: FilePath,
  mailboxes: readonly MailboxAt[],
): Promise<readonly { readonly path: string; readonly mailbox: MailboxPath }[]> {
  const first = new Map<string, MailboxPath>();
  for await (const line of manifestOf(tree, root)) if (line !== null) first.set(line.path.join("/"), line.mailbox);
  for (const { path, mailbox } of mailboxes) if (!first.has(path)) first.set(path, mailbox);
  return [...first].map(([path, mailbox]) => ({ path, mailbox }));
}

async function extraMboxes(tree: SourceTree, root: FilePath, mailboxes: readonly MailboxAt[], below: FilePath = []) {
  const listed = new Set(mailboxes.map(({ path }) => path));
  const found: { path: FilePath; mailbox: MailboxPath }[] = [];
  const { directories, files } = await tree.list([...root, ...below]);
  for (const name of files)
    if (/\.mbox$/i.test(name) && !listed.has([...below, name].join("/")))
      found.push({ path: [...root, ...below, name], mailbox: [...below, name.replace(/\.mbox$/i, "")] });
  for (const name of directories) found.push(...(await extraMboxes(tree, root, mailboxes, [...below, name])));
  return found;
}

interface InMbox {
  readonly path: string;
  readonly mailbox: MailboxPath;
  readonly place: string;
}

interface Manifest {
  readonly lines: Lines;
  readonly listed: Listed;
}

async function pairedItem(
  part: MboxPart,
  { lines, listed }: Manifest,
  { path, mailbox, place }: InMbox,
): Promise<SourceItem> {
  if (part.kind === "stray") return failed(place, "damaged", `${counted(part.bytes, "byte")} belong to no message.`);
  if (part.kind === "tooLarge") return failed(place, "tooLarge", TOO_LARGE);
  const plain = unquoted(part.bytes);
  const found = await lines.find(path, (line) => {
    // The line end that an mbox needs is no part of the message.
    const fits = plain.length === line.size || plain.length === line.size + 1;
    return fits && sha256(plain.subarray(0, line.size)) === line.sha256;
  });
  if (found !== null) return provedItem(plain.subarray(0, found.size), found, place);
  // One whose line lies too far ahead, because so much before it was removed, is whole. It may have the line end that an mbox needs.
  const isWhole = async () => (await listed.has(plain)) || (await listed.has(plain.subarray(0, -1)));
  if (part.from.kind === "ours" && !(await isWhole())) {
    lines.refuse();
    return failed(place, "damaged", OTHER_BYTES);
  }
  // Somebody's mail program put it there since.
  return { kind: "message", mailboxes: [mailbox], flags: [], internalDate: part.from.date, bytes: plain, place };
}

/** The digests of all messages of the manifest, read when one is asked for: whole exports never ask. */
class Listed {
  readonly #tree: SourceTree;
  readonly #root: FilePath;
  #reading: Promise<DigestTable> | null = null;

  constructor(tree: SourceTree, root: FilePath) {
    this.#tree = tree;
    this.#root = root;
  }

  async has(bytes: Buffer): Promise<boolean> {
    this.#reading ??= this.#read();
    return (await this.#reading).count(sha256(bytes)) > 0;
  }

  async #read(): Promise<DigestTable> {
    const table = new DigestTable();
    for await (const line of manifestOf(this.#tree, this.#root)) if (line !== null) table.add(line.sha256);
    return table;
  }
}

/** The manifest, a few lines ahead. */
class Lines {
  readonly #lines: AsyncIterator<Line | null>;
  #waiting: Line[] = [];
  #unread = 0;
  #refused = 0;
  #ended = false;

  constructor(lines: AsyncIterable<Line | null>) {
    this.#lines = lines[Symbol.asyncIterator]();
  }

  async #fill(count: number): Promise<void> {
    while (!this.#ended && this.#waiting.length < count) {
      const { value, done } = await this.#lines.next();
      if (done === true) this.#ended = true;
      else if (value === null) this.#unread++;
      else this.#waiting.push(value);
    }
  }

  /** The next line about this mbox that fits; those before it are of messages that are gone. */
  async find(path: string, fits: (line: Line) => boolean): Promise<Line | null> {
    for (let at = 0; at < LOOK_AHEAD; at++) {
      await this.#fill(at + 1);
      const line = this.#waiting[at];
      if (line === undefined || line.path.join("/") !== path) return null;
      if (!fits(line)) continue;
      this.#waiting.splice(0, at + 1);
      this.#refused = 0;
      return line;
    }
    return null;
  }

  /** A message was refused by its name: its line, which is one of those that come, is not to be told of once more. */
  refuse(): void {
    this.#refused++;
  }

  /** Passes over what is left about this mbox, and tells of it. */
  async restOf(path: string): Promise<readonly SourceItem[]> {
    let missing = -this.#refused;
    this.#refused = 0;
    for (;;) {
      await this.#fill(1);
      if (this.#waiting[0]?.path.join("/") !== path) break;
      this.#waiting.shift();
      missing++;
    }
    const unread = this.#unread;
    this.#unread = 0;
    return [
      ...(missing > 0 ? [failed(path, "damaged", notIn(missing))] : []),
      ...(unread > 0 ? [failed(MANIFEST, "damaged", `${counted(unread, "line")} of it cannot be understood.`)] : []),
    ];
  }
}

const notIn = (missing: number): string =>
  `${counted(missing, "message")} that the manifest lists ${missing === 1 ? "is" : "are"} not in it.`;

interface MailboxAt extends MailboxLine {
  readonly role: Role | null;
}

async function mailboxesOf(tree: SourceTree, root: FilePath): Promise<readonly MailboxAt[]> {
  const text = (await textOf(tree, [...root, MAILBOXES], 268_435_456)) ?? "";
  const seen = new Set<string>();
  return text.split("\n").flatMap((line) => {
    const { path, mailbox, role, subscribed } = objectOf(line) ?? {};
    if (typeof path !== "string" || !isMailboxPath(mailbox) || !isSafe(path)) return [];
    // Lines of one mailbox twice would make it twice.
    if (seen.has(pathKey(mailbox))) return [];
    seen.add(pathKey(mailbox));
    return [{ path, mailbox, role: roleOf(role), subscribed: subscribed === true }];
  });
}

const ROLES: readonly Role[] = ["inbox", "drafts", "sent", "trash", "junk", "archive", "all", "flagged", "important"];
const roleOf = (value: unknown): Role | null => ROLES.find((role) => role === value) ?? null;

const isMailboxPath = (value: unknown): value is MailboxPath =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.length <= 64 &&
  value.every((segment) => typeof segment === "string" && segment.length <= 1_024);

const isSafe = (path: string): boolean =>
  path === "" ||
  (path.length <= 4_096 &&
    path.split("/").every((segment) => !["", ".", ".."].includes(segment) && !segment.includes("\0")));

const MAX_LINE = 1_048_576;

/** Null for a line that is none. */
async function* manifestOf(tree: SourceTree, root: FilePath): AsyncGenerator<Line | null> {
  const file = await tree.file([...root, MANIFEST]);
  if (file === null) return;
  let held = "";
  const decoder = new TextDecoder();
  for await (const chunk of file.bytes()) {
    const lines = (held + decoder.decode(chunk, { stream: true })).split("\n");
    held = lines.pop() ?? "";
    for (const line of lines) yield lineOf(line);
    if (held.length > MAX_LINE) {
      yield null;
      held = "";
    }
  }
  if (held !== "") yield lineOf(held);
}

function lineOf(text: string): Line | null {
  const line: Partial<Record<keyof ManifestLine, unknown>> | null = objectOf(text);
  if (line === null) return null;
  const { path, sha256: digest, size, mailbox, flags, internalDate } = line;
  if (typeof path !== "string" || path === "" || !isSafe(path) || !isMailboxPath(mailbox)) return null;
  if (typeof digest !== "string" || !/^[0-9a-f]{64}$/.test(digest) || !Number.isSafeInteger(size)) return null;
  const date = typeof internalDate === "string" ? Date.parse(internalDate) : Number.NaN;
  const named = Array.isArray(flags) ? flags.filter((flag): flag is string => typeof flag === "string") : [];
  return {
    path: path.split("/"),
    sha256: digest,
    size: size as number,
    mailbox,
    flags: normalFlags(named),
    internalDate: Number.isNaN(date) ? null : date,
  };
}

function objectOf(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
