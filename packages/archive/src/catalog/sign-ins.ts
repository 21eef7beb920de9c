// OAuth2 sign-ins as they are kept: the provider in the clear, the tokens sealed. Who changes one holds its lock, so that two processes never
// renew one sign-in at once: with most providers the second would spend a refresh token that is no longer valid. It must never see a token.
import type { AccountId } from "@packetboat/core";
import { inTransaction } from "@packetboat/database";
import type { Pool, PoolClient } from "pg";
import { millis, moment, rowsOf } from "./asking.ts";

export interface SignIn {
  /** As it was stored: the reader checks it. */
  readonly provider: unknown;
  readonly sealed: Buffer;
  /** Of the access token; milliseconds since 1970. */
  readonly expiresAt: number;
  readonly renewedAt: number;
}

/** What a renewal changes. */
export type RenewedSignIn = Pick<SignIn, "sealed" | "expiresAt" | "renewedAt">;

const SELECT = `select provider, sealed, ${millis("expires_at")} as "expiresAt", ${millis("renewed_at")} as "renewedAt"
  from sign_in where account_id = $1`;

/** The sign-in of an account, or null. */
export async function readSignIn(pool: Pool, id: AccountId): Promise<SignIn | null> {
  const [row] = await rowsOf<SignIn>(pool, SELECT, [id]);
  return row ?? null;
}

/** Until the end of the transaction. */
async function lock(client: PoolClient, id: AccountId): Promise<void> {
  await client.query("select pg_advisory_xact_lock(hashtextextended('packetboat sign-in ' || $1::bigint, 0))", [id]);
}

/** Keeps a sign-in, in place of an earlier one; a kept password goes. Waits for a renewal that is under way. */
export async function keepSignIn(pool: Pool, id: AccountId, signIn: SignIn): Promise<void> {
  const { provider, sealed, expiresAt, renewedAt } = signIn;
  await inTransaction(pool, async (client) => {
    await lock(client, id);
    await client.query(
      `insert into sign_in (account_id, provider, sealed, expires_at, renewed_at)
        values ($1, $2, $3, ${moment("$4")}, ${moment("$5")})
        on conflict (account_id) do update set provider = excluded.provider, sealed = excluded.sealed,
          expires_at = excluded.expires_at, renewed_at = excluded.renewed_at`,
      [id, JSON.stringify(provider), sealed, expiresAt, renewedAt],
    );
    await client.query("delete from secret where account_id = $1", [id]);
  });
}

/** Forgets it. */
export async function dropSignIn(pool: Pool, id: AccountId): Promise<void> {
  await rowsOf(pool, "delete from sign_in where account_id = $1", [id]);
}

/**
 * Lets `renew` look at the sign-in under its lock and change it; gives what `renew` gives, after the change is committed. `renew` is told
 * null when there is no sign-in. What it brings was given out once and is not given out again: a commit that fails is tried once more, on
 * another connection and only over what was read.
 */
export async function withSignIn<T>(
  pool: Pool,
  id: AccountId,
  renew: (signIn: SignIn | null) => Promise<{ readonly value: T; readonly renewed: RenewedSignIn | null }>,
): Promise<T> {
  let done: { readonly value: T; readonly renewed: RenewedSignIn; readonly before: Buffer } | null = null;
  try {
    return await inTransaction(pool, async (client) => {
      await lock(client, id);
      const [signIn] = (await client.query<SignIn>(SELECT, [id])).rows;
      const { value, renewed } = await renew(signIn ?? null);
      if (renewed !== null && signIn !== undefined) {
        done = { value, renewed, before: signIn.sealed };
        await client.query(CHANGE, valuesOf(id, done.renewed, signIn.sealed));
      }
      return value;
    });
  } catch (error) {
    const lost = done as { readonly value: T; readonly renewed: RenewedSignIn; readonly before: Buffer } | null;
    if (lost === null) throw error;
    await rowsOf(pool, CHANGE, valuesOf(id, lost.renewed, lost.before));
    return lost.value;
  }
}

const CHANGE = `update sign_in set sealed = $2, expires_at = ${moment("$3")}, renewed_at = ${moment("$4")}
  where account_id = $1 and sealed = $5`;

const valuesOf = (id: AccountId, { sealed, expiresAt, renewedAt }: RenewedSignIn, before: Buffer): unknown[] => [
  id,
  sealed,
  expiresAt,
  renewedAt,
  before,
];
