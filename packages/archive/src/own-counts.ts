// What a writer that only adds messages knows by itself of how much its mailboxes hold: sums of what it added since a revision, so that counts can be
// kept without reading again what was just written. Pure. It must never tell more than it knows: after any other change, its own or somebody
// else's, it begins anew, and counts.ts asks the database.
import { type ArchiveOp, asId, type Digest, type MailboxId, type Revision } from "@packetboat/core";

/** What a mailbox holds. */
export interface Counts {
  readonly messages: number;
  readonly unread: number;
  /** Of the messages, before compression. */
  readonly bytes: number;
}

type Counting = { -readonly [K in keyof Counts]: Counts[K] };

/** What was added in all revisions after `since`, up to `through`. */
export interface OwnCounts {
  readonly since: Revision;
  readonly through: Revision;
  readonly mailboxes: ReadonlyMap<MailboxId, Counts>;
}

export const NOTHING_OWN: OwnCounts = { since: asId<Revision>(0), through: asId<Revision>(0), mailboxes: new Map() };

/** Gives what is known after this writer made a revision of these ops. `sizeOf`: bytes of a body; null: not known. */
export function afterCommit(
  own: OwnCounts,
  revision: Revision,
  ops: readonly ArchiveOp[],
  sizeOf: (sha256: Digest) => number | null,
): OwnCounts {
  const isNext = own.through === revision - 1;
  const mailboxes = new Map<MailboxId, Counting>();
  if (isNext) for (const [id, held] of own.mailboxes) mailboxes.set(id, { ...held });
  for (const op of ops) {
    if (op.kind === "createMailbox") continue;
    const bytes = op.kind === "addMessage" ? sizeOf(op.sha256) : null;
    if (op.kind !== "addMessage" || bytes === null) return { since: revision, through: revision, mailboxes: new Map() };
    const held = mailboxes.get(op.mailboxId) ?? { messages: 0, unread: 0, bytes: 0 };
    mailboxes.set(op.mailboxId, held);
    held.messages++;
    if (!op.flags.includes("\\Seen")) held.unread++;
    held.bytes += bytes;
  }
  return { since: isNext ? own.since : asId<Revision>(revision - 1), through: revision, mailboxes };
}
