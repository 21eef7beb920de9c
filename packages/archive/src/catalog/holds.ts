// Why nothing is done for an account by itself: a refused sign-in until a person mends it, a spent budget or a server's wish until its time.
// A person who asks is never kept from trying. It must never hold a secret, an address or a server's words.
import { type AccountId, asId, type ErrorCode } from "@packetboat/core";
import type { Pool } from "pg";
import { millis, moment, rowsOf } from "./asking.ts";

export interface Hold {
  readonly accountId: AccountId;
  /** Of the error that made it. */
  readonly code: ErrorCode;
  /** The sentence that tells the person what to do. */
  readonly detail: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** Null: until a person mends it. */
  readonly until: number | null;
}

interface Row {
  readonly account_id: bigint;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly since: number;
  readonly until: number | null;
}

/** Holds an account. The same reason again keeps its beginning; one until a person mends it is not replaced by one that passes. */
export async function holdAccount(
  pool: Pool,
  id: AccountId,
  hold: Pick<Hold, "code" | "detail" | "until"> & { readonly now: number },
): Promise<void> {
  await rowsOf(
    pool,
    `insert into account_hold as h (account_id, code, detail, since, until)
      select id, $2, $3, ${moment("$4")}, ${moment("$5")} from account where id = $1
      on conflict (account_id) do update set code = excluded.code, detail = excluded.detail, until = excluded.until,
        since = case when h.code = excluded.code then h.since else excluded.since end
      where h.until is not null or excluded.until is null`,
    [id, hold.code, hold.detail, hold.now, hold.until],
  );
}

/** Lets an account go on; `codes`: only if one of these is why it was held. Gives whether it was held. */
export async function releaseAccount(
  pool: Pool,
  id: AccountId,
  codes: readonly ErrorCode[] | null = null,
): Promise<boolean> {
  const rows = await rowsOf(
    pool,
    "delete from account_hold where account_id = $1 and ($2::text[] is null or code = any($2)) returning account_id",
    [id, codes],
  );
  return rows.length > 0;
}

/** What is in force at that time, by account. One whose time has come holds nothing. */
export async function listHolds(pool: Pool, now: number): Promise<readonly Hold[]> {
  const rows = await rowsOf<Row>(
    pool,
    `select account_id, code, detail, ${millis("since")} as since, ${millis("until")} as until from account_hold
      where until is null or until > ${moment("$1")} order by account_id`,
    [now],
  );
  return rows.map(({ account_id, ...rest }) => ({ accountId: asId<AccountId>(account_id), ...rest }));
}

/** What holds this account at that time, or null. */
export async function holdOf(pool: Pool, id: AccountId, now: number): Promise<Hold | null> {
  const [row] = await rowsOf<Row>(
    pool,
    `select account_id, code, detail, ${millis("since")} as since, ${millis("until")} as until from account_hold
      where account_id = $1 and (until is null or until > ${moment("$2")})`,
    [id, now],
  );
  if (row === undefined) return null;
  const { account_id, ...rest } = row;
  return { accountId: asId<AccountId>(account_id), ...rest };
}
