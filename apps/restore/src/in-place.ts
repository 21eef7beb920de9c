// An undo in place, in two steps for whoever asks for it, the command line or the API: what it would do, and doing exactly that. It is carried out
// by the rounds of the archive's links; those that may not write can be let write for this once. It must never remove anything that the plan did
// not name, change a link's own rights, nor ask a server for anything but by rounds, under their guards (M10, G1).
import {
  executeUndo,
  isEmptyUndo,
  type LinkInfo,
  listLinks,
  oneSided,
  planUndo,
  pushRemovalsAgain,
  type Undone,
  type UndoPlan,
  type UndoSelection,
} from "@packetboat/archive";
import { type LinkId, MailError, sharesMailboxes, showPath } from "@packetboat/core";
import { plural } from "@packetboat/terminal";
import type { Around } from "./around.ts";
import type { Lent, Ran } from "./host.ts";
import { type AccountPreview, previewInPlace } from "./in-place-preview.ts";
import type { Resolved } from "./moment.ts";

/** What is to become as it was. */
export interface InPlaceWish {
  readonly at: Resolved;
  readonly selection: UndoSelection;
  /** What came since stays. */
  readonly keepNew: boolean;
  /** False: only the revision is made. */
  readonly sync: boolean;
  /** Links that may write for this once though they have no right to: none, all that fill the archive, or these. */
  readonly carryOut: boolean | readonly LinkId[];
}

export interface InPlaceLook {
  readonly wish: InPlaceWish;
  readonly plan: UndoPlan;
  readonly isEmpty: boolean;
  readonly links: readonly LinkInfo[];
  /** Those that will write: by their own right, or for this once. */
  readonly writing: readonly LinkInfo[];
  /** Of these, the ones that have the right for this once. */
  readonly lent: ReadonlySet<LinkId>;
  /** What each that will write is sent. */
  readonly accounts: readonly AccountPreview[];
}

/** Says what would be done; nothing is changed. Throws CONFIG_INVALID as planUndo does, and for a link that cannot be let write. */
export async function lookInPlace(around: Around, wish: InPlaceWish): Promise<InPlaceLook> {
  const { database, archive } = around;
  const { selection, keepNew } = wish;
  const { revision } = wish.at;
  const plan = await planUndo(database.pool, { archiveId: archive.id, revision, selection, keepNew });
  const links = await listLinks(database.pool, { archiveId: archive.id });
  const lent = lentTo(links, wish);
  const writing = wish.sync ? links.filter(({ id, rights }) => rights.push || lent.has(id)) : [];
  const accounts = await previewInPlace(around, plan, writing);
  return { wish, plan, isEmpty: isEmptyUndo(plan), links, writing, lent, accounts };
}

/** Pure. Throws CONFIG_INVALID where two accounts that are not meant to be equal would be. */
function lentTo(links: readonly LinkInfo[], { sync, carryOut }: InPlaceWish): ReadonlySet<LinkId> {
  const asked = carryOut === true ? links.map(({ id }) => id) : carryOut === false ? [] : carryOut;
  const lent = links.filter(({ id, rights }) => sync && !rights.push && asked.includes(id));
  for (const link of lent) {
    const other = links.find((one) => one.id !== link.id && sharesMailboxes(link, one));
    if (other !== undefined)
      throw new MailError(
        "CONFIG_INVALID",
        `${link.account} and ${other.account} fill the same mailboxes of ${link.archive}${placeOf(link)}: mail of one would be put into the other. Put it back with --to, into one account.`,
      );
  }
  return new Set(lent.map(({ id }) => id));
}

const placeOf = ({ policy }: LinkInfo): string =>
  policy.prefix.length === 0 ? "" : `, below ${showPath(policy.prefix)}`;

export interface InPlaceDone {
  readonly done: Undone;
  /** Null: no round was made, because nobody wanted one or no link may write. */
  readonly sync: Ran | null;
}

/** Does what the look named: the revision, then the rounds of the links. `onMade`: told between both. Throws as executeUndo does, and INTERRUPTED. */
export async function doInPlace(
  around: Around,
  { plan, links, writing, lent, wish }: InPlaceLook,
  onMade: (done: Undone) => void,
): Promise<InPlaceDone> {
  const { host, database, screen } = around;
  const signal = AbortSignal.any([host.signal, database.lost]);
  const onProgress = (messages: number): void => {
    if (messages >= 10_000) screen.progress(`${plural(messages, "message")} so far`);
  };
  const done = await executeUndo(database.pool, plan, { now: host.now, signal, onProgress });
  onMade(done);
  if (writing.length === 0) return { done, sync: null };
  if (!wish.keepNew)
    for (const link of links.filter(({ id }) => lent.has(id))) {
      const { onlyOnServer } = await oneSided(database.pool, link);
      if (onlyOnServer !== null) await pushRemovalsAgain(database.pool, link.id, onlyOnServer);
    }
  const removals = wish.keepNew ? "never" : undefined;
  return { done, sync: await host.rounds(database, screen, links, lentRights(lent, links, removals)) };
}

/** M7: what nobody chose follows the rights, as for a link that pulls and pushes; what is to stay is not removed. */
function lentRights(lent: ReadonlySet<LinkId>, links: readonly LinkInfo[], kept: "never" | undefined): Lent {
  const rights = links.flatMap(({ id, policy }) => {
    const removals = kept ?? (policy.removals === "never" ? "mirror" : policy.removals);
    return lent.has(id) ? [[id, { removals }] as const] : [];
  });
  return new Map(rights);
}
