// Who asks, and the archive, run or message they ask for. It must never tell one that a caller may not read from one that is not there.
import {
  type ArchiveInfo,
  type Caller,
  findArchive,
  getArchive,
  getRun,
  mayRead,
  messageDetails,
  type RunDetails,
} from "@packetboat/archive";
import { type ArchiveId, asId, isMailError, MailError, type MessageId, type RunId } from "@packetboat/core";
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
  if (archive === null) throw new MailError("NOT_FOUND", "There is no archive of this id that you may read.");
  return archive;
}

/** A run with the archive it is over. Throws NOT_FOUND where there is none, and where the caller may not read its archive. */
export async function runAsked(
  asked: { readonly caller: Caller | null; readonly params: { readonly run: number } },
  { pool }: Pick<World, "pool">,
): Promise<{ readonly run: RunDetails; readonly archiveId: ArchiveId }> {
  const none = new MailError("NOT_FOUND", "There is no run of this number that you may read.");
  const run = await getRun(pool, asId<RunId>(asked.params.run)).catch((thrown: unknown) => {
    throw isMailError(thrown) && thrown.code === "CONFIG_INVALID" ? none : thrown;
  });
  const archive = await findArchive(pool, run.archive);
  if (archive === null || !mayRead(callerOf(asked), archive.id)) throw none;
  return { run, archiveId: archive.id };
}

export const noMessage = (): MailError => new MailError("NOT_FOUND", "This archive has no message of this id.");

/** A message whose bytes are there, with its archive. Throws NOT_FOUND, and MESSAGE_GONE where they were erased. */
export async function messageAsked(
  asked: Parameters<typeof archiveAsked>[0] & { readonly params: { readonly message: number } },
  world: Pick<World, "pool">,
) {
  const archive = await archiveAsked(asked, world);
  const messageId = asId<MessageId>(asked.params.message);
  const message = await messageDetails(world.pool, archive.id, messageId, 1);
  if (message === null) throw noMessage();
  const { size } = message;
  if (size === null)
    throw new MailError("MESSAGE_GONE", "The bytes of this message were erased for good by packetboat forget.");
  return { archive, message: { ...message, size }, about: { archiveId: archive.id, messageId } };
}
