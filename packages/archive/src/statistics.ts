// What Postgres has to know of the growing tables to read them page by page. Autovacuum sees to it where a server is always up; the embedded
// one is up for the length of a run, and may never see it come by.
// It must never be what a run's own questions rely on: those follow their indexes with or without statistics (placements.ts).
import { asDatabaseError } from "@packetboat/database";
import type { Session } from "./session.ts";

/** Fewer changes than this alter no plan. */
const WORTH_A_LOOK = 1_000;

/** Makes Postgres look at the tables of history after a run that changed much; milliseconds, whatever their size. */
export async function refreshStatistics(session: Pick<Session, "pool" | "changes">): Promise<void> {
  if (session.changes < WORTH_A_LOOK) return;
  session.changes = 0;
  try {
    // One implicit transaction. A twentieth of the usual sample tells a mailbox of ten from one of ten thousand.
    await session.pool.query("set local default_statistics_target = 5; analyze message_version, message");
  } catch (error) {
    throw asDatabaseError(error);
  }
}
