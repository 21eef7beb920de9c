// A file that is sent where the disk has no room for it: a real disk, and a small one. Whoever sends it is told in a sentence, nothing of it stays, and it
// comes in when there is room.
import { readdir, symlink } from "node:fs/promises";
import { ensureArchive } from "@packetboat/archive";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Asking, type Caller, person, type Served, served } from "./served.ts";
import { type SmallDisk, startSmallDisk } from "./small-disk.ts";

const LETTER: Buffer<ArrayBuffer> = Buffer.from(`Subject: large\r\n\r\n${"x".repeat(4_000_000)}\r\n`);
const NO_ROOM = "There is too little room on the disk of this server. Make room there, then try again.";

let api: Served;
let admin: Caller;
let archive = 0;
let disk: SmallDisk | null = null;

beforeAll(async () => {
  api = await served();
  archive = (await ensureArchive(api.scratch.pool, "mail")).id;
  await person(api, "admin", "admin");
  admin = await api.signedIn("admin");
  disk = await startSmallDisk();
  // Where files lie that are sent.
  if (disk !== null) await symlink(disk.path, api.folder);
}, 60_000);
afterAll(async () => {
  await api?.[Symbol.asyncDispose]();
  await disk?.[Symbol.asyncDispose]();
});

const files = () => readdir(api.folder);
const send = (bytes: Asking["bytes"]) =>
  admin.ask(`/archives/${archive}/imports?name=large.eml`, { method: "POST", bytes: bytes ?? new Uint8Array() });
const lastJob = async () => (await admin.ask("/jobs?limit=1")).body.jobs[0];
const messages = async () => (await admin.ask(`/archives/${archive}/mailboxes`)).body.mailboxes[0]?.messages ?? 0;

it("is answered in a sentence where it is full on the way, and leaves nothing", async ({ skip }) => {
  if (disk === null) return skip("no right to mount");
  const [isFull, isGivenUp] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const slowly = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async start(sending) {
      sending.enqueue(LETTER.subarray(0, 100_000));
      await isFull.promise;
      sending.enqueue(LETTER.subarray(100_000, 2_000_000));
      // A browser sends all before it hears the answer.
      await isGivenUp.promise;
      sending.enqueue(LETTER.subarray(2_000_000));
      sending.close();
    },
  });
  const sent = send(slowly);
  await expect.poll(async () => (await files()).length).toBe(1);
  await disk.resize("1m");
  isFull.resolve();
  await expect.poll(async () => (await lastJob()).state).toBe("failed");
  isGivenUp.resolve();
  const { status, body } = await sent;
  expect([status, body.code, body.title, body.detail]).toEqual([507, "DISK_FULL", "Insufficient Storage", NO_ROOM]);
  expect(await files()).toEqual([]);
  expect(await lastJob()).toMatchObject({ kind: "import", state: "failed", error: { code: "DISK_FULL" } });
  expect(await messages()).toBe(0);
  expect(api.failures.splice(0)).toMatchObject([{ code: "DISK_FULL" }]);
});

it("is refused before a byte is written where there is too little room to begin with", async ({ skip }) => {
  if (disk === null) return skip("no right to mount");
  await disk.resize("1m");
  const before = await lastJob();
  const { status, body } = await send(LETTER);
  expect([status, body.code, body.detail]).toEqual([507, "DISK_LOW", NO_ROOM]);
  expect((await lastJob())?.job).toBe(before?.job);
  expect(await files()).toEqual([]);
  expect(api.failures.splice(0)).toMatchObject([{ code: "DISK_LOW" }]);
});

it("comes in when there is room again", async ({ skip }) => {
  if (disk === null) return skip("no right to mount");
  await disk.resize("4g");
  expect((await send(LETTER)).status).toBe(200);
  await expect.poll(async () => (await lastJob()).state, { timeout: 30_000 }).toBe("done");
  expect(await messages()).toBe(1);
  await expect.poll(async () => (await files()).length).toBe(0);
  expect(api.failures).toEqual([]);
});
