// The mailboxes of a run: plans them, answers the plan's questions by asking the server, applies the result. Nothing is decided here.
import {
  type Evidence,
  type ListedMailbox,
  type MailboxBase,
  type MailboxId,
  type MailboxPlan,
  type MailboxQuestion,
  MailError,
  planMailboxes,
  questionKey,
  type RemoteMailboxId,
  subtractUids,
  type Tree,
  type Uid,
} from "@packetboat/core";
import { commit, type Pass } from "./context.ts";
import type { Work } from "./visit.ts";

/** Each answer settles one question for good, so there are never more rounds than mailboxes; this bounds a defect. */
const MAX_ROUNDS = 1_000;

export interface SettledMailboxes {
  readonly plan: MailboxPlan;
  /** To be looked at, with their base rows as they now are. */
  readonly work: readonly Work[];
  /** Which mailbox of the archive each remote one is paired with. */
  readonly homes: ReadonlyMap<RemoteMailboxId, MailboxId>;
}

/** Plans until no question is open, commits mailbox changes, and gives what is to be looked at. */
export async function settleMailboxes(run: Pass, listing: readonly ListedMailbox[]): Promise<SettledMailboxes> {
  let tree = await run.archive.tree();
  const evidence = new Map<string, boolean>();
  let plan = planMailboxes(run.link, tree, listing, evidence);
  for (let round = 0; plan.questions.length > 0; round++) {
    if (round === MAX_ROUNDS)
      throw new MailError("BUG", "Packetboat has a defect: its plan of mailboxes does not settle.");
    for (const question of plan.questions) evidence.set(questionKey(question), await answer(run, question, listing));
    plan = planMailboxes(run.link, tree, listing, evidence as Evidence);
  }
  run.tally.notes.push(...plan.notes);
  await commit(run, { archive: plan.archive, base: plan.base });
  const before = new Set(tree.mailboxes.map((mailbox) => mailbox.id));
  if (plan.archive.length + plan.base.length > 0 && !run.dryRun) tree = await run.archive.tree();
  const homes = new Map(tree.bases.map((base) => [base.id, base.mailboxId]));
  return { plan, work: workOf(plan, tree, before), homes };
}

function workOf(plan: MailboxPlan, tree: Tree, before: ReadonlySet<number>): SettledMailboxes["work"] {
  const byId = new Map(tree.bases.map((base) => [base.id, base]));
  const known = plan.pairs.map(({ base, listed }) => ({
    listed,
    base: byId.get(base.id) ?? base,
    fresh: false,
    revival: plan.revivals.get(base.id) ?? null,
  }));
  const first = plan.first.flatMap((listed) => {
    const base = tree.bases.find((one) => one.name === listed.name);
    return base === undefined ? [] : [{ listed, base, fresh: !before.has(base.mailboxId), revival: null }];
  });
  return [...known, ...first];
}

async function answer(run: Pass, question: MailboxQuestion, listing: readonly ListedMailbox[]): Promise<boolean> {
  if (question.kind === "gone") {
    if ((await run.remote.status(listedFrom(question.base))) !== null) return false;
    return !(await showsLater(run, question.base, listing));
  }
  if (question.kind === "replaced") {
    const { objectId, uidValidity } = question.base;
    const again = await run.remote.list();
    const strangers = again.filter((one) => !question.claimed.includes(one.name));
    return !strangers.some((one) =>
      objectId === null ? one.status?.uidValidity === uidValidity : one.mailboxId === objectId,
    );
  }
  // B1: below the base's UIDNEXT the mailbox holds nothing but what the base knows.
  const { bound, pending } = await run.archive.known(question.base.id, 1 as Uid);
  const last = bound.at(-1)?.[1] ?? 0;
  // S2: what was sent and not answered may be among them, from its UIDNEXT upwards.
  const sent = (await run.archive.intents()).filter((intent) => intent.remoteMailboxId === question.base.id);
  const next = [question.base.marks?.uidNext ?? last + 1, ...sent.map((intent) => intent.uidNext ?? 1)];
  const below = Math.min(...next) - 1;
  for await (const part of run.remote.observe(question.listed, { kind: "list" })) {
    if (part.kind !== "end") continue;
    const strangers = subtractUids(part.listed ?? [], [...bound, ...pending.map((row) => [row.uid, row.uid] as const)]);
    return strangers.every(([from]) => from > below);
  }
  return false;
}

/**
 * B5: the second look. A LIST that was cut short may have hidden the mailbox's new name: whatever shows only now and could be it says that
 * it is not gone, and the next run finds the rename.
 */
async function showsLater(run: Pass, base: MailboxBase, listing: readonly ListedMailbox[]): Promise<boolean> {
  const before = new Set(listing.map((one) => one.name));
  return (await run.remote.list()).some(
    (one) =>
      !before.has(one.name) &&
      (one.name === base.name || one.mailboxId === base.objectId || one.status?.uidValidity === base.uidValidity),
  );
}

/** A mailbox of the base in the shape that the remote asks by; only its name counts. */
function listedFrom(base: MailboxBase): ListedMailbox {
  return {
    name: base.name,
    path: base.path,
    selectable: true,
    subscribed: base.subscribed,
    role: base.role,
    namespace: "personal",
    virtual: false,
    mailboxId: base.objectId,
    status: base.marks,
  };
}
