// Decisions about mailboxes: what is new, renamed, removed, out of sight (B1 to B8), once pairing.ts has said which is which. Some need
// evidence that only another look can give; then a question is asked and the plan is made again with the answer. A question without an
// answer changes nothing. It must never take a missing line of LIST for a removal (B5, trap 22).
import type { MailboxBase } from "../base.ts";
import type { RemoteMailboxId } from "../ids.ts";
import type { Link } from "../link.ts";
import {
  type ArchiveMailbox,
  isNumbered,
  type ListedMailbox,
  type MailboxPath,
  pathKey,
  samePath,
  showPath,
} from "../mailbox.ts";
import type { ArchiveOp, BaseOp } from "../ops.ts";
import type { Tree } from "../ports.ts";
import type { Note } from "../report.ts";
import { type Evidence, type MailboxPair, type MailboxQuestion, pairMailboxes, questionKey } from "./pairing.ts";
import { isSelected } from "./selection.ts";

export interface MailboxPlan {
  readonly archive: readonly ArchiveOp[];
  readonly base: readonly BaseOp[];
  readonly questions: readonly MailboxQuestion[];
  /** Paired before or by a believed rename; to be looked at. Sorted by name. */
  readonly pairs: readonly MailboxPair[];
  /** Seen for the first time; `base` makes their rows. */
  readonly first: readonly ListedMailbox[];
  /** New, but for a name that is not free before something in `vanished` is removed: another pass is due then. */
  readonly waiting: readonly ListedMailbox[];
  /** B5: how mailboxes that the archive removed come back, should something arrive in them. */
  readonly revivals: ReadonlyMap<RemoteMailboxId, Extract<ArchiveOp, { kind: "reviveMailbox" }>>;
  /** Proved gone; their messages are proved absent with them. */
  readonly vanished: readonly MailboxBase[];
  readonly notes: readonly Note[];
}

/** What one mailbox adds to the plan. */
type Part = Partial<Omit<MailboxPlan, "revivals">>;

interface Naming {
  /** Paths of the archive that are not free. */
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

/** Where a mailbox of the server that the link selects lies in the archive. */
const inArchive = ({ policy: { prefix, below } }: Link, path: MailboxPath): MailboxPath => [
  ...prefix,
  ...path.slice(below.length),
];

/**
 * B2: whether the archive's name is the server's with a number that nobody wished for. B1: where the archive had the plain name too when the
 * two last agreed, somebody has given it that number since.
 */
export function isMapped(link: Link, base: MailboxBase, mailbox: ArchiveMailbox): boolean {
  const plain = inArchive(link, base.path);
  if (!link.rights.pull || !isNumbered(mailbox.path, plain)) return false;
  return base.pushedPath === null || !samePath(base.pushedPath, plain);
}

/** B3: paired by role, or as good as: the two sides may call it as they like. */
export const isPairedByRole = (base: MailboxBase, mailbox: ArchiveMailbox): boolean =>
  base.role !== null && base.role === mailbox.role;

/**
 * Whether a rename on the server moves the archive's mailbox: the archive has the name that this link gave it, mapped (B2) or not, or the
 * server's is only the archive's with a number. Else somebody renamed it in the archive, and that was first (B1). Without pushes nobody tells
 * when the two last agreed, and a number is none that somebody gave.
 */
function followsServer(link: Link, mailbox: ArchiveMailbox, base: MailboxBase): boolean {
  const given = inArchive(link, base.path);
  if (samePath(mailbox.path, given) || isNumbered(given, mailbox.path)) return true;
  return link.rights.push ? isMapped(link, base, mailbox) : isNumbered(mailbox.path, given);
}

/** A pair with what is known before any name is given away. */
interface Known extends MailboxPair {
  readonly mailbox: ArchiveMailbox | undefined;
  readonly renamed: boolean;
  /** S2: a RENAME of ours gave it that name, or took it along; the answer was lost. The name is nobody's wish. */
  readonly renamedByUs: boolean;
  /** The archive's mailbox takes the name that the server shows. */
  readonly moves: boolean;
  /** Its new name belongs to a mailbox that is not yet known to be gone: the rename is taken over by the run after that. */
  readonly waits: boolean;
}

function knowPair(
  pair: MailboxPair,
  link: Link,
  mailbox: ArchiveMailbox | undefined,
  lost: readonly MailboxBase[],
): Known {
  const { base, listed } = pair;
  const renamed = !samePath(base.path, listed.path);
  const holds = (one: MailboxBase): boolean => one.name === listed.name || samePath(one.path, listed.path);
  const waits = (renamed || base.name !== listed.name) && lost.some(holds);
  const renamedByUs = base.renamingTo === listed.name;
  const follows = mailbox !== undefined && link.rights.pull && followsServer(link, mailbox, base);
  return { ...pair, mailbox, renamed, renamedByUs, waits, moves: renamed && follows && !renamedByUs && !waits };
}

/** Who takes the name of one that waits waits too, and so on: DELETE B, RENAME A B, RENAME C A. */
function withFollowers(known: readonly Known[]): readonly Known[] {
  const kept = new Set(known.filter(({ waits }) => waits).map(({ base }) => base.name));
  const follows = ({ base, listed, waits }: Known): boolean =>
    !waits && base.name !== listed.name && kept.has(listed.name);
  if (!known.some(follows)) return known;
  return withFollowers(known.map((one) => (follows(one) ? { ...one, waits: true, moves: false } : one)));
}

/**
 * B2: a mailbox of the archive that has a number because its name was taken gets the plain name, which its server shows, when that is free.
 * It only ever loses a number, so this comes to an end; the other accounts follow by RENAME. What was paired by role is renamed by nobody (B3).
 */
function withPlainNames(known: readonly Known[], link: Link, taken: ReadonlySet<string>): readonly Known[] {
  const given = new Set<string>();
  return known.map((one) => {
    const { base, listed, mailbox, renamed, waits } = one;
    if (mailbox === undefined || renamed || waits || isPairedByRole(base, mailbox)) return one;
    const plain = pathKey(inArchive(link, listed.path));
    if (!isMapped(link, base, mailbox) || taken.has(plain) || given.has(plain)) return one;
    given.add(plain);
    return { ...one, moves: true };
  });
}

function tellRename(known: Known, link: Link): Note[] {
  const { base, listed, mailbox, renamed, renamedByUs, moves, waits } = known;
  if (!renamed && moves && mailbox !== undefined) {
    const text = `${showPath(mailbox.path)} of the archive is called ${showPath(inArchive(link, listed.path))} now: that name is free again.`;
    return [{ kind: "mailboxRenamed", mailbox: showPath(listed.path), text }];
  }
  if (!renamed || renamedByUs) return [];
  const change = `${showPath(base.path)} is now called ${showPath(listed.path)}`;
  const name = showPath(listed.path);
  if (moves) return [{ kind: "mailboxRenamed", mailbox: name, text: `${change}.` }];
  const later = `${change}; the archive follows when the mailbox that had this name is gone from it.`;
  if (waits) return [{ kind: "mailboxRenamed", mailbox: name, text: later }];
  // Renamed on two sides, to one name.
  if (mailbox === undefined || samePath(mailbox.path, inArchive(link, listed.path))) return [];
  // B1: the name that the archive took first wins.
  return [{ kind: "conflict", mailbox: name, text: `${change}; the archive keeps ${showPath(mailbox.path)}.` }];
}

function planPair(known: Known, link: Link, naming: Naming): Part {
  const { base, listed, mailbox, renamedByUs, moves, waits } = known;
  const archive: ArchiveOp[] = [];
  if (mailbox !== undefined && link.rights.pull) {
    const path = moves ? freePath(naming, inArchive(link, listed.path)) : mailbox.path;
    // S2: a rename of ours takes the subscription away from the old name first: until it is settled that is nobody's wish.
    const ours = base.renamingTo !== null && !listed.subscribed;
    const subscribed = listed.subscribed === base.subscribed || ours ? mailbox.subscribed : listed.subscribed;
    const role = listed.role === base.role ? mailbox.role : listed.role;
    if (path !== mailbox.path || subscribed !== mailbox.subscribed || role !== mailbox.role) {
      archive.push({ kind: "changeMailbox", mailboxId: mailbox.id, path, role, subscribed });
    }
  }
  const { role, subscribed, mailboxId: objectId } = listed;
  const { name, path } = waits ? base : listed;
  // S2: of a name that it still waits for the run after that has to know whose wish it was.
  const isOpen = base.renamingTo === null || (waits && renamedByUs);
  const settled: BaseOp[] = isOpen ? [] : [{ kind: "renaming", remoteMailboxId: base.id, to: null }];
  const same = name === base.name && samePath(path, base.path) && role === base.role && subscribed === base.subscribed;
  // B8: a mailbox that comes back rests until its rekey is committed; until then nothing may be concluded from its rows.
  const change = { name, path, role, subscribed, objectId, resting: base.resting };
  const ops: BaseOp[] =
    same && objectId === base.objectId ? [] : [{ kind: "changeMailboxBase", remoteMailboxId: base.id, ...change }];
  return { archive, base: [...ops, ...settled], pairs: [{ base, listed }], notes: tellRename(known, link) };
}

/**
 * First contact of a mailbox: paired by role, then by name, with an archive mailbox that this link does not use yet (B3); else made.
 * Roles pair for a link that pushes only: links that merely pull never share a mailbox, and another account's may be among the free ones.
 */
function planFirst(listed: ListedMailbox, link: Link, free: ArchiveMailbox[], naming: Naming): Part {
  const archive: ArchiveOp[] = [];
  const wanted = inArchive(link, listed.path);
  const inside = (one: ArchiveMailbox): boolean => link.policy.prefix.every((segment, i) => one.path[i] === segment);
  const byRole = (one: ArchiveMailbox): boolean => listed.role !== null && one.role === listed.role && inside(one);
  const found = (link.rights.push ? free.find(byRole) : undefined) ?? free.find((one) => samePath(one.path, wanted));
  if (found === undefined && !link.rights.pull) return {};
  let archivePath = wanted;
  if (found !== undefined) {
    free.splice(free.indexOf(found), 1);
    archivePath = [...found.path];
    const subscribed = found.subscribed || listed.subscribed; // B1: union at first contact
    const role = found.role ?? listed.role;
    if (link.rights.pull && (subscribed !== found.subscribed || role !== found.role)) {
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
  return { archive, base: [bind], first: [listed], notes };
}

/** A new mailbox whose name another one has in the base until its own is free: the pass after that takes it in. */
function planLater(listed: ListedMailbox): Part {
  const name = showPath(listed.path);
  const text = `${name} is new; it is taken in when the mailbox that had this name has taken its new one.`;
  return { waiting: [listed], notes: [{ kind: "warning", mailbox: name, text }] };
}

/** B5: the removed mailboxes of the archive that a remote one is still paired with, under names that are free. */
function planRevivals(link: Link, known: readonly Known[], naming: Naming): MailboxPlan["revivals"] {
  const revivals = new Map<RemoteMailboxId, Extract<ArchiveOp, { kind: "reviveMailbox" }>>();
  for (const { base, listed, mailbox } of known) {
    if (mailbox !== undefined || !link.rights.pull) continue;
    const { role, subscribed } = listed;
    // Only when it is used is the name taken, so nothing is told of it here.
    const path = freePath({ taken: naming.taken, notes: [] }, inArchive(link, listed.path));
    revivals.set(base.id, { kind: "reviveMailbox", mailboxId: base.mailboxId, path, role, subscribed });
  }
  return revivals;
}

/** B7: the next run takes it in, when the server tells what it is. */
function planUnread(listed: ListedMailbox): Part {
  const name = showPath(listed.path);
  const text = `${name} is new; the server refused to tell its state, and the next run tries again.`;
  return { notes: [{ kind: "mailboxFailed", mailbox: name, text }] };
}

function planUnsure(base: MailboxBase): Part {
  const name = showPath(base.path);
  const text = `${name} is missing from the server's list, and the state of a new mailbox could not be read. Nothing was concluded; the next run looks again.`;
  return { notes: [{ kind: "mailboxFailed", mailbox: name, text }] };
}

/** B5: absence is confirmed by a second look. Where the name belongs to another mailbox, asking for it by name tells nothing. */
function planMissing(
  base: MailboxBase,
  listing: readonly ListedMailbox[],
  pairs: readonly MailboxPair[],
  evidence: Evidence,
): Part {
  const replaced = listing.some((one) => one.name === base.name || samePath(one.path, base.path));
  const claimed = pairs.map((pair) => pair.listed.name);
  const question: MailboxQuestion = replaced ? { kind: "replaced", base, claimed } : { kind: "gone", base };
  const answer = evidence.get(questionKey(question));
  if (answer === undefined) return { questions: [question] };
  if (answer) return { vanished: [base] };
  const text = `${showPath(base.path)} was missing from the server's list but still exists. Nothing was concluded; the next run looks again.`;
  return { notes: [{ kind: "mailboxFailed", mailbox: showPath(base.path), text }] };
}

/** B8: what the link's patterns no longer select rests, under the name that it has now. */
function planRest(base: MailboxBase, listed: ListedMailbox | null, bases: readonly MailboxBase[]): Part {
  const seen = listed !== null && !bases.some((one) => one !== base && one.name === listed.name) ? listed : base;
  if (base.resting && seen.name === base.name && samePath(seen.path, base.path)) return {};
  const { role, subscribed, objectId } = base;
  const { name, path } = seen;
  const change = { name, path, role, subscribed, objectId, resting: true };
  return { base: [{ kind: "changeMailboxBase", remoteMailboxId: base.id, ...change }] };
}

/** The op that ends a rest; committed together with the rekey that met the mailbox again (B8). */
export function wake(base: MailboxBase): BaseOp {
  const { id: remoteMailboxId, name, path, role, subscribed, objectId } = base;
  return { kind: "changeMailboxBase", remoteMailboxId, name, path, role, subscribed, objectId, resting: false };
}

function byName<Named extends { readonly name: string }>(all: readonly Named[]): Named[] {
  return all.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** Selectable lines in the order of names, each name once: a server that lists a mailbox twice has it once (trap 22). */
function selectable(listing: readonly ListedMailbox[]): ListedMailbox[] {
  const names = new Set<string>();
  return byName(listing).filter((one) => one.selectable && !names.has(one.name) && names.add(one.name));
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
  const listed = selectable(listing);
  const { pairs, bases: lost, listed: unknown, questions } = pairMailboxes(byName(tree.bases), listed, evidence);
  const naming: Naming = { taken: new Set(tree.mailboxes.map((one) => pathKey(one.path))), notes: [] };
  const used = new Set(tree.bases.map((base) => base.mailboxId));
  const byPath = tree.mailboxes.toSorted((a, b) => (pathKey(a.path) < pathKey(b.path) ? -1 : 1));
  const free = byPath.filter((one) => !used.has(one.id));
  const byId = new Map(tree.mailboxes.map((one) => [one.id, one]));
  const renames = withFollowers(
    pairs
      .filter((pair) => isSelected(link, pair.listed))
      .map((pair) => knowPair(pair, link, byId.get(pair.base.mailboxId), lost)),
  );
  // All renamed mailboxes give their names back before one of them takes a new one: A⇄B and A→B→C need no detour here (B1).
  const giveBack = (all: readonly Known[]): void => {
    for (const { mailbox, moves } of all) if (moves && mailbox) naming.taken.delete(pathKey(mailbox.path));
  };
  giveBack(renames);
  const known = withPlainNames(renames, link, naming.taken);
  giveBack(known);
  // A name that a row of the base still has is not given to another one: DELETE B, RENAME A B, CREATE A.
  const held = new Set(
    [...known.filter(({ waits }) => waits).map(({ base }) => base), ...lost].map(({ name }) => name),
  );
  // B8: what rests, or is out of the patterns' sight, is not missed.
  const isResting = (base: MailboxBase): boolean => base.resting || !isInSight(link, base);

  // B1, B5: a new name whose state the server does not tell may be that of a mailbox that is missing; nothing is concluded of either.
  const missing = lost.some((base) => !isResting(base));
  const blind = unknown.some((one) => one.status === null && isSelected(link, one));

  const parts: Part[] = [
    { questions },
    ...known.map((pair) => planPair(pair, link, naming)),
    ...unknown
      .filter((one) => isSelected(link, one))
      .map((one) => {
        if (one.status === null && missing) return planUnread(one);
        return held.has(one.name) ? planLater(one) : planFirst(one, link, free, naming);
      }),
    ...lost.map((base) => {
      if (isResting(base)) return planRest(base, null, tree.bases);
      return blind ? planUnsure(base) : planMissing(base, listed, pairs, evidence);
    }),
    ...pairs
      .filter((pair) => !isSelected(link, pair.listed))
      .map((pair) => planRest(pair.base, pair.listed, tree.bases)),
  ];
  return {
    archive: parts.flatMap((part) => part.archive ?? []),
    base: parts.flatMap((part) => part.base ?? []),
    questions: parts.flatMap((part) => part.questions ?? []),
    pairs: parts.flatMap((part) => part.pairs ?? []).toSorted((a, b) => (a.listed.name < b.listed.name ? -1 : 1)),
    first: parts.flatMap((part) => part.first ?? []),
    revivals: planRevivals(link, known, naming),
    waiting: parts.flatMap((part) => part.waiting ?? []),
    vanished: parts.flatMap((part) => part.vanished ?? []),
    notes: [...parts.flatMap((part) => part.notes ?? []), ...naming.notes],
  };
}

/**
 * Mailboxes that the archive got after a link that only pushes was looked at, paired with those that the server has: other links may pull
 * while this one pushes. Nothing of the archive changes, and nothing is concluded of the others.
 */
export function planMeetings(link: Link, tree: Tree, listing: readonly ListedMailbox[]): readonly BaseOp[] {
  if (link.rights.pull) return [];
  const names = new Set(tree.bases.map(({ name }) => name));
  const used = new Set(tree.bases.map((base) => base.mailboxId));
  const byPath = tree.mailboxes.toSorted((a, b) => (pathKey(a.path) < pathKey(b.path) ? -1 : 1));
  const free = byPath.filter((one) => !used.has(one.id));
  const naming: Naming = { taken: new Set(), notes: [] };
  return selectable(listing)
    .filter((one) => !names.has(one.name) && isSelected(link, one))
    .flatMap((one) => planFirst(one, link, free, naming).base ?? []);
}

function isInSight(link: Link, base: MailboxBase): boolean {
  return isSelected(link, { path: base.path, namespace: "personal", virtual: false, role: base.role });
}
