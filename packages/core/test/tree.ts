// A tree of mailboxes for the planner's tests: base rows, archive mailboxes and a listing in, the settled plan out, then the same listing
// again with the plan applied, which must give nothing. The server's answers to questions are given; an unexpected question fails.
import { expect } from "vitest";
import {
  type ArchiveMailbox,
  type Evidence,
  type Link,
  type ListedMailbox,
  type MailboxBase,
  type MailboxId,
  type MailboxPath,
  type MailboxPlan,
  pathKey,
  planMailboxes,
  questionKey,
  type RemoteMailboxId,
  type Revision,
  type Tree,
} from "../src/index.ts";
import { linkWith, PULL } from "./world.ts";

const segments = (name: string): MailboxPath => name.split("/");
const MARKS = { uidNext: 10, highestModseq: 5n, messages: 3 };

export function based(id: number, name: string, validity: number | null, part: Partial<MailboxBase> = {}): MailboxBase {
  const uidValidity = validity === null ? null : BigInt(validity);
  return {
    id: id as RemoteMailboxId,
    mailboxId: (10 + id) as MailboxId,
    name,
    path: segments(name),
    objectId: null,
    role: null,
    subscribed: false,
    uidValidity,
    marks: { uidValidity, ...MARKS },
    completeAt: 0,
    pending: 0,
    resting: false,
    pushed: 0 as Revision,
    pushedPath: null,
    renamingTo: null,
    unsent: 0,
    ...part,
  };
}

export function listed(name: string, validity: number | null, part: Partial<ListedMailbox> = {}): ListedMailbox {
  return {
    name,
    path: segments(name),
    selectable: true,
    subscribed: false,
    role: null,
    namespace: "personal",
    virtual: false,
    mailboxId: null,
    status: { uidValidity: validity === null ? null : BigInt(validity), ...MARKS },
    ...part,
  };
}

export function kept(id: number, name: string, part: Partial<ArchiveMailbox> = {}): ArchiveMailbox {
  return { id: (10 + id) as MailboxId, path: segments(name), role: null, subscribed: false, ...part };
}

/** A base and its archive mailbox of the same name, for each. */
export function treeOf(...bases: MailboxBase[]): Tree {
  return {
    bases,
    mailboxes: bases.map((base) =>
      kept(base.id, base.path.join("/"), { subscribed: base.subscribed, role: base.role }),
    ),
  };
}

/** Answers by `kind name`: "gone A", "replaced A", "same A B" (is B the mailbox that was A?). */
type Answers = Readonly<Record<string, boolean>>;

function settle(link: Link, tree: Tree, listing: readonly ListedMailbox[], answers: Answers): MailboxPlan {
  const evidence = new Map<string, boolean>();
  for (let round = 0; round < 20; round++) {
    const plan = planMailboxes(link, tree, listing, evidence as Evidence);
    if (plan.questions.length === 0) return plan;
    for (const question of plan.questions) {
      const was = question.base.name;
      const asked = question.kind === "sameUids" ? `same ${was} ${question.listed.name}` : `${question.kind} ${was}`;
      const answer = answers[asked];
      if (answer === undefined) throw new Error(`unexpected question: ${asked}`);
      evidence.set(questionKey(question), answer);
    }
  }
  throw new Error("the plan does not settle");
}

/** The tree after the plan: checked at the end of the commit, as a database with deferred constraints would. */
function applied(tree: Tree, plan: MailboxPlan): Tree {
  let mailboxes = [...tree.mailboxes];
  let bases = [...tree.bases];
  for (const op of plan.archive) {
    if (op.kind === "createMailbox") mailboxes.push({ ...op, id: (100 + mailboxes.length) as MailboxId });
    else if (op.kind === "changeMailbox")
      mailboxes = mailboxes.map((one) => (one.id === op.mailboxId ? { ...one, ...op } : one));
    else throw new Error(`a plan of mailboxes does not ${op.kind}`);
  }
  for (const op of plan.base) {
    if (op.kind === "bindMailbox") {
      const mailbox = mailboxes.find((one) => pathKey(one.path) === pathKey(op.archivePath));
      if (mailbox === undefined) throw new Error("bound to a mailbox that is not there");
      const id = (100 + bases.length) as RemoteMailboxId;
      bases.push({ ...based(id, op.name, null), ...op, id, mailboxId: mailbox.id, marks: null, completeAt: null });
    } else if (op.kind === "changeMailboxBase") {
      bases = bases.map((one) => (one.id === op.remoteMailboxId ? { ...one, ...op } : one));
    } else if (op.kind === "renaming") {
      bases = bases.map((one) => (one.id === op.remoteMailboxId ? { ...one, renamingTo: op.to } : one));
    } else throw new Error(`a plan of mailboxes does not ${op.kind}`);
  }
  expect(new Set(mailboxes.map((one) => pathKey(one.path))).size, "two archive mailboxes of one path").toBe(
    mailboxes.length,
  );
  expect(new Set(bases.map((one) => one.name)).size, "two base rows of one name").toBe(bases.length);
  expect(new Set(bases.map((one) => one.mailboxId)).size, "two base rows on one mailbox").toBe(bases.length);
  return { mailboxes, bases };
}

/** What the run does afterwards with mailboxes that are proved gone. */
export function dropped(tree: Tree, plan: MailboxPlan): Tree {
  const gone = new Set(plan.vanished.map((base) => base.id));
  const freed = new Set(plan.vanished.map((base) => base.mailboxId));
  return {
    bases: tree.bases.filter((base) => !gone.has(base.id)),
    mailboxes: tree.mailboxes.filter((one) => !freed.has(one.id)),
  };
}

interface Outcome {
  /** `was → archive path` for each pair, sorted. */
  readonly pairs: readonly string[];
  readonly first: readonly string[];
  readonly vanished: readonly string[];
  readonly notes: readonly string[];
  readonly plan: MailboxPlan;
  readonly after: Tree;
}

/** Settles, applies, and proves that the order of the input is nothing to the plan (P2) and that nothing is left to do (P3). */
export function run(
  tree: Tree,
  listing: readonly ListedMailbox[],
  answers: Answers = {},
  link: Link = linkWith(PULL),
): Outcome {
  const plan = settle(link, tree, listing, answers);
  const turned: Tree = { bases: tree.bases.toReversed(), mailboxes: tree.mailboxes.toReversed() };
  expect(settle(link, turned, listing.toReversed(), answers)).toEqual(plan);
  const after = applied(tree, plan);
  const now = dropped(after, plan);
  const again = settle(link, now, listing, answers);
  if (!plan.notes.some((note) => note.text.includes("follows when"))) {
    expect({ archive: again.archive, base: again.base, vanished: again.vanished }).toEqual({
      archive: [],
      base: [],
      vanished: [],
    });
  }
  const pathOf = (base: MailboxBase): string =>
    after.mailboxes.find((one) => one.id === base.mailboxId)?.path.join("/") ?? "nowhere";
  return {
    pairs: plan.pairs.map(({ base, listed: one }) => `${base.name} = ${one.name} → ${pathOf(base)}`).sort(),
    first: plan.first.map((one) => one.name),
    vanished: plan.vanished.map((base) => base.name),
    notes: plan.notes.map((note) => note.kind).sort(),
    plan,
    after,
  };
}

export const EMPTY: Tree = { mailboxes: [], bases: [] };
export const paths = (tree: Tree): string[] => tree.mailboxes.map((one) => one.path.join("/")).sort();
