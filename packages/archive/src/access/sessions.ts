// Sign-ins by name and password, and the sessions they open: 30 days at most, 12 hours without use. Failures slow the next (lockout.ts), counted
// in the database for all processes at once. It must never say which of name and password was wrong, nor let time tell it.
import { MailError } from "@packetboat/core";
import { inTransaction } from "@packetboat/database";
import type { Pool, PoolClient } from "pg";
import { millis, moment, rowsOf } from "../catalog/asking.ts";
import { countAttempt, subjectsOf, takeBack } from "./attempts.ts";
import { QUIET_MS } from "./lockout.ts";
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
  await countAttempt(pool, subjects, chance.now);
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
    return await openSession(client, user.id, chance);
  });
}

/** Opens one for a user who has proved who they are. */
export async function openSession(client: PoolClient, userId: bigint, { now, random }: Chance): Promise<OpenedSession> {
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
