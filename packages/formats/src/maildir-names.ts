// Names in a Maildir++ tree as Dovecot reads them: a mailbox's directory (".Work.2024", modified UTF-7), a message's file, the letters of its
// flags. Pure and deterministic: the same export gets the same names again. What such names cannot say (a dot or a slash in a mailbox's
// name, the 27th keyword) is in the manifest. It must never give a name that leaves the tree, nor let a keyword break a line of a file.
import { createHash } from "node:crypto";
import { type Flags, type MailboxPath, pathKey } from "@packetboat/core";

/** Bytes of a directory's name; file systems take 255, and Dovecot needs some for its own. */
const MAX_DIRECTORY_BYTES = 200;
/** Dovecot's letters for keywords: a to z. */
const MAX_KEYWORDS = 26;
const FIRST_LETTER = 97;

const LETTERS: Readonly<Record<string, string>> = {
  "\\draft": "D",
  "\\flagged": "F",
  "\\answered": "R",
  "\\seen": "S",
  "\\deleted": "T",
};
const FLAG_OF: Readonly<Record<string, string>> = {
  D: "\\Draft",
  F: "\\Flagged",
  R: "\\Answered",
  S: "\\Seen",
  T: "\\Deleted",
  P: "$Forwarded",
};

// What a directory's name, or a Maildir++ path, cannot hold, or a terminal should not see.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
const UNFIT = /[\u0000-\u001f\u007f-\u009f./\\\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffd]/gu;

const mark = (text: string, digits: number): string => createHash("sha256").update(text).digest("hex").slice(0, digits);

const fitSegment = (segment: string): string => {
  const name = segment.toWellFormed().replace(UNFIT, "_").replace(/^~/, "_");
  return name.trim() === "" ? `${name}_` : name;
};

/**
 * Gives each mailbox its directory, "" for INBOX, and its name between dots; all are different, also without case. Depends on the set of
 * mailboxes only.
 */
export function maildirDirectories(
  paths: Iterable<MailboxPath>,
  encode: (name: string) => string,
): ReadonlyMap<string, string> {
  const keyed = [...paths].map((path) => ({ path, key: pathKey(path) })).sort((a, b) => (a.key < b.key ? -1 : 1));
  // A mailbox that is spelled as it is called keeps its name, whoever comes first.
  const exact = (path: MailboxPath): boolean => path.every((segment) => fitSegment(segment) === segment);
  const sorted = [...keyed.filter(({ path }) => exact(path)), ...keyed.filter(({ path }) => !exact(path))];
  // Files of the export and of Dovecot do not begin with a dot; these directories do.
  const taken = new Set<string>();
  const directories = new Map<string, string>();
  for (const { path, key } of sorted) {
    if (key === '["INBOX"]') {
      directories.set(key, "");
      continue;
    }
    const name = path.length === 0 ? "_" : path.map(fitSegment).join(".");
    let directory = `.${encode(name)}`;
    for (let attempt = 0; Buffer.byteLength(directory) > MAX_DIRECTORY_BYTES || isTaken(taken, directory); attempt++)
      directory = `.${encode(shortened(name))}~${mark(`${attempt}${key}`, 8)}`;
    taken.add(directory.toLowerCase());
    directories.set(key, directory);
  }
  return directories;
}

/** `.INBOX` would be INBOX a second time. */
function isTaken(taken: ReadonlySet<string>, directory: string): boolean {
  return taken.has(directory.toLowerCase()) || directory.toUpperCase() === ".INBOX";
}

/** Thirty characters take at most 200 bytes in modified UTF-7. */
const shortened = (name: string): string => [...name].slice(0, 30).join("").replace(/\.+$/, "");

/** The keywords of one mailbox, in the order in which they are met. */
export class KeywordLetters {
  readonly #letters = new Map<string, string>();

  /** The letters of these flags, in ASCII order, as Maildir wants them. What has none is in the manifest only. */
  of(flags: Flags): string {
    const letters = flags.flatMap((flag) => LETTERS[flag.toLowerCase()] ?? this.#letterOf(flag) ?? []);
    return [...new Set(letters)].sort().join("");
  }

  #letterOf(flag: string): string | undefined {
    const key = flag.toLowerCase();
    const known = this.#letters.get(key);
    if (known !== undefined || this.#letters.size >= MAX_KEYWORDS) return known?.[0];
    // A keyword is an atom; what is none would break the line of dovecot-keywords.
    if (!/^[!#-&+\-./0-9:;<=>?@A-Z^_`a-z|~[\]}$,']{1,100}$/.test(flag)) return undefined;
    const letter = String.fromCharCode(FIRST_LETTER + this.#letters.size);
    this.#letters.set(key, `${letter}${flag}`);
    return letter;
  }

  /** The text of dovecot-keywords; empty when there are none. */
  text(): string {
    return [...this.#letters.values()].map((entry, i) => `${i} ${entry.slice(1)}\n`).join("");
  }
}

/** What a file is called in `cur`: its date, its id in the archive, its size (which spares Dovecot a look), its flags. */
export function maildirFileName(
  { id, size, internalDate }: { readonly id: number; readonly size: number; readonly internalDate: number | null },
  letters: string,
): string {
  const date = internalDate !== null && internalDate > 0 && internalDate < 253_402_300_800_000 ? internalDate : 0;
  const micro = String(Math.floor(date % 1000) * 1000).padStart(6, "0");
  return `${Math.floor(date / 1000)}.M${micro}P${id}.packetboat,S=${size}:2,${letters}`;
}

/** The flags that a file's name states; keywords by their names in the mailbox's dovecot-keywords. */
export function flagsOfFileName(name: string, keywords: ReadonlyMap<number, string>): readonly string[] {
  // Other separators than ":" where a file system takes none; mbsync's InfoDelimiter.
  const info = /[:;!]2,([A-Za-z]*)[^:;!]*$/.exec(name)?.[1] ?? "";
  return [...info].flatMap((letter) => FLAG_OF[letter] ?? keywords.get(letter.charCodeAt(0) - FIRST_LETTER) ?? []);
}

/** Reads dovecot-keywords: "0 $Forwarded". */
export function readKeywords(text: string): ReadonlyMap<number, string> {
  const keywords = new Map<number, string>();
  for (const line of text.split("\n").slice(0, 10_000)) {
    const match = /^(\d{1,4}) (\S+)\r?$/.exec(line);
    if (match !== null && Number(match[1]) < MAX_KEYWORDS) keywords.set(Number(match[1]), match[2] ?? "");
  }
  return keywords;
}
