// Tokens of programs: made by a person who is signed in, shown once, kept as a hash, known by a name, revoked at any time. It must never give a
// token more than its user may: scopes only narrow.
import { MailError } from "@packetboat/core";
import type { Pool } from "pg";
import { millis, moment, rowsOf } from "../catalog/asking.ts";
import type { Caller, Scope } from "./roles.ts";
import { type Chance, hashOf, hashOfNew, newSecret } from "./secrets.ts";
import { USER_COLUMNS, type UserRow, userOf } from "./users.ts";

/** Before each token, so that one which lies about is known for what it is. */
const PREFIX = "packetboat_";
/** Of one user: more is a program that makes one a call. */
const MOST_TOKENS = 100;

export interface TokenInfo {
  readonly id: number;
  readonly name: string;
  readonly scopes: readonly string[];
  /** Milliseconds since 1970, like all times here. */
  readonly createdAt: number;
  /** Null: it does not expire. */
  readonly expiresAt: number | null;
  /** To the minute; null: never. */
  readonly usedAt: number | null;
}

export interface NewToken {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Milliseconds since 1970; null: it does not expire. */
  readonly expiresAt: number | null;
}

const COLUMNS = `t.id, t.name, t.scopes, ${millis("t.created_at")} as "createdAt", ${millis("t.expires_at")} as "expiresAt",
  ${millis("t.used_at")} as "usedAt"`;

type Row = Omit<TokenInfo, "id"> & { readonly id: bigint };
const infoOf = ({ id, ...rest }: Row): TokenInfo => ({ id: Number(id), ...rest });

/** Makes a token. `secret` is given this once. Throws CONFIG_INVALID when there are too many. */
export async function makeToken(
  pool: Pool,
  userId: number,
  { name, scopes, expiresAt }: NewToken,
  { now, random }: Chance,
): Promise<{ readonly token: TokenInfo; readonly secret: string }> {
  const secret = newSecret(random);
  const [row] = await rowsOf<Row>(
    pool,
    `insert into api_token as t (user_id, name, hash, scopes, created_at, expires_at)
      select $1, $2, $3, $4, ${moment("$5")}, ${moment("$6")} where (select count(*) from api_token where user_id = $1) < ${MOST_TOKENS}
      returning ${COLUMNS}`,
    [userId, name, hashOfNew(secret), [...new Set(scopes)], now, expiresAt],
  );
  if (row === undefined)
    throw new MailError("CONFIG_INVALID", `You have ${MOST_TOKENS} tokens. Revoke those that are not used any more.`);
  return { token: infoOf(row), secret: `${PREFIX}${secret}` };
}

/** The tokens of a user, the latest first. */
export async function listTokens(pool: Pool, userId: number): Promise<readonly TokenInfo[]> {
  const rows = await rowsOf<Row>(pool, `select ${COLUMNS} from api_token t where user_id = $1 order by id desc`, [
    userId,
  ]);
  return rows.map(infoOf);
}

/** Ends a token of this user. Throws NOT_FOUND, also for one of somebody else. */
export async function revokeToken(pool: Pool, userId: number, id: number): Promise<void> {
  const gone = await rowsOf(pool, "delete from api_token where id = $1 and user_id = $2 returning id", [id, userId]);
  if (gone.length === 0) throw new MailError("NOT_FOUND", "You have no such token.");
}

/** Who a token belongs to; null: nobody, or it has expired. By api_token_hash. */
export async function callerOfToken(pool: Pool, text: string, now: number): Promise<Caller | null> {
  const hash = text.startsWith(PREFIX) ? hashOf(text.slice(PREFIX.length)) : null;
  if (hash === null) return null;
  const [row] = await rowsOf<UserRow & { token_id: bigint; scopes: string[]; used_at: number | null }>(
    pool,
    `select t.id as token_id, t.scopes, ${millis("t.used_at")} as used_at, ${USER_COLUMNS} from api_token t join app_user u on u.id = t.user_id
      where t.hash = $1 and (t.expires_at is null or t.expires_at > ${moment("$2")})`,
    [hash, now],
  );
  if (row === undefined) return null;
  if (row.used_at === null || now - row.used_at > 60_000)
    await rowsOf(pool, `update api_token set used_at = ${moment("$2")} where id = $1`, [row.token_id, now]);
  return { user: userOf(row), by: { kind: "token", id: Number(row.token_id), scopes: row.scopes } };
}
