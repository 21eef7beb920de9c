// Who asks, and the archive they ask for. It must never tell an archive that a caller may not read from one that is not there.
import { type ArchiveInfo, type Caller, getArchive, mayRead } from "@packetboat/archive";
import { type ArchiveId, asId, MailError } from "@packetboat/core";
import type { World } from "./route.ts";

/** Of a route that needs somebody. */
export function callerOf({ caller }: { readonly caller: Caller | null }): Caller {
  if (caller === null) throw new MailError("BUG", "A route that needs nobody asks for somebody. Please report this.");
  return caller;
}

/** Gives the archive of this id. Throws NOT_FOUND where there is none, and where the caller may not read it. */
export async function archiveAsked(
  asked: { readonly caller: Caller | null; readonly params: { readonly archive: number } },
  { pool }: Pick<World, "pool">,
): Promise<ArchiveInfo> {
  const archiveId = asId<ArchiveId>(asked.params.archive);
  const archive = mayRead(callerOf(asked), archiveId) ? await getArchive(pool, archiveId) : null;
  if (archive === null)
    throw new MailError("NOT_FOUND", "There is no archive of this id that you may read. /api/v1/archives lists them.");
  return archive;
}
