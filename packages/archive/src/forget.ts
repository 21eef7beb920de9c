// Erases messages for good: their bytes, flags, dates and history in every revision. First a plan to show and confirm, then exactly that,
// in batches that each stand for themselves. Nothing on a server is touched.
// M8: what a base row or an intent points to keeps an empty row, so that the server's copy is not pulled again.
// The audit row and the log say how many, when and by whom; they must never hold a name, an address or anything of the content.
import {
  type ArchiveId,
  asId,
  type MailboxPath,
  MailError,
  type MessageId,
  type Revision,
  type RunId,
} from "@packetboat/core";
import { inTransaction, processName } from "@packetboat/database";
import type { Pool, PoolClient } from "pg";
import { moment, rowsOf } from "./catalog/asking.ts";
import { uncountStorage } from "./catalog/storage.ts";
import { uncount } from "./counts.ts";
import { unlist } from "./newest.ts";
import { takeBodies } from "./queries/blob-lock.ts";
import {
  countSelected,
  dropUnpointed,
  type Erased,
  erase,
  lastNames,
  mailboxesSelected,
  nextSelected,
  selectedValues,
} from "./queries/forget.ts";
import { resolveRevision } from "./reader.ts";
import { lockArchive, recordRevision } from "./revisions.ts";
import { matchingMessages } from "./search/matching.ts";
import { type Selection, selectionDigest, selectionOf, selectsMailbox } from "./selection.ts";
import { NO_STEPS, untally } from "./tallies.ts";

const BATCH = 1_000;
/** Matches that one statement is told of. */
const MATCHED = 10_000;

export interface ForgetPlan {
  readonly archiveId: ArchiveId;
  readonly selection: Selection;
  readonly messages: number;
  /** Before compression; bytes that other messages share are counted here and stay with those. */
  readonly bytes: number;
  /** Messages that are in the archive now; the others are readable at earlier revisions only. */
  readonly live: number;
  /** Messages whose empty row stays, because a server still holds them. */
  readonly kept: number;
  /** By the name that each mailbox has, or had last. */
  readonly mailboxes: readonly { readonly path: MailboxPath; readonly messages: number }[];
  /** What the selection's query means, ascending: nothing else is erased, whatever is found later. Null: it has no query. */
  readonly matched: readonly MessageId[] | null;
  /** Nothing that comes after the plan is erased by it: ids grow. */
  readonly upTo: bigint;
}

export interface Forgotten extends Erased {
  /** The revision that the log shows it under; null: nothing was there to be erased. */
  readonly revision: Revision | null;
}

export interface ForgetOptions {
  /** Who asked for it, for the audit: never an address. Default: the command, its host and process. */
  readonly by?: string;
  /** Milliseconds since 1970. Default: Date.now(). */
  readonly now?: number;
  /** Default: null, not by a run. */
  readonly runId?: RunId | null;
  /** Told after each batch. Default: silent. */
  readonly onProgress?: (done: Erased) => void;
  /** Ends it with its reason between two batches. Default: none. */
  readonly signal?: AbortSignal;
}

/** Says what would be erased. Throws CONFIG_INVALID for a selection of everything by omission, and for a query while mail waits to be indexed. */
export async function planForget(pool: Pool, archiveId: ArchiveId, selection: Selection): Promise<ForgetPlan> {
  selectionOf(selection);
  const matched = await matchedBy(pool, archiveId, selection);
  const mailboxIds = await selectedMailboxes(pool, archiveId, selection);
  const values = selectedValues(archiveId, within(selection, matched), mailboxIds);
  const row = await countSelected(pool, values);
  const mailboxes = await mailboxesSelected(pool, values);
  return {
    archiveId,
    selection,
    matched,
    messages: Number(row?.messages),
    bytes: Number(row?.bytes),
    live: Number(row?.live),
    kept: Number(row?.kept),
    mailboxes: mailboxes.map(({ path, messages }) => ({ path, messages: Number(messages) })),
    upTo: row?.up_to ?? 0n,
  };
}

/**
 * Erases what the plan says, in batches; what is done stays done when it is killed, and a new plan of the same selection goes on. Runs may
 * go on beside it. Earlier snapshots show the messages no more, and their counts in the log go down; the revision made here says how many
 * went. What a server still holds stays known, also when it is moved there or numbered anew, and is not pulled again; a copy of it that
 * arrives later is a new message (M9). Not reached: dumps made before, and pages of the database's files until Postgres uses them again.
 * Throws ARCHIVE_UNKNOWN.
 */
export async function executeForget(pool: Pool, plan: ForgetPlan, options: ForgetOptions = {}): Promise<Forgotten> {
  const { archiveId, selection, matched, upTo } = plan;
  selectionOf(selection);
  const mailboxIds = await selectedMailboxes(pool, archiveId, selection);
  await inTransaction(pool, dropUnpointed);
  let entry: AuditEntry | null = null;
  for (let after: bigint | null = 0n; after !== null; ) {
    options.signal?.throwIfAborted();
    const from: bigint = after;
    const before: AuditEntry | null = entry;
    // Of many matches the next ones: a statement is not sent all of them for each batch.
    const next = matched === null ? null : matched.slice(firstAfter(matched, from)).slice(0, MATCHED);
    if (next?.length === 0) break;
    const values = selectedValues(archiveId, within(selection, next), mailboxIds);
    const batch = await inTransaction(
      pool,
      (client): Promise<Batch | null> => eraseBatch(client, plan, options, { values, from, upTo, before }),
    );
    // None of these is left; there may be others behind them.
    after = batch?.last ?? (next === null ? null : BigInt(next.at(-1) ?? 0));
    if (batch !== null) {
      entry = batch.entry;
      options.onProgress?.(entry.erased);
    }
  }
  return { ...(entry?.erased ?? NOTHING), revision: entry?.revision ?? null };
}

/** Those that a query means, of all that the archive holds or held; each as it was last. */
async function matchedBy(pool: Pool, archiveId: ArchiveId, { query }: Selection): Promise<readonly MessageId[] | null> {
  if (query === undefined) return null;
  const { revision } = await resolveRevision(pool, archiveId, { kind: "now" });
  const matched: MessageId[] = [];
  for await (const ids of matchingMessages(pool, { archiveId, query, revision, removed: true }))
    for (const id of ids) matched.push(id);
  return matched.sort((a, b) => a - b);
}

/** The selection with what its query means instead of the query. */
function within(selection: Selection, matched: readonly MessageId[] | null): Selection {
  if (matched === null) return selection;
  const { messageIds } = selection;
  const wanted = messageIds === undefined ? null : new Set(messageIds);
  return { ...selection, messageIds: wanted === null ? matched : matched.filter((id) => wanted.has(id)) };
}

/** The place of the first id beyond `after` in an ascending list. */
function firstAfter(ids: readonly MessageId[], after: bigint): number {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (BigInt(ids[middle] ?? 0) > after) high = middle;
    else low = middle + 1;
  }
  return low;
}

const NOTHING: Erased = { messages: 0, bytes: 0, kept: 0 };

interface AuditEntry {
  readonly id: bigint;
  readonly revision: Revision;
  readonly erased: Erased;
}

interface Batch {
  readonly entry: AuditEntry;
  readonly last: bigint;
}

interface Position {
  readonly values: readonly unknown[];
  readonly from: bigint;
  readonly upTo: bigint;
  readonly before: AuditEntry | null;
}

/** One transaction: the archive's row is locked, as for every change, so that no plan of a run is committed halfway (S4). */
async function eraseBatch(
  client: PoolClient,
  { archiveId, selection }: ForgetPlan,
  options: ForgetOptions,
  { values, from, upTo, before }: Position,
): Promise<Batch | null> {
  await takeBodies(client);
  const next = await lockArchive(client, { archiveId });
  const ids = await nextSelected(client, values, from, upTo, BATCH);
  const last = ids.at(-1);
  if (last === undefined) return null;
  await uncount(client, archiveId, ids);
  await untally(client, archiveId, ids);
  await unlist(client, ids);
  await uncountStorage(client, archiveId);
  const { messages, bytes, kept } = await erase(client, ids);
  const erased = {
    messages: (before?.erased.messages ?? 0) + messages,
    bytes: (before?.erased.bytes ?? 0) + bytes,
    kept: (before?.erased.kept ?? 0) + kept,
  };
  const now = options.now ?? Date.now();
  const revision = before?.revision ?? asId<Revision>(next);
  // The first batch makes the revision and the audit row, each one brings it up to date: what was erased is on record whatever happens.
  if (before === null) {
    const recorded = { archiveId, now: () => now, run: options.runId ?? null };
    await recordRevision(client, recorded, next, NO_STEPS);
  }
  const by = options.by ?? processName("packetboat forget");
  const detail = JSON.stringify({ by, revision, selection: selectionDigest(selection), ...erased });
  const [row] = await rowsOf<{ id: bigint }>(
    client,
    before === null
      ? `insert into audit (happened_at, kind, archive_id, detail) values (${moment("$2")}, 'forget', $3, $1) returning id`
      : "update audit set detail = $1 where id = $2 returning id",
    before === null ? [detail, now, archiveId] : [detail, before.id],
  );
  if (row === undefined)
    throw new MailError("BUG", "Packetboat has a defect: an audit row is gone. Please report this.");
  return { entry: { id: row.id, revision, erased }, last };
}

/** The mailboxes that the selection's pattern means. Null: it names none. */
async function selectedMailboxes(
  pool: Pool,
  archiveId: ArchiveId,
  { mailbox }: Selection,
): Promise<readonly bigint[] | null> {
  if (mailbox === undefined) return null;
  return (await lastNames(pool, archiveId)).filter(({ path }) => selectsMailbox(mailbox, path)).map(({ id }) => id);
}
