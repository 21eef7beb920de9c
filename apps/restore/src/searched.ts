// A selection by search: the query becomes the numbers of the messages that it finds at the moment that is asked for, so that what is shown, asked
// and done is one set. It must never go on with none: a typing error would pass for "there is nothing to do".
import { type ArchiveInfo, matchingMessages, type UndoSelection } from "@packetboat/archive";
import { MailError, type MessageId, type Revision } from "@packetboat/core";
import type { Database } from "@packetboat/database";
import type { Query } from "@packetboat/search";

/** Gives the selection with what the query finds of it at a revision; null: all. Throws CONFIG_INVALID when nothing is found, and while mail waits to be indexed. */
export async function searchedSelection(
  pool: Database["pool"],
  archive: Pick<ArchiveInfo, "id">,
  revision: Revision,
  selection: UndoSelection,
  query: Query | null,
): Promise<UndoSelection> {
  if (query === null) return selection;
  const wanted = selection.messages === undefined ? null : new Set(selection.messages);
  const found: MessageId[] = [];
  for await (const ids of matchingMessages(pool, { archiveId: archive.id, query, revision }))
    for (const id of ids) if (wanted === null || wanted.has(id)) found.push(id);
  if (found.length === 0)
    throw new MailError(
      "CONFIG_INVALID",
      `Nothing is found by this at revision ${revision}. Try packetboat restore search first.`,
    );
  return { ...selection, messages: found.sort((a, b) => a - b) };
}
