// What was counted of the revisions of archives, kept by this process: a page that is opened again asks the database for what came since, not for a
// history of a million messages. It must never tell what was erased meanwhile, nor grow without end.
import { type ArchiveInfo, erasuresOf, type Tally, talliesOf } from "@packetboat/archive";
import type { MailboxId } from "@packetboat/core";
import type { Database } from "@packetboat/database";

/** Histories that are kept: the archive's, or one mailbox's. */
const MOST_HISTORIES = 40;

interface Counted {
  readonly erasures: string;
  readonly tallies: readonly Tally[];
}

export interface TallyBook {
  /** All revisions of an archive up to the newest, ascending, with what arrived and vanished in it or in one of its mailboxes. */
  readonly read: (
    pool: Database["pool"],
    archive: Pick<ArchiveInfo, "id" | "revision">,
    mailboxId: MailboxId | null,
  ) => Promise<readonly Tally[]>;
}

/** Opens an empty book. */
export function openTallyBook(): TallyBook {
  const histories = new Map<string, Promise<Counted>>();
  const read: TallyBook["read"] = async (pool, archive, mailboxId) => {
    const key = `${archive.id}/${mailboxId ?? ""}`;
    // One after the other for each history: two that ask at once count once.
    const before = histories.get(key) ?? Promise.resolve(null);
    const counting = before.catch(() => null).then((kept) => goOn(pool, archive, mailboxId, kept));
    histories.delete(key);
    histories.set(key, counting);
    for (const oldest of histories.keys()) {
      if (histories.size <= MOST_HISTORIES) break;
      histories.delete(oldest);
    }
    return (await counting).tallies;
  };
  return { read };
}

async function goOn(
  pool: Database["pool"],
  { id, revision }: Pick<ArchiveInfo, "id" | "revision">,
  mailboxId: MailboxId | null,
  kept: Counted | null,
): Promise<Counted> {
  // Before counting: what is erased while it is counted is counted anew the next time.
  const erasures = await erasuresOf(pool, id);
  const tallies = kept?.erasures === erasures ? kept.tallies : [];
  const after = tallies.at(-1)?.revision ?? 0;
  if (revision <= after) return { erasures, tallies };
  const more = await talliesOf(pool, { archiveId: id, mailboxId, after, to: revision });
  return { erasures, tallies: [...tallies, ...more] };
}
