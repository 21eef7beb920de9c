// The embedded server under commands that start together, are killed, and leave: real processes, as root and as an ordinary user.
// It never ends a process that it did not start: the postmaster's pid is read from the home that the test made.
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { layoutOf, openDatabase, stopEmbedded } from "@packetboat/database";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { endCommands, eventually, startCommand } from "./commands/start.ts";

const root = process.getuid?.() === 0;
const NOBODY = 65_534;
const asNobody = ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];
const homes: string[] = [];

afterEach(async () => {
  await endCommands();
  for (const home of homes.splice(0)) {
    const pid = postmasterOf(home);
    if (pid !== null) process.kill(pid, "SIGQUIT");
    await eventually("the server has ended", () => postmasterOf(home) === null);
    rmSync(home, { recursive: true, force: true });
  }
});

/** A home that does not exist yet, in a directory of mode 0700 that belongs to who runs the commands. */
function newHome(owner?: number, name = "home"): string {
  const parent = mkdtempSync(join(tmpdir(), "packetboat-embedded-"));
  chmodSync(parent, 0o700);
  if (owner !== undefined) chownSync(parent, owner, owner);
  homes.push(parent);
  return join(parent, name);
}

let original: string | undefined;

/** A home whose database was made and stopped before: a copy, for tests that are not about the making, which takes a second of the processor. */
async function usedHome(): Promise<string> {
  if (original === undefined) {
    original = join(mkdtempSync(join(tmpdir(), "packetboat-original-")), "home");
    await (await openDatabase({ url: "", home: original, env: {} })).close();
  }
  const home = newHome();
  execFileSync("cp", ["-a", original, home]);
  return home;
}

afterAll(() => {
  if (original !== undefined) rmSync(join(original, ".."), { recursive: true });
});

/** The pid of a living postmaster of any home in this directory. */
function postmasterOf(parent: string): number | null {
  for (const home of existsSync(parent) ? readdirSync(parent) : []) {
    const file = join(layoutOf(join(parent, home), 0).dataDirectory, "postmaster.pid");
    if (!existsSync(file)) continue;
    const pid = Number(readFileSync(file, "latin1").split("\n")[0]);
    if (pid !== process.pid && isRunning(pid)) return pid;
  }
  return null;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const isUp = (home: string): boolean => postmasterOf(join(home, "..")) !== null;

/** A small generator with a seed (mulberry32), so that a failing run can be repeated. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const users = [
  { name: root ? "root" : "this user", prefix: [], owner: undefined },
  ...(root ? [{ name: "an ordinary user", prefix: asNobody, owner: NOBODY }] : []),
];

describe.each(users)("as $name", ({ prefix, owner }) => {
  // In every run as whoever runs the tests; in a soak as the other one too.
  if (owner === undefined || process.env.PACKETBOAT_SOAK !== undefined)
    test("8 commands at once on an empty home, 3 killed: the others succeed, no server is left, the next starts", async () => {
      const seed = Number(process.env.PACKETBOAT_TEST_SEED ?? Date.now() % 1_000_000);
      console.log(`PACKETBOAT_TEST_SEED=${seed}`);
      const random = randomOf(seed);
      const home = newHome(owner);
      const commands = Array.from({ length: 8 }, () => startCommand("command", home, { prefix }));
      const victims = commands.toSorted(() => random() - 0.5).slice(0, 3);
      const others = commands.filter((command) => !victims.includes(command));
      await Promise.all(
        victims.map(async (victim) => {
          await new Promise((resolve) => setTimeout(resolve, random() * 2_500));
          victim.child.kill("SIGKILL");
          await victim.ended;
        }),
      );
      expect(await Promise.all(others.map((command) => command.line()))).toEqual(Array(5).fill('open [{"one":1}]'));
      for (const command of others) command.say("leave");
      const ends = await Promise.all(others.map((command) => command.ended));
      expect(ends).toEqual(Array(5).fill({ code: 0, stderr: "" }));
      expect(isUp(home)).toBe(false);

      const next = startCommand("command", home, { prefix });
      expect(await next.line()).toBe('open [{"one":1}]');
      next.say("leave");
      expect(await next.ended).toEqual({ code: 0, stderr: "" });
      expect(isUp(home)).toBe(false);
    });

  test("kill -9 in the middle of making the cluster leaves the next start working", async () => {
    const home = newHome(owner);
    const first = startCommand("command", home, { prefix, ownGroup: true });
    await eventually(
      "initdb has begun",
      () => existsSync(home) && readdirSync(home).some((name) => name.includes(".init-")),
    );
    // The whole process group: the command and initdb.
    process.kill(-first.pid, "SIGKILL");
    await first.ended;
    expect(existsSync(layoutOf(home, 0).dataDirectory)).toBe(false);
    const next = startCommand("command", home, { prefix });
    expect(await next.line()).toBe('open [{"one":1}]');
    next.say("leave");
    await next.ended;
    expect(readdirSync(home).filter((name) => name.includes(".init-"))).toEqual([]);
  });

  test("Ctrl-C and kill -9 of the command that started it do not reach the server", async () => {
    const home = newHome(owner);
    const first = startCommand("command", home, { prefix, ownGroup: true });
    await first.line();
    const second = startCommand("command", home, { prefix });
    await second.line();
    process.kill(-first.pid, "SIGINT");
    // "close" comes only when nobody holds its output any more: the server did not inherit it.
    await first.ended;
    expect(isUp(home)).toBe(true);
    second.say("leave");
    expect(await second.ended).toEqual({ code: 0, stderr: "" });
    expect(isUp(home)).toBe(false);
  });
});

test("commands that come while others leave are never cut off", async () => {
  const home = await usedHome();
  const rounds = Array.from({ length: 4 }, async () => {
    for (let round = 0; round < 8; round += 1) {
      await using database = await openDatabase({ url: "", home, env: {} });
      const { rows } = await database.pool.query("select 1 as one");
      expect(rows).toEqual([{ one: 1 }]);
    }
  });
  await Promise.all(rounds);
  expect(isUp(home)).toBe(false);
});

test("lock files of a dead server whose pid now belongs to another program do not stop a start", async () => {
  const home = await usedHome();
  const layout = layoutOf(home, 0);
  const stale = [
    process.pid,
    layout.dataDirectory,
    1_700_000_000,
    5432,
    layout.socketDirectory,
    "",
    "  2146321  12",
    "ready   ",
  ];
  writeFileSync(join(layout.dataDirectory, "postmaster.pid"), `${stale.join("\n")}\n`);
  writeFileSync(join(layout.socketDirectory, ".s.PGSQL.5432.lock"), `${stale.join("\n")}\n`);
  await using database = await openDatabase({ url: "", home, env: {} });
  expect((await database.pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
});

test("a server killed under a command: the command is told, the next one recovers", async () => {
  const home = await usedHome();
  const database = await openDatabase({ url: "", home, env: {} });
  await database.pool.query("create table public.kept as select 1 as one");
  const lost = new Promise((resolve) => database.lost.addEventListener("abort", resolve, { once: true }));
  process.kill(postmasterOf(join(home, "..")) ?? 0, "SIGKILL");
  await lost;
  expect(database.lost.reason).toMatchObject({ code: "DATABASE_LOST" });
  await database.close();
  await using next = await openDatabase({ url: "", home, env: {} });
  expect((await next.pool.query("select one from public.kept")).rows).toEqual([{ one: 1 }]);
});

test("PACKETBOAT_DATABASE_KEEP leaves it up; stop names who uses it, then stops it", async () => {
  const home = await usedHome();
  const env = { PACKETBOAT_DATABASE_KEEP: "1" };
  const database = await openDatabase({ url: "", home, env });
  expect(await stopEmbedded(home)).toEqual({ kind: "inUse", pids: [process.pid] });
  await database.close();
  expect(isUp(home)).toBe(true);
  expect(await stopEmbedded(home)).toEqual({ kind: "stopped" });
  expect(isUp(home)).toBe(false);
  expect(await stopEmbedded(home)).toEqual({ kind: "notRunning" });
});

test.each([
  ["a path too long for a socket", "h".repeat(120)],
  ["a name full of shell characters", `it's "a" $HOME \`home\`, really; 100 %`],
])("a home with %s works", async (_what, name) => {
  const home = newHome(undefined, name);
  const { socketDirectory } = layoutOf(home, process.getuid?.() ?? 0);
  if (!socketDirectory.startsWith(home)) homes.push(socketDirectory);
  await using database = await openDatabase({ url: "", home, env: {} });
  expect((await database.pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  // The address is libpq's: what it names is the same server.
  await using byUrl = await openDatabase({ url: database.url, env: {} });
  expect((await byUrl.pool.query("select current_database() as name")).rows).toEqual([{ name: "packetboat" }]);
});

test.runIf(root)(
  "where root may not use a user namespace, it runs as a system user under /var/lib and says so",
  async () => {
    const home = newHome();
    const shims = mkdtempSync(join(tmpdir(), "packetboat-shims-"));
    homes.push(shims);
    writeFileSync(join(shims, "unshare"), "#!/bin/sh\necho 'unshare failed: Operation not permitted' >&2\nexit 1\n", {
      mode: 0o755,
    });
    const before = new Set(existsSync("/var/lib/packetboat") ? readdirSync("/var/lib/packetboat") : []);
    try {
      const first = startCommand("command", home, { env: { PATH: `${shims}:${process.env.PATH}` } });
      expect(await first.line()).toMatch(/^notice .* lies under \/var\/lib\/packetboat\//);
      expect(await first.line()).toBe('open [{"one":1}]');
      first.say("leave");
      expect((await first.ended).code).toBe(0);
      // Found again, also now that namespaces are allowed: the data stay where they are.
      const second = startCommand("command", home, { env: { PATH: `${shims}:${process.env.PATH}` } });
      await second.line();
      const made = readdirSync("/var/lib/packetboat").filter(
        (name) => !before.has(name) && !name.startsWith("binaries"),
      );
      expect(made).toHaveLength(1);
      const owner = execFileSync("stat", ["-c", "%U", `/var/lib/packetboat/${made[0]}/postgres-18/postmaster.pid`])
        .toString()
        .trim();
      expect(owner).toBe("nobody");
      second.say("leave");
      await second.ended;
      expect(existsSync(`/var/lib/packetboat/${made[0]}/postgres-18/postmaster.pid`)).toBe(false);
    } finally {
      await endCommands();
      for (const name of readdirSync("/var/lib/packetboat")) {
        if (!before.has(name)) rmSync(join("/var/lib/packetboat", name), { recursive: true });
      }
    }
  },
);

test.runIf(root)("a socket directory in /tmp that another user made first is refused", async () => {
  const home = newHome(undefined, "h".repeat(120));
  const { socketDirectory } = layoutOf(home, 0);
  mkdirSync(socketDirectory, { mode: 0o700 });
  homes.push(socketDirectory);
  chownSync(socketDirectory, NOBODY, NOBODY);
  await expect(openDatabase({ url: "", home, env: {} })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
});

test("an ordinary error is told in one sentence: a home that cannot be made", async () => {
  const home = newHome();
  mkdirSync(join(home, ".."), { recursive: true });
  writeFileSync(home, "");
  await expect(openDatabase({ url: "", home, env: {} })).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringContaining("PACKETBOAT_HOME"),
  });
});
