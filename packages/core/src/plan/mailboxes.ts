// Decisions about mailboxes: which remote one is which of the base, what is new, renamed, removed, out of sight (B1 to B8). Some need
// evidence that only another look can give; then a question is asked and the plan is made again with the answer. A question without an
// answer changes nothing. It must never take a missing line of LIST for a removal (B5, trap 22).
import type { MailboxBase } from "../base.ts";
import type { Link } from "../link.ts";
import { type ArchiveMailbox, type ListedMailbox, type MailboxPath, pathKey, samePath, showPath } from "../mailbox.ts";
import type { ArchiveOp, BaseOp } from "../ops.ts";
import type { Tree } from "../ports.ts";
import type { Note } from "../report.ts";
import { isSelected } from "./selection.ts";

/** What only another look can tell. */
export type MailboxQuestion =
  /** B1: does the mailbox of this name hold the UIDs that the base knows (below its UIDNEXT none but those)? */
  | { readonly kind: "sameUids"; readonly base: MailboxBase; readonly listed: ListedMailbox }
  /** B5: does the server say, asked for it by name, that it does not exist? */
  | { readonly kind: "gone"; readonly base: MailboxBase };

/** Answers so far, by {@link questionKey}. */
export type Evidence = ReadonlyMap<string, boolean>;

export interface MailboxPair {
  readonly base: MailboxBase;
  readonly listed: ListedMailbox;
}

export interface MailboxPlan {
  readonly archive: readonly ArchiveOp[];
  readonly base: readonly BaseOp[];
  readonly questions: readonly MailboxQuestion[];
  /** Paired before or by a believed rename; to be looked at. Sorted by name. */
  readonly pairs: readonly MailboxPair[];
  /** Seen for the first time; `base` makes their rows. */
  readonly first: readonly ListedMailbox[];
  /** Proved gone; their messages are proved absent with them. */
  readonly vanished: readonly MailboxBase[];
  readonly notes: readonly Note[];
}

export function questionKey(question: MailboxQuestion): string {
  const id = question.base.id;
  return question.kind === "gone" ? `gone ${id}` : `same ${id} ${pathKey(question.listed.path)}`;
}

interface Sorted {
  readonly pairs: MailboxPair[];
  readonly bases: MailboxBase[];
  readonly listed: ListedMailbox[];
  readonly questions: MailboxQuestion[];
}

const sameValidity = (base: MailboxBase, listed: ListedMailbox): boolean =>
  base.uidValidity === null || listed.status === null || base.uidValidity === listed.status.uidValidity;

/** Takes pairs out of the two rests wherever `pick` names exactly one partner. */
function takePairs(rest: Sorted, pick: (base: MailboxBase, listed: ListedMailbox) => boolean): void {
  for (const base of [...rest.bases]) {
    const partner = rest.listed.find((listed) => pick(base, listed));
    if (partner === undefined) continue;
    rest.pairs.push({ base, listed: partner });
    rest.bases.splice(rest.bases.indexOf(base), 1);
    rest.listed.splice(rest.listed.indexOf(partner), 1);
  }
}

/** B1: a rename without MAILBOXID is believed only if exactly one vanished and one appeared with that UIDVALIDITY, and the UIDs agree. */
function pairRenames(rest: Sorted, evidence: Evidence): void {
  const byValidity = (validity: bigint) => ({
    bases: rest.bases.filter((base) => base.uidValidity === validity),
    listed: rest.listed.filter((listed) => listed.status?.uidValidity === validity),
  });
  for (const validity of new Set(rest.bases.map((base) => base.uidValidity))) {
    if (validity === null) continue;
    const { bases, listed } = byValidity(validity);
    const [base] = bases;
    const [appeared] = listed;
    if (base === undefined || appeared === undefined || bases.length > 1 || listed.length > 1) continue;
    const question: MailboxQuestion = { kind: "sameUids", base, listed: appeared };
    const answer = evidence.get(questionKey(question));
    if (answer === undefined) rest.questions.push(question);
    if (answer === false) continue;
    // Unanswered: neither is anything else until the answer is there.
    rest.bases.splice(rest.bases.indexOf(base), 1);
    rest.listed.splice(rest.listed.indexOf(appeared), 1);
    if (answer) rest.pairs.push({ base, listed: appeared });
  }
}

function pairMailboxes(bases: readonly MailboxBase[], listed: readonly ListedMailbox[], evidence: Evidence): Sorted {
  const rest: Sorted = { pairs: [], bases: [...bases], listed: [...listed], questions: [] };
  takePairs(rest, (base, one) => base.objectId !== null && base.objectId === one.mailboxId);
  takePairs(rest, (base, one) => samePath(base.path, one.path) && sameValidity(base, one));
  pairRenames(rest, evidence);
  // Same name, other UIDVALIDITY, and no rename explains it: the same mailbox, to be rekeyed (U1).
  takePairs(rest, (base, one) => samePath(base.path, one.path));
  return rest;
}

interface Naming {
  readonly taken: Set<string>;
  readonly notes: Note[];
}

/** B2: a path that is taken in the archive by another mailbox is mapped to the next free name, and the report shows it. */
function freePath(naming: Naming, wanted: MailboxPath): MailboxPath {
  let path = wanted;
  for (let n = 2; naming.taken.has(pathKey(path)); n++)
    path = [...wanted.slice(0, -1), `${wanted.at(-1) ?? ""} (${n})`];
  naming.taken.add(pathKey(path));
  if (path !== wanted) {
    const text = `${showPath(wanted)} is kept as ${showPath(path)}: the archive has another mailbox of that name.`;
    naming.notes.push({ kind: "mailboxMapped", mailbox: showPath(wanted), text });
  }
  return path;
}

function planPair(pair: MailboxPair, link: Link, mailbox: ArchiveMailbox | undefined, naming: Naming): MailboxPlan {
  const { base, listed } = pair;
  const archive: ArchiveOp[] = [];
  const ops: BaseOp[] = [];
  const renamed = !samePath(base.path, listed.path);
  const notes: Note[] = [];
  if (mailbox !== undefined && link.rights.pull) {
    // The name that the archive took by itself first wins (B1).
    const follows = samePath(mailbox.path, [...link.policy.prefix, ...base.path]);
    let path = mailbox.path;
    if (renamed && follows) {
      naming.taken.delete(pathKey(mailbox.path));
      path = freePath(naming, [...link.policy.prefix, ...listed.path]);
      const text = `${showPath(base.path)} is now called ${showPath(listed.path)}.`;
      notes.push({ kind: "mailboxRenamed", mailbox: showPath(listed.path), text });
    }
    const subscribed = listed.subscribed === base.subscribed ? mailbox.subscribed : listed.subscribed;
    const role = listed.role === base.role ? mailbox.role : listed.role;
    if (path !== mailbox.path || subscribed !== mailbox.subscribed || role !== mailbox.role) {
      archive.push({ kind: "changeMailbox", mailboxId: mailbox.id, path, role, subscribed });
    }
  }
  const { name, path, role, subscribed, mailboxId: objectId } = listed;
  const same = name === base.name && !renamed && role === base.role && subscribed === base.subscribed;
  if (!same || objectId !== base.objectId || base.resting) {
    const change = { name, path, role, subscribed, objectId, resting: false };
    ops.push({ kind: "changeMailboxBase", remoteMailboxId: base.id, ...change });
  }
  return { archive, base: ops, questions: [], pairs: [], first: [], vanished: [], notes };
}

/** First contact of a mailbox: paired by role, then by name, with an archive mailbox that this link does not use yet (B3); else made. */
function planFirst(listed: ListedMailbox, link: Link, free: ArchiveMailbox[], naming: Naming): MailboxPlan {
  const archive: ArchiveOp[] = [];
  const wanted = [...link.policy.prefix, ...listed.path];
  const inside = (one: ArchiveMailbox): boolean => link.policy.prefix.every((segment, i) => one.path[i] === segment);
  const found =
    free.find((one) => listed.role !== null && one.role === listed.role && inside(one)) ??
    free.find((one) => samePath(one.path, wanted));
  let archivePath = wanted;
  if (found !== undefined) {
    free.splice(free.indexOf(found), 1);
    archivePath = [...found.path];
    const subscribed = found.subscribed || listed.subscribed; // B1: union at first contact
    const role = found.role ?? listed.role;
    if (subscribed !== found.subscribed || role !== found.role) {
      archive.push({ kind: "changeMailbox", mailboxId: found.id, path: found.path, role, subscribed });
    }
  } else {
    archivePath = [...freePath(naming, wanted)];
    archive.push({ kind: "createMailbox", path: archivePath, role: listed.role, subscribed: listed.subscribed });
  }
  const { name, path, role, subscribed, mailboxId: objectId } = listed;
  const uidValidity = listed.status?.uidValidity ?? null;
  const bind: BaseOp = { kind: "bindMailbox", archivePath, name, path, objectId, role, subscribed, uidValidity };
  const text = `${showPath(listed.path)} is new.`;
  const notes: Note[] = found ? [] : [{ kind: "mailboxCreated", mailbox: showPath(listed.path), text }];
  return { archive, base: [bind], questions: [], pairs: [], first: [listed], vanished: [], notes };
}

function planMissing(base: MailboxBase, evidence: Evidence): Pick<MailboxPlan, "questions" | "vanished" | "notes"> {
  const question: MailboxQuestion = { kind: "gone", base };
  const answer = evidence.get(questionKey(question));
  if (answer === undefined) return { questions: [question], vanished: [], notes: [] };
  if (answer) return { questions: [], vanished: [base], notes: [] };
  const text = `${showPath(base.path)} was missing from the server's list but still exists. Nothing was concluded; the next run looks again.`;
  return { questions: [], vanished: [], notes: [{ kind: "mailboxFailed", mailbox: showPath(base.path), text }] };
}

/**
 * Plans the mailboxes of one run. Deterministic: input is taken in the order of names. With open questions the plan is not final:
 * answer them and plan again; nothing of it may be applied before.
 */
export function planMailboxes(
  link: Link,
  tree: Tree,
  listing: readonly ListedMailbox[],
  evidence: Evidence,
): MailboxPlan {
  const listed = listing.filter((one) => one.selectable && isSelected(link, one));
  const inSight = tree.bases.filter((base) => !isOutOfSight(link, base));
  const { pairs, bases, listed: first, questions } = pairMailboxes(inSight, listed, evidence);
  const naming: Naming = { taken: new Set(tree.mailboxes.map((one) => pathKey(one.path))), notes: [] };
  const used = new Set(tree.bases.map((base) => base.mailboxId));
  const free = tree.mailboxes.filter((one) => !used.has(one.id));
  const byId = new Map(tree.mailboxes.map((one) => [one.id, one]));

  const parts: Partial<MailboxPlan>[] = [
    { questions },
    ...pairs.map((pair) => planPair(pair, link, byId.get(pair.base.mailboxId), naming)),
    ...first.map((one) => planFirst(one, link, free, naming)),
    ...bases.map((base) => planMissing(base, evidence)),
    ...tree.bases.filter((base) => isOutOfSight(link, base) && !base.resting).map((base) => ({ base: [rest(base)] })),
  ];
  return {
    archive: parts.flatMap((part) => part.archive ?? []),
    base: parts.flatMap((part) => part.base ?? []),
    questions: parts.flatMap((part) => part.questions ?? []),
    pairs: pairs.toSorted((a, b) => (a.listed.name < b.listed.name ? -1 : 1)),
    first: parts.flatMap((part) => part.first ?? []),
    vanished: parts.flatMap((part) => part.vanished ?? []),
    notes: [...parts.flatMap((part) => part.notes ?? []), ...naming.notes],
  };
}

/** B8: what the link's patterns no longer select rests. */
function isOutOfSight(link: Link, base: MailboxBase): boolean {
  return !isSelected(link, { path: base.path, namespace: "personal", virtual: false, role: base.role });
}

function rest(base: MailboxBase): BaseOp {
  const { id: remoteMailboxId, name, path, role, subscribed, objectId } = base;
  return { kind: "changeMailboxBase", remoteMailboxId, name, path, role, subscribed, objectId, resting: true };
}
