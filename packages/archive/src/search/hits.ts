// The statements of a search, by date: hits of one step back in time, page by page. The index gives bodies, of which messages, their versions
// and sizes are read one by one by their keys; names are looked up for the page alone.
import {
  type ArchiveId,
  asId,
  type Flags,
  type MailboxPath,
  type MessageId,
  matchesPattern,
  type Revision,
  type Role,
} from "@packetboat/core";
import type { Query, ShownContent } from "@packetboat/search";
import type { PoolClient } from "pg";
import { millis, moment, rowsOf } from "../catalog/asking.ts";
import { type MailboxesByPattern, patternsOf, RECEIVED, restOf, Values } from "./conditions.ts";
import type { Step } from "./places.ts";
import { TERMS } from "./reading.ts";
import { indexTerms } from "./terms.ts";

/** A message that was found. */
export interface SearchHit {
  readonly messageId: MessageId;
  readonly blobId: bigint;
  /** When it was received, else sent; milliseconds since 1970. Null: it has no date. */
  readonly date: number | null;
  /** For people; texts of foreign origin. */
  readonly shown: ShownContent;
  /** Where it is, or was last, by the name of then. */
  readonly mailbox: MailboxPath;
  readonly flags: Flags;
  /** Of the message, in bytes. */
  readonly size: number;
  /** False: it was removed by then. */
  readonly present: boolean;
  /** Its content is not all there: `cut` or `partly`. */
  readonly state: string;
}

/** What is searched. */
export interface Searched {
  readonly archiveId: ArchiveId;
  readonly query: Query;
  readonly revision: Revision;
  /** Messages that were removed by then, too. */
  readonly removed: boolean;
  readonly mailboxes: MailboxesByPattern;
}

/** Every mailbox of the archive by each of its names up to a revision that a pattern of the query means. By mailbox_archive. */
export async function mailboxesMeant(
  client: PoolClient,
  archiveId: ArchiveId,
  query: Query,
  revision: Revision,
): Promise<MailboxesByPattern> {
  const patterns = patternsOf(query);
  if (patterns.length === 0) return new Map();
  const rows = await rowsOf<{ id: bigint; path: string[]; role: Role | null }>(
    client,
    `select b.id, last.path, last.role from mailbox b
      cross join lateral (select v.path, v.role from mailbox_version v where v.mailbox_id = b.id and v.from_revision <= $2
        order by v.from_revision desc limit 1) last
      where b.archive_id = $1`,
    [archiveId, revision],
  );
  return new Map(
    patterns.map((pattern) => [
      pattern,
      rows.filter(({ path, role }) => isMeant(pattern, path, role)).map(({ id }) => asId(id)),
    ]),
  );
}

/** By its whole path, its last name or its role, without case. */
function isMeant(pattern: string, path: MailboxPath, role: Role | null): boolean {
  const wanted = pattern.toLowerCase();
  const names = [path.join("/"), path.at(-1) ?? "", role ?? ""];
  return names.some((name) => name !== "" && matchesPattern(wanted, name.toLowerCase()));
}

/** A hit in the order of dates, with what a page goes on after. */
export interface DatedKey {
  /** Milliseconds since 1970; null: no date, which is the oldest. */
  readonly date: number | null;
  readonly messageId: MessageId;
}

/** Which rows are hits: FROM and WHERE over c, m, v and b. `which`: a condition on c that an index serves and that finds at least all of them. */
export function hitsSql(searched: Searched, values: Values, which: string): string {
  const { archiveId, query, removed, revision, mailboxes } = searched;
  const at = values.add(revision);
  const rest = restOf(query, values, mailboxes);
  return `from content c
    cross join lateral (select id, internal_date from message where blob_id = c.blob_id and archive_id = ${values.add(archiveId)} offset 0) m
    cross join lateral (select mailbox_id, flags, to_revision from message_version where message_id = m.id and from_revision <= ${at}
      order by from_revision desc limit 1) v
    cross join lateral (select size from blob where id = c.blob_id limit 1) b
    where ${which}${removed ? "" : ` and v.to_revision > ${at}`}${rest === null ? "" : ` and ${rest}`}`;
}

/** What the index is asked in one step. */
export function stepTerms(query: Query, step: Step): string {
  const { terms } = indexTerms(query);
  return terms === null ? step.terms : `${terms} & ${step.terms}`;
}

/** A body may have messages in several steps: each is a hit of its own. Empty: all of them are in this one. */
function inStep({ since, before, undated }: Step, values: Values): string {
  if (since === -Infinity && before === Infinity && undated) return "";
  const dated = `coalesce(${RECEIVED} >= ${moment(values.add(since))} and ${RECEIVED} < ${moment(values.add(before))}, ${undated})`;
  return ` and ${dated}`;
}

const OLDEST = "'-infinity'::timestamptz";

/** The newest hits of a step after `after`, in the order of dates. */
export async function newestHits(
  client: PoolClient,
  searched: Searched,
  step: Step,
  after: DatedKey | null,
  limit: number,
): Promise<readonly SearchHit[]> {
  const values = new Values();
  const terms = values.add(stepTerms(searched.query, step));
  const hits = hitsSql(searched, values, `${TERMS} @@ ${terms}::tsquery`);
  const date = `coalesce(${RECEIVED}, ${OLDEST})`;
  const beyond =
    after === null
      ? ""
      : ` and (${date}, m.id) < (coalesce(${moment(values.add(after.date))}, ${OLDEST}), ${values.add(after.messageId)}::bigint)`;
  return shownHits(
    client,
    `select m.id, c.blob_id, ${date} as date, v.mailbox_id, v.flags, v.to_revision, b.size ${hits}${beyond}
${inStep(step, values)}
      order by date desc, m.id desc limit ${values.add(limit)}`,
    "p.date desc, p.id desc",
    searched.revision,
    values,
  );
}

interface Row {
  readonly id: bigint;
  readonly blob_id: bigint;
  readonly date: number | null;
  readonly flags: string[];
  readonly size: number;
  readonly present: boolean;
  readonly path: string[];
  readonly shown: ShownContent;
  readonly state: string;
}

/** Runs a page of hits and looks up what is shown of them. */
export async function shownHits(
  client: PoolClient,
  page: string,
  order: string,
  revision: Revision,
  values: Values,
): Promise<readonly SearchHit[]> {
  const at = values.add(revision);
  const rows = await rowsOf<Row>(
    client,
    `with page as materialized (${page})
      select p.id, p.blob_id, case when isfinite(p.date) then ${millis("p.date")} end as date, p.flags, p.size, p.to_revision > ${at} as present,
        named.path, c.shown, c.state
      from page p
      cross join lateral (select shown, state from content where blob_id = p.blob_id limit 1) c
      cross join lateral (select path from mailbox_version where mailbox_id = p.mailbox_id and from_revision <= least(${at}, p.to_revision - 1)
        order by from_revision desc limit 1) named
      order by ${order}`,
    values.all,
  );
  return rows.map(({ id, blob_id: blobId, path, ...row }) => ({
    ...row,
    messageId: asId<MessageId>(id),
    blobId,
    mailbox: path,
  }));
}
