// Finds out what a path holds, by looking, and gives its messages: the one door through which mail of other programs comes in. It must never
// guess between two: what nothing speaks for is refused, with the ways to say it.
import { open, stat } from "node:fs/promises";
import { MailError } from "@packetboat/core";
import { codeOf } from "../errors.ts";
import { diskTree, fileTree } from "./disk-tree.ts";
import { isEmlName, readEmlTree } from "./eml-read.ts";
import { readImapBackup } from "./imap-backup-read.ts";
import { keptHeaders } from "./kept-headers.ts";
import { isMaildir, readMaildirTree } from "./maildir-read.ts";
import { exportedAs, readExport } from "./manifest-read.ts";
import { beginsLikeMbox, type Dialect, headOf, readMboxTree } from "./mbox-read.ts";
import type { FilePath, ReadOptions, SourceItem, SourceTree } from "./source.ts";
import { readThunderbird } from "./thunderbird-read.ts";
import { zipTree } from "./zip-tree.ts";

export const SOURCE_KINDS = [
  "mbox",
  "mboxo",
  "mboxrd",
  "mboxcl",
  "mboxcl2",
  "maildir",
  "eml",
  "zip",
  "thunderbird",
  "imap-backup",
  "takeout",
] as const;
export type SourceKind = (typeof SOURCE_KINDS)[number];

export interface Source {
  /** What it is, for people: "mbox", "Packetboat's export to a Maildir", "zip of EML files". */
  readonly what: string;
  /** Bytes that will be read; null: not known before. */
  readonly bytes: number | null;
  readonly items: (options: ReadOptions) => AsyncIterable<SourceItem>;
  readonly close: () => Promise<void>;
}

type Found = Pick<Source, "what" | "items">;

/** What a file was before it came to lie where it is. */
export interface Origin {
  /** Sentences call it so, and an mbox names its mailbox by it. */
  readonly name: string;
  /** Milliseconds since 1970; null: not known. */
  readonly modified: number | null;
}

/** Opens a source. `kind` null: find out. `origin`: of a file that was sent. Throws CONFIG_INVALID when there is nothing of that kind. */
export async function openSource(path: string, kind: SourceKind | null, origin?: Origin): Promise<Source> {
  const called = origin?.name ?? path;
  const found = await stat(path).catch((error: unknown) => notRead(called, error));
  if (!found.isDirectory() && !found.isFile())
    throw new MailError("CONFIG_INVALID", `${called} is no file and no directory.`);
  const isZip = found.isFile() && (await isZipFile(path, called));
  if (kind === "zip" && !isZip) throw new MailError("CONFIG_INVALID", `${called} is no zip file.`);
  const tree = isZip ? await zipTree(path, called) : found.isDirectory() ? diskTree(path) : fileTree(path, origin);
  try {
    const { what, items } = await foundIn(tree, kind === "zip" ? null : kind, isZip);
    // What was found out is there; what was said may be wrong, or the place mistyped.
    if (kind !== null && !(await givesAnything(tree, items)))
      throw new MailError("CONFIG_INVALID", `${called} holds no mail of this kind (${what}).`);
    return {
      what: isZip ? `zip of ${what}` : what,
      bytes: found.isFile() && !isZip ? found.size : null,
      items: (options) => withRefused(tree, items(options)),
      close: tree.close,
    };
  } catch (error) {
    await tree.close();
    throw error;
  }
}

/** A mailbox without a message is something, and so is what cannot be read: it is to be named. */
async function givesAnything(tree: SourceTree, items: Found["items"]): Promise<boolean> {
  for await (const _ of items({})) return true;
  return tree.refused().length > 0;
}

async function* withRefused(tree: SourceTree, items: AsyncIterable<SourceItem>): AsyncGenerator<SourceItem> {
  const before = tree.refused();
  yield* before;
  yield* items;
  // A directory tells what it refuses when it is listed.
  yield* tree.refused().slice(before.length);
}

function notRead(called: string, cause: unknown): never {
  throw new MailError("CONFIG_INVALID", `${called} cannot be read (${codeOf(cause) || "unknown"}).`, { cause });
}

async function isZipFile(path: string, called: string): Promise<boolean> {
  const file = await open(path, "r").catch((error: unknown) => notRead(called, error));
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    const head = buffer.toString("latin1", 0, bytesRead);
    if (head.startsWith("\x1f\x8b"))
      throw new MailError("CONFIG_INVALID", `${called} is packed by gzip. Unpack it first: gunzip -k ${called}`);
    return head === "PK\x03\x04" || head === "PK\x05\x06";
  } finally {
    await file.close();
  }
}

async function foundIn(tree: SourceTree, kind: SourceKind | null, isZip: boolean): Promise<Found> {
  const root = isZip ? await topOf(tree) : [];
  const format = await exportedAs(tree, root);
  const named = kind === null || kind === format || (format === "zip" && kind === "eml");
  if (format !== null && named)
    return {
      what: `Packetboat's export (${format === "zip" ? "eml" : format})`,
      items: (options) => readExport(tree, root, format, options),
    };
  const asked = kind ?? (await detected(tree, root));
  if (asked === null)
    throw new MailError(
      "CONFIG_INVALID",
      `What ${tree.name} holds is not clear. Say which of these it is: ${SOURCE_KINDS.join(", ")}.`,
    );
  return readAs(asked, tree, root);
}

/** A zip often holds one directory that holds all. */
async function topOf(tree: SourceTree): Promise<FilePath> {
  let root: FilePath = [];
  for (let depth = 0; depth < 8; depth++) {
    const { directories, files } = await tree.list(root);
    const [only] = directories;
    if (files.some((name) => !name.startsWith(".")) || directories.length !== 1 || only === undefined) return root;
    if (only.startsWith(".") || ["cur", "new", "ImapMail", "Mail"].includes(only) || /\.mbox$/i.test(only)) return root;
    // A mailbox of its own name: what is inside belongs to it.
    const inside = await tree.list([...root, only]);
    if (isMaildir(inside.directories)) return /^(.*maildir.*|mail)$/i.test(only) ? [...root, only] : root;
    if (inside.files.some(isEmlName)) return root;
    root = [...root, only];
  }
  return root;
}

const WORDS: Readonly<Record<Exclude<SourceKind, "zip">, string>> = {
  mbox: "mbox",
  mboxo: "mbox (mboxo)",
  mboxrd: "mbox (mboxrd)",
  mboxcl: "mbox (mboxcl)",
  mboxcl2: "mbox (mboxcl2)",
  maildir: "Maildir",
  eml: "EML files",
  thunderbird: "Thunderbird profile",
  "imap-backup": "imap-backup store",
  takeout: "Google Takeout mbox",
};

function readAs(kind: SourceKind, tree: SourceTree, root: FilePath): Found {
  if (kind === "zip") throw new MailError("BUG", "A zip file was to be read as one twice. Please report this.");
  const what = WORDS[kind];
  switch (kind) {
    case "maildir":
      return { what, items: (options) => readMaildirTree(tree, root, options) };
    case "eml":
      return { what, items: (options) => readEmlTree(tree, root, options) };
    case "thunderbird":
      return { what, items: (options) => readThunderbird(tree, root, options) };
    case "imap-backup":
      return { what, items: (options) => readImapBackup(tree, root, options) };
    case "takeout":
      return { what, items: (options) => readMboxTree(tree, root, { dialect: "auto", writer: "gmail" }, options) };
    default: {
      const dialect: Dialect = kind === "mbox" ? "auto" : kind;
      return { what, items: (options) => readMboxTree(tree, root, { dialect, writer: "any" }, options) };
    }
  }
}

/** Directories looked into to find out what they hold. */
const LOOKS = 2_000;

/** What speaks for itself, the most particular first. */
async function detected(tree: SourceTree, root: FilePath): Promise<SourceKind | null> {
  const top = await tree.list(root);
  if (isProfile(top.directories, top.files)) return "thunderbird";
  const waiting: FilePath[] = [root];
  let mbox: SourceKind | null = null;
  let eml = false;
  for (let looks = 0; looks < LOOKS && waiting.length > 0; looks++) {
    const directory = waiting.shift() ?? root;
    const { directories, files } = await tree.list(directory);
    if (isMaildir(directories)) return "maildir";
    if (files.some((name) => name.endsWith(".imap") && files.includes(`${name.slice(0, -5)}.mbox`)))
      return "imap-backup";
    if (files.some((name) => /\.msf$/.test(name)) || directories.some((name) => /\.sbd$/.test(name)))
      return "thunderbird";
    eml ||= files.some(isEmlName);
    mbox ??= await mboxAmong(tree, directory, files);
    waiting.push(...directories.map((name) => [...directory, name]));
  }
  return mbox ?? (eml ? "eml" : null);
}

const isProfile = (directories: readonly string[], files: readonly string[]): boolean =>
  directories.includes("ImapMail") || (directories.includes("Mail") && files.includes("prefs.js"));

/** Of a directory's files the first few are looked at. */
async function mboxAmong(tree: SourceTree, directory: FilePath, files: readonly string[]): Promise<SourceKind | null> {
  const likely = files.filter((name) => !isEmlName(name) && !/\.(jsonl?|txt|html?|md)$/i.test(name)).slice(0, 20);
  for (const name of likely) {
    const file = await tree.file([...directory, name]);
    // One that cannot be read says nothing of what the others are; whoever reads them names it.
    if (file === null || !(await beginsLikeMbox(file).catch(() => false))) continue;
    const head = await headOf(file, 65_536);
    const message = head.subarray(head.indexOf(10) + 1);
    const fields = keptHeaders(message, ["x-gm-thrid", "x-gmail-labels"]);
    return fields.size > 0 ? "takeout" : "mbox";
  }
  return null;
}
