// Names of directories and files that every system can hold, from names of mailboxes, which may be anything a server says: a path that
// climbs out, a device of Windows, a thousand characters, two that differ in case only. Pure and deterministic: the same export gets the
// same names again. It must never give a name that leaves the export's directory; what a mailbox is really called is in the manifest.
import { createHash } from "node:crypto";
import { type MailboxPath, pathKey } from "@packetboat/core";

/** Bytes of one segment; file systems take 255, and Windows 260 for a whole path. */
const MAX_SEGMENT_BYTES = 100;
/** Bytes of a mailbox's directory below the export's; deeper ones lie under one flat name. */
const MAX_DIRECTORY_BYTES = 160;

/** Names at the top of an export that belong to the export itself. */
export const MANIFEST = "manifest.jsonl";
export const SUMS = "SHA256SUMS";
export const ABOUT = "packetboat-export.json";
export const MAILBOXES = "mailboxes.jsonl";

// Reserved by Windows with any extension (COM¹ to COM³ too): "Naming Files, Paths, and Namespaces" in its manual.
const DEVICE = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$|clock\$)(\.|$)/i;
// Not allowed on Windows, or dangerous in a terminal: control characters, separators, wildcards, marks that turn the writing direction.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
const UNSAFE = /[\u0000-\u001f\u007f-\u009f<>:"/\\|?*\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffd]/gu;

const mark = (text: string, digits: number): string => createHash("sha256").update(text).digest("hex").slice(0, digits);

/** What two names must not share: macOS and Windows tell neither case nor Unicode forms apart. */
const collisionKey = (name: string): string => name.normalize("NFC").toUpperCase().toLowerCase().normalize("NFC");

/** Gives a name for one segment: never empty, never a device, no dot in front or behind, at most 100 bytes. */
export function safeSegment(segment: string): string {
  let name = segment
    .toWellFormed()
    .replace(UNSAFE, "_")
    .replace(/^\./, "_")
    .replace(/[. ]+$/, (end) => "_".repeat(end.length));
  if (name === "" || DEVICE.test(name) || DEVICE.test(name.replace(/ +\./, "."))) name = `_${name}`;
  // A mailbox called like the file of a message, or of another mailbox, must not take that file's name.
  if (/\.(eml|mbox)$/i.test(name)) name += "_";
  if (Buffer.byteLength(name) <= MAX_SEGMENT_BYTES) return name;
  return withMark(name, segment);
}

/** The name shortened to leave room, and a mark that tells it from others. */
function withMark(name: string, source: string): string {
  const suffix = `~${mark(source, 8)}`;
  let kept = "";
  let bytes = suffix.length;
  for (const character of name) {
    bytes += Buffer.byteLength(character);
    if (bytes > MAX_SEGMENT_BYTES) break;
    kept += character;
  }
  return kept.replace(/[. ]+$/, "_") + suffix;
}

interface Directory {
  readonly name: string;
  readonly children: Map<string, Directory>;
  readonly taken: Set<string>;
}

/**
 * Gives each mailbox a directory relative to the export's, with "/" between segments; all are different on every system.
 * The keys are those of pathKey. Depends on the set of mailboxes only, not on its order.
 */
export function mailboxDirectories(paths: Iterable<MailboxPath>): ReadonlyMap<string, string> {
  const sorted = [...paths].map((path) => ({ path, key: pathKey(path) })).sort((a, b) => (a.key < b.key ? -1 : 1));
  const root: Directory = {
    name: "",
    children: new Map(),
    taken: new Set([MANIFEST, SUMS, ABOUT, MAILBOXES, "_deep"].map(collisionKey)),
  };
  const directories = new Map<string, string>();
  for (const { path, key } of sorted) {
    let at = root;
    const names: string[] = [];
    for (const segment of path.length === 0 ? [""] : path) {
      at = child(at, segment);
      names.push(at.name);
    }
    const joined = names.join("/");
    directories.set(key, Buffer.byteLength(joined) <= MAX_DIRECTORY_BYTES ? joined : `_deep/${mark(key, 16)}`);
  }
  return directories;
}

function child(parent: Directory, segment: string): Directory {
  const known = parent.children.get(segment);
  if (known) return known;
  let name = safeSegment(segment);
  for (let attempt = 0; parent.taken.has(collisionKey(name)); attempt++)
    name = withMark(safeSegment(segment), `${attempt}${segment}`);
  parent.taken.add(collisionKey(name));
  const made: Directory = { name, children: new Map(), taken: new Set() };
  parent.children.set(segment, made);
  return made;
}

/** A message's file name: its date in UTC, so that a listing is in order, and its id in the archive, which no other message has. */
export function messageFileName(internalDate: number | null, messageId: number): string {
  const date = internalDate === null ? null : new Date(internalDate);
  const usable =
    date !== null && !Number.isNaN(date.getTime()) && date.getUTCFullYear() >= 0 && date.getUTCFullYear() <= 9999;
  const when = usable ? date.toISOString().slice(0, 19).replace("T", "_").replaceAll(":", "") : "undated";
  return `${when}_${messageId}.eml`;
}
