// Sign-ins by name and password, and the sessions they open: 30 days at most, 12 hours without use. Failures slow the next (lockout.ts), counted
// in the database for all processes at once. It must never say which of name and password was wrong, nor let time tell it.
import { createHash } from "node:crypto";
import { MailError } from "@packetboat/core";
import { inTransaction } from "@packetboat/database";
import type { Pool, PoolClient } from "pg";
import { millis, moment, rowsOf } from "../catalog/asking.ts";
import { type Attempts, attempted, type Counted, QUIET_MS, succeeded } from "./lockout.ts";
import type { Caller } from "./roles.ts";
import { type Chance, hashOf, hashOfNew, isPassword, nameOf, newSecret } from "./secrets.ts";
import { USER_COLUMNS, type UserRow, userOf } from "./users.ts";

const SESSION_MS = 30 * 86_400_000;
const IDLE_MS = 12 * 3_600_000;

export interface SignInWords {
  readonly name: string;
  readonly password: string;
  /** Where it comes from: the address of the peer. */
  readonly source: string;
}

/** A session, as it is given out once. */
export interface OpenedSession {
  readonly secret: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** Opens a session. Throws AUTH_REJECTED, or THROTTLED with the seconds to wait in its context. */
export async function signIn(pool: Pool, words: SignInWords, chance: Chance): Promise<OpenedSession> {
  const name = nameOf(words.name) ?? "";
  const subjects = subjectsOf(name, words.source);
  await count(pool, subjects, chance.now);
  const [user] = await rowsOf<{ id: bigint; password: string | null }>(
    pool,
    "select id, password from app_user where name = $1",
    [name],
  );
  if (!(await isPassword(words.password, user?.password ?? null)) || user === undefined)
    throw new MailError("AUTH_REJECTED", "The name or the password is wrong.");
  return await inTransaction(pool, async (client) => {
    await takeBack(client, subjects);
    // Passwords change: what was proved must still hold.
    const [same] = await rowsOf(client, "select id from app_user where id = $1 and password = $2 for share", [
      user.id,
      user.password,
    ]);
    if (same === undefined) throw new MailError("AUTH_REJECTED", "The name or the password is wrong.");
    return await open(client, user.id, chance);
  });
}

async function open(client: PoolClient, userId: bigint, { now, random }: Chance): Promise<OpenedSession> {
  const secret = newSecret(random);
  const expiresAt = now + SESSION_MS;
  await client.query(
    `insert into session (user_id, hash, created_at, used_at, expires_at)
      values ($1, $2, ${moment("$3")}, ${moment("$3")}, ${moment("$4")})`,
    [userId, hashOfNew(secret), now, expiresAt],
  );
  return { secret, expiresAt };
}

/** Who a session's secret belongs to; null: nobody, or it has ended. By session_hash. */
export async function callerOfSession(pool: Pool, secret: string, now: number): Promise<Caller | null> {
  const hash = hashOf(secret);
  if (hash === null) return null;
  const [row] = await rowsOf<UserRow & { session_id: bigint; used_at: number }>(
    pool,
    `select s.id as session_id, ${millis("s.used_at")} as used_at, ${USER_COLUMNS} from session s join app_user u on u.id = s.user_id
      where s.hash = $1 and s.expires_at > ${moment("$2")} and s.used_at > ${moment("$3")}`,
    [hash, now, now - IDLE_MS],
  );
  if (row === undefined) return null;
  // To the minute, so that a page that asks much writes little.
  if (now - row.used_at > 60_000)
    await rowsOf(pool, `update session set used_at = ${moment("$2")} where id = $1`, [row.session_id, now]);
  return { user: userOf(row), by: { kind: "session", id: Number(row.session_id) } };
}

/** Signs out. */
export async function endSession(pool: Pool, id: number): Promise<void> {
  await rowsOf(pool, "delete from session where id = $1", [id]);
}

/** Takes away what has ended and what nobody is held to any more. */
export async function sweepAccess(pool: Pool, now: number): Promise<void> {
  await rowsOf(pool, `delete from session where expires_at <= ${moment("$1")}`, [now]);
  await rowsOf(pool, `delete from sign_in_attempt where last_at < ${moment("$1")}`, [now - QUIET_MS]);
}

interface Subject {
  readonly counted: Counted;
  readonly key: string;
}

/** Digests, in the order in which they are locked. */
function subjectsOf(name: string, source: string): readonly Subject[] {
  const key = (text: string): string => createHash("sha256").update(text).digest("base64url");
  const subjects: Subject[] = [
    { counted: "pair", key: key(`pair ${source}\n${name}`) },
    { counted: "source", key: key(`source ${source}`) },
    { counted: "name", key: key(`name ${name}`) },
  ];
  return subjects.sort((a, b) => (a.key < b.key ? -1 : 1));
}

async function count(pool: Pool, subjects: readonly Subject[], now: number): Promise<void> {
  await inTransaction(pool, async (client) => {
    const known = await lockedRows(client, subjects, now);
    const verdicts = subjects.map(({ counted, key }) => attempted(counted, known.get(key) ?? null, now));
    const until = Math.max(0, ...verdicts.map((verdict) => (verdict.kind === "locked" ? verdict.until : 0)));
    if (until > 0) {
      const seconds = Math.ceil((until - now) / 1_000);
      throw new MailError("THROTTLED", `Too many failed sign-ins. Try again in ${seconds} seconds.`, {
        context: { seconds },
      });
    }
    const next = verdicts.map((verdict) => (verdict.kind === "counted" ? verdict.next : null));
    await write(client, subjects, next);
  });
}

async function takeBack(client: PoolClient, subjects: readonly Subject[]): Promise<void> {
  const known = await lockedRows(client, subjects, null);
  const next = subjects.map(({ counted, key }) => {
    const state = known.get(key);
    return state === undefined ? null : succeeded(counted, state);
  });
  await write(client, subjects, next);
}

/** The rows of these subjects, locked until the end of the transaction, made first where `now` is given. By sign_in_attempt_pkey. */
async function lockedRows(
  client: PoolClient,
  subjects: readonly Subject[],
  now: number | null,
): Promise<ReadonlyMap<string, Attempts>> {
  const keys = subjects.map(({ key }) => key);
  if (now !== null)
    await client.query(
      `insert into sign_in_attempt (subject, failures, last_at) select key, 0, ${moment("$2")} from unnest($1::text[]) key
        on conflict (subject) do nothing`,
      [keys, now],
    );
  const rows = await rowsOf<{ subject: string; failures: number; last_at: number; locked_until: number | null }>(
    client,
    `select subject, failures, ${millis("last_at")} as last_at, ${millis("locked_until")} as locked_until from sign_in_attempt
      where subject = any($1::text[]) order by subject collate "C" for update`,
    [keys],
  );
  return new Map(
    rows.map((row) => [row.subject, { failures: row.failures, lastAt: row.last_at, lockedUntil: row.locked_until }]),
  );
}

async function write(
  client: PoolClient,
  subjects: readonly Subject[],
  next: readonly (Attempts | null)[],
): Promise<void> {
  const gone = subjects.flatMap(({ key }, at) => (next[at] === null ? [key] : []));
  await client.query("delete from sign_in_attempt where subject = any($1::text[])", [gone]);
  const kept = subjects.flatMap(({ key }, at) => {
    const state = next[at];
    return state ? [{ key, ...state }] : [];
  });
  await client.query(
    `update sign_in_attempt a set failures = n.failures, last_at = to_timestamp(n.last_at / 1000),
        locked_until = to_timestamp(n.locked_until / 1000)
      from unnest($1::text[], $2::int[], $3::float8[], $4::float8[]) as n(subject, failures, last_at, locked_until)
      where a.subject = n.subject`,
    [
      kept.map(({ key }) => key),
      kept.map(({ failures }) => failures),
      kept.map(({ lastAt }) => lastAt),
      kept.map(({ lockedUntil }) => lockedUntil),
    ],
  );
}
