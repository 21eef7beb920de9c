// The second, short transaction of a batch: ops and base together, all or nothing, one revision (S4). A handful of statements whether the
// batch holds one op or ten thousand. Ops are a set: they are applied family by family, in the order below, not in the order given.
// It must never leave a revision without a change, nor touch anything of a stale message.
import {
  type ArchiveEdit,
  type ArchiveId,
  type ArchiveOp,
  asId,
  type BaseOp,
  type Batch,
  type Committed,
  type Digest,
  type MailboxId,
  MailError,
  type MessageId,
  type RemoteMailboxId,
  type Revision,
} from "@packetboat/core";
import { databaseCode, inTransaction } from "@packetboat/database";
import type { Pool, PoolClient } from "pg";
import { afterCommit } from "./own-counts.ts";
import { addReadBack } from "./queries/append-habits.ts";
import { keepBodies } from "./queries/blob-lock.ts";
import { intend, settleIntents } from "./queries/intents.ts";
import {
  changeMailboxes,
  createMailboxes,
  mailboxGone,
  removeMailboxes,
  requireLive,
  reviveMailboxes,
} from "./queries/mailboxes.ts";
import {
  type Adding,
  type AddMessage,
  addMessages,
  type ChangeMessage,
  type Closed,
  closeVersions,
  openVersions,
  type Revived,
  type ReviveMessage,
  requireKnown,
  reviveMessages,
} from "./queries/messages.ts";
import { bind, bindMerged, markGone, rebase, rekeyPlacements, unbind } from "./queries/placements.ts";
import {
  bindMailboxes,
  changeMailboxBases,
  dropMailboxBases,
  rekeyMailbox,
  requireOwn,
  setMarks,
  setPending,
  setPushed,
  setRenaming,
  settle,
} from "./queries/remote-mailboxes.ts";
import { addExpunged, dropUnsent, setUnsent } from "./queries/unsent.ts";
import { lockArchive, recordRevision } from "./revisions.ts";
import { type Session, write } from "./session.ts";
import { sizeOf } from "./stored-ids.ts";
import { type Step, talliedOf } from "./tallies.ts";

/** Commits a batch. See core's Archive.commit. */
export async function commitBatch(session: Session, batch: Batch): Promise<Committed> {
  try {
    const committed = await write(session, async (client) => {
      if (batch.archive.some((op) => op.kind === "addMessage")) await keepBodies(client);
      const revision = batch.archive.length === 0 ? null : await lockArchive(client, session);
      if (batch.plannedAt !== undefined && revision !== null && (await isOvertaken(client, session, batch.plannedAt)))
        return OVERTAKEN;
      const add = (adds: readonly AddMessage[]) => addMessages(client, session, revision ?? 0, adds);
      const { stale, done, steps } =
        revision === null ? NOTHING : await applyArchive(client, session, batch.archive, revision, add);
      await applyBase(client, session, batch.base, new Set(stale));
      if (revision === null || done === 0) return { revision: null, stale };
      await recordRevision(client, session, revision, talliedOf(steps));
      return { revision: asId<Revision>(revision), stale };
    });
    if (committed.overtaken !== true) {
      session.changes += batch.archive.length;
      session.uncounted += batch.archive.length;
      const { revision } = committed;
      const size = (sha256: Digest) => sizeOf(session.storedIds, sha256);
      if (revision !== null) session.own = afterCommit(session.own, revision, batch.archive, size);
    }
    return committed;
  } catch (error) {
    throw isTakenPath(error) ? mailboxGone() : error;
  }
}

const OVERTAKEN: Committed = { revision: null, stale: [], overtaken: true };

/** S4: additions are planned on what the archive did not hold; another link's commit, or an undo, may have brought it since. */
async function isOvertaken(client: PoolClient, session: Session, plannedAt: Revision): Promise<boolean> {
  const { rows } = await client.query<{ overtaken: boolean }>({
    name: "archive_overtaken",
    text: `select exists (
        select from revision r left join run on run.id = r.run_id
        where r.archive_id = $1 and r.number > $2 and run.link_id is distinct from $3
      ) as overtaken`,
    values: [session.archiveId, plannedAt, session.link.id],
  });
  return rows[0]?.overtaken ?? true;
}

/** Whose history a commit without a link belongs to. */
export interface Undoing {
  readonly archiveId: ArchiveId;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * M10: commits edits that no account asked for, as a run's ops are: the same lock, one revision, the base untouched. No lease is needed:
 * it is a writer like any other, and what a run planned on rows that this closes is stale (S4). Throws ARCHIVE_BUSY, ARCHIVE_UNKNOWN.
 */
export async function commitEdits(pool: Pool, undoing: Undoing, ops: readonly ArchiveEdit[]): Promise<Committed> {
  return commitUnlinked(pool, undoing, async () => ops, null);
}

/**
 * The same for messages that are to be added: `plan` reads what the archive holds under its lock, so that nobody else adds the same
 * meanwhile. Their bodies are stored.
 */
export async function commitAdditions(
  pool: Pool,
  importing: Undoing & Adding,
  plan: (client: PoolClient) => Promise<readonly AddMessage[]>,
): Promise<Committed> {
  return commitUnlinked(pool, importing, plan, (client, revision, adds) =>
    addMessages(client, importing, revision, adds),
  );
}

async function commitUnlinked(
  pool: Pool,
  undoing: Undoing,
  plan: (client: PoolClient) => Promise<readonly ArchiveOp[]>,
  add: ((client: PoolClient, revision: number, adds: readonly AddMessage[]) => Promise<void>) | null,
): Promise<Committed> {
  const session = { ...undoing, run: null };
  try {
    return await inTransaction(pool, async (client) => {
      await client.query("select set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)");
      if (add !== null) await keepBodies(client);
      const revision = await lockArchive(client, session);
      const ops = await plan(client);
      if (ops.length === 0) return NOTHING_DONE;
      const applied = await applyArchive(client, session, ops, revision, (adds) =>
        add === null ? neverAdds() : add(client, revision, adds),
      );
      const { stale, done, steps } = applied;
      if (done === 0) return { revision: null, stale };
      await recordRevision(client, session, revision, talliedOf(steps));
      return { revision: asId<Revision>(revision), stale };
    });
  } catch (error) {
    throw isTakenPath(error) ? mailboxGone() : error;
  }
}

const NOTHING_DONE: Committed = { revision: null, stale: [] };

async function neverAdds(): Promise<void> {
  throw new MailError("BUG", "Packetboat has a defect: an undo adds a message. Please report this.");
}

/** Two writers made or renamed a mailbox to one path; the plan of the second is old. */
function isTakenPath(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return (
    databaseCode(cause) === "23505" &&
    typeof cause === "object" &&
    cause !== null &&
    "constraint" in cause &&
    cause.constraint === "mailbox_version_live_path"
  );
}

interface Applied {
  /** Ascending. */
  readonly stale: readonly MessageId[];
  /** How many ops did what they said. */
  readonly done: number;
  /** Messages that came, went or moved. */
  readonly steps: readonly Step[];
}

const NOTHING: Applied = { stale: [], done: 0, steps: [] };

/** Messages first, because an arrival revives its mailbox (B5); mailboxes that go make room for names that come. */
async function applyArchive(
  client: PoolClient,
  session: Pick<Session, "archiveId">,
  archive: readonly ArchiveOp[],
  revision: number,
  add: (ops: readonly AddMessage[]) => Promise<void>,
): Promise<Applied> {
  const edits = archive.filter((op): op is ChangeMessage | ReviveMessage => "messageId" in op);
  const adds = archive.filter((op) => op.kind === "addMessage");
  const removals = archive.filter((op) => op.kind === "removeMailbox").map((op) => op.mailboxId);
  const changes = archive.filter((op) => op.kind === "changeMailbox");
  const creates = archive.filter((op) => op.kind === "createMailbox");
  const revivals = archive.filter((op) => op.kind === "reviveMailbox");
  let undone = 0;
  if (revivals.length > 0) undone += revivals.length - (await reviveMailboxes(client, session, revision, revivals));
  const { stale, erased, steps } = edits.length === 0 ? UNEDITED : await applyEdits(client, session, revision, edits);
  undone += erased;
  if (adds.length > 0) {
    await requireLive(client, session, distinct(adds.map((op) => op.mailboxId)));
    await add(adds);
  }
  if (removals.length > 0) undone += removals.length - (await removeMailboxes(client, session, revision, removals));
  if (changes.length > 0) await changeMailboxes(client, session, revision, changes);
  if (creates.length > 0) await createMailboxes(client, session, revision, creates);
  const added = adds.map(({ mailboxId }) => ({ from: null, to: mailboxId }));
  return { stale, done: archive.length - stale.length - undone, steps: [...steps, ...added] };
}

interface Edited {
  /** Ascending. */
  readonly stale: readonly MessageId[];
  /** Messages that were to live again, and are erased for good. */
  readonly erased: number;
  readonly steps: readonly Step[];
}

const UNEDITED: Edited = { stale: [], erased: 0, steps: [] };
const NOT_REVIVED: Revived = { opened: new Set(), erased: new Set() };

async function applyEdits(
  client: PoolClient,
  session: Pick<Session, "archiveId">,
  revision: number,
  edits: readonly (ChangeMessage | ReviveMessage)[],
): Promise<Edited> {
  if (new Set(edits.map((op) => op.messageId)).size !== edits.length) {
    throw new MailError("BUG", "Packetboat has a defect: one commit changes one message twice. Please report this.");
  }
  const changes = edits.filter((op) => op.kind !== "reviveMessage");
  const revivals = edits.filter((op) => op.kind === "reviveMessage");
  const closed: Closed = changes.length === 0 ? new Map() : await closeVersions(client, revision, changes);
  const opening = changes.filter((op) => op.kind !== "removeMessage").filter((op) => closed.has(op.messageId));
  const moves = opening.filter((op) => op.kind === "moveMessage");
  const targets = [...moves, ...revivals].map((op) => op.mailboxId);
  if (targets.length > 0) await requireLive(client, session, distinct(targets));
  if (opening.length > 0) await openVersions(client, revision, opening, closed);
  const { opened, erased } =
    revivals.length === 0 ? NOT_REVIVED : await reviveMessages(client, session, revision, revivals);
  const stale = edits.map((op) => op.messageId).filter((id) => !closed.has(id) && !opened.has(id) && !erased.has(id));
  if (stale.length > 0) await requireKnown(client, session, stale);
  return { stale: stale.sort((a, b) => a - b), erased: erased.size, steps: stepsOf(edits, closed, opened) };
}

function stepsOf(
  edits: readonly (ChangeMessage | ReviveMessage)[],
  closed: Closed,
  opened: Revived["opened"],
): readonly Step[] {
  return edits.flatMap((op): Step | readonly Step[] => {
    if (op.kind === "reviveMessage") return opened.has(op.messageId) ? { from: null, to: op.mailboxId } : [];
    const from = closed.get(op.messageId);
    if (from === undefined || op.kind === "setFlags") return [];
    return { from, to: op.kind === "moveMessage" ? op.mailboxId : null };
  });
}

const distinct = (ids: readonly MailboxId[]): readonly MailboxId[] => [...new Set(ids)];

/** Placements that go make room for those that come; marks are last. */
async function applyBase(
  client: PoolClient,
  session: Session,
  ops: readonly BaseOp[],
  stale: ReadonlySet<MessageId>,
): Promise<void> {
  if (ops.length === 0) return;
  const of = <K extends BaseOp["kind"]>(kind: K): readonly Extract<BaseOp, { kind: K }>[] =>
    ops.filter((op): op is Extract<BaseOp, { kind: K }> => op.kind === kind);
  const named = new Set(ops.flatMap(mailboxesOf));
  if (named.size > 0) await requireOwn(client, session, named);
  const untouchable = [...stale];
  const some = async <T>(list: readonly T[], apply: (list: readonly T[]) => Promise<void>): Promise<void> => {
    if (list.length > 0) await apply(list);
  };
  await some(of("dropMailboxBase"), (list) =>
    dropMailboxBases(
      client,
      list.map((op) => op.remoteMailboxId),
    ),
  );
  await some(of("changeMailboxBase"), (list) => changeMailboxBases(client, list));
  await some(of("bindMailbox"), (list) => bindMailboxes(client, session, list));
  for (const op of of("rekey")) await applyRekey(client, op);
  await some(of("unbind"), (list) => unbind(client, list, untouchable));
  await some(of("markGone"), (list) => markGone(client, list, untouchable));
  const binds = of("bind").filter((op) => !stale.has(op.messageId));
  const merged = of("merged").filter((op) => !stale.has(op.messageId));
  await some(pointedTo([...binds, ...merged, ...of("intend"), ...of("unsent")]), (ids) =>
    requireKnown(client, session, ids),
  );
  await some(binds, (list) => bind(client, session, list));
  await some(merged, (list) => bindMerged(client, session, list));
  await some(of("rebase"), (list) => rebase(client, list, untouchable));
  await some(of("settled"), (list) => settle(client, list));
  await some(of("pending"), (list) => setPending(client, list));
  await applyPush(client, session, of, stale);
  await some(of("marks"), (list) => setMarks(client, session, list));
}

/** What is settled goes before what is opened anew: within one batch the later word is that something is not done. */
async function applyPush(
  client: PoolClient,
  session: Session,
  of: <K extends BaseOp["kind"]>(kind: K) => readonly Extract<BaseOp, { kind: K }>[],
  stale: ReadonlySet<MessageId>,
): Promise<void> {
  const [settled, intents, renames] = [of("intentsSettled"), of("intend"), of("renaming")];
  const [unsent, pushed, expunged, readBack] = [of("unsent"), of("pushed"), of("expunged"), of("readBack")];
  const sent = of("sent").flatMap((op) => op.messages.filter((id) => !stale.has(id)));
  if (settled.length > 0) await settleIntents(client, settled, stale);
  if (intents.length > 0) await intend(client, intents);
  if (renames.length > 0) await setRenaming(client, renames);
  if (sent.length > 0) await dropUnsent(client, session, sent);
  if (unsent.length > 0) await setUnsent(client, session, unsent);
  if (pushed.length > 0) await setPushed(client, pushed);
  if (expunged.length > 0) await addExpunged(client, session, expunged);
  if (readBack.length > 0) await addReadBack(client, session, readBack);
}

/** Messages that rows of this batch will point to: none may be erased before it is committed. */
function pointedTo(
  ops: readonly Extract<BaseOp, { kind: "bind" | "merged" | "intend" | "unsent" }>[],
): readonly MessageId[] {
  const ids = ops.flatMap((op) => {
    if (op.kind === "bind" || op.kind === "merged") return [op.messageId];
    return op.kind === "unsent" ? [op.unsent.messageId] : op.intents.map(({ messageId }) => messageId);
  });
  return [...new Set(ids)];
}

async function applyRekey(client: PoolClient, op: Extract<BaseOp, { kind: "rekey" }>): Promise<void> {
  const moved = await rekeyPlacements(client, op);
  if (moved !== op.pairs.length) {
    throw new MailError(
      "BUG",
      "Packetboat has a defect: a rekey names a UID that is not bound, or one twice. Please report this.",
    );
  }
  await rekeyMailbox(client, op);
}

function mailboxesOf(op: BaseOp): readonly RemoteMailboxId[] {
  switch (op.kind) {
    case "bindMailbox":
    case "sent":
    case "readBack":
      return [];
    case "bind":
      return [op.binding.remoteMailboxId];
    case "pending":
      return [op.pending.remoteMailboxId];
    case "unsent":
      return [op.unsent.remoteMailboxId];
    case "intend":
      return op.intents.map((intent) => intent.remoteMailboxId);
    case "pushed":
      return op.mailboxes;
    default:
      return [op.remoteMailboxId];
  }
}
