// Indexes what waits of an archive: bodies out of the database, read on threads, what was found back into it, batch after batch. While one batch
// is stored the next is read. It may be killed at any moment: what is stored is done, and the next run goes on behind it.
// It must never hold more of the mail in memory than a batch, nor stop because of what one message holds.
import {
  type IndexBatch,
  indexStanding,
  lockIndexing,
  type NewContent,
  nextToIndex,
  readBodies,
  type StoredBody,
  storeIndexed,
  tidyIndex,
} from "@packetboat/archive";
import { type ArchiveId, isMailError } from "@packetboat/core";
import type { Database } from "@packetboat/database";
import { type ContentReader, emptyContent, READ_BYTES } from "@packetboat/index";
import type { Content } from "@packetboat/search";

const BATCH = 400;
/** Bytes of messages that are being read at once; one larger message is read alone. */
const IN_FLIGHT_BYTES = 32 * 1_048_576;

export interface IndexedArchive {
  /** Messages that are indexed now and were not before. */
  readonly messages: number;
  /** Of these, bodies that had to be read. */
  readonly read: number;
  /** Of these, not wholly: cut, or read in part. */
  readonly partly: number;
  /** Another command indexes this archive at this moment; nothing was done, or not all. */
  readonly busy: boolean;
}

export interface IndexingOptions {
  readonly reader: ContentReader;
  readonly signal: AbortSignal;
  /** Told after each batch: messages done, and all that waited at the start. Default: silent. */
  readonly onProgress?: (done: number, all: number) => void;
  /** Messages of one call. Default: all. */
  readonly most?: number;
}

/** Indexes an archive to its end, or up to `most` messages. Throws the signal's reason between two batches, and as the archive does. */
export async function indexArchive(
  { pool }: Pick<Database, "pool">,
  archiveId: ArchiveId,
  options: IndexingOptions,
): Promise<IndexedArchive> {
  const { signal, onProgress, most = Infinity } = options;
  await using lock = await lockIndexing(pool, archiveId);
  const done = { messages: 0, read: 0, partly: 0, busy: lock === null };
  const { waiting } = await indexStanding(pool, archiveId);
  if (lock === null || waiting === 0) return done;
  let storing: Promise<boolean> = Promise.resolve(true);
  let from: bigint | undefined;
  while (done.messages < most) {
    const batch: IndexBatch = await nextToIndex(pool, archiveId, BATCH, from);
    if (batch.messages.length === 0) break;
    const contents = await readBatch(pool, batch, options.reader);
    if (!(await storing)) return { ...done, busy: true };
    signal.throwIfAborted();
    storing = storeIndexed(pool, batch, contents);
    // Told where it is awaited, not while the next batch is read.
    storing.catch(() => undefined);
    from = batch.through;
    done.messages += batch.messages.length;
    done.read += contents.length;
    done.partly += contents.filter(({ content }) => content.state !== "whole").length;
    onProgress?.(done.messages, waiting);
  }
  if (!(await storing)) return { ...done, busy: true };
  await tidyIndex(pool);
  return done;
}

/** Reads the bodies of a batch. Those that are gone meanwhile are left out. */
async function readBatch(
  pool: Database["pool"],
  { archiveId, unread }: IndexBatch,
  reader: ContentReader,
): Promise<readonly NewContent[]> {
  const blobs = new Map(unread.map(({ messageId, blobId }) => [messageId, blobId]));
  const found: Promise<NewContent>[] = [];
  const flight = { bytes: 0 };
  const inFlight = new Set<Promise<unknown>>();
  for await (const body of readBodies(pool, archiveId, [...blobs.keys()])) {
    const blobId = blobs.get(body.messageId);
    if (blobId === undefined) continue;
    while (flight.bytes > 0 && flight.bytes + body.size > IN_FLIGHT_BYTES) await Promise.race(inFlight);
    const bytes = await beginningOf(body);
    if (bytes === null) {
      found.push(Promise.resolve({ blobId, content: emptyContent("damaged") }));
      continue;
    }
    flight.bytes += bytes.length;
    const reading = contentOf(reader, body, bytes).finally(() => {
      flight.bytes -= bytes.length;
      inFlight.delete(reading);
    });
    inFlight.add(reading);
    found.push(reading.then((content) => ({ blobId, content })));
  }
  return Promise.all(found);
}

const contentOf = (reader: ContentReader, { size }: StoredBody, bytes: Buffer): Promise<Content> =>
  reader.read(bytes, bytes.length < size);

/** As much of a body as is looked at. Null: what is stored is damaged, which verify tells of. */
async function beginningOf({ chunks, size }: StoredBody): Promise<Buffer | null> {
  const all: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of chunks) {
      all.push(chunk);
      length += chunk.length;
      // The rest of a large one need not be fetched; that it is what was stored is then not proved, and not relied on.
      if (length >= READ_BYTES && length < size) break;
    }
  } catch (error) {
    if (isMailError(error) && error.code === "BLOB_MISMATCH") return null;
    throw error;
  }
  return all.length === 1 && all[0] !== undefined ? all[0] : Buffer.concat(all);
}
