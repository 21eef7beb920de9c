// What the servers had no more: the runs of late by which messages left an archive, so that whoever something happened to finds the moment before.
// Read from the revisions of that time alone; none of them takes anything from an earlier moment (I4).
import { asId, type LinkId, type RunId } from "@packetboat/core";
import type { Pool } from "pg";
import { millis, moment, rowsOf } from "./asking.ts";

export interface Loss {
  readonly linkId: LinkId;
  readonly runId: RunId;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** That left the archive as it is, and are in it at every earlier moment. */
  readonly messages: number;
  /** The archive's revision before the first of them left. */
  readonly before: number;
  /** The one with which the last of them left. */
  readonly after: number;
}

/** Of each link: those that did not matter most are left out. */
const MOST_OF_A_LINK = 3;

interface Row {
  readonly link_id: bigint;
  readonly run_id: bigint;
  readonly started_at: number;
  readonly messages: bigint;
  readonly before: bigint;
  readonly after: bigint;
}

/** The largest losses of each link since a time, in milliseconds since 1970; the latest first. By revision_made_at. */
export async function lossesSince(pool: Pool, since: number): Promise<readonly Loss[]> {
  const rows = await rowsOf<Row>(
    pool,
    `select link_id, run_id, started_at, messages, before, after from (
      select r.link_id, r.id as run_id, ${millis("r.started_at")} as started_at, sum(v.vanished) as messages,
        min(v.number) - 1 as before, max(v.number) as after,
        row_number() over (partition by r.link_id order by sum(v.vanished) desc, r.id desc) as place
      from archive a
      join revision v on v.archive_id = a.id and v.made_at >= ${moment("$1")} and v.vanished > 0 and v.run_id is not null
      join run r on r.id = v.run_id
      group by r.id
    ) loss where place <= ${MOST_OF_A_LINK} order by run_id desc`,
    [since],
  );
  return rows.map((row) => ({
    linkId: asId<LinkId>(row.link_id),
    runId: asId<RunId>(row.run_id),
    startedAt: row.started_at,
    messages: Number(row.messages),
    before: Number(row.before),
    after: Number(row.after),
  }));
}
