// STORE in the simulator: flags added and taken off by command, never set as a whole; the answers are what the server shows afterwards (F1).
import type { FlagChange, ListedMailbox, Stored } from "@packetboat/core";
import { kept } from "./appending.ts";
import { failure } from "./failure.ts";
import { concerns } from "./faults.ts";
import type { Opened, SimSession } from "./session.ts";
import { pick, rangesOf } from "./uids.ts";

const PAGE = 1_000;

/** One page of at most 1,000 answers for each command; additions and removals are two commands, with a moment between them. */
export async function* storeFlags(
  session: SimSession,
  listed: ListedMailbox,
  uidValidity: bigint | null,
  changes: readonly FlagChange[],
): AsyncGenerator<readonly Stored[]> {
  if (changes.length === 0) return;
  const opened = session.open("store", listed, uidValidity);
  for (const change of changes) {
    const wanted = pick(change.uids, opened.mailbox.messages.keys());
    for (let at = 0; at < wanted.length; at += PAGE) {
      const page = storePage(session, opened, wanted.slice(at, at + PAGE), change);
      if (page.length > 0) yield page;
    }
  }
  session.step("store", "end", listed.name);
}

function storePage(
  session: SimSession,
  opened: Opened,
  uids: readonly number[],
  change: FlagChange,
): readonly Stored[] {
  const { mailbox } = opened;
  let shown: readonly Stored[] = [];
  for (const how of ["add", "remove"] as const) {
    // Nothing to take off: no command for it. Nothing at all: the flags are asked for.
    if (change[how].length === 0 && (how === "remove" || change.remove.length > 0)) continue;
    opened.step("message");
    const there = uids.filter((uid) => mailbox.messages.has(uid));
    if (there.length === 0) return [];
    if (session.script.take("storeRefused", (fault) => concerns(fault, mailbox.name), 1)) {
      const error = failure("OP_REFUSED", "The server refused to change the flags; it is tried again.");
      return [{ kind: "refused", uids: rangesOf(there), error }];
    }
    session.model.store(mailbox.name, there, { [how]: kept(session, mailbox, change[how]) });
    session.count.stored += there.length;
    shown = shownFlags(session, opened, there);
    session.step("store", "effect", mailbox.name);
  }
  return shown;
}

function shownFlags(session: SimSession, opened: Opened, uids: readonly number[]): readonly Stored[] {
  const { mailbox } = opened;
  return pick(rangesOf(uids), mailbox.messages.keys()).flatMap((uid): Stored[] => {
    const message = mailbox.messages.get(uid);
    if (message === undefined) return [];
    return [{ kind: "shown", uid, flags: message.flags, modseq: session.modseq(mailbox, message.modseq) }];
  });
}
