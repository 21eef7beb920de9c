// Schedules: kept with their link, and each due run taken once, by whoever looks, or by nobody.
import { DEFAULT_POLICY, type LinkId } from "@packetboat/core";
import { scratchDatabase } from "@packetboat/database/testing";
import type { Pool } from "pg";
import { describe, expect, it } from "vitest";
import {
  type DueRun,
  listSchedules,
  metMailboxes,
  removeLink,
  removeSchedule,
  type ScheduleSettings,
  setLink,
  setSchedule,
  takeDue,
  watchedAccounts,
} from "../src/index.ts";
import { makeLink } from "./open-archive.ts";

const NOON = Date.UTC(2026, 5, 1, 12);
const HOUR = 3_600_000;
const NIGHTLY: ScheduleSettings = {
  cron: "0 3 * * *",
  timeZone: "Europe/Berlin",
  spreadSeconds: 1_800,
  watch: false,
  nextAt: NOON,
};

/** Links with a schedule each. */
async function scheduled(pool: Pool, count: number): Promise<readonly LinkId[]> {
  const ids: LinkId[] = [];
  for (let i = 0; i < count; i++) {
    const { id } = await makeLink(pool, `user${i}`);
    await setSchedule(pool, id, { ...NIGHTLY, nextAt: NOON - i });
    ids.push(id);
  }
  return ids;
}

/** Looks once, at a moment, and gives the links that were sent. */
async function look(pool: Pool, now: number, most = 100, fails = false): Promise<readonly LinkId[]> {
  const sent: LinkId[] = [];
  await takeDue(pool, {
    now,
    most,
    next: ({ nextAt }: DueRun) => Math.max(nextAt, now) + HOUR,
    enqueue: async (due) => {
      if (fails) throw new Error("cannot send");
      sent.push(...due.map(({ linkId }) => linkId));
    },
  });
  return sent;
}

const nextTimes = async (pool: Pool) => (await listSchedules(pool)).map(({ nextAt }) => nextAt);

describe("a watched account", () => {
  it("comes with the patterns of its watched links, and with the mailboxes that they met", async () => {
    await using scratch = await scratchDatabase();
    const { pool } = scratch;
    const { id, accountId, archiveId } = await makeLink(pool);
    await makeLink(pool, "another");
    await setSchedule(pool, id, { ...NIGHTLY, watch: true });
    await setLink(pool, id, { policy: { watchMailboxes: ["Work"] } });
    const [watched, ...others] = await watchedAccounts(pool);
    expect(others).toEqual([]);
    expect(watched).toMatchObject({
      accountId,
      links: [id],
      policies: [{ ...DEFAULT_POLICY, watchMailboxes: ["Work"] }],
    });
    await pool.query(
      `with made as (insert into mailbox (archive_id) select $2::bigint from generate_series(1, 2) returning id)
        insert into remote_mailbox (link_id, mailbox_id, name, name_key, path, subscribed, resting)
        select $1, id, 'Box ' || n, sha256(('Box ' || n)::bytea), array['Box ' || n], true, n = 2
          from (select id, row_number() over () as n from made) m`,
      [id, archiveId],
    );
    expect(await metMailboxes(pool, [id])).toEqual([{ linkId: id, name: "Box 1", path: ["Box 1"] }]);
  });
});

describe("a schedule", () => {
  it("is kept, changed, and gone with its link", async () => {
    await using scratch = await scratchDatabase();
    const { pool } = scratch;
    const { id, accountId } = await makeLink(pool);
    await setSchedule(pool, id, NIGHTLY);
    expect(await listSchedules(pool)).toEqual([{ ...NIGHTLY, linkId: id, accountId }]);
    const watched = { cron: null, timeZone: "UTC", spreadSeconds: 0, watch: true, nextAt: null };
    await setSchedule(pool, id, watched);
    expect(await listSchedules(pool, { linkId: id })).toEqual([{ ...watched, linkId: id, accountId }]);
    expect(await removeSchedule(pool, id)).toBe(true);
    expect(await removeSchedule(pool, id)).toBe(false);
    await setSchedule(pool, id, NIGHTLY);
    await removeLink(pool, id);
    expect(await listSchedules(pool)).toEqual([]);
  });
});

describe("a due run", () => {
  it("is taken when its time has come, the longest due first, and once however late", async () => {
    await using scratch = await scratchDatabase();
    const { pool } = scratch;
    const [a, b, c] = await scheduled(pool, 3);
    expect(await look(pool, NOON - HOUR)).toEqual([]);
    expect(await look(pool, NOON + 48 * HOUR, 2)).toEqual([c, b]);
    expect(await look(pool, NOON + 48 * HOUR, 2)).toEqual([a]);
    expect(await look(pool, NOON + 48 * HOUR, 2)).toEqual([]);
    expect(await nextTimes(pool)).toEqual([NOON + 49 * HOUR, NOON + 49 * HOUR, NOON + 49 * HOUR]);
  });

  it("stays due when it could not be sent", async () => {
    await using scratch = await scratchDatabase();
    const { pool } = scratch;
    const [a] = await scheduled(pool, 1);
    await expect(look(pool, NOON, 100, true)).rejects.toThrow();
    expect(await nextTimes(pool)).toEqual([NOON]);
    expect(await look(pool, NOON)).toEqual([a]);
  });

  it("is taken by one of three workers that look at once, whatever their clocks", async () => {
    await using scratch = await scratchDatabase();
    const { pool } = scratch;
    const ids = await scheduled(pool, 60);
    const clocks = [NOON, NOON + 5_000, NOON + 60_000];
    const sent: LinkId[] = [];
    const worker = async (now: number): Promise<void> => {
      for (let taken = await look(pool, now, 7); taken.length > 0; taken = await look(pool, now, 7))
        sent.push(...taken);
    };
    await Promise.all(clocks.map(worker));
    // Who met only what others held went home.
    await worker(NOON);
    expect(sent.sort((x, y) => x - y)).toEqual([...ids].sort((x, y) => x - y));
  });

  it("leaves the clock when nobody can say when it is due next", async () => {
    await using scratch = await scratchDatabase();
    const { pool } = scratch;
    await scheduled(pool, 1);
    const taken = await takeDue(pool, { now: NOON, most: 1, next: () => null, enqueue: async () => undefined });
    expect(taken).toBe(1);
    expect(await nextTimes(pool)).toEqual([null]);
  });
});
