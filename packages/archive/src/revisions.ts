// The revisions of an archive: one at a time, in their order, each with how many messages it brought and took. Whoever changes an archive holds its row
// from the lock to the commit. It must never give a number twice, nor leave one out.
import { type ArchiveId, MailError, type RunId } from "@packetboat/core";
import type { PoolClient } from "pg";
import type { Tallied } from "./tallies.ts";

/** The row lock is held to the end, so revisions become visible in order and without gaps. Gives the next revision. */
export async function lockArchive(
  client: PoolClient,
  { archiveId }: { readonly archiveId: ArchiveId },
): Promise<number> {
  const { rows } = await client.query<{ revision: bigint }>({
    name: "archive_lock",
    text: "select revision from archive where id = $1 for no key update",
    values: [archiveId],
  });
  const [row] = rows;
  if (row === undefined) {
    throw new MailError(
      "ARCHIVE_UNKNOWN",
      "The archive was removed meanwhile. Run the command again to make a new one.",
    );
  }
  return Number(row.revision) + 1;
}

export interface Recorded {
  readonly archiveId: ArchiveId;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Null: not made by a run. */
  readonly run: RunId | null;
}

/** Makes the revision that lockArchive gave the archive's last one. `tallied`: of everything that it changed. */
export async function recordRevision(
  client: PoolClient,
  { archiveId, now, run }: Recorded,
  revision: number,
  { arrived, vanished, mailboxes }: Tallied,
): Promise<void> {
  const counted = [...mailboxes];
  await client.query({
    name: "archive_revision",
    // A clock that was set back must not break the order of times: a revision is never older than the one before.
    text: `with made as (
        insert into revision (archive_id, number, made_at, run_id, arrived, vanished)
        select $1, $2, greatest(to_timestamp($3::float8 / 1000),
          (select made_at from revision where archive_id = $1 order by number desc limit 1)), $4, $5, $6
      ), told as (
        insert into mailbox_tally (mailbox_id, revision, arrived, vanished)
        select mailbox_id, $2, arrived, vanished from unnest($7::bigint[], $8::int[], $9::int[]) t(mailbox_id, arrived, vanished)
      )
      update archive set revision = $2 where id = $1`,
    values: [
      archiveId,
      revision,
      now(),
      run,
      arrived,
      vanished,
      counted.map(([id]) => id),
      counted.map(([, own]) => own.arrived),
      counted.map(([, own]) => own.vanished),
    ],
  });
}
