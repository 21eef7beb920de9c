// What an export is given to write: the messages of a snapshot, mailbox by mailbox, read ahead of whoever writes them. It must never give a
// message whose bytes were erased for good.
import { setImmediate } from "node:timers/promises";
import { exportMailbox } from "@packetboat/archive";
import type { Database } from "@packetboat/database";
import type { ExportMessage } from "@packetboat/formats";
import { readAhead } from "./read-ahead.ts";
import type { Snapshot } from "./snapshot.ts";

/** The messages of all mailboxes, ready to be written. Erased ones are counted, not given. */
export async function* exportedMessages(
  pool: Database["pool"],
  snapshot: Snapshot,
  erased: { messages: number },
): AsyncGenerator<ExportMessage> {
  for (const mailbox of snapshot.mailboxes) {
    if (mailbox.messages === 0) continue;
    const stored = exportMailbox(pool, snapshot.archive.id, mailbox.id, snapshot.revision, snapshot.messages ?? null);
    for await (const { messages, release } of readAhead(stored)) {
      for (const { id, size, sha256, flags, internalDate, body } of messages) {
        if (body === null || size === null || sha256 === null) erased.messages++;
        else {
          const bytes = body.whole ?? (() => body.chunks);
          yield { id, mailbox: mailbox.path, sha256, size, flags, internalDate, bytes };
        }
      }
      release();
      // Files are written by blocking calls: what comes meanwhile is heard here.
      await setImmediate();
    }
  }
}
