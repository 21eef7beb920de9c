// What is known of how an account's server treats what is appended (C5): two columns of the account, so that a few messages are read back once
// and not in every run.
import type { AppendHabits, BaseOp } from "@packetboat/core";
import type { PoolClient } from "pg";
import type { Session } from "../session.ts";

/** See core's Archive.appendHabits. */
export async function appendHabits({ pool, link }: Session): Promise<AppendHabits> {
  const { rows } = await pool.query<{ appends_read: number; rewrites: boolean }>(
    "select appends_read, rewrites from account where id = $1",
    [link.accountId],
  );
  return { readBack: rows[0]?.appends_read ?? 0, rewrites: rows[0]?.rewrites ?? false };
}

/** Adds to it. */
export async function addReadBack(
  client: PoolClient,
  { link }: Session,
  ops: readonly Extract<BaseOp, { kind: "readBack" }>[],
): Promise<void> {
  const messages = ops.reduce((sum, op) => sum + op.messages, 0);
  const rewrites = ops.some((op) => op.rewrites);
  await client.query("update account set appends_read = appends_read + $2, rewrites = rewrites or $3 where id = $1", [
    link.accountId,
    messages,
    rewrites,
  ]);
}
