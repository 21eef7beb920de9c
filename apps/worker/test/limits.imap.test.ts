// The limits of an account on a real server, by the command line: a day's budget that outlives the process, commands and connections that
// are counted at the wire, and what holds an account until somebody mends it.
import { askWorkers, openDatabase } from "@packetboat/database";
import { type CountingProxy, type Dovecot, orSkip, startDovecot, startProxy, WireClient } from "@packetboat/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CommandReport } from "../src/display/report.ts";
import { lookInto, mail, range } from "./accounts.ts";
import { type Program, program } from "./program.ts";
import { startWorker } from "./running.ts";

const MESSAGES = 60;
const LINES = 400;
const large = (n: number) => mail(n, "A line of text.\r\n".repeat(LINES));
/** A day later than it is. */
const TOMORROW = {
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent("const now = Date.now; Date.now = () => now() + 86_400_000;")}`,
};

let cli: Program;
let dovecot: Dovecot | undefined;
let proxy: CountingProxy | undefined;
const urlOf = (user: string, password = "pass") => `imap://${user}:${password}@127.0.0.1:${proxy?.port}?tls=none`;
const nameOf = (user: string) => `${user}@127.0.0.1:${proxy?.port}`;

beforeAll(async () => {
  cli = await program();
  dovecot = await orSkip(
    () => undefined,
    () => startDovecot(),
  );
  if (dovecot === undefined) return;
  proxy = await startProxy({ port: dovecot.port });
  await using alice = await WireClient.login({ port: dovecot.port }, "alice");
  await alice.appendMany("INBOX", range(1, MESSAGES).map(large));
  await using bob = await WireClient.login({ port: dovecot.port }, "bob");
  await bob.appendMany(
    "INBOX",
    range(1, 1_600).map((n) => mail(n)),
  );
}, 120_000);
afterAll(async () => {
  await proxy?.stop();
  await dovecot?.stop();
  await cli[Symbol.asyncDispose]();
});

/** Skips where there is no server. */
const limited = (name: string, run: (wire: CountingProxy) => Promise<void>) =>
  it(name, async (context) => {
    if (proxy === undefined) return context.skip("skipped: no Dovecot");
    proxy.reset();
    await run(proxy);
  });

interface Shown {
  readonly held: { readonly code: string; readonly until: string | null } | null;
  readonly usedToday: { readonly down: number; readonly commands: number; readonly waitedMs: number };
  readonly limits: unknown;
}
const shown = (user: string) => cli.json<Shown>(["account", "show", nameOf(user)]);
const stored = async (archive: string): Promise<number> => {
  const { mailboxes } = await cli.json<{ mailboxes: readonly { readonly messages: number }[] }>([
    "restore",
    "list",
    archive,
  ]);
  return mailboxes.reduce((sum, { messages }) => sum + messages, 0);
};

describe("a day's budget", () => {
  limited("trap 26: stops the run, is remembered by the next process, and goes on the next day", async (wire) => {
    const line = ["backup", urlOf("alice"), "--archive", "alice"];
    const first = await cli.run([...line, "--limit", "down-per-day=300kB"]);
    expect(first).toMatchObject({
      code: 3,
      stdout: expect.stringMatching(/Stopped for today: .*new/),
      stderr: expect.stringMatching(/^packetboat: Today's budget of 300 kB .* run it again after \S+ 00:00 UTC, .*\n$/),
    });
    const there = await stored("alice");
    expect(there).toBeGreaterThan(300_000 / large(1).length - 1);
    expect(there).toBeLessThan(MESSAGES);
    const after = await shown("alice");
    expect(after.held?.code).toBe("BUDGET_SPENT");
    expect(after.limits).toEqual({ downPerDay: 300_000 });
    expect(after.usedToday.down).toBeGreaterThanOrEqual(300_000);
    expect(after.usedToday.down).toBeLessThan(300_000 + 2 * large(1).length);
    const status = await cli.must(["status"]);
    expect(status).toMatch(/today's budget: fetched .* of 300 kB, nothing left/);
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    expect(status).toContain(`: ${MESSAGES - there} messages (about `);
    expect(status).toContain(`are still to come, expected to be here by ${tomorrow}.`);
    wire.reset();
    const second = await cli.run([...line, "--json"]);
    expect(second.code).toBe(3);
    expect((JSON.parse(second.stdout) as CommandReport).totals).toMatchObject({ fetched: 0 });
    expect(wire.counts().bodies).toBe(0);
    const next = await cli.run(line, { env: TOMORROW });
    expect({ code: next.code, stderr: next.stderr }).toEqual({ code: 0, stderr: "" });
    expect(await stored("alice")).toBe(MESSAGES);
    expect(wire.counts().bodies).toBe(MESSAGES - there);
    expect((await shown("alice")).held).toBeNull();
    expect((await cli.run(["verify", "alice", "--password-command", "echo pass"], { env: TOMORROW })).code).toBe(0);
  });
});

describe("a worker under a day's budget", () => {
  const due = "update pgboss.job set start_after = now() where state = 'created'";
  const waits = "select count(*) = 1 as met from pgboss.job where state = 'created' and start_after > now()";
  const went = "select count(*) > 0 as met from run where outcome = 'ok'";

  limited("trap 26: pauses, is stopped and started without forgetting, and goes on the next day", async (wire) => {
    await using erin = await WireClient.login({ port: dovecot?.port ?? 0 }, "erin");
    const body = "A line of text.\r\n".repeat(12_500);
    await erin.appendMany(
      "INBOX",
      range(1, 30).map((n) => mail(n, body)),
    );
    await using home = await program({ PACKETBOAT_PASSWORD: "pass" });
    await home.must(["account", "add", urlOf("erin"), "--limit", "down-per-day=5MB"]);
    const link = await home.json<{ id: number }>(["link", "add", nameOf("erin"), "erin"]);
    await using database = await openDatabase({ url: (await home.must(["database", "url"])).trim() });
    const { pool } = database;
    const until = async (sql: string): Promise<void> => {
      while ((await pool.query<{ met: boolean }>(sql)).rows[0]?.met !== true)
        await new Promise((resolve) => setTimeout(resolve, 50));
    };
    const messages = async () =>
      Number((await pool.query<{ messages: bigint }>("select count(*) as messages from message")).rows[0]?.messages);
    /** Starts a worker, lets it do something until the database says so, stops it, and gives the bodies that were fetched. */
    const worked = async (act: () => Promise<unknown>, met: string, env: Record<string, string> = {}) => {
      wire.reset();
      const worker = startWorker((args, options) => home.run(args, { ...options, env }), [], 60_000);
      await worker.says(/working/);
      await act();
      await until(met);
      worker.kill("SIGTERM");
      expect((await worker.ended).code).toBe(0);
      return wire.counts().bodies;
    };
    await worked(() => askWorkers(pool, { kind: "pass", id: link.id }), waits);
    const there = await messages();
    expect(there * body.length).toBeGreaterThan(5_000_000 - body.length);
    expect(there).toBeLessThan(30);
    // The database's clock cannot be turned: what waits for tomorrow is made due.
    expect(await worked(() => pool.query(due), waits)).toBe(0);
    expect(await messages()).toBe(there);
    expect(await worked(() => pool.query(due), went, TOMORROW)).toBe(30 - there);
    expect(await messages()).toBe(30);
  });
});

describe("commands and connections", () => {
  limited("are no more than they may be, counted at the wire", async (wire) => {
    wire.latency(15);
    await cli.must(["backup", urlOf("bob"), "--archive", "free"]);
    expect(wire.counts().mostAtOnce).toBe(3);
    await cli.must(["account", "remove", nameOf("bob"), "--yes"]);
    wire.reset();
    await cli.must(["backup", urlOf("bob"), "--archive", "bound", "--limit", "connections=2"]);
    expect(wire.counts().mostAtOnce).toBe(2);
    expect(await stored("bound")).toBe(1_600);
    await cli.must(["account", "remove", nameOf("bob"), "--yes"]);
    wire.reset();
    await cli.must(["backup", urlOf("bob"), "--archive", "single", "--limit", "connections=1"]);
    expect(wire.counts()).toMatchObject({ mostAtOnce: 1, connections: 1 });
    wire.latency(0);
  });

  limited("that had to wait are told of, and nothing is missed", async () => {
    await cli.must([
      "account",
      "add",
      urlOf("bob"),
      "--limit",
      "connections=default",
      "--limit",
      "commands-per-minute=40",
    ]);
    const before = await shown("bob");
    expect(before.limits).toEqual({ commandsPerMinute: 40 });
    await cli.must(["backup", urlOf("bob"), "--archive", "slow"]);
    const { usedToday } = await shown("bob");
    expect(usedToday.commands).toBeGreaterThan(before.usedToday.commands);
    expect(usedToday.waitedMs).toBeGreaterThan(0);
    expect(await stored("slow")).toBe(1_600);
  });
});

describe("two accounts", () => {
  limited("are kept equal over one connection each, and an upload that is spent goes on the next day", async (wire) => {
    const port = dovecot?.port ?? 0;
    await using carol = await WireClient.login({ port }, "carol");
    await carol.appendMany("INBOX", range(1, 30).map(large));
    await using dave = await WireClient.login({ port }, "dave");
    await dave.append("INBOX", mail("dave's own"));
    await cli.must(["account", "add", urlOf("carol"), "--limit", "connections=1"]);
    const limits = ["--limit", "connections=1", "--limit", "up-per-day=120kB"];
    await cli.must(["account", "add", urlOf("dave"), ...limits]);
    wire.reset();
    const line = ["mirror", urlOf("carol"), urlOf("dave"), "--archive", "pair"];
    const first = await cli.run(line);
    expect({ code: first.code, why: first.stderr }).toMatchObject({
      code: 3,
      why: expect.stringMatching(/120 kB for uploads/),
    });
    expect(wire.counts().mostAtOnce).toBe(2);
    const inside = async () => (await dave.select("INBOX", "EXAMINE")).exists;
    const sent = await inside();
    expect(sent).toBeGreaterThan(10);
    expect(sent).toBeLessThan(1 + 120_000 / (LINES * 16));
    expect((await cli.run(line)).code).toBe(3);
    expect(await inside()).toBe(sent);
    expect((await cli.run(line, { env: TOMORROW })).code).toBe(0);
    const [a, b] = [await lookInto(port, "carol"), await lookInto(port, "dave")];
    expect(b.holds).toEqual(a.holds);
    expect(await inside()).toBe(31);
  });
});

describe("a refused password", () => {
  limited("trap 27: holds the account until the right one is given, and is tried once", async (wire) => {
    await cli.must(["account", "add", urlOf("bob")]);
    wire.reset();
    expect((await cli.run(["account", "test", urlOf("bob", "wrong")])).code).toBe(4);
    expect(wire.counts().connections).toBe(1);
    expect((await shown("bob")).held).toMatchObject({ code: "AUTH_REJECTED", until: null });
    await cli.must(["account", "add", urlOf("bob")]);
    expect((await shown("bob")).held).toBeNull();
  });
});

describe("a limit", () => {
  limited("that makes no sense is refused before anything is sent", async (wire) => {
    for (const limit of ["down-per-day=0", "connections=4MB", "speed=4", "up-per-day=much"])
      expect(await cli.run(["account", "add", urlOf("bob"), "--limit", limit])).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/--limit/),
      });
    expect(wire.counts().connections).toBe(0);
  });

  limited("of the server is shown with the profile that was found", async () => {
    const told = await cli.must(["account", "test", urlOf("alice")]);
    expect(told).toMatch(/limits: 300 kB a day down \(Dovecot; changed by --limit\)/);
    // What it calls itself is remembered.
    expect(await cli.must(["account", "show", nameOf("alice")])).toMatch(/300 kB a day down \(Dovecot; changed/);
  });
});
