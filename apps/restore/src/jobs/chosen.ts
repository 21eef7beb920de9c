// What somebody chose, as a selection of an archive at a moment: mailboxes by the path that they had then, what a search finds by its numbers. It
// must never mean more than was chosen, nor nothing without saying so.
import { type ArchiveInfo, homesOf, mailboxesAt, mailboxesBetween, type UndoSelection } from "@packetboat/archive";
import {
  asId,
  type MailboxId,
  type MailboxPath,
  MailError,
  type MessageId,
  samePath,
  showPath,
} from "@packetboat/core";
import type { Database } from "@packetboat/database";
import { queryOf } from "@packetboat/search";
import type { Resolved } from "../moment.ts";
import { searchedSelection } from "../searched.ts";
import { narrowed, type Snapshot } from "../snapshot.ts";
import { inTreeOrder } from "../tree.ts";
import type { Chosen } from "./asked.ts";

export interface ChosenSelection {
  readonly selection: UndoSelection;
  /** What it is called, the same for the same choice; null: everything. */
  readonly words: string | null;
}

type Pool = Database["pool"];

/** Throws CONFIG_INVALID for a mailbox that is not there, a query that is not understood, and one that finds nothing. */
export async function selectionOf(
  pool: Pool,
  archive: ArchiveInfo,
  at: Resolved,
  chosen: Chosen,
  now: number,
): Promise<ChosenSelection> {
  const { mailboxes, messages, query } = chosen;
  const selection: UndoSelection = {
    ...(mailboxes === undefined ? {} : { mailboxIds: await idsOf(pool, archive, at, mailboxes) }),
    ...(messages === undefined ? {} : { messages: numbered(messages) }),
  };
  const parsed = query === undefined ? null : queryOf(query, now);
  return {
    selection: await searchedSelection(pool, archive, at.revision, selection, parsed),
    words: wordsOf(chosen),
  };
}

const numbered = (messages: readonly number[]): readonly MessageId[] =>
  [...new Set(messages)].sort((a, b) => a - b).map((id): MessageId => asId(id));

const isBelow = (path: MailboxPath, parent: MailboxPath): boolean =>
  path.length > parent.length && parent.every((segment, at) => path[at] === segment);

type ChosenMailboxes = NonNullable<Chosen["mailboxes"]>;

/** Pure. Whether a path is one of those that were chosen. */
export function isChosen(path: MailboxPath, mailboxes: ChosenMailboxes): boolean {
  return mailboxes.some((one) => samePath(path, one.path) || (one.children === true && isBelow(path, one.path)));
}

/** A mailbox that was there then is known by its path of then; one that came since, by the one it has. */
async function idsOf(
  pool: Pool,
  archive: ArchiveInfo,
  { revision }: Resolved,
  mailboxes: ChosenMailboxes,
): Promise<readonly MailboxId[]> {
  const all = await mailboxesBetween(pool, archive.id, revision, archive.revision);
  const known = all.flatMap(({ id, was, now }) => {
    const path = was?.path ?? now?.path;
    return path === undefined ? [] : [{ id, path }];
  });
  for (const one of mailboxes)
    if (!known.some(({ path }) => isChosen(path, [one])))
      throw new MailError("CONFIG_INVALID", `There is no mailbox ${showPath(one.path)} at revision ${revision}.`);
  return known.filter(({ path }) => isChosen(path, mailboxes)).map(({ id }) => id);
}

/** Pure. */
function wordsOf({ mailboxes = [], messages, query }: Chosen): string | null {
  const names = mailboxes.map(({ path, children }) =>
    children === true ? `${showPath(path)} and below` : showPath(path),
  );
  const words = [
    ...[...new Set(names)].sort(),
    ...(query === undefined ? [] : [`query ${query}`]),
    ...(messages === undefined ? [] : [`message ${numbered(messages).join(" ")}`]),
  ];
  return words.length === 0 ? null : words.join(", ");
}

/**
 * The part of a snapshot that was chosen, counted. Throws as selectionOf does, and CONFIG_INVALID where nothing of it is there, or a message that was
 * named is not: a choice that lost something unsaid would pass for whole.
 */
export async function snapshotOfChosen(
  pool: Pool,
  archive: ArchiveInfo,
  at: Resolved,
  chosen: Chosen,
  now: number,
): Promise<Snapshot> {
  if (chosen.messages !== undefined) await homesOf(pool, archive.id, at.revision, numbered(chosen.messages));
  const { selection } = await selectionOf(pool, archive, at, chosen, now);
  const ids = selection.mailboxIds === undefined ? null : new Set(selection.mailboxIds);
  const all = await mailboxesAt(pool, archive.id, at.revision);
  const mailboxes = all.filter(({ id }) => ids === null || ids.has(id)).toSorted((a, b) => inTreeOrder(a.path, b.path));
  if (mailboxes.length === 0)
    throw new MailError(
      "CONFIG_INVALID",
      `There is nothing of this at revision ${at.revision}. Choose another moment.`,
    );
  const snapshot = { archive, ...at, mailboxes };
  return selection.messages === undefined ? snapshot : await narrowed(pool, snapshot, selection.messages);
}
