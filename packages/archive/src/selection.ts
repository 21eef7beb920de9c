// Which messages of an archive a person means: a small value that is checked once and then shown, digested and turned into a query. Sender,
// subject and words are a query of the search room; it is asked only of an archive that is wholly indexed (search/matching.ts).
import { createHash } from "node:crypto";
import {
  type Digest,
  type MailboxId,
  type MailboxPath,
  MailError,
  type MessageId,
  matchesPattern,
  samePath,
  showPath,
} from "@packetboat/core";
import type { Query } from "@packetboat/search";

/** Everything that is given must hold. */
export interface Selection {
  /** The mailbox that a message is in, or was last in, by pattern: `*` any text, `?` one character. */
  readonly mailbox?: string;
  /** INTERNALDATE at or after, milliseconds since 1970. A message without one is never meant. */
  readonly since?: number;
  /** INTERNALDATE before. */
  readonly before?: number;
  readonly messageIds?: readonly MessageId[];
  /** Of the bytes as stored. */
  readonly sha256?: readonly Digest[];
  /** What a search for it finds: in the archive, or as it was last. */
  readonly query?: Query;
  /** `live`: in the archive now. `removed`: only at earlier revisions. Default: both. */
  readonly state?: "live" | "removed";
}

/** What an undo, or a copy of a snapshot, is limited to. Everything that is given must hold. Nothing given: everything. */
export interface UndoSelection {
  /** Patterns over the path that a mailbox had then, or has now: `*` any text, `?` one character. */
  readonly mailboxes?: readonly string[] | undefined;
  /** These mailboxes and no others, whatever they are called. */
  readonly mailboxIds?: readonly MailboxId[] | undefined;
  /** INTERNALDATE at or after, milliseconds since 1970. With it, or `before`, mailboxes themselves stay as they are. */
  readonly since?: number | undefined;
  readonly before?: number | undefined;
  /** These messages. With them mailboxes themselves stay as they are, but for those that a message needs to come back to. */
  readonly messages?: readonly MessageId[] | undefined;
}

/** Throws CONFIG_INVALID for nonsense, and for a selection of everything by omission. */
export function selectionOf(selection: Selection): Selection {
  const { mailbox, since, before, messageIds, sha256, query } = selection;
  if ([mailbox, since, before, messageIds, sha256, query].every((value) => value === undefined)) {
    throw new MailError(
      "CONFIG_INVALID",
      "Say which messages: --mailbox PATTERN, --since, --before, --from, --subject or --query. --mailbox '*' is all of them.",
    );
  }
  if ([since, before].some((value) => value !== undefined && !Number.isFinite(value)))
    throw new MailError("CONFIG_INVALID", "--since and --before are dates, such as 2024-01-31.");
  if (sha256?.some((digest) => !/^[0-9a-f]{64}$/.test(digest)) === true)
    throw new MailError("CONFIG_INVALID", "A SHA-256 is 64 hexadecimal digits in lower case.");
  return selection;
}

/** SHA-256 of a selection, whatever the order in which it was written down: what the audit keeps of it. */
export function selectionDigest(selection: Selection): Digest {
  const entries = Object.entries(selection).filter(([, value]) => value !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(entries)).digest("hex");
}

/** Whether a mailbox of this path is meant. INBOX without case, as everywhere (B2). */
export function selectsMailbox(pattern: string, path: MailboxPath): boolean {
  return samePath(path, ["INBOX"])
    ? matchesPattern(pattern.toUpperCase(), "INBOX")
    : matchesPattern(pattern, showPath(path));
}
