// An archive with mail in it for tests that need no server: rows straight into the tables.
import type { ScratchDatabase } from "@packetboat/database/testing";

/** One archive with messages straight in its tables. */
export async function fillArchive(pool: ScratchDatabase["pool"], messages: number): Promise<void> {
  await pool.query("insert into archive (name, revision) values ('mail', 1)");
  await pool.query("insert into mailbox (archive_id) select id from archive");
  await pool.query(
    `insert into mailbox_version (mailbox_id, archive_id, path, path_key, subscribed, from_revision)
      select id, archive_id, '{INBOX}', 'x', false, 1 from mailbox`,
  );
  await pool.query("insert into revision (archive_id, number, made_at) select id, 1, now() from archive");
  await pool.query(
    `insert into blob (key_space, sha256, size, codec, bytes)
      select 1, sha256(text), length(text), 0, text from generate_series(1, $1::int) n
      cross join lateral (select convert_to(E'From: ann@example.com\\r\\nSubject: number ' || n || E'\\r\\n\\r\\nword' || n % 7, 'UTF8')) t(text)`,
    [messages],
  );
  await pool.query(
    `insert into message (archive_id, blob_id, internal_date)
      select a.id, b.id, timestamptz '2024-01-01Z' + b.id * interval '1 day' from blob b, archive a order by b.id`,
  );
  await pool.query(
    "insert into message_version (message_id, mailbox_id, flags, from_revision) select m.id, b.id, '{}', 1 from message m, mailbox b",
  );
}
