// How Postgres answers a search: by the index over terms and then row by row by keys, whatever it knows of the tables; and never by the terms of
// rows computed anew.
import { asId, type Revision } from "@packetboat/core";
import { CONTENT_VERSION, parseQuery } from "@packetboat/search";
import { expect, test } from "vitest";
import {
  indexStanding,
  matchingMessages,
  nextToIndex,
  rebuildIndex,
  searchMessages,
  storeIndexed,
} from "../src/index.ts";
import { placesOf } from "../src/search/places.ts";
import { explainedDatabase } from "./explained-database.ts";
import { contentOf } from "./indexed-archive.ts";
import { fill, stockedArchive } from "./stocked-archive.ts";

const MESSAGES = 6_000;
const GROWING = "content|message|message_version|blob|mailbox_version";

test("searches and indexing read growing tables by index only", async () => {
  await using stocked = await stockedArchive();
  const { pool, link, scratch } = stocked;
  await fill(stocked, MESSAGES);
  await pool.query("update message set internal_date = timestamptz '2019-01-01Z' + id * interval '1 hour'");
  await pool.query(
    `insert into content (blob_id, version, indexed_at, state, shown, subject, names, words, from_line, to_line, cc_line, bcc_line, files, attached, places, dated_at)
      select b.id, ${CONTENT_VERSION}, now(), 'whole', '{"from":[]}', '', '', ' often word' || b.id % 50 || ' ', 'ann <ann@example.com>', '', '', '', '', b.id % 9 = 0,
        ' @' || $1::bigint || ' ' || array_to_string(${placesOf("$1::bigint", "m.internal_date")}, ' ') || ' ', m.internal_date
      from blob b join message m on m.blob_id = b.id`,
    [link.archiveId],
  );
  await pool.query(
    `insert into indexed_week select $1, floor(extract(epoch from m.internal_date) / 604800)::int, count(*)::int
      from message m where blob_id is not null group by 2`,
    [link.archiveId],
  );
  await pool.query("insert into indexed select $1, $2, max(id) from message", [link.archiveId, CONTENT_VERSION]);
  await pool.query("vacuum analyze");
  const plans: string[] = [];
  await using database = await explainedDatabase(scratch, [], (plan) => plans.push(plan));
  const revision = asId<Revision>(8);
  for (const text of [
    "often",
    '"often word7"',
    "word3 -has:attachment in:INBOX",
    "from:ann since:2019-03-01",
    "is:unread",
    "larger:1k OR word5",
  ]) {
    const parsed = parseQuery(text, 0);
    if (parsed.kind === "problem") throw new Error(parsed.problem.text);
    const request = { archiveId: link.archiveId, query: parsed.query, revision };
    for (const sort of ["date", "rank"] as const) {
      const first = await searchMessages(database.pool, { ...request, sort, limit: 20 });
      if (first.next !== null) await searchMessages(database.pool, { ...request, sort, limit: 20, after: first.next });
    }
  }
  const query = { kind: "attachment" } as const;
  // Two connections: the selection's own, and that of the question whether all is indexed.
  for await (const _ of matchingMessages(database.pool, { archiveId: link.archiveId, query, revision }));
  await rebuildIndex(database.pool, link.archiveId);
  for (let i = 0; i < 7; i++) {
    const batch = await nextToIndex(database.pool, link.archiveId, 50);
    const read = batch.unread.slice(0, 25).map(({ blobId }) => ({ blobId, content: contentOf({ text: "anew" }) }));
    expect(await storeIndexed(database.pool, batch, read)).toBe(true);
  }
  await indexStanding(database.pool, link.archiveId);

  const asked = plans.filter((plan) => /content_terms\(/.test(plan));
  expect(asked.length).toBeGreaterThan(20);
  const scans = (): readonly string[] =>
    plans.filter((plan) => new RegExp(`Seq Scan on (packetboat\\.)?(${GROWING})\\b`).test(plan));
  expect(scans()).toEqual([]);
  for (const plan of asked) {
    expect(plan).toMatch(/Bitmap Index Scan on content_terms/);
    // Terms are computed where rows are asked anew, and a filter would do that for each.
    expect(plan).not.toMatch(/Filter:.*content_terms\(/);
    expect(plan).not.toMatch(/Hash Join|Merge Join/);
  }
  // The detector itself: a scan that there is, is seen.
  await database.pool.query("set enable_seqscan = on");
  await database.pool.query("select count(*) from content where words = 'x'");
  expect(scans()).toHaveLength(1);
}, 60_000);
