// Undo: what makes the archive equal to an earlier revision of itself, message by message. Plain data in, archive ops out; accounts follow
// by the ordinary pushes of their links (M10). It must never plan anything for a message that is as it was, nor touch a base.
import type { LiveVersion } from "../base.ts";
import { type Flags, withoutFlags } from "../flags.ts";
import type { MailboxId, MessageId } from "../ids.ts";
import type { ArchiveEdit } from "../ops.ts";

/** A message at the revision that is to come back, and now. */
export interface RestoreRow {
  readonly messageId: MessageId;
  /** Null: it was not in the archive then. */
  readonly was: { readonly mailboxId: MailboxId; readonly flags: Flags } | null;
  /** Null: tombstoned. */
  readonly now: LiveVersion | null;
}

export type RestoreMessageOp = Extract<
  ArchiveEdit,
  { kind: "reviveMessage" | "moveMessage" | "setFlags" | "removeMessage" }
>;

export interface RestoreRules {
  /** Where what was in a mailbox then belongs now. */
  readonly homeOf: (id: MailboxId) => MailboxId;
  /** What came after that revision stays where it is. */
  readonly keepNew: boolean;
}

/** Plans one message. Null: it is as it was, or it came later and is kept. Total, deterministic. */
export function planRestore({ messageId, was, now }: RestoreRow, rules: RestoreRules): RestoreMessageOp | null {
  if (was === null) {
    if (now === null || rules.keepNew) return null;
    return { kind: "removeMessage", messageId, since: now.since };
  }
  const mailboxId = rules.homeOf(was.mailboxId);
  const { flags } = was;
  if (now === null) return { kind: "reviveMessage", messageId, mailboxId, flags };
  if (now.mailboxId !== mailboxId) return { kind: "moveMessage", messageId, since: now.since, mailboxId, flags };
  const same = withoutFlags(flags, now.flags).length + withoutFlags(now.flags, flags).length === 0;
  return same ? null : { kind: "setFlags", messageId, since: now.since, flags };
}
