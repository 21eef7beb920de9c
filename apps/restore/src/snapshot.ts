// An archive as of the moment that a person named: the revision it means, and its mailboxes, all of them or those that match.
// It must never answer a pattern that fits nothing with an empty result: a typing error would pass for "there is no mail".
import { type ArchiveInfo, countsAmong, type MailboxAt, mailboxesAt, resolveRevision } from "@packetboat/archive";
import {
  type MailboxPath,
  MailError,
  type MessageId,
  matchesPattern,
  type Revision,
  samePath,
  showPath,
} from "@packetboat/core";
import type { Database } from "@packetboat/database";
import { harmless, instant } from "@packetboat/terminal";
import type { RestoreHost } from "./host.ts";
import { readMoment } from "./moment.ts";
import { inTreeOrder } from "./tree.ts";

export interface Snapshot {
  readonly archive: ArchiveInfo;
  readonly revision: Revision;
  /** Milliseconds since 1970; null for revision 0, the empty archive. */
  readonly madeAt: number | null;
  /** In the order in which people look for them: INBOX first, then by name. */
  readonly mailboxes: readonly MailboxAt[];
  /** Only these, in order; null: all of the mailboxes. Default: null. */
  readonly messages?: readonly MessageId[] | null;
}

export interface SnapshotOptions {
  readonly at?: string | undefined;
  readonly mailbox?: readonly string[] | undefined;
}

/** Throws CONFIG_INVALID for a moment that is not understood or not there, or a pattern that fits no mailbox. */
export async function snapshotOf(
  host: RestoreHost,
  database: Database,
  name: string,
  options: SnapshotOptions,
): Promise<Snapshot> {
  const moment = readMoment(options.at, host.now());
  const archive = await host.archiveByName(database, name);
  const { revision, madeAt } = await resolveRevision(database.pool, archive.id, moment);
  const all = await mailboxesAt(database.pool, archive.id, revision);
  return { archive, revision, madeAt, mailboxes: selected(all, options.mailbox ?? [], revision, archive.name) };
}

/** The same with these messages only, and the mailboxes of it that hold some, counted by them. Throws CONFIG_INVALID where none is left. */
export async function narrowed(
  pool: Database["pool"],
  snapshot: Snapshot,
  messages: readonly MessageId[],
): Promise<Snapshot> {
  const counts = await countsAmong(pool, snapshot.archive.id, snapshot.revision, messages);
  const mailboxes = snapshot.mailboxes.flatMap((mailbox) => {
    const own = counts.get(mailbox.id);
    return own === undefined ? [] : [{ ...mailbox, ...own }];
  });
  if (mailboxes.length === 0)
    throw new MailError("CONFIG_INVALID", `None of these messages is there at revision ${snapshot.revision}.`);
  return { ...snapshot, mailboxes, messages: messages.toSorted((a, b) => a - b) };
}

function selected(
  all: readonly MailboxAt[],
  patterns: readonly string[],
  revision: Revision,
  archive: string,
): readonly MailboxAt[] {
  for (const pattern of patterns) {
    if (all.some(({ path }) => fits(pattern, path))) continue;
    throw new MailError(
      "CONFIG_INVALID",
      `No mailbox matches ${harmless(pattern)} at revision ${revision}. See packetboat restore list ${archive}.`,
    );
  }
  const chosen = patterns.length === 0 ? all : all.filter(({ path }) => patterns.some((each) => fits(each, path)));
  return [...chosen].sort((a, b) => inTreeOrder(a.path, b.path));
}

/** Whether a pattern means a mailbox: `*` any text, `?` one character, INBOX without case. */
export function fits(pattern: string, path: MailboxPath): boolean {
  return samePath(path, ["INBOX"])
    ? matchesPattern(pattern.toUpperCase(), "INBOX")
    : matchesPattern(pattern, showPath(path));
}

/** "revision 42, 2026-11-21 21:04:05". */
export function whenOf({ revision, madeAt }: Pick<Snapshot, "revision" | "madeAt">): string {
  return madeAt === null ? `revision ${revision}` : `revision ${revision}, ${instant(madeAt)}`;
}
