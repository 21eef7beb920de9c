// Accounts and their kept secrets (sign-ins.ts has those that renew themselves). An account is recognised by user, host and port; everything else about it is settings, which the
// commands understand and this room does not. It must never see a password: secrets come and go sealed.
import { type AccountId, asId, MailError } from "@packetboat/core";
import type { Pool } from "pg";
import { millis, rowsOf } from "./asking.ts";

/** What an account is recognised by (interface.md, "Accounts"). */
export interface AccountKey {
  readonly user: string;
  readonly host: string;
  readonly port: number;
}

export interface Account extends AccountKey {
  readonly id: AccountId;
  /** As it was stored: the reader checks it. */
  readonly settings: unknown;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** A sealed password is kept for the nightly run. */
  readonly hasSecret: boolean;
  /** The OAuth2 sign-in that is kept, without its tokens; null: none. */
  readonly signIn: AccountSignIn | null;
}

export interface AccountSignIn {
  /** As it was stored: the reader checks it. */
  readonly provider: unknown;
  /** Of the access token; milliseconds since 1970. */
  readonly expiresAt: number;
  readonly renewedAt: number;
}

/** As ACCOUNT_COLUMNS gives it, with the id beside it. */
export interface AccountRow {
  readonly id: bigint;
  readonly user_name: string;
  readonly host: string;
  readonly port: number;
  readonly settings: unknown;
  readonly created_at: number;
  readonly has_secret: boolean;
  readonly sign_in: AccountSignIn | null;
}

/** Of `account c`. */
export const ACCOUNT_COLUMNS = `c.user_name, c.host, c.port, c.settings, ${millis("c.created_at")} as created_at,
  exists (select from secret where account_id = c.id) as has_secret,
  (select json_build_object('provider', provider, 'expiresAt', ${millis("expires_at")}, 'renewedAt', ${millis("renewed_at")})
    from sign_in where account_id = c.id) as sign_in`;

const SELECT = `select c.id, ${ACCOUNT_COLUMNS} from account c`;

export function accountOf({
  id,
  user_name,
  host,
  port,
  settings,
  created_at,
  has_secret,
  sign_in,
}: AccountRow): Account {
  return {
    id: asId<AccountId>(id),
    user: user_name,
    host,
    port,
    settings,
    createdAt: created_at,
    hasSecret: has_secret,
    signIn: sign_in,
  };
}

/** Makes an account. Throws CONFIG_INVALID when it is there already. */
export async function createAccount(pool: Pool, key: AccountKey, settings: unknown): Promise<Account> {
  const made = await rowsOf<{ id: bigint }>(
    pool,
    `insert into account (user_name, host, port, settings) values ($1, $2, $3, $4)
      on conflict on constraint account_user_host_port do nothing returning id`,
    [key.user, key.host, key.port, JSON.stringify(settings)],
  );
  const account = await findAccount(pool, key);
  if (made.length === 0 || account === null) {
    throw new MailError("CONFIG_INVALID", 'This account is known already. "packetboat account list" shows it.');
  }
  return account;
}

/** The account of a user on a host and port, or null. */
export async function findAccount(pool: Pool, key: AccountKey): Promise<Account | null> {
  const [row] = await rowsOf<AccountRow>(pool, `${SELECT} where user_name = $1 and host = $2 and port = $3`, [
    key.user,
    key.host,
    key.port,
  ]);
  return row === undefined ? null : accountOf(row);
}

export async function getAccount(pool: Pool, id: AccountId): Promise<Account | null> {
  const [row] = await rowsOf<AccountRow>(pool, `${SELECT} where id = $1`, [id]);
  return row === undefined ? null : accountOf(row);
}

/** All accounts, by user, host and port. */
export async function listAccounts(pool: Pool): Promise<readonly Account[]> {
  return (await rowsOf<AccountRow>(pool, `${SELECT} order by user_name, host, port`)).map(accountOf);
}

export async function setAccountSettings(pool: Pool, id: AccountId, settings: unknown): Promise<void> {
  await rowsOf(pool, "update account set settings = $2 where id = $1", [id, JSON.stringify(settings)]);
}

/**
 * Removes an account with its links, base and secret. The archives keep their mail and their history. Gives whether it was there. A run
 * that is under way loses its lease with it and writes nothing more.
 */
export async function removeAccount(pool: Pool, id: AccountId): Promise<boolean> {
  return (await rowsOf(pool, "delete from account where id = $1 returning id", [id])).length > 0;
}

/** Keeps a sealed secret, in place of an earlier one. */
export async function keepSecret(pool: Pool, id: AccountId, sealed: Buffer): Promise<void> {
  await rowsOf(
    pool,
    `insert into secret (account_id, sealed) values ($1, $2)
      on conflict (account_id) do update set sealed = excluded.sealed, stored_at = now()`,
    [id, sealed],
  );
}

/** The sealed secret, or null. */
export async function readSecret(pool: Pool, id: AccountId): Promise<Buffer | null> {
  const [row] = await rowsOf<{ sealed: Buffer }>(pool, "select sealed from secret where account_id = $1", [id]);
  return row?.sealed ?? null;
}

export async function dropSecret(pool: Pool, id: AccountId): Promise<void> {
  await rowsOf(pool, "delete from secret where account_id = $1", [id]);
}
