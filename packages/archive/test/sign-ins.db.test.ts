// Kept sign-ins: who renews one holds its lock, and what a provider gave out once is not lost with a connection.
import type { AccountId } from "@packetboat/core";
import { scratchDatabase } from "@packetboat/database/testing";
import type { Pool } from "pg";
import { expect, it } from "vitest";
import * as archive from "../src/index.ts";

const PROVIDER = { name: "Example", clientId: "id" };
const signIn = (words: string, expiresAt = 1_700_000_000_000): archive.SignIn => ({
  provider: PROVIDER,
  sealed: Buffer.from(words),
  expiresAt,
  renewedAt: 1_600_000_000_000,
});
const renewed = (words: string): archive.RenewedSignIn => {
  const { sealed, expiresAt, renewedAt } = signIn(words, 1_800_000_000_000);
  return { sealed, expiresAt, renewedAt };
};

async function accountWith(pool: Pool, words: string): Promise<AccountId> {
  const { id } = await archive.createAccount(pool, { user: "you", host: "mail.example.com", port: 993 }, {});
  await archive.keepSignIn(pool, id, signIn(words));
  return id;
}

it("is kept in place of an earlier one and of a password, shown without its tokens, and goes with the account", async () => {
  await using scratch = await scratchDatabase();
  const { pool } = scratch;
  const id = await accountWith(pool, "first");
  await archive.keepSecret(pool, id, Buffer.from("password"));
  await archive.keepSignIn(pool, id, signIn("second"));
  expect(await archive.readSignIn(pool, id)).toEqual(signIn("second"));
  const account = await archive.getAccount(pool, id);
  expect(account?.hasSecret).toBe(false);
  expect(account?.signIn).toEqual({ provider: PROVIDER, expiresAt: 1_700_000_000_000, renewedAt: 1_600_000_000_000 });
  await archive.dropSignIn(pool, id);
  expect(await archive.readSignIn(pool, id)).toBeNull();
  await archive.keepSignIn(pool, id, signIn("third"));
  await archive.removeAccount(pool, id);
  expect((await pool.query("select from sign_in")).rowCount).toBe(0);
});

it("two renewals at once: the second begins when the first is committed, and sees what it brought", async () => {
  await using scratch = await scratchDatabase();
  const { pool } = scratch;
  const id = await accountWith(pool, "old");
  const seen: string[] = [];
  const one = (next: string) =>
    archive.withSignIn(pool, id, async (found) => {
      seen.push(found?.sealed.toString() ?? "");
      // A round trip, as a provider's: without the lock the other would read the same.
      await pool.query("select");
      return { value: next, renewed: found?.sealed.toString() === "old" ? renewed("new") : null };
    });
  await Promise.all([one("a"), one("b")]);
  expect(seen).toEqual(["old", "new"]);
  expect(await archive.readSignIn(pool, id)).toEqual({ ...signIn("new"), ...renewed("new") });
});

it("a renewal that fails changes nothing", async () => {
  await using scratch = await scratchDatabase();
  const { pool } = scratch;
  const id = await accountWith(pool, "old");
  await expect(archive.withSignIn(pool, id, () => Promise.reject(new Error("refused")))).rejects.toThrow();
  expect(await archive.readSignIn(pool, id)).toEqual(signIn("old"));
});

it("a connection that is lost after the provider's answer: the answer is kept by another", async () => {
  await using scratch = await scratchDatabase();
  const { pool } = scratch;
  const id = await accountWith(pool, "old");
  const value = await archive.withSignIn(pool, id, async () => {
    const { rowCount } = await pool.query(
      `select pg_terminate_backend(pid, 10000) from pg_stat_activity
        where datname = current_database() and state = 'idle in transaction'`,
    );
    expect(rowCount).toBe(1);
    return { value: "token", renewed: renewed("new") };
  });
  expect(value).toBe("token");
  expect((await archive.readSignIn(pool, id))?.sealed.toString()).toBe("new");
});

it("without a sign-in the renewal is told so", async () => {
  await using scratch = await scratchDatabase();
  const { pool } = scratch;
  const id = await accountWith(pool, "old");
  await archive.dropSignIn(pool, id);
  expect(await archive.withSignIn(pool, id, async (found) => ({ value: found, renewed: null }))).toBeNull();
});
