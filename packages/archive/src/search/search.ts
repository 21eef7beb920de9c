// Search in an archive, as it is or was at a revision: page by page, by date or by rank. It goes back in time step by step and stops when a page
// is full, so a common word costs as little as a rare one. It must never answer with less than what is meant without saying so: how many
// messages are not indexed yet is part of each answer.
import { type ArchiveId, asId, MailError, type MessageId, type Revision } from "@packetboat/core";
import type { Query } from "@packetboat/search";
import type { Pool, PoolClient } from "pg";
import { rowsOf } from "../catalog/asking.ts";
import { spanOf } from "./conditions.ts";
import { type DatedKey, mailboxesMeant, newestHits, type Searched, type SearchHit } from "./hits.ts";
import { indexStanding } from "./indexing.ts";
import { stepsOf, type Week } from "./places.ts";
import { bestHits, type RankedKey } from "./ranked.ts";
import { readHits } from "./reading.ts";

export interface SearchRequest {
  readonly archiveId: ArchiveId;
  readonly query: Query;
  /** The archive as of then. */
  readonly revision: Revision;
  /** Also messages that were removed by then. Default: false. */
  readonly removed?: boolean;
  /** `date`: newest first. `rank`: best first, among the newest 10,000. Default: date. */
  readonly sort?: "date" | "rank";
  /** Of a page. Default: 50, at most 1,000. */
  readonly limit?: number;
  /** Where an earlier page of the same request ended. Default: the first page. */
  readonly after?: string | undefined;
}

export interface SearchPage {
  readonly hits: readonly SearchHit[];
  /** For the next page; null: this is the last. */
  readonly next: string | null;
  /** By rank: only so many, the newest, were compared, for there are more. Null: all were. */
  readonly rankedAmong: number | null;
  /** Messages of the archive that are not indexed yet, and thus not found. */
  readonly waiting: number;
}

/** Gives a page of what is found. Throws CONFIG_INVALID for an `after` that is none. */
export async function searchMessages(pool: Pool, request: SearchRequest): Promise<SearchPage> {
  const { archiveId, query, revision, removed = false, sort = "date" } = request;
  const limit = Math.min(1_000, Math.max(1, request.limit ?? 50));
  const { waiting } = await indexStanding(pool, archiveId);
  return readHits(pool, async (client) => {
    const mailboxes = await mailboxesMeant(client, archiveId, query, revision);
    const searched: Searched = { archiveId, query, revision, removed, mailboxes };
    const weeks = await weeksOf(client, archiveId);
    if (sort === "rank") {
      const after = request.after === undefined ? null : rankedKey(request.after);
      const { page, more, rankedAmong } = await bestHits(client, searched, weeks, after, limit);
      const last = page.at(-1);
      const hits = page.map(({ hit }) => hit);
      return { hits, next: more && last !== undefined ? pageOf(last.key) : null, rankedAmong, waiting };
    }
    const after = request.after === undefined ? null : datedKey(request.after);
    const hits = await byDate(client, searched, weeks, after, limit + 1);
    const last = hits.length > limit ? hits[limit - 1] : undefined;
    const next = last === undefined ? null : pageOf([last.date, last.messageId]);
    return { hits: hits.slice(0, limit), next, rankedAmong: null, waiting };
  });
}

async function byDate(
  client: PoolClient,
  searched: Searched,
  weeks: readonly Week[],
  after: DatedKey | null,
  wanted: number,
): Promise<readonly SearchHit[]> {
  const span = spanOf(searched.query);
  // What is newer than where the last page ended need not be gone through again.
  const before = after === null ? span.before : Math.min(span.before, after.date ?? -Infinity);
  const hits: SearchHit[] = [];
  for (const step of stepsOf(searched.archiveId, weeks, { ...span, before })) {
    hits.push(...(await newestHits(client, searched, step, after, wanted - hits.length)));
    if (hits.length >= wanted) break;
  }
  return hits;
}

/** The weeks in which an archive has mail, the newest first. By indexed_week_pkey. */
async function weeksOf(client: PoolClient, archiveId: ArchiveId): Promise<readonly Week[]> {
  return rowsOf<{ week: number; messages: number }>(
    client,
    "select week, messages from indexed_week where archive_id = $1 order by week desc",
    [archiveId],
  );
}

const wrongPage = (): MailError =>
  new MailError(
    "CONFIG_INVALID",
    "This is no page of this search. Ask for the first page, then for the next one that it names.",
  );

/** As it goes through a shell and an address of the web: numbers between dots, `_` for none. */
const pageOf = (key: readonly (number | null)[]): string =>
  key.map((each) => (each === null ? "_" : String(each))).join(".");

function numbersOf(text: string, length: number): readonly (number | null)[] {
  const parts = text.split(".");
  if (parts.length !== length || !parts.every((part) => part === "_" || /^-?\d{1,15}$/.test(part))) throw wrongPage();
  return parts.map((part) => (part === "_" ? null : Number(part)));
}

function datedKey(text: string): DatedKey {
  const [date = null, messageId] = numbersOf(text, 2);
  if (typeof messageId !== "number") throw wrongPage();
  return { date, messageId: asId<MessageId>(messageId) };
}

function rankedKey(text: string): RankedKey {
  const [score, date = null, blobId, messageId] = numbersOf(text, 4);
  if (typeof score !== "number" || typeof blobId !== "number" || typeof messageId !== "number") throw wrongPage();
  return [score, date, blobId, messageId];
}
