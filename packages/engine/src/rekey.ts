// A mailbox whose UIDVALIDITY changed, or that has none: all its base rows are matched again by identity, without fetching bodies (U1, U4).
// One commit replaces UIDVALIDITY and placements. It must never remove a message, and never double one.
import {
  type BaseIdentity,
  type BaseOp,
  fewMatches,
  type ListedMailbox,
  type MailboxBase,
  type Marks,
  NO_UIDS,
  planRekey,
  type RemoteIdentity,
  showPath,
  subtractUids,
  type Uid,
  type UidSet,
  uidCount,
  uidSet,
  wake,
} from "@packetboat/core";
import { judgeContact, unboundHeadings } from "./contact.ts";
import { commit, type Pass } from "./context.ts";
import { holdAdditions, holdAppends, tellHeld } from "./held.ts";
import { count } from "./tally.ts";
import { mergePage, type Visit, type Work } from "./visit.ts";

const ALL: UidSet = [[1, 4294967295]];
/** Flags are compared in pages of this many messages. */
const PAGE = 1_000;

/** Matches the mailbox again and gives the visit that goes on with what is new in it. */
export async function rekeyMailbox(run: Pass, { listed, base, revival }: Work): Promise<Visit> {
  const mailbox = showPath(listed.path);
  const { marks, present } = await listMailbox(run, listed);
  const rows: BaseIdentity[] = [];
  for await (const page of run.archive.identities(base.id, ALL)) rows.push(...page);
  const seen: RemoteIdentity[] = [];
  if (rows.length > 0) {
    const uids = run.remote.identify(listed, marks.uidValidity, present, { fingerprint: true });
    for await (const page of uids) seen.push(...page);
  }
  const plan = planRekey(rows, seen);
  count(run.tally, mailbox, { observed: uidCount(present), matched: plan.pairs.length }, "rekey");
  const arrived = subtractUids(present, uidSet(plan.pairs.map(([, uid]) => uid)));
  const contact = rows.length === 0 ? await judgeContact(run, listed, base, marks, present) : null;
  const few = fewMatches(rows.length, uidCount(present), plan.pairs.length);
  const held = contact?.held ?? (few ? arrived : NO_UIDS);
  const why = contact === null ? "rekey" : "contact";
  const holds = contact?.ops ?? (few ? await holdBoth(run, base, rows, plan.pairs, arrived) : []);
  const rekey: BaseOp = {
    kind: "rekey",
    remoteMailboxId: base.id,
    uidValidity: marks.uidValidity,
    pairs: plan.pairs,
  };
  const awake: BaseOp[] = base.resting ? [wake(base)] : []; // B8: in the same commit, so that a crash finds it resting still
  await commit(run, { archive: [], base: [rekey, ...awake, ...holds] });
  const cause = whyRekey(base, marks);
  // Courier gives an INBOX that nobody ever opened another UIDVALIDITY in each session: of nothing there is nothing to tell.
  if (rows.length > 0 || present.length > 0 || cause !== "newUidValidity")
    tell(run, mailbox, cause, plan.pairs.length, plan.unmatched);
  tellHeld(run, mailbox, held, uidCount(present), why);
  const isWhole = run.dryRun || (await mergeFlagsOf(run, base, mailbox, seen));
  return {
    listed,
    base: { ...base, uidValidity: marks.uidValidity, marks: null, resting: false },
    mailbox,
    marks,
    complete: true,
    arrived: subtractUids(arrived, held),
    gone: NO_UIDS,
    pending: new Map(),
    approval: null,
    unexplained: [],
    fresh: false,
    plannedAt: null,
    revival,
    unfinished: !isWhole,
  };
}

/** G3: what the server has beyond the archive, and, where the link pushes, what the archive has beyond the server. */
async function holdBoth(
  run: Pass,
  base: MailboxBase,
  rows: readonly BaseIdentity[],
  pairs: readonly (readonly [Uid, Uid])[],
  arrived: UidSet,
): Promise<readonly BaseOp[]> {
  const additions = holdAdditions(run, base, arrived, "rekey");
  if (!run.link.rights.push) return additions;
  const matched = new Set(pairs.map(([uid]) => uid));
  const lost = rows.filter((row) => !matched.has(row.uid) && row.archive?.mailboxId === base.mailboxId);
  const strangers = await unboundHeadings(run, base);
  const messages = [...lost, ...strangers].map(({ messageId }) => messageId);
  return [...additions, ...holdAppends(run, base, messages, "rekey")];
}

async function listMailbox(run: Pass, listed: ListedMailbox): Promise<{ marks: Marks; present: UidSet }> {
  let marks: Marks = { uidValidity: null, uidNext: null, highestModseq: null, messages: null };
  let present: UidSet = NO_UIDS;
  for await (const part of run.remote.observe(listed, { kind: "list" })) {
    if (part.kind === "marks") marks = part.marks;
    else if (part.kind === "end") present = part.listed ?? NO_UIDS;
  }
  return { marks, present };
}

type Why = "noUidValidity" | "newUidValidity" | "backInSelection";

function whyRekey(base: MailboxBase, { uidValidity }: Marks): Why {
  if (uidValidity === null || uidValidity === 0n) return "noUidValidity"; // U4
  return uidValidity === base.uidValidity ? "backInSelection" : "newUidValidity"; // B8, U1
}

function tell(run: Pass, mailbox: string, why: Why, matched: number, unmatched: number): void {
  const reason = {
    noUidValidity: `The server gives ${mailbox} no UIDVALIDITY, so removals are not followed`,
    // The server says no more than that: renumbering, and another mailbox under the old name, look alike.
    newUidValidity: `${mailbox} has a new UIDVALIDITY: the server numbered it anew, or it was deleted and made again`,
    backInSelection: `${mailbox} is in the selection again`,
  }[why];
  const left = unmatched > 0 ? ` ${unmatched} found no partner; they stay in the archive.` : "";
  const found = matched === 1 ? "1 message was" : `${matched} messages were`;
  const text = `${reason}. ${found} matched by their headers.${left}`;
  run.tally.notes.push({ kind: why === "noUidValidity" ? "noUidValidity" : "rekeyed", mailbox, text });
}

async function mergeFlagsOf(
  run: Pass,
  base: MailboxBase,
  mailbox: string,
  seen: readonly RemoteIdentity[],
): Promise<boolean> {
  let isWhole = true;
  for (let at = 0; at < seen.length; at += PAGE) {
    const page = seen.slice(at, at + PAGE).map(({ uid, flags }) => ({ uid, flags, modseq: null }));
    if (!(await mergePage(run, base, mailbox, page))) isWhole = false;
  }
  return isWhole;
}
