// Which messages a query means, all of them, for what acts on a selection. Streamed from a cursor, so memory holds one page. It must never give
// half of them: an archive that is not wholly indexed is refused.
import { type ArchiveId, asId, MailError, type MessageId, type Revision } from "@packetboat/core";
import { asDatabaseError, connectFrom } from "@packetboat/database";
import type { Query } from "@packetboat/search";
import type { Pool } from "pg";
import { rowsOf } from "../catalog/asking.ts";
import { Values } from "./conditions.ts";
import { hitsSql, mailboxesMeant, stepTerms } from "./hits.ts";
import { indexStanding } from "./indexing.ts";
import { stepOfAll } from "./places.ts";
import { setReading, TERMS } from "./reading.ts";

const PAGE = 5_000;

export interface MatchingRequest {
  readonly archiveId: ArchiveId;
  readonly query: Query;
  /** The archive as of then. */
  readonly revision: Revision;
  /** Also messages that were removed by then, as they were last. Default: false. */
  readonly removed?: boolean;
}

/**
 * Gives the ids of all messages that a query means, in pages, in no order, each once. Throws CONFIG_INVALID while messages of the archive wait
 * to be indexed.
 */
export async function* matchingMessages(pool: Pool, request: MatchingRequest): AsyncGenerator<readonly MessageId[]> {
  const { archiveId, query, revision, removed = false } = request;
  await requireIndexed(pool, archiveId);
  const client = await connectFrom(pool);
  let whole = false;
  try {
    await client.query("begin transaction isolation level repeatable read read only");
    await setReading(client);
    const values = new Values();
    const mailboxes = await mailboxesMeant(client, archiveId, query, revision);
    const terms = values.add(stepTerms(query, stepOfAll(archiveId)));
    const hits = hitsSql({ archiveId, query, revision, removed, mailboxes }, values, `${TERMS} @@ ${terms}::tsquery`);
    await client.query(`declare matching no scroll cursor for select m.id ${hits}`, values.all);
    for (;;) {
      const rows = await rowsOf<{ id: bigint }>(client, `fetch ${PAGE} from matching`);
      if (rows.length === 0) break;
      yield rows.map(({ id }) => asId<MessageId>(id));
    }
    await client.query("commit");
    whole = true;
  } catch (error) {
    throw asDatabaseError(error);
  } finally {
    client.release(!whole);
  }
}

/** Throws CONFIG_INVALID while messages of the archive wait to be indexed. */
async function requireIndexed(pool: Pool, archiveId: ArchiveId): Promise<void> {
  const { waiting } = await indexStanding(pool, archiveId);
  if (waiting === 0) return;
  const [archive] = await rowsOf<{ name: string }>(pool, "select name from archive where id = $1", [archiveId]);
  throw new MailError(
    "CONFIG_INVALID",
    `${waiting} messages of ${archive?.name ?? "the archive"} are not indexed yet, so a search would mean too few. Run first: packetboat index ${archive?.name ?? ""}`,
  );
}
