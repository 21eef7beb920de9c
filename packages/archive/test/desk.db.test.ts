// What many passes ask in one moment: everybody gets their own answer, and who lost the lease gets none while the others go on (S4).
import { NO_COUNTS, type RunReport } from "@packetboat/core";
import { acquireLease, keptLeases } from "@packetboat/database";
import { scratchDatabase } from "@packetboat/database/testing";
import { expect, it } from "vitest";
import { holdAccount, holdOf, linkedAccount, openArchive, openDesk } from "../src/index.ts";
import { makeLink } from "./open-archive.ts";
import { pair } from "./stocked-archive.ts";

const NOW = Date.UTC(2026, 0, 15, 12);

const report = (error: RunReport["error"] = null) =>
  ({ version: 1, error, revisionBefore: 1, revisionAfter: 1, totals: NO_COUNTS }) as unknown as RunReport;

it("S4: passes that begin and end together are told apart, and one whose lease was taken over writes nothing", async () => {
  await using scratch = await scratchDatabase();
  const { pool } = scratch;
  const desk = openDesk(pool, 20);
  await using leases = keptLeases(scratch.database, 3);
  const opened = [];
  for (const user of ["alice", "bob", "carol"]) {
    const link = await makeLink(pool, user);
    const lease = await leases.acquire({ accountId: link.accountId, holder: user });
    opened.push({ link, lease, archive: await openArchive({ pool, link, lease, desk, now: () => NOW }) });
  }
  const [alice, bob, carol] = opened as [(typeof opened)[0], (typeof opened)[0], (typeof opened)[0]];
  await pair(alice, ["Of Alice"]);
  await pair(bob, ["Of Bob"]);

  const trees = await Promise.all(opened.map(({ archive }) => archive.tree()));
  expect(trees.map(({ mailboxes }) => mailboxes.map(({ path }) => path))).toEqual([[["Of Alice"]], [["Of Bob"]], []]);
  expect(trees.map(({ bases }) => bases.map(({ path }) => path))).toEqual([[["Of Alice"]], [["Of Bob"]], []]);

  for (const { link } of opened)
    await holdAccount(pool, link.accountId, { code: "THROTTLED", detail: "Wait.", until: NOW + 1, now: NOW });
  const begun = await Promise.all(opened.map(({ archive }) => archive.beginRun()));
  expect(begun.map(({ revision }) => revision)).toEqual([1, 1, 0]);

  // Carol's lease goes to somebody else between the two.
  await carol.lease.release();
  await using taken = await acquireLease(scratch.database, { accountId: carol.link.accountId, holder: "another" });
  const ends = await Promise.allSettled([
    alice.archive.finishRun(begun[0]?.runId as never, "ok", report()),
    bob.archive.finishRun(begun[1]?.runId as never, "failed", report({ code: "UNREACHABLE", text: "Try again." })),
    carol.archive.finishRun(begun[2]?.runId as never, "ok", report()),
  ]);
  expect(ends.map((end) => (end.status === "rejected" ? end.reason.code : "stored"))).toEqual([
    "stored",
    "stored",
    "LEASE_LOST",
  ]);
  expect((await pool.query("select link_id::int as link, outcome from run order by link_id")).rows).toEqual([
    { link: alice.link.id, outcome: "ok" },
    { link: bob.link.id, outcome: "failed" },
    { link: carol.link.id, outcome: null },
  ]);
  // What went through is held no longer; what failed, or wrote nothing, still is.
  const held = await Promise.all(opened.map(async ({ link }) => (await holdOf(pool, link.accountId, NOW)) !== null));
  expect(held).toEqual([false, true, true]);

  // The next holder's run closes the one that was left open.
  const next = await openArchive({ pool, link: carol.link, lease: taken, desk, now: () => NOW });
  await next.beginRun();
  expect((await pool.query(`select outcome from run where link_id = ${carol.link.id} order by id`)).rows).toEqual([
    { outcome: "interrupted" },
    { outcome: null },
  ]);
});

it("links are read together with their accounts, and one that is gone is null", async () => {
  await using scratch = await scratchDatabase();
  const { pool } = scratch;
  const link = await makeLink(pool, "alice");
  const desk = openDesk(pool, 20);
  const [there, gone] = await Promise.all([desk.linked(link.id), desk.linked(4_711 as never)]);
  expect(gone).toBeNull();
  expect(there).toMatchObject({
    link: { id: link.id, account: "alice@localhost" },
    account: { id: link.accountId, user: "alice", hasSecret: false, signIn: null },
    archiveIsPushed: false,
    hold: null,
  });
  expect(await linkedAccount(pool, link.id)).toEqual(there);
});
