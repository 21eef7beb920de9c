// The Postgres archive behind core's port: the same contract as the one in memory.

import { asId, type Digest, type MessageId } from "@packetboat/core";
import { type ScratchDatabase, scratchDatabase } from "@packetboat/database/testing";
import { type ArchiveInspect, archiveContract, type SnapshotMailbox, type SnapshotMessage } from "@packetboat/testkit";
import type { Pool } from "pg";
import { afterAll, beforeAll } from "vitest";
import { readBody } from "../src/bodies.ts";
import { openOn } from "./open-archive.ts";

// One database for all: archives of different accounts do not see each other, which is proved on the way.
let scratch: ScratchDatabase;
let accounts = 0;

beforeAll(async () => {
  scratch = await scratchDatabase();
});
afterAll(async () => {
  await scratch.close();
});

archiveContract("Postgres", async () => {
  const opened = await openOn(scratch, `user ${++accounts}`);
  return {
    archive: opened.archive,
    inspect: inspectOf(opened.pool, opened.link.archiveId),
    [Symbol.asyncDispose]: opened[Symbol.asyncDispose],
  };
});

/** Written against the tables, not with the room's own reader: a second witness. */
function inspectOf(pool: Pool, archiveId: number): ArchiveInspect {
  return {
    revision: async () =>
      Number((await pool.query("select revision from archive where id = $1", [archiveId])).rows[0].revision),
    snapshot: async (revision) => {
      const mailboxes = await pool.query(
        "select * from mailbox_version where archive_id = $1 and from_revision <= $2 and to_revision > $2",
        [archiveId, revision],
      );
      return Promise.all(
        mailboxes.rows.map(async ({ mailbox_id, path, role, subscribed }): Promise<SnapshotMailbox> => {
          const messages = await pool.query<SnapshotMessage>(
            `select encode(sha256, 'hex') as sha256, flags, (extract(epoch from internal_date) * 1000)::float8 as "internalDate"
              from message_version join message on message.id = message_id join blob on blob.id = blob_id
              where mailbox_id = $1 and from_revision <= $2 and to_revision > $2 order by message_id`,
            [mailbox_id, revision],
          );
          return { path, role, subscribed, messages: messages.rows };
        }),
      );
    },
    body: (sha256) => bodyByDigest(pool, archiveId, sha256),
    damage: async (sha256) => {
      await pool.query(
        "update blob set bytes = set_byte(bytes, length(bytes) - 1, get_byte(bytes, length(bytes) - 1) # 1) where sha256 = decode($1, 'hex')",
        [sha256],
      );
    },
    approve: async (run, at) => {
      await pool.query("update run set approved_at = to_timestamp($2::float8 / 1000) where id = $1", [run, at]);
    },
  };
}

/** The contract asks for orphans too; the room reads only through a message, so the test makes one and takes it away. */
async function bodyByDigest(pool: Pool, archiveId: number, sha256: Digest): Promise<Buffer | null> {
  const { rows } = await pool.query(
    "insert into message (archive_id, blob_id) select $1, id from blob where sha256 = decode($2, 'hex') returning id",
    [archiveId, sha256],
  );
  if (rows[0] === undefined) return null;
  const id = asId<MessageId>(rows[0].id);
  const body = await readBody(pool, archiveId, id);
  await pool.query("delete from message where id = $1", [id]);
  return body;
}
