// Sign-ins of workers, one at a time for each account: what one process learns of a password the next one knows before it tries (trap 27).
import { createAccount, holdAccount, openEntrances } from "@packetboat/archive";
import { type AccountId, MailError } from "@packetboat/core";
import { scratchDatabase } from "@packetboat/database/testing";
import { expect, it } from "vitest";
import { settingsFor } from "../src/accounts/settings.ts";
import { entered } from "../src/daemon/entered.ts";

const NOW = Date.UTC(2026, 0, 15, 12);

it("trap 27: who waits while a password is refused does not show it again, in this process or in another", async () => {
  await using scratch = await scratchDatabase();
  const { pool, database } = scratch;
  const { id } = await createAccount(pool, { user: "a", host: "one.example", port: 993 }, settingsFor("tls"));
  await using here = openEntrances(database);
  await using there = openEntrances(database);
  const keeperOf = (entrances: typeof here) => ({ entrances, database, now: () => NOW });
  const waiting = async (): Promise<number> => {
    const { rows } = await pool.query<{ count: number }>(
      "select count(*)::int as count from pg_locks where locktype = 'advisory' and not granted",
    );
    return rows[0]?.count ?? 0;
  };
  const answer = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const first = entered(keeperOf(here), id, async () => {
    asked.resolve();
    await answer.promise;
    await holdAccount(pool, id, { code: "AUTH_REJECTED", detail: "Give it anew.", until: null, now: NOW });
    throw new MailError("AUTH_REJECTED", "Give it anew.");
  });
  await asked.promise;
  const tried: string[] = [];
  const others = [keeperOf(here), keeperOf(there)].map((keeper) =>
    entered(keeper, id, async () => tried.push("again")),
  );
  // Another account is not kept waiting.
  expect(await entered(keeperOf(here), (id + 1) as AccountId, async () => "in")).toBe("in");
  await expect.poll(waiting, { timeout: 30_000 }).toBe(2);
  answer.resolve();
  const ends = await Promise.allSettled([first, ...others]);
  expect(ends.map((end) => end.status === "rejected" && end.reason)).toMatchObject(
    ends.map(() => ({ code: "AUTH_REJECTED", message: "Give it anew." })),
  );
  expect(tried).toEqual([]);
  expect(await waiting()).toBe(0);
});

it("the connection of all sign-ins has nothing left over of those that are done", async () => {
  await using scratch = await scratchDatabase();
  const clients: Awaited<ReturnType<typeof scratch.database.dedicated>>[] = [];
  const dedicated: typeof scratch.database.dedicated = async (name) => {
    const client = await scratch.database.dedicated(name);
    clients.push(client);
    return client;
  };
  await using entrances = openEntrances({ dedicated });
  const listeners: number[] = [];
  for (let round = 0; round < 20; round += 1) {
    await entrances.through(1 as AccountId, async () => undefined);
    listeners.push(clients[0]?.listenerCount("end") ?? -1);
  }
  expect(clients).toHaveLength(1);
  expect(new Set(listeners).size).toBe(1);
});

it("a sign-in that never ends keeps nobody out for ever", async () => {
  await using scratch = await scratchDatabase();
  await using patient = openEntrances(scratch.database);
  await using impatient = openEntrances(scratch.database, 100);
  const id = 1 as AccountId;
  const never = Promise.withResolvers<void>();
  const first = patient.through(id, () => never.promise);
  await patient.through((id + 1) as AccountId, async () => undefined);
  expect(await impatient.through(id, async () => "in")).toBe("in");
  never.resolve();
  await first;
  // And is free again.
  expect(await impatient.through(id, async () => "in")).toBe("in");
});
