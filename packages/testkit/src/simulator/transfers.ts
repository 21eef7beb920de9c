// MOVE, COPY and EXPUNGE in the simulator. COPY takes effect as a whole (RFC 9051 section 6.4.7), MOVE message by message (RFC 6851
// section 3.3). It must never expunge a message that was not named (M6).
import type { Expunged, ListedMailbox, MailError, Target, Transferred, Uid, UidSet } from "@packetboat/core";
import { kept, quotaRefusal } from "./appending.ts";
import { failure } from "./failure.ts";
import { concerns, type TransferCall } from "./faults.ts";
import type { SimMailbox } from "./model.ts";
import type { Opened, SimSession } from "./session.ts";
import { exceptFor, pick } from "./uids.ts";

type Pair = readonly [Uid, Uid];

export async function moveMessages(
  session: SimSession,
  listed: ListedMailbox,
  uidValidity: bigint | null,
  uids: UidSet,
  to: Target,
): Promise<Transferred> {
  const opened = session.open("move", listed, uidValidity);
  const { name } = opened.mailbox;
  if (!session.can.move) return { kind: "refused", error: failure("OP_REFUSED", "The server cannot move messages.") };
  const pairs: Pair[] = [];
  let target: SimMailbox | undefined;
  for (const uid of pick(uids, opened.mailbox.messages.keys())) {
    opened.step("message");
    target ??= session.model.find(to.mailbox.name);
    // Those that were moved before it went away have gone with it, as they would have a moment later.
    if (target === undefined || session.model.find(to.mailbox.name) !== target) return targetGone();
    const error = pairs.length === 0 ? refused(session, "move", name) : null;
    if (error) return { kind: "refused", error };
    const [arrived] = session.model.move(name, [uid], target.name);
    if (arrived === undefined) continue;
    session.count.moved++;
    pairs.push([uid, settle(session, target, arrived)]);
  }
  return answered(session, "move", opened, pairs, to, target);
}

export async function copyMessages(
  session: SimSession,
  limits: { readonly quota?: number },
  listed: ListedMailbox,
  uidValidity: bigint | null,
  uids: UidSet,
  to: Target,
): Promise<Transferred> {
  const opened = session.open("copy", listed, uidValidity);
  const { name, messages } = opened.mailbox;
  opened.step("message");
  const target = session.model.find(to.mailbox.name);
  if (target === undefined) return targetGone();
  const wanted = pick(uids, messages.keys());
  const bytes = wanted.reduce((sum, uid) => sum + (messages.get(uid)?.bytes.length ?? 0), 0);
  const error = refused(session, "copy", name) ?? quotaRefusal(session, limits.quota, bytes);
  if (error) return { kind: "refused", error };
  const arrived = session.model.copy(name, wanted, target.name);
  const pairs = wanted.map((uid, i): Pair => [uid, settle(session, target, Number(arrived[i]))]);
  session.count.copied += pairs.length;
  return answered(session, "copy", opened, pairs, to, target);
}

/** `message` passes before \Deleted is set and again before EXPUNGE; `effect` after it; `end` before it is asked who is still there. */
export async function expungeMessages(
  session: SimSession,
  listed: ListedMailbox,
  uidValidity: bigint | null,
  uids: UidSet,
): Promise<Expunged> {
  const opened = session.open("expunge", listed, uidValidity);
  const { mailbox } = opened;
  opened.step("message");
  const named = pick(uids, mailbox.messages.keys());
  session.model.store(mailbox.name, named, { add: ["\\Deleted"] });
  opened.step("message");
  const error = refused(session, "expunge", mailbox.name);
  if (!error) {
    // Without UIDPLUS foreign \Deleted is taken off, EXPUNGE, and set again, back to back: in one moment, so nobody sees it (M6).
    const deleted = named.filter((uid) => mailbox.messages.get(uid)?.flags.includes("\\Deleted"));
    session.model.expunge(mailbox.name, deleted);
    session.count.expunged += deleted.length;
    session.step("expunge", "effect", mailbox.name);
  }
  opened.step("end");
  const stay = pick(uids, mailbox.messages.keys());
  const gone = exceptFor(uids, stay);
  if (stay.length === 0) return { gone, error: null };
  return { gone, error: error ?? failure("OP_REFUSED", "The server did not remove all of the messages.") };
}

function refused(session: SimSession, call: TransferCall, mailbox: string): MailError | null {
  const fault = session.script.take("commandRefused", (one) => one.call === call && concerns(one, mailbox), 1);
  return fault && failure("OP_REFUSED", "The server refused the command; it is tried again.");
}

/** The mailbox in the way is another one than that which the call is about, so it is an outcome and no error. */
function targetGone(): Transferred {
  return { kind: "refused", error: failure("MAILBOX_GONE", "The mailbox to move to does not exist any more.") };
}

/** A copy keeps what its new mailbox can keep. */
function settle(session: SimSession, target: SimMailbox, uid: number): Uid {
  const flags = target.messages.get(uid)?.flags ?? [];
  const left = kept(session, target, flags);
  const dropped = flags.filter((flag) => !left.includes(flag));
  if (dropped.length > 0) session.model.store(target.name, [uid], { remove: dropped });
  return uid as Uid;
}

function answered(
  session: SimSession,
  call: TransferCall,
  opened: Opened,
  pairs: readonly Pair[],
  to: Target,
  target: SimMailbox | undefined,
): Transferred {
  // COPYUID is not sent where nothing was there to be copied (RFC 4315 section 3).
  const shown = target === undefined ? null : session.marks(target).uidValidity;
  const told = session.can.uidplus && pairs.length > 0 && shown !== null && shown === to.uidValidity;
  session.step(call, "effect", opened.mailbox.name);
  session.step(call, "end", opened.mailbox.name);
  return told ? { kind: "done", pairs } : { kind: "unknown" };
}
