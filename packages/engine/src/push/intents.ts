// Intents: what was about to be sent is committed before it is, and settled before its mailbox is looked at (S2). It must never let a
// message be sent twice because the first answer was lost, nor forget one because it was not found at once.
import { type BaseOp, type OpenIntent, type PushRow, type RemoteMailboxId, uidSet } from "@packetboat/core";
import { commit, type Pass, stopIfAsked } from "../context.ts";
import type { Work } from "../visit.ts";
import { type Found, findSent } from "./find.ts";
import { type Paired, validityOf } from "./writing.ts";

/** The intent of one message, with what it is recognised by. */
export function intentOf(
  kind: OpenIntent["kind"],
  mailbox: Paired,
  row: PushRow,
  flags: OpenIntent["flags"],
): OpenIntent {
  const { messageId, size, internalDate, canonical, fingerprint } = row;
  const uidNext = mailbox.listed.status?.uidNext ?? null;
  const place = { remoteMailboxId: mailbox.base.id, uidValidity: validityOf(mailbox), uidNext };
  return { kind, ...place, messageId, flags, size, internalDate, canonical, fingerprint };
}

/** The op that opens intents, without what only their search needs. */
export function intend(intents: readonly OpenIntent[]): BaseOp {
  return {
    kind: "intend",
    intents: intents.map(({ kind, remoteMailboxId, messageId, uidValidity, uidNext, flags }) => ({
      kind,
      remoteMailboxId,
      messageId,
      uidValidity,
      uidNext,
      flags,
    })),
  };
}

export function settled(intents: readonly OpenIntent[]): readonly BaseOp[] {
  const byMailbox = Map.groupBy(intents, (intent) => intent.remoteMailboxId);
  return [...byMailbox].map(([remoteMailboxId, of]) => ({
    kind: "intentsSettled",
    remoteMailboxId,
    messages: of.map(({ messageId }) => messageId),
  }));
}

/** The base takes what was found: the flags as they were sent, so that what happened to them since is merged (an adopted APPEND). */
export function bindFound(found: readonly Found[]): readonly BaseOp[] {
  return found.flatMap(({ intent, uid, emailId, unproved, copy }): BaseOp[] => {
    const { remoteMailboxId, flags } = intent;
    const binding = { remoteMailboxId, uid, flags, modseq: null, emailId, copy, ...(unproved ? { unproved } : {}) };
    // It may have waited as one that could not be fetched.
    const known: BaseOp = { kind: "settled", remoteMailboxId, uids: uidSet([uid]) };
    return [{ kind: "bind", messageId: intent.messageId, binding }, known];
  });
}

/**
 * Settles what earlier runs left open, mailbox by mailbox. Not found is believed after a second look: the message has no row then, and the
 * push that follows sends it again. Gives the mailboxes in which something could not be read: nothing may be taken for new there. Mailboxes that LIST does not show now, or that are about to be rekeyed, are left as they are.
 */
export async function settleIntents(run: Pass, work: readonly Work[]): Promise<ReadonlySet<RemoteMailboxId>> {
  const open = await run.archive.intents();
  const unsettled = new Set<RemoteMailboxId>();
  if (open.length === 0 || run.dryRun) return unsettled;
  const byMailbox = Map.groupBy(open, (intent) => intent.remoteMailboxId);
  for (const [id, intents] of byMailbox) {
    stopIfAsked(run);
    const mailbox = work.find(({ base }) => base.id === id);
    if (mailbox === undefined) continue;
    // Should its state be told later in this run, it is still not to be looked at.
    if (mailbox.listed.status === null) unsettled.add(id);
    if (mailbox.listed.status?.uidValidity !== mailbox.base.uidValidity) continue;
    const { found: first } = await findSent(run, mailbox, intents, false);
    await commit(run, { archive: [], base: [...bindFound(first), ...settled(first.map(({ intent }) => intent))] });
    const rest = intents.filter((intent) => !first.some((one) => one.intent === intent));
    if (rest.length === 0) continue;
    const { found: second, unsure } = await findSent(run, mailbox, rest, false);
    const closed = unsure ? second.map(({ intent }) => intent) : rest;
    await commit(run, { archive: [], base: [...bindFound(second), ...settled(closed)] });
    if (closed.length < rest.length) unsettled.add(id);
  }
  return unsettled;
}
