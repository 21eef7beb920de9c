// What was read, by whom: a row before each answer that shows a message, and what administrators did. Written first: who cannot be put on record
// is shown nothing. It must never hold a name, an address, a query or anything of a message but its number (M8).
import type { AccountId, ArchiveId, LinkId, MessageId, RunId } from "@packetboat/core";
import type { Pool } from "pg";
import { millis, moment, rowsOf } from "../catalog/asking.ts";
import type { Caller } from "./roles.ts";

/** `read`: a message was shown. `download`: its bytes were given out. */
type ReadingKind = "read" | "download";

/** Who may sign in was changed. `user.bound`: a user is known at a provider from now on. `user.entered`: they signed in there. */
type AccessKind = "user.created" | "user.removed" | "user.invited" | "token.created" | "user.bound" | "user.entered";

/** What is kept in step was changed, or asked for: a sign-in to a server tried, a run, what a run holds back let through. */
type OperationKind =
  | "archive.added"
  | "account.tested"
  | "account.added"
  | "account.changed"
  | "account.removed"
  | "link.added"
  | "link.changed"
  | "link.removed"
  | "run.asked"
  | "run.approved";

/** Such a job was begun: an export before its first byte is given out, a restore before anything is put back. */
type JobAudit = "restore" | "export" | "import";

type AuditKind = ReadingKind | AccessKind | OperationKind | JobAudit;

/** What an entry is about: numbers only. */
interface AuditSubject {
  readonly archiveId?: ArchiveId;
  readonly messageId?: MessageId;
  readonly userId?: number;
  readonly accountId?: AccountId;
  readonly linkId?: LinkId;
  readonly runId?: RunId;
  readonly jobId?: number;
}

export interface AuditEntry {
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly kind: string;
  /** Null: of no archive, or it is gone since. */
  readonly archiveId: number | null;
  /** Null: somebody on the command line. */
  readonly userId: number | null;
  readonly detail: unknown;
}

/** Puts on record what a caller is about to be given, or did. */
export async function recordAudit(
  pool: Pool,
  kind: AuditKind,
  { user, by }: Caller,
  about: AuditSubject,
  now: number,
): Promise<void> {
  const detail = {
    by: by.kind,
    ...(by.kind === "token" ? { token: by.id } : {}),
    ...(about.messageId === undefined ? {} : { message: about.messageId }),
    ...(about.userId === undefined ? {} : { user: about.userId }),
    ...(about.accountId === undefined ? {} : { account: about.accountId }),
    ...(about.linkId === undefined ? {} : { link: about.linkId }),
    ...(about.runId === undefined ? {} : { run: about.runId }),
    ...(about.jobId === undefined ? {} : { job: about.jobId }),
  };
  await rowsOf(
    pool,
    `insert into audit (happened_at, kind, archive_id, user_id, detail) values (${moment("$1")}, $2, $3, $4, $5)`,
    [now, kind, about.archiveId ?? null, user.id, JSON.stringify(detail)],
  );
}

/** For so long a message that was opened counts as open. */
const OPEN_MS = 600_000;
/** Rows that are looked through, so that the question costs the same however much is on record. */
const LATEST_ROWS = 2_000;

// By audit_pkey, backwards. $1 since, $2 user, $3 archive, $4 message, $5 rows.
const OPENED = `select from (select happened_at, kind, archive_id, user_id, detail from audit order by id desc limit $5) a
  where happened_at > ${moment("$1")} and kind = 'read' and user_id = $2 and archive_id = $3 and detail @> jsonb_build_object('message', $4::bigint)
  limit 1`;

/** Puts on record that a message is read, unless the same user is on record for having opened it just now: pictures within it are part of that. */
export async function recordReadOnce(
  pool: Pool,
  caller: Caller,
  about: { readonly archiveId: ArchiveId; readonly messageId: MessageId },
  now: number,
): Promise<void> {
  const asked = [now - OPEN_MS, caller.user.id, about.archiveId, about.messageId, LATEST_ROWS];
  if ((await rowsOf(pool, OPENED, asked)).length === 0) await recordAudit(pool, "read", caller, about, now);
}

/** The latest first, before `before`. By audit_pkey. */
export async function listAudit(pool: Pool, limit: number, before?: number): Promise<readonly AuditEntry[]> {
  const rows = await rowsOf<Omit<AuditEntry, "id"> & { id: bigint; archive_id: bigint | null; user_id: bigint | null }>(
    pool,
    `select id, ${millis("happened_at")} as at, kind, archive_id, user_id, detail from audit
      where ($1::bigint is null or id < $1) order by id desc limit $2`,
    [before ?? null, limit],
  );
  return rows.map(({ id, archive_id, user_id, at, kind, detail }) => ({
    id: Number(id),
    at,
    kind,
    archiveId: archive_id === null ? null : Number(archive_id),
    userId: user_id === null ? null : Number(user_id),
    detail,
  }));
}
