// A selection by search: the query becomes the numbers of the messages that it finds at the moment that is asked for, so that what is shown, asked
// and done is one set. It must never go on with none: a typing error would pass for "there is nothing to do".
import { matchingMessages, resolveRevision, type UndoSelection } from "@packetboat/archive";
import { MailError, type MessageId } from "@packetboat/core";
import type { Query } from "@packetboat/search";
import type { Around } from "./around.ts";
import { readMoment } from "./moment.ts";

/** Throws CONFIG_INVALID when nothing is found, and while mail waits to be indexed. */
export async function searchedSelection(
  { host, database, archive }: Pick<Around, "host" | "database" | "archive">,
  at: string | null,
  selection: UndoSelection,
  query: Query | null,
): Promise<UndoSelection> {
  if (query === null) return selection;
  const moment = readMoment(at ?? undefined, host.now());
  const { revision } = await resolveRevision(database.pool, archive.id, moment);
  const wanted = selection.messages === undefined ? null : new Set(selection.messages);
  const found: MessageId[] = [];
  for await (const ids of matchingMessages(database.pool, { archiveId: archive.id, query, revision }))
    for (const id of ids) if (wanted === null || wanted.has(id)) found.push(id);
  if (found.length === 0)
    throw new MailError(
      "CONFIG_INVALID",
      `Nothing is found by this at revision ${revision}. Try packetboat restore search first.`,
    );
  return { ...selection, messages: found.sort((a, b) => a - b) };
}
