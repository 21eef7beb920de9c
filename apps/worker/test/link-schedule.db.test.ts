// Schedules from the command line to the queue: set and shown by the program, and sent once, when they are due, by three that look at once.
import { createAccount, createLink, ensureArchive, listSchedules, takeDue } from "@packetboat/archive";
import { type ScratchDatabase, scratchDatabase } from "@packetboat/database/testing";
import { type JobQueue, nextRun, openQueue, upgradeQueue } from "@packetboat/queue";
import { describe, expect, it } from "vitest";
import { loadedFiles, runProgram } from "./program.ts";

interface Shown {
  readonly id: number;
  readonly schedule: { readonly cron: string | null; readonly nextAt: string | null } | null;
}

async function makeLinks({ pool }: ScratchDatabase, count: number): Promise<readonly number[]> {
  const archive = await ensureArchive(pool, "mail");
  const ids: number[] = [];
  for (let i = 0; i < count; i++) {
    const account = await createAccount(pool, { user: `user${i}`, host: "mail.example.com", port: 993 }, {});
    const policy = { prefix: [`User ${i}`] };
    const rights = { pull: true, push: false };
    ids.push((await createLink(pool, { accountId: account.id, archiveId: archive.id, rights, policy })).id);
  }
  return ids;
}

describe("link set --schedule", () => {
  it("is kept, shown by link list, and taken off again; pg-boss is not loaded for it", async () => {
    await using scratch = await scratchDatabase();
    const [id = 0] = await makeLinks(scratch, 2);
    const env = { PACKETBOAT_HOME: "/nonexistent/home", PACKETBOAT_DATABASE_URL: scratch.url };
    const run = (...args: readonly string[]) => runProgram(args, env);
    const { loaded, ended } = await loadedFiles((options) =>
      runProgram(["link", "set", String(id), "--schedule", "0 3 * * *", "--time-zone", "UTC", "--watch"], env, options),
    );
    expect(ended.code).toBe(0);
    expect(ended.stdout).toMatch(
      /runs by itself at 0 3 \* \* \* UTC, next \S+ 03:00:00, and when something changes\.\n$/,
    );
    expect(loaded.filter((url) => url.includes("pg-boss"))).toEqual([]);

    const listed = JSON.parse((await run("link", "list", "--json")).stdout) as { readonly links: readonly Shown[] };
    expect(listed.links.map(({ schedule }) => schedule)).toEqual([
      {
        cron: "0 3 * * *",
        timeZone: "UTC",
        spreadSeconds: 0,
        watch: true,
        nextAt: expect.stringMatching(/T03:00:00\.000Z$/),
      },
      null,
    ]);
    expect((await run("link", "list")).stdout).toMatch(/user0.*runs by itself at 0 3.*\n.*user1[^;]*\n$/);
    expect(await run("link", "set", String(id), "--schedule", "0 25 * * *")).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^packetboat: "0 25 \* \* \*" is not a schedule\./),
    });
    expect((await run("link", "set", String(id), "--no-schedule", "--no-watch")).code).toBe(0);
    expect(await listSchedules(scratch.pool)).toEqual([]);
  });
});

describe("due runs", () => {
  it("wait in the queue once each, whoever of three looks first", async () => {
    await using scratch = await scratchDatabase();
    const ids = await makeLinks(scratch, 30);
    const { pool, database } = scratch;
    await upgradeQueue(database);
    await using queue = await openQueue(database, { onProblem: () => undefined });
    const due = Date.now() - 60_000;
    await pool.query(
      "insert into schedule (link_id, cron, time_zone, next_at) select id, '0 3 * * *', 'UTC', to_timestamp($1::float8 / 1000) from link",
      [due],
    );
    const look = (asked: JobQueue) =>
      takeDue(pool, {
        now: Date.now(),
        most: 8,
        next: (run) => nextRun(run, Date.now()),
        enqueue: async (runs, client) => {
          await asked.send(
            runs.map(({ linkId, accountId }) => ({ kind: "pass", linkId, accountId })),
            client,
          );
        },
      });
    const worker = async (): Promise<void> => {
      while ((await look(queue)) > 0);
    };
    await Promise.all([worker(), worker(), worker()]);
    await worker();
    expect((await queue.depth())[0]).toEqual({ kind: "pass", waiting: 30, running: 0, dead: 0 });
    expect((await queue.take(50)).map(({ linkId }) => Number(linkId)).sort((a, b) => a - b)).toEqual(ids);
    for (const { nextAt } of await listSchedules(pool)) expect(nextAt).toBeGreaterThan(Date.now());
  });
});
