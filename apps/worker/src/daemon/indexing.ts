// What a worker does when it has nothing to do: it indexes what waits, a little at a time, on one thread, so that the next pass never waits for
// it. It must never end the worker but for a lost database, nor go on when the worker has work.
import { archivesToIndex } from "@packetboat/archive";
import { asMailError, type MailError } from "@packetboat/core";
import { type ContentReader, openReader } from "@packetboat/index";
import type { Host } from "../host.ts";
import { indexArchive } from "../indexing/index-archive.ts";
import { pause } from "../runs/pause.ts";
import { concernsAll } from "./next.ts";
import type { Workplace } from "./pass.ts";

export interface IndexingShift {
  readonly place: Pick<Workplace, "database"> & { readonly host: Pick<Host, "log"> };
  /** The worker has nothing else to do at this moment. */
  readonly isIdle: () => boolean;
  readonly signal: AbortSignal;
  /** Ends the shift because the database cannot be reached. */
  readonly cutOff: (error: MailError) => void;
  /** Milliseconds between two looks for what waits. Default: 15,000. */
  readonly everyMs?: number;
}

/** Messages of an archive in one go; then it is looked whether there is something better to do. */
const AT_ONCE = 400;

/** Indexes whenever there is nothing better to do, until the signal is aborted. Never rejects. */
export async function indexWhenIdle(shift: IndexingShift): Promise<void> {
  const { signal, isIdle, cutOff, everyMs = 15_000 } = shift;
  while (!signal.aborted) {
    await pause(everyMs, signal);
    if (!isIdle()) continue;
    try {
      await indexWaiting(shift);
    } catch (thrown) {
      if (signal.aborted) return;
      const error = asMailError(thrown);
      if (concernsAll(error)) return cutOff(error);
      (await shift.place.host.log()).error({ err: error }, "mail could not be indexed");
    }
  }
}

/** All that waits, while the worker is idle. The thread lives as long as there is something to read. */
async function indexWaiting({ place, isIdle, signal }: IndexingShift): Promise<void> {
  const { database } = place;
  let reader: ContentReader | null = null;
  try {
    for (const archiveId of await archivesToIndex(database.pool)) {
      for (;;) {
        if (signal.aborted || !isIdle()) return;
        reader ??= openReader({ threads: 1 });
        const { messages, busy } = await indexArchive(database, archiveId, { reader, signal, most: AT_ONCE });
        if (busy || messages === 0) break;
      }
    }
  } finally {
    await reader?.close();
  }
}
