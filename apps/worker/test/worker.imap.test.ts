// The daemon as a user meets it: a mirror that follows its watched accounts, schedules, a refused password that is tried once, what monitors
// read, and a stop in good order. Against a real server, with the real program.
import { askWorkers, openDatabase } from "@packetboat/database";
import { type Dovecot, orSkip, startDovecot, startProxy } from "@packetboat/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hands, lookInto, mail, range } from "./accounts.ts";
import { type Program, program } from "./program.ts";
import { type Running, startWorker } from "./running.ts";

const house = new AsyncDisposableStack();
let dovecot: Dovecot | undefined;
let skipped = "";

beforeAll(async () => {
  dovecot = await orSkip(
    (note) => {
      skipped = note;
    },
    () => startDovecot(),
  );
  if (dovecot !== undefined) house.use(dovecot);
});
afterAll(() => house.disposeAsync());

/** Starts the daemon; it shows its metrics on a free port. `env`: beside the program's own. */
const start = (home: Program, env: Readonly<Record<string, string>> = {}): Running =>
  startWorker((args, options) => home.run(args, { ...options, env }), ["--metrics-port", "0"], 100_000);

/** Looks again and again: the server has no event for what another client is to see. */
async function until(met: () => Promise<boolean>): Promise<void> {
  while (!(await met())) await new Promise((resolve) => setTimeout(resolve, 50));
}

/** What is shown once it matches. */
async function shown(ask: () => Promise<string>, when: RegExp): Promise<string> {
  for (;;) {
    const text = await ask();
    if (when.test(text)) return text;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const url = (server: { readonly port: number }, user: string, password = "pass") =>
  `imap://${user}:${password}@127.0.0.1:${server.port}?tls=none`;

test("follows a watched mirror, tries a refused password once, shows itself to monitors, stops in good order", async ({
  skip,
}) => {
  if (dovecot === undefined) return skip(skipped);
  const server = dovecot;
  const { fill } = hands(() => server.port);
  await fill("left", "INBOX", range(1, 5));
  await fill("right", "INBOX", range(4, 8));
  await fill("third", "INBOX", [1]);
  await using home = await program({ PACKETBOAT_PASSWORD: "pass" });
  await home.must(["mirror", url(server, "left"), url(server, "right"), "--archive", "both", "--quiet"]);
  await home.must(["backup", url(server, "third"), "--archive", "third", "--quiet"]);
  const { links } = await home.json<{ links: { id: number; account: string }[] }>(["link", "list"]);
  const idOf = (user: string): string => String(links.find(({ account }) => account.startsWith(user))?.id);
  for (const user of ["left", "right"]) await home.must(["link", "set", idOf(user), "--watch"]);
  const worker = start(home);
  const port = /metrics on port (\d+)/.exec(await worker.says(/metrics on port \d+/))?.[1];
  const ask = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
  expect((await ask("/healthz")).status).toBe(200);
  expect((await ask("/readyz")).status).toBe(200);
  await until(async () => /packetboat_watched_accounts 2\n/.test(await (await ask("/metrics")).text()));

  await fill("left", "INBOX", [100]);
  await fill("right", "Work", [200]);
  await until(async () => {
    const [left, right] = await Promise.all([lookInto(server.port, "left"), lookInto(server.port, "right")]);
    return JSON.stringify(left.holds) === JSON.stringify(right.holds) && left.holds["INBOX *"]?.length !== 8;
  });
  const held = Object.values((await lookInto(server.port, "left")).holds).flat();
  expect(held).toHaveLength(10);

  // Counted when the run is over, which is after the server has what it sent.
  const text = await shown(async () => (await ask("/metrics")).text(), /^packetboat_runs_total\{outcome="ok"\} [1-9]/m);
  expect(text).toMatch(/^packetboat_runs_total\{outcome="ok"\} [1-9]/m);
  expect(text).toMatch(/^packetboat_link_lag_seconds\{link="\d+"\} /m);
  expect(text).toMatch(/^packetboat_queue_jobs\{kind="pass",state="waiting"\} /m);
  expect(text).not.toMatch(/left|right|third|INBOX/);
  expect((await ask("/anything")).status).toBe(404);

  worker.kill("SIGTERM");
  const { code, stdout, stderr } = await worker.ended;
  expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
  expect(stderr).toMatch(/every account was handed back/);
}, 120_000);

test("trap 27: a refused password is tried once by two workers, held, told by status, and let go when it is given anew", async ({
  skip,
}) => {
  if (dovecot === undefined) return skip(skipped);
  const server = dovecot;
  await hands(() => server.port).fill("locked", "INBOX", [1]);
  await using home = await program({ PACKETBOAT_PASSWORD: "pass" });
  await home.must(["backup", url(server, "locked"), "--archive", "locked", "--quiet"]);
  const { links } = await home.json<{ links: { id: number }[] }>(["link", "list"]);
  await home.must(["link", "set", String(links[0]?.id), "--schedule", "* * * * *", "--watch"]);
  // One of them watches the account, either may run its pass.
  const workers = [1, 2].map(() => start(home, { PACKETBOAT_PASSWORD: "wrong" }));
  const [port] = await Promise.all(
    workers.map(async (one) => /metrics on port (\d+)/.exec(await one.says(/metrics on port \d+/))?.[1]),
  );
  const metrics = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  await until(async () => /packetboat_account_holds\{code="AUTH_REJECTED"\} 1\n/.test(await metrics()));
  for (const one of workers) one.kill("SIGTERM");
  for (const one of workers) expect((await one.ended).code).toBe(0);
  const refused = (await server.log())
    .split("\n")
    .filter((line) => /auth failed/.test(line) && /user=<locked>/.test(line));
  expect(refused).toHaveLength(1);
  const { code, stdout } = await home.run(["status"]);
  expect(code).toBe(1);
  expect(stdout).toMatch(/nothing is done for it by itself any more/);
  await home.must(["backup", url(server, "locked"), "--archive", "locked", "--quiet"]);
  expect((await home.run(["status"])).code).toBe(0);
}, 120_000);

test("S4: a command gets the account that a worker is busy with; the worker goes on after it", async ({ skip }) => {
  if (dovecot === undefined) return skip(skipped);
  const { port } = dovecot;
  const { as, fill } = hands(() => port);
  await using wire = await startProxy({ port });
  await fill("busy", "INBOX", [1]);
  await using home = await program({ PACKETBOAT_PASSWORD: "pass" });
  await home.must(["backup", url(wire, "busy"), "--archive", "busy", "--quiet"]);
  await as("busy", async (client) => {
    for (const n of range(1, 30)) {
      await client.create(`Box ${n}`);
      await client.append(`Box ${n}`, mail(n));
    }
  });
  const { links } = await home.json<{ links: { id: number }[] }>(["link", "list"]);
  const worker = start(home);
  await worker.says(/working/);
  wire.reset();
  wire.latency(300);
  await using database = await openDatabase({ url: (await home.must(["database", "url"])).trim() });
  expect(await askWorkers(database.pool, { kind: "pass", id: links[0]?.id ?? 0 })).toBe(1);
  await until(async () => /SELECT|EXAMINE/.test(wire.commands().join(" ")));
  const sync = await home.run(["sync", "busy"], {
    hears: (said) => {
      if (/waiting for worker on/.test(said)) wire.latency(0);
    },
  });
  expect(sync).toMatchObject({ code: 0, stderr: expect.stringMatching(/waiting for worker on/) });
  worker.kill("SIGTERM");
  expect((await worker.ended).code).toBe(0);
  const { rows } = await database.pool.query("select outcome from run order by id");
  expect(rows.slice(0, 3).map(({ outcome }) => outcome)).toEqual(["ok", "interrupted", "ok"]);
  const { mailboxes } = await home.json<{ mailboxes: { messages: number }[] }>(["restore", "list", "busy"]);
  expect(mailboxes.map(({ messages }) => messages)).toEqual(range(1, 31).map(() => 1));
}, 60_000);
