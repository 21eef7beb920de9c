// A search by rank: of the newest 10,000 bodies that the index gives, which fit best, and of these page by page those that are meant. A word in
// the subject counts most, then one in a name, then, in the newest thousand, how often it is in the beginning of the text; of equals the
// newest comes first.
// It must never rank more than that: a common word would read the whole archive.
import type { Query } from "@packetboat/search";
import type { PoolClient } from "pg";
import { millis, rowsOf } from "../catalog/asking.ts";
import { needleOf, RECEIVED, spanOf, Values } from "./conditions.ts";
import { hitsSql, type Searched, type SearchHit, shownHits, stepTerms } from "./hits.ts";
import { stepsOf, type Week } from "./places.ts";
import { TERMS } from "./reading.ts";

const MOST_RANKED = 10_000;
/** Bodies whose messages are looked at together; each further time twice as many. */
const FIRST_BODIES = 100;
/** Bodies in whose texts words are counted: that takes ten times as long as all else that is looked at. */
const MOST_COUNTED = 1_000;
/** Characters of a text in which words are counted. */
const COUNTED = 2_000;
/** Words of a query that are ranked by. */
const MOST_NEEDLES = 8;

/** Where a page ended: score, when the body came (null: no date), body, message. */
export type RankedKey = readonly [score: number, date: number | null, blobId: number, messageId: number];

export interface RankedHit {
  readonly hit: SearchHit;
  readonly key: RankedKey;
}

interface Body {
  readonly blobId: bigint;
  readonly score: number;
  readonly date: number | null;
}

/** The best hits after `after`. `rankedAmong`: so many were compared, and there are older ones; null: all were. */
export async function bestHits(
  client: PoolClient,
  searched: Searched,
  weeks: readonly Week[],
  after: RankedKey | null,
  limit: number,
): Promise<{ readonly page: readonly RankedHit[]; readonly more: boolean; readonly rankedAmong: number | null }> {
  const { bodies, isAll } = await bestBodies(client, searched, weeks);
  const rankedAmong = isAll ? null : MOST_RANKED;
  const page: RankedHit[] = [];
  let begin = after === null ? 0 : bodies.findIndex((body) => !isBefore(body, after));
  if (begin === -1) begin = bodies.length;
  for (let size = FIRST_BODIES; begin < bodies.length; begin += size, size *= 2) {
    const some = bodies.slice(begin, begin + size);
    for (const ranked of await hitsOf(client, searched, some)) {
      if (after !== null && !isAfter(ranked.key, after)) continue;
      if (page.length === limit) return { page, more: true, rankedAmong };
      page.push(ranked);
    }
  }
  return { page, more: false, rankedAmong };
}

const dated = (date: number | null): number => date ?? -Infinity;

/** Best first, then newest, then the greatest id. */
function compare(a: RankedKey, b: RankedKey): number {
  const date = dated(b[1]) - dated(a[1]);
  return b[0] - a[0] || (Number.isNaN(date) ? 0 : date) || b[2] - a[2] || b[3] - a[3];
}

const isAfter = (key: RankedKey, after: RankedKey): boolean => compare(key, after) > 0;
const isBefore = ({ score, date, blobId }: Body, after: RankedKey): boolean =>
  compare([score, date, Number(blobId), 0], [after[0], after[1], after[2], 0]) < 0;

/** The newest bodies that the index gives, best first. */
async function bestBodies(
  client: PoolClient,
  { archiveId, query }: Searched,
  weeks: readonly Week[],
): Promise<{ readonly bodies: readonly Body[]; readonly isAll: boolean }> {
  const bodies: Body[] = [];
  for (const step of stepsOf(archiveId, weeks, spanOf(query))) {
    const values = new Values();
    const score = scoreOf(query, values, bodies.length < MOST_COUNTED);
    const rows = await rowsOf<{ blob_id: bigint; score: number; date: number | null }>(
      client,
      `select c.blob_id, ${score} as score, ${millis("c.dated_at")} as date from content c
        where ${TERMS} @@ ${values.add(stepTerms(query, step))}::tsquery
        order by c.dated_at desc nulls last, c.blob_id desc limit ${values.add(MOST_RANKED + 1 - bodies.length)}`,
      values.all,
    );
    bodies.push(...rows.map(({ blob_id: blobId, ...row }) => ({ blobId, ...row })));
    if (bodies.length > MOST_RANKED) break;
  }
  // A body that came in two weeks may be given by two steps.
  const unique = [...new Map(bodies.map((body) => [body.blobId, body])).values()].slice(0, MOST_RANKED);
  const key = ({ score, date, blobId }: Body): RankedKey => [score, date, Number(blobId), 0];
  return { bodies: unique.sort((a, b) => compare(key(a), key(b))), isAll: bodies.length <= MOST_RANKED };
}

/** SQL for how well a body fits: a whole number. */
function scoreOf(query: Query, values: Values, counts: boolean): string {
  const needles = needlesOf(query).slice(0, MOST_NEEDLES);
  if (needles.length === 0) return "0";
  const parts = needles.map((needle) => {
    const word = `${values.add(needle)}::text`;
    const text = `left(c.words, ${COUNTED})`;
    const times = `(octet_length(${text}) - octet_length(replace(${text}, ${word}, ' '))) / greatest(octet_length(${word}) - 1, 1)`;
    const named = `case when strpos(c.subject, ${word}) > 0 then 8 else 0 end + case when strpos(c.names, ${word}) > 0 then 4 else 0 end`;
    return counts ? `${named} + least(${times}, 6)` : named;
  });
  return `(${parts.join(" + ")})::int`;
}

/** The words that are wanted, not those that are not. */
function needlesOf(query: Query): readonly string[] {
  if (query.kind === "and" || query.kind === "or") return [...new Set(query.of.flatMap(needlesOf))];
  return query.kind === "words" ? [needleOf(query)] : [];
}

/** The messages of these bodies that are meant, in the order of the bodies. */
async function hitsOf(client: PoolClient, searched: Searched, bodies: readonly Body[]): Promise<readonly RankedHit[]> {
  const values = new Values();
  const ids = values.add(bodies.map(({ blobId }) => blobId));
  const hits = hitsSql(searched, values, `c.blob_id = any(${ids}::bigint[])`);
  const rows = await shownHits(
    client,
    `select m.id, c.blob_id, coalesce(${RECEIVED}, '-infinity'::timestamptz) as date, v.mailbox_id, v.flags, v.to_revision, b.size ${hits}`,
    "p.id desc",
    searched.revision,
    values,
  );
  const place = new Map(bodies.map((body, i) => [body.blobId, { body, i }]));
  return rows
    .flatMap((hit) => {
      const found = place.get(hit.blobId);
      if (found === undefined) return [];
      const { score, date, blobId } = found.body;
      return { i: found.i, hit, key: [score, date, Number(blobId), hit.messageId] as const };
    })
    .sort((a, b) => a.i - b.i || b.hit.messageId - a.hit.messageId);
}
