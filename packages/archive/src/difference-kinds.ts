// What differs between two revisions of an archive: the kind of each difference, of messages and of mailboxes. Plain data in, plain data out.
// It must never tell one message twice: what was moved and flagged is one move, with its flags.
import {
  type Flags,
  type MailboxId,
  type MailboxPath,
  type RestoreMailbox,
  samePath,
  withoutFlags,
} from "@packetboat/core";

/** Where a message is at a revision, and how. */
export interface Placed {
  readonly mailboxId: MailboxId;
  readonly flags: Flags;
}

export interface MessageDifference {
  readonly kind: "added" | "removed" | "moved" | "flagged";
  /** Flags that only the later revision shows; of an addition all it has. */
  readonly gained: Flags;
  /** Flags that only the earlier revision shows; of a removal all it had. */
  readonly lost: Flags;
}

/** Compares a message at two revisions; null: not there. Gives null when it is the same at both, whatever happened in between. Total. */
export function differenceOf(before: Placed | null, after: Placed | null): MessageDifference | null {
  if (before === null && after === null) return null;
  if (before === null) return { kind: "added", gained: after?.flags ?? [], lost: [] };
  if (after === null) return { kind: "removed", gained: [], lost: before.flags };
  const gained = withoutFlags(after.flags, before.flags);
  const lost = withoutFlags(before.flags, after.flags);
  if (before.mailboxId !== after.mailboxId) return { kind: "moved", gained, lost };
  return gained.length + lost.length === 0 ? null : { kind: "flagged", gained, lost };
}

export interface MailboxDifference {
  readonly kind: "created" | "removed" | "renamed" | "subscribed" | "unsubscribed";
  /** Null: it was not there. */
  readonly before: MailboxPath | null;
  /** Null: it is not there any more. */
  readonly after: MailboxPath | null;
}

/** Compares a mailbox at two revisions, `was` and `now`; null when it is the same. A rename tells of nothing else. */
export function mailboxDifferenceOf({ was, now }: Pick<RestoreMailbox, "was" | "now">): MailboxDifference | null {
  const [before, after] = [was?.path ?? null, now?.path ?? null];
  if (was === null || now === null) {
    if (was === now) return null;
    return { kind: was === null ? "created" : "removed", before, after };
  }
  if (!samePath(was.path, now.path)) return { kind: "renamed", before, after };
  if (was.subscribed === now.subscribed) return null;
  return { kind: now.subscribed ? "subscribed" : "unsubscribed", before, after };
}
