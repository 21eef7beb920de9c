// Writes messages as a tree of EML files, one directory per mailbox, byte for byte as they were stored, with a manifest and the sums that
// `sha256sum -c` reads. One message is in flight, in the slices that it comes in. An interrupted export goes on where it was when it is
// called again. It must never write outside its directory, or a file whose bytes are not proved.
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import {
  type DirectoryExport,
  type ExportMailbox,
  type ExportMessage,
  type ExportOptions,
  type ExportOutcome,
  type ExportSubject,
  exportToDirectory,
  mailboxLines,
  type Put,
  type Putting,
  placeOf,
  putInOrder,
} from "./export-frame.ts";
import { mailboxDirectories, messageFileName } from "./file-names.ts";
import { isWritten, writeMessage } from "./message-file.ts";

/**
 * Exports to `directory`, which must be empty, absent, or hold the same export. `mailboxes` get a directory even when they are empty.
 * Throws CONFIG_INVALID when the directory holds anything else, DISK_FULL when there is no room.
 */
export async function exportEml(
  directory: string,
  subject: ExportSubject,
  mailboxes: readonly ExportMailbox[],
  messages: AsyncIterable<ExportMessage>,
  options: ExportOptions = {},
): Promise<ExportOutcome> {
  const places = mailboxDirectories(mailboxes.map(({ path }) => path));
  const about = { format: "eml", subject, options };
  return await exportToDirectory(directory, about, mailboxLines(mailboxes, places), async (into) => {
    for (const path of places.values()) await mkdir(join(directory, path), { recursive: true });
    for await (const message of messages) {
      into.record.check();
      await putInOrder(into, message, await putMessage(into, placeOf(places, message.mailbox), message));
    }
  });
}

async function putMessage(
  { directory, resumed }: DirectoryExport,
  place: string,
  message: ExportMessage,
): Promise<Putting> {
  const path = `${place}/${messageFileName(message.internalDate, message.id)}`;
  const file = join(directory, path);
  if (resumed && (await isWritten(file, message))) return { put: { kind: "there", path } };
  const rewritten = resumed && existsSync(file);
  const put = async (): Promise<Put> => {
    if (!(await writeMessage(file, message))) return { kind: "damaged", path: `${path}.damaged` };
    return { kind: rewritten ? "rewritten" : "written", path };
  };
  return { put: put() };
}
