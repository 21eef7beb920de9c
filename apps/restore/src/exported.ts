// What an export is given to write: the messages of a snapshot, mailbox by mailbox, read ahead of whoever writes them. It must never give a
// message whose bytes were erased for good.
import { setImmediate } from "node:timers/promises";
import { exportMailbox, Filing } from "@packetboat/archive";
import type { Database } from "@packetboat/database";
import type { ExportMessage } from "@packetboat/formats";
import { readAhead } from "./read-ahead.ts";
import type { Snapshot } from "./snapshot.ts";

/**
 * The messages of all mailboxes, ready to be written; `to` files of their own, or to anything else. Erased ones are counted, not given. What writes
 * files is started before the first message is asked for.
 */
export function exportedMessages(
  pool: Database["pool"],
  snapshot: Snapshot,
  erased: { messages: number },
  to: "files" | "anything" = "anything",
): AsyncGenerator<ExportMessage> {
  const bytes = snapshot.mailboxes.reduce((sum, mailbox) => sum + mailbox.bytes, 0);
  return walked(pool, snapshot, erased, to === "files" ? new Filing(bytes) : null);
}

async function* walked(
  pool: Database["pool"],
  snapshot: Snapshot,
  erased: { messages: number },
  filing: Filing | null,
): AsyncGenerator<ExportMessage> {
  const { archive, revision, messages: among = null } = snapshot;
  try {
    for (const mailbox of snapshot.mailboxes) {
      if (mailbox.messages === 0) continue;
      const stored = exportMailbox(pool, archive.id, mailbox.id, revision, { among, filing });
      // With a filing it is the thread that is ahead.
      for await (const { messages, release } of filing === null ? readAhead(stored) : stored) {
        for (const { id, size, sha256, flags, internalDate, body } of messages) {
          if (body === null || size === null || sha256 === null) erased.messages++;
          else {
            const bytes = body.whole ?? (() => body.chunks);
            yield { id, mailbox: mailbox.path, sha256, size, flags, internalDate, bytes, file: body.file };
          }
        }
        release();
        // Files are written by blocking calls, a few here: what comes meanwhile is heard now.
        await setImmediate();
      }
    }
  } finally {
    filing?.flush();
  }
}
