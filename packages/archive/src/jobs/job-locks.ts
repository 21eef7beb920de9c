// The locks of jobs that are at work: of a connection of one's own, so that they end with the process, however it ends, and everybody sees it at
// once. It must never let two processes work on one job.
import { MailError } from "@packetboat/core";
import type { Database } from "@packetboat/database";
import { rowsOf } from "../catalog/asking.ts";

/** Of the two numbers of each lock, the first. */
export const JOB_LOCKS = 1_886_023_522;

/** A lock that is held. */
export interface JobLock {
  /** Aborted when the lock is lost with its connection: somebody else may have the job. */
  readonly lost: AbortSignal;
  readonly release: () => Promise<void>;
}

export interface JobLocks {
  /** Null: another process has it. Throws DATABASE_LOST. */
  readonly take: (id: number) => Promise<JobLock | null>;
  readonly close: () => Promise<void>;
}

type Session = Awaited<ReturnType<Database["dedicated"]>>;

/** Opens the locks of a process; the connection is made when the first one is taken, and anew when it was lost. */
export function openJobLocks(database: Pick<Database, "dedicated">): JobLocks {
  // The same session is given the same lock twice.
  const own = new Set<number>();
  let open: Promise<{ readonly session: Session; readonly lost: AbortController }> | null = null;
  const connection = async () => {
    open ??= (async () => {
      const session = await database.dedicated("jobs");
      const lost = new AbortController();
      session.once("end", () => {
        open = null;
        lost.abort(
          new MailError(
            "DATABASE_LOST",
            "The connection to the database was lost. What was committed is safe; begin this job again.",
          ),
        );
      });
      return { session, lost };
    })();
    const opening = open;
    return await opening.catch((error: unknown) => {
      if (open === opening) open = null;
      throw error;
    });
  };
  return {
    take: async (id) => {
      if (own.has(id)) return null;
      const { session, lost } = await connection();
      const [row] = await rowsOf<{ held: boolean }>(session, "select pg_try_advisory_lock($1, $2) as held", [
        JOB_LOCKS,
        id,
      ]);
      if (row?.held !== true) return null;
      own.add(id);
      const release = async (): Promise<void> => {
        // The end of the connection is the end of the lock, too.
        await session.query("select pg_advisory_unlock($1, $2)", [JOB_LOCKS, id]).catch(() => undefined);
        own.delete(id);
      };
      return { lost: lost.signal, release };
    },
    close: async () => {
      const opened = await open?.catch(() => null);
      await opened?.session.end().catch(() => undefined);
    },
  };
}
