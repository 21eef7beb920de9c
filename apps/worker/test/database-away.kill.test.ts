// A worker whose database is away: not there yet when it starts, or killed under it. It says so, shows that it is not ready, and works on by
// itself when the database is back; so does a web server, which answers 503 meanwhile. A one-shot command says at once what is missing. No process is
// ended that the test did not start.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { layoutOf } from "@packetboat/database";
import { scratchDatabase } from "@packetboat/database/testing";
import { afterEach, expect, test } from "vitest";
import { openPostgresLine } from "./postgres-line.ts";
import { freshProgram, type Program } from "./program.ts";
import { type Running, startWorker } from "./running.ts";
import { servedWeb } from "./served-web.ts";

const house = new AsyncDisposableStack();
afterEach(() => house.disposeAsync());

const start = (home: Program, port: number, env: Readonly<Record<string, string>> = {}): Running =>
  startWorker((args, options) => home.run(args, { ...options, env }), ["--metrics-port", String(port)], 100_000);

/** Between what the kernel gives to others by itself and what services use. */
const somePort = (): number => 20_000 + Math.floor(Math.random() * 10_000);

const statusOf = async (port: number, path: string): Promise<number> =>
  (await fetch(`http://127.0.0.1:${port}${path}`)).status;

async function readyIs(port: number, status: number): Promise<void> {
  while ((await statusOf(port, "/readyz")) !== status) await new Promise((resolve) => setTimeout(resolve, 20));
}

test("one that is started before its database waits for it; a command says at once that it is not there", async () => {
  const scratch = await scratchDatabase();
  const line = await openPostgresLine(scratch.url);
  line.cut();
  await using home = await freshProgram();
  const env = { PACKETBOAT_DATABASE_URL: line.url };
  const port = somePort();
  const worker = start(home, port, env);
  const impatient = start(home, 0, env);
  expect(await worker.says(/Trying again/)).toMatch(/cannot be reached.*Trying again in 1 s\.\n/);
  await impatient.says(/Trying again/);
  impatient.kill("SIGTERM");
  expect((await impatient.ended).code).toBe(0);
  expect([await statusOf(port, "/healthz"), await statusOf(port, "/readyz"), await statusOf(port, "/metrics")]).toEqual(
    [200, 503, 503],
  );
  expect(await home.run(["status"], { env })).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^packetboat: .*cannot be reached.*\n$/),
  });
  line.mend();
  await worker.says(/working, 10 accounts at a time/);
  expect(await statusOf(port, "/readyz")).toBe(200);
  worker.kill("SIGTERM");
  expect((await worker.ended).code).toBe(0);
  await line[Symbol.asyncDispose]();
  await scratch.close();
}, 60_000);

test("one whose embedded database is killed starts it again and works on", async () => {
  await using home = await freshProgram();
  const port = somePort();
  const worker = start(home, port);
  await worker.says(/working/);
  const file = join(layoutOf(home.home, process.getuid?.() ?? 0).dataDirectory, "postmaster.pid");
  const pid = Number((await readFile(file, "utf8")).split("\n")[0]);
  process.kill(pid, "SIGKILL");
  expect(await worker.says(/working on/)).toMatch(/Trying again in 1 s\.[\s\S]*the database answers again/);
  await readyIs(port, 200);
  worker.kill("SIGTERM");
  expect((await worker.ended).code).toBe(0);
}, 60_000);

test("a web server whose database goes away answers 503 with a sentence, and 200 when it is back", async () => {
  const scratch = await scratchDatabase();
  const line = await openPostgresLine(scratch.url);
  await using home = await freshProgram({ PACKETBOAT_DATABASE_URL: line.url });
  const web = await servedWeb(home);
  const asked = () => fetch(`${web.api}/archives`, { headers: web.headers });
  expect((await asked()).status).toBe(200);
  line.cut();
  const away = await asked();
  expect([away.status, away.headers.get("retry-after")]).toEqual([503, "5"]);
  expect(await away.json()).toMatchObject({
    code: expect.stringMatching(/^DATABASE_/),
    detail: "The archive cannot be asked at the moment. Try again in a while.",
  });
  line.mend();
  while ((await asked()).status !== 200) await new Promise((resolve) => setTimeout(resolve, 20));
  const { code, stderr } = await web.stop();
  expect([code, stderr]).toEqual([0, expect.stringMatching(/database/)]);
  await line[Symbol.asyncDispose]();
  await scratch.close();
}, 60_000);

test("a web server whose embedded database is killed starts it again and answers", async () => {
  await using home = await freshProgram();
  const web = await servedWeb(home);
  const asked = () => fetch(`${web.api}/archives`, { headers: web.headers });
  expect((await asked()).status).toBe(200);
  const file = join(layoutOf(home.home, process.getuid?.() ?? 0).dataDirectory, "postmaster.pid");
  process.kill(Number((await readFile(file, "utf8")).split("\n")[0]), "SIGKILL");
  // Killed hard, its connections may last a moment longer than it.
  const seen = new Set<number>();
  const isBack = async (): Promise<boolean> => {
    const { status } = await asked();
    seen.add(status);
    return status === 200 && seen.has(503);
  };
  while (!(await isBack())) await new Promise((resolve) => setTimeout(resolve, 20));
  expect([...seen].toSorted()).toEqual([200, 503]);
  const { code, stderr } = await web.stop();
  expect([code, stderr]).toEqual([0, expect.stringMatching(/the database is back/)]);
}, 60_000);
