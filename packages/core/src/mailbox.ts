// A mailbox as a value: its path of segments, its declared role, what LIST and STATUS say of it. Delimiter, prefix and modified
// UTF-7 are the imap room's affair (B2). It must never guess a role from a name (B3).
import type { MailboxId } from "./ids.ts";

/** Segments, decoded, not normalised: ["Archive", "2024"]. A segment may hold any character, the server's delimiter of old included. */
export type MailboxPath = readonly string[];

/** Declared by SPECIAL-USE, XLIST or a setting; `inbox` is INBOX itself. */
export type Role = "inbox" | "drafts" | "sent" | "trash" | "junk" | "archive" | "all" | "flagged" | "important";

export type MailboxNamespace = "personal" | "other" | "shared";

/** What STATUS or SELECT answered. A field is null where the server did not give it or gave nonsense (U4, trap 4, trap 10). */
export interface Marks {
  readonly uidValidity: bigint | null;
  readonly uidNext: number | null;
  readonly highestModseq: bigint | null;
  readonly messages: number | null;
}

/** One line of LIST, with its STATUS where the server gave one. */
export interface ListedMailbox {
  /** The server's own spelling, decoded; what commands send. */
  readonly name: string;
  /** The same in segments, without the personal namespace's prefix. INBOX is exactly ["INBOX"]. */
  readonly path: MailboxPath;
  /** False for \Noselect and \NonExistent: no mailbox, only a name above others (B4). */
  readonly selectable: boolean;
  readonly subscribed: boolean;
  readonly role: Role | null;
  readonly namespace: MailboxNamespace;
  /** \All, \Flagged: shows messages that live elsewhere (B6). */
  readonly virtual: boolean;
  /** OBJECTID's MAILBOXID (RFC 8474), which survives a rename; null where not offered. */
  readonly mailboxId: string | null;
  /** Null when the server refused STATUS: an error of this mailbox, never an absence (B5). */
  readonly status: Marks | null;
}

/** A live mailbox of the archive. */
export interface ArchiveMailbox {
  readonly id: MailboxId;
  readonly path: MailboxPath;
  readonly role: Role | null;
  readonly subscribed: boolean;
}

/** A text that is equal exactly for equal paths. INBOX alone is matched without case (B2, trap 21). */
export function pathKey(path: MailboxPath): string {
  const only = path.length === 1 ? path[0] : undefined;
  return JSON.stringify(only !== undefined && only.toUpperCase() === "INBOX" ? ["INBOX"] : path);
}

export function samePath(a: MailboxPath, b: MailboxPath): boolean {
  return pathKey(a) === pathKey(b);
}

/** Whether a path is the plain one with the number of a taken name: "Work (2)" (B2). */
export function isNumbered(path: MailboxPath, plain: MailboxPath): boolean {
  if (path.length !== plain.length || !samePath(path.slice(0, -1), plain.slice(0, -1))) return false;
  const [is, was] = [path.at(-1) ?? "", plain.at(-1) ?? ""];
  return is.startsWith(was) && /^ \(\d+\)$/.test(is.slice(was.length));
}

/** For people: segments joined by " / " are ambiguous but readable; never parsed back, never sent. */
export function showPath(path: MailboxPath): string {
  return path.join("/");
}
