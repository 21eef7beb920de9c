// What a server has to be told so that its mailboxes are those of the archive: creations, renames, removals, subscriptions (B1 to B5). After
// a pull names differ only where the archive's won, or where they may: what was paired by role keeps its own (B3), and so does what the
// server cannot hold (B2). It must never rename or remove INBOX.
import type { MailboxBase } from "../base.ts";
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
import type { Spelled } from "../outgoing.ts";
import type { Tree } from "../ports.ts";
import type { Note } from "../report.ts";
import { isMapped, isPairedByRole } from "./mailboxes.ts";
import { isSelected } from "./selection.ts";

export interface CreateStep {
  readonly mailbox: ArchiveMailbox;
  readonly spelled: Spelled;
}

/** One RENAME; mailboxes below go with it, also in the base. */
export interface RenameStep {
  readonly base: MailboxBase;
  /** Where it is when this step begins: a step before may have moved it. */
  readonly from: MailboxPath;
  readonly to: Spelled;
}

export interface MailboxPushPlan {
  /** Parents first. */
  readonly creates: readonly CreateStep[];
  readonly renames: readonly RenameStep[];
  readonly subscriptions: readonly { readonly base: MailboxBase; readonly subscribed: boolean }[];
  /** Children first; after their messages are removed. */
  readonly removals: readonly MailboxBase[];
  readonly notes: readonly Note[];
}

type Spell = (path: MailboxPath) => Spelled;

/** Each mailbox needs a step, one more to step aside, and one more for each that took it along; this bounds a defect. */
const ROUNDS = 10;

const INBOX: MailboxPath = ["INBOX"];
const isBelow = (path: MailboxPath, above: MailboxPath): boolean =>
  path.length > above.length && above.every((segment, i) => path[i] === segment);
const byDepth = (a: MailboxPath, b: MailboxPath): number =>
  a.length - b.length || (pathKey(a) < pathKey(b) ? -1 : pathKey(a) > pathKey(b) ? 1 : 0);

/** The server's path of a mailbox of the archive; null where it is none of this link's (prefix, patterns: B8). */
export function serverPath(link: Link, mailbox: Pick<ArchiveMailbox, "path" | "role">): MailboxPath | null {
  const { prefix, below } = link.policy;
  if (mailbox.path.length <= prefix.length || !prefix.every((segment, i) => mailbox.path[i] === segment)) return null;
  const path = [...below, ...mailbox.path.slice(prefix.length)];
  return isSelected(link, { path, namespace: "personal", virtual: false, role: mailbox.role }) ? path : null;
}

/** Plans the mailboxes of a push, after the pull of the same run. `listing` is what LIST shows now. Deterministic. */
export function planMailboxPush(
  link: Link,
  tree: Tree,
  listing: readonly ListedMailbox[],
  spell: Spell,
): MailboxPushPlan {
  const notes: Note[] = [];
  const bases = tree.bases.filter((base) => !base.resting);
  const taken = new Set(listing.filter((one) => one.selectable).map((one) => pathKey(one.path)));
  const live = new Map(tree.mailboxes.map((one) => [one.id, one]));
  const renames = planRenames(link, bases, live, taken, spell, notes);
  const known = new Set(tree.bases.map(({ name }) => name));
  const strangers = listing.filter((one) => one.selectable && isSelected(link, one) && !known.has(one.name));
  const creates = planCreates(link, tree, strangers, taken, spell, notes);
  const subscriptions = bases.flatMap((base) => {
    const wanted = live.get(base.mailboxId)?.subscribed;
    return wanted === undefined || wanted === base.subscribed ? [] : [{ base, subscribed: wanted }];
  });
  const removals =
    link.policy.removals === "never"
      ? []
      : bases
          .filter((base) => !live.has(base.mailboxId) && !samePath(base.path, INBOX))
          .toSorted((a, b) => byDepth(b.path, a.path));
  return { creates, renames, subscriptions, removals, notes };
}

/** `strangers`: what the server has and the base does not know yet, as its state was refused, or it came just now. */
function planCreates(
  link: Link,
  tree: Tree,
  strangers: readonly ListedMailbox[],
  taken: Set<string>,
  spell: Spell,
  notes: Note[],
): readonly CreateStep[] {
  const unmet = new Set(strangers.map(({ path }) => pathKey(path)));
  const paired = new Set(tree.bases.map((base) => base.mailboxId));
  return tree.mailboxes
    .filter((mailbox) => !paired.has(mailbox.id))
    .flatMap((mailbox) => {
      const path = serverPath(link, mailbox);
      if (path === null || samePath(path, INBOX)) return [];
      if (!unmet.has(pathKey(spell(path).path))) return [{ mailbox, path }];
      // B7: the run that looks at it pairs the two; made now, it would be there twice, once with a number.
      const text = `${showPath(path)} is on the server, and was not looked at yet; the next run sends there what it lacks.`;
      notes.push({ kind: "warning", mailbox: showPath(path), text });
      return [];
    })
    .toSorted((a, b) => byDepth(a.path, b.path))
    .map(({ mailbox, path }) => ({ mailbox, spelled: freeName(path, taken, spell, notes) }));
}

/** B2: a name that the server cannot hold, or has already, is mapped to one that it can, and the report shows it. */
function freeName(wanted: MailboxPath, taken: Set<string>, spell: Spell, notes: Note[]): Spelled {
  let spelled = spell(wanted);
  for (let n = 2; taken.has(pathKey(spelled.path)); n++)
    spelled = spell([...wanted.slice(0, -1), `${wanted.at(-1) ?? ""} (${n})`]);
  taken.add(pathKey(spelled.path));
  if (!samePath(spelled.path, wanted)) {
    const text = `${showPath(wanted)} is called ${showPath(spelled.path)} on the server, which cannot hold its name.`;
    notes.push({ kind: "mailboxMapped", mailbox: showPath(wanted), text });
  }
  return spelled;
}

/** A mailbox, and where it is to be. */
interface Wanted {
  readonly base: MailboxBase;
  to: MailboxPath;
}

/** Where each mailbox is after the steps so far. */
type Places = Map<MailboxBase, MailboxPath>;

function planRenames(
  link: Link,
  bases: readonly MailboxBase[],
  live: ReadonlyMap<number, ArchiveMailbox>,
  taken: Set<string>,
  spell: Spell,
  notes: Note[],
): readonly RenameStep[] {
  const places: Places = new Map(bases.map((base) => [base, base.path]));
  const names = namesOf(link, bases, live, taken, spell);
  const wanted = bases
    .flatMap((base) => {
      const mailbox = live.get(base.mailboxId);
      const to = mailbox === undefined ? null : renameOf(link, base, mailbox, names, spell);
      // What is not renamed itself, and would go along with its parent, goes back to its place.
      return mailbox === undefined ? [] : [{ base, to: to ?? base.path }];
    })
    .toSorted((a, b) => byDepth(a.base.path, b.base.path));
  const steps: RenameStep[] = [];
  const rename = (base: MailboxBase, from: MailboxPath, to: Spelled): void => {
    steps.push({ base, from, to });
    for (const [one, path] of places) {
      const moved = one === base ? to.path : isBelow(path, from) ? [...to.path, ...path.slice(from.length)] : null;
      if (moved === null) continue;
      taken.delete(pathKey(path));
      places.set(one, moved);
      taken.add(pathKey(moved));
    }
  };
  const placeOf = (base: MailboxBase): MailboxPath => places.get(base) ?? base.path;
  const aside = new Set<MailboxBase>();
  /** A mailbox below it that would come to a name that is taken, or below one. */
  const colliding = (base: MailboxBase, to: MailboxPath): MailboxBase | undefined => {
    const at = placeOf(base);
    return [...places]
      .filter(([, path]) => isBelow(path, at))
      .find(([, path]) =>
        path.slice(at.length).some((_, i) => taken.has(pathKey([...to, ...path.slice(at.length, at.length + i + 1)]))),
      )?.[0];
  };
  const stepAside = (base: MailboxBase, above: MailboxPath): void => {
    aside.add(base);
    const at = placeOf(base);
    const asideAs = (n: number): Spelled => spell([...above, `${at.at(-1) ?? ""} (${n})`]);
    // B2: numbered names are people's names too, and so is a name that is only above others.
    const isThere = (path: MailboxPath): boolean =>
      taken.has(pathKey(path)) || [...places.values()].some((one) => isBelow(one, path));
    let n: number = base.id;
    while (isThere(asideAs(n).path)) n++;
    rename(base, at, asideAs(n));
  };
  // A step may take along what had its place already, below the one that it moves: until all are where they belong.
  for (let round = 0; round < ROUNDS * wanted.length; round++) {
    const waiting = wanted.filter(({ base, to }) => !samePath(placeOf(base), to));
    if (waiting.length === 0) break;
    const possible = waiting.filter(
      ({ base, to }) => !waiting.some((one) => samePath(placeOf(one.base), to)) && !isBelow(to, placeOf(base)),
    );
    // What would be taken along onto a name that is there already goes first, by itself.
    const isSmooth = ({ base, to }: Wanted): boolean => colliding(base, to) === undefined;
    // What goes below one that is still to move would go along with it: what stepped aside comes back after that.
    const last = possible.filter(({ to }) => waiting.some(({ base }) => isBelow(to, placeOf(base))));
    const first = possible.filter((one) => !last.includes(one));
    const next =
      first.find(isSmooth) ??
      first.find(({ base, to }) => !aside.has(colliding(base, to) ?? base)) ??
      last.find(isSmooth) ??
      possible.at(-1);
    // And where nothing waits but that, it steps out of the way, and goes back to its place afterwards.
    const below = next && colliding(next.base, next.to);
    if (next !== undefined && below !== undefined && !aside.has(below)) {
      stepAside(below, placeOf(next.base).slice(0, -1));
      continue;
    }
    if (next === undefined) {
      // A swap or a circle, or a mailbox that goes below its own name: one steps aside, once, under a name of its own.
      const stuck = waiting.filter(({ base }) => !aside.has(base));
      const one = stuck.find(({ base, to }) => isBelow(to, placeOf(base))) ?? stuck[0];
      if (one === undefined) break;
      stepAside(one.base, placeOf(one.base).slice(0, -1));
      continue;
    }
    const spelled = freeName(next.to, taken, spell, notes);
    next.to = spelled.path; // mapped, it has what it can have
    rename(next.base, placeOf(next.base), spelled);
  }
  return steps;
}

/**
 * The server's new path, where it differs from what the archive's name gives (B1: the archive's name wins); null where it may differ: what
 * was paired by role keeps its own name until the archive's changes (B3), and a mapped name stays what it is (B2).
 */
function renameOf(
  link: Link,
  base: MailboxBase,
  mailbox: ArchiveMailbox,
  names: Names,
  spell: Spell,
): MailboxPath | null {
  const wanted = serverPath(link, mailbox);
  if (wanted === null || samePath(base.path, INBOX) || samePath(wanted, INBOX)) return null;
  if (isPairedByRole(base, mailbox) && (base.pushedPath === null || samePath(base.pushedPath, mailbox.path)))
    return null;
  const spelled = spell(wanted).path;
  if (samePath(base.path, spelled)) return null;
  // A numbered name stays while the plain one is not free, on either side.
  if (isNumbered(base.path, spelled) && !names.isFree(spelled, mailbox)) return null;
  // Nor is the number of a mapped one sent where nobody else wants the plain name: the archive takes that back when it is free there.
  return isMapped(link, base, mailbox) && !names.isWanted(base.path, mailbox) ? null : wanted;
}

/** Who wants which name on the server, and who has it now. */
interface Names {
  /** Some other mailbox of the archive is called so. */
  isWanted(path: MailboxPath, but: ArchiveMailbox): boolean;
  /** Nobody else wants it, and nobody has it who does not give it up. */
  isFree(path: MailboxPath, but: ArchiveMailbox): boolean;
}

function namesOf(
  link: Link,
  bases: readonly MailboxBase[],
  live: ReadonlyMap<number, ArchiveMailbox>,
  taken: ReadonlySet<string>,
  spell: Spell,
): Names {
  const wanted = new Map<string, number>();
  for (const mailbox of live.values()) {
    const path = serverPath(link, mailbox);
    if (path !== null) wanted.set(pathKey(spell(path).path), mailbox.id);
  }
  const holders = new Map(bases.map((base) => [pathKey(base.path), base.mailboxId]));
  const isWanted = (path: MailboxPath, but: ArchiveMailbox): boolean =>
    (wanted.get(pathKey(path)) ?? but.id) !== but.id;
  return {
    isWanted,
    isFree: (path, but) => {
      const key = pathKey(path);
      // A holder that is of this link and wants another name gives it up.
      return !isWanted(path, but) && (!taken.has(key) || live.has(holders.get(key) ?? 0));
    },
  };
}
