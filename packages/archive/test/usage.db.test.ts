// What an account used of a day, and why it is held: kept in the database, added to by whoever uses it, gone with the account.
import { NOTHING_USED } from "@packetboat/core";
import { scratchDatabase } from "@packetboat/database/testing";
import { describe, expect, it } from "vitest";
import * as archive from "../src/index.ts";

const KEY = { user: "you@example.com", host: "mail.example.com", port: 993 };
const DAY = "2026-11-26";
const NOON = Date.UTC(2026, 10, 26, 12);

describe("the use of a day", () => {
  it("is the sum of what all add, at the same moment too", async () => {
    await using scratch = await scratchDatabase();
    const { pool } = scratch;
    const { id } = await archive.createAccount(pool, KEY, {});
    const once = { down: 3, up: 2, commands: 1, waitedMs: 0.4 };
    const sums = await Promise.all(Array.from({ length: 20 }, () => archive.addUsage(pool, id, DAY, once)));
    expect(sums.map(({ down }) => down).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, n) => 3 * (n + 1)),
    );
    expect(await archive.usageOn(pool, id, DAY)).toEqual({ down: 60, up: 40, commands: 20, waitedMs: 0 });
    expect(await archive.usageOn(pool, id, "2026-11-27")).toEqual(NOTHING_USED);
  });

  it("is asked for without making a row, and holds more than four gigabytes", async () => {
    await using scratch = await scratchDatabase();
    const { pool } = scratch;
    const { id } = await archive.createAccount(pool, KEY, {});
    const days = archive.dayUsage(pool, id);
    expect(await days.add(DAY, NOTHING_USED)).toEqual(NOTHING_USED);
    expect((await pool.query("select from throttle")).rowCount).toBe(0);
    await days.add(DAY, { ...NOTHING_USED, down: 5_000_000_000_000 });
    expect(await days.add(DAY, { ...NOTHING_USED, down: 1 })).toMatchObject({ down: 5_000_000_000_001 });
  });

  it("goes with the account, and what is added afterwards is no failure", async () => {
    await using scratch = await scratchDatabase();
    const { pool } = scratch;
    const { id } = await archive.createAccount(pool, KEY, {});
    await archive.addUsage(pool, id, DAY, { ...NOTHING_USED, down: 1 });
    await archive.removeAccount(pool, id);
    expect(await archive.addUsage(pool, id, DAY, { ...NOTHING_USED, down: 1 })).toEqual(NOTHING_USED);
  });
});

describe("a hold", () => {
  const refused = { code: "AUTH_REJECTED", detail: "Check the password.", until: null } as const;
  const spent = { code: "BUDGET_SPENT", detail: "Tomorrow.", until: NOON + 1_000 } as const;

  it("is in force until its time, or until somebody mends it", async () => {
    await using scratch = await scratchDatabase();
    const { pool } = scratch;
    const { id } = await archive.createAccount(pool, KEY, {});
    const other = await archive.createAccount(pool, { ...KEY, port: 143 }, {});
    await archive.holdAccount(pool, id, { ...spent, now: NOON });
    await archive.holdAccount(pool, other.id, { ...refused, now: NOON });
    expect(await archive.listHolds(pool, NOON + 999)).toEqual([
      { accountId: id, ...spent, since: NOON },
      { accountId: other.id, ...refused, since: NOON },
    ]);
    expect(await archive.listHolds(pool, NOON + 10 ** 10)).toEqual([{ accountId: other.id, ...refused, since: NOON }]);
    expect(await archive.releaseAccount(pool, other.id)).toBe(true);
    expect(await archive.releaseAccount(pool, other.id)).toBe(false);
  });

  it("keeps its beginning while its reason stays, and a refused password outlasts a pause", async () => {
    await using scratch = await scratchDatabase();
    const { pool } = scratch;
    const { id } = await archive.createAccount(pool, KEY, {});
    await archive.holdAccount(pool, id, { ...spent, now: NOON });
    await archive.holdAccount(pool, id, { ...spent, until: NOON + 5_000, now: NOON + 500 });
    expect(await archive.listHolds(pool, NOON)).toMatchObject([{ since: NOON, until: NOON + 5_000 }]);
    await archive.holdAccount(pool, id, { ...refused, now: NOON + 600 });
    await archive.holdAccount(pool, id, { ...spent, now: NOON + 700 });
    expect(await archive.listHolds(pool, NOON)).toMatchObject([{ code: "AUTH_REJECTED", since: NOON + 600 }]);
    expect(await archive.releaseAccount(pool, id, "BUDGET_SPENT")).toBe(false);
    expect(await archive.releaseAccount(pool, id, "AUTH_REJECTED")).toBe(true);
    expect(await archive.listHolds(pool, NOON)).toEqual([]);
  });
});
