// Files that are sent to be imported, by fetch, behind a real port: what comes in is what went out, twice adds nothing, whatever breaks off leaves no
// file and no half message, and nobody who may not import has anything written down.
import { readdir, stat, utimes, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { ensureArchive, mailboxesAt, messagesAt, resolveRevision } from "@packetboat/archive";
import type { ArchiveId } from "@packetboat/core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { importRoutes } from "../src/http/routes/imports.ts";
import { openUploads } from "../src/jobs/uploads.ts";
import {
  type Asking,
  BASE,
  type Caller,
  MOST_UPLOAD,
  person,
  type Served,
  type Stocked,
  served,
  stocked,
} from "./served.ts";

const mail = (subject: string, body = "From here on."): Buffer<ArrayBuffer> =>
  Buffer.from(`From: Ann <ann@example.com>\r\nSubject: ${subject}\r\n\r\n${body}\r\n`);
const mbox = (...subjects: readonly string[]): Buffer<ArrayBuffer> =>
  Buffer.from(
    subjects.map((one) => `From ann@example.com Thu Feb 29 12:30:05 2024\nSubject: ${one}\n\nText.\n\n`).join(""),
  );
const MAIL = [mail("one"), mail("two"), mail("large", "x".repeat(2_000_000))];

let api: Served;
let own: Stocked;
let admin: Caller;
let reader: Caller;
let archives = 0;

beforeAll(async () => {
  api = await served();
  own = await stocked(api, "own mail", MAIL);
  await person(api, "admin", "admin");
  await person(api, "reader", "reader", [own.id]);
  admin = await api.signedIn("admin");
  reader = await api.signedIn("reader");
}, 60_000);
afterAll(async () => api?.[Symbol.asyncDispose]());
afterEach(async () => {
  // A job has ended a moment before its file is gone.
  await until(async () => (await files()).length === 0);
  expect(api.failures).toEqual([]);
});

const files = (): Promise<readonly string[]> => readdir(api.folder).catch(() => []);
const fresh = async (): Promise<ArchiveId> => (await ensureArchive(api.scratch.pool, `fresh ${++archives}`)).id;

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
}

const place = (archive: ArchiveId, query: Readonly<Record<string, string>> = {}): string =>
  `/archives/${archive}/imports?${new URLSearchParams(query)}`;
const send = (archive: ArchiveId, bytes: Asking["bytes"], query: Readonly<Record<string, string>> = {}, by = admin) =>
  by.ask(place(archive, query), { method: "POST", bytes: bytes ?? new Uint8Array() });

/** Sends it and waits for its end. */
async function imported(archive: ArchiveId, bytes: Asking["bytes"], query: Readonly<Record<string, string>> = {}) {
  const { status, body } = await send(archive, bytes, query);
  expect([status, body.kind]).toEqual([200, "import"]);
  return await ended(body.job);
}

async function ended(job: number) {
  const answer = await fetch(`${api.listening.place.origin}${BASE}/jobs/${job}/events`, { headers: admin.headers });
  const events = [...(await answer.text()).matchAll(/event: job\ndata: (.+)\n\n/g)];
  return JSON.parse(events.at(-1)?.[1] ?? "{}");
}

/** What an archive holds: the digest of each message, with its mailbox, flags and date. */
async function held(archive: ArchiveId): Promise<readonly string[]> {
  const { pool } = api.scratch;
  const { revision } = await resolveRevision(pool, archive, { kind: "now" });
  const all: string[] = [];
  for (const { id, path } of await mailboxesAt(pool, archive, revision))
    for (const one of await messagesAt(pool, id, revision))
      all.push(JSON.stringify([path, one.sha256, one.flags, one.internalDate]));
  return all.sort();
}

/** How many messages it holds. */
async function countIn(archive: ArchiveId): Promise<number> {
  const { mailboxes } = (await admin.ask(`/archives/${archive}/mailboxes`)).body;
  return mailboxes.reduce((sum: number, one: { readonly messages: number }) => sum + one.messages, 0);
}

async function exported(format: string): Promise<Buffer<ArrayBuffer>> {
  const { body } = await admin.ask(`/archives/${own.id}/exports`, { method: "POST", body: { format } });
  const answer = await fetch(`${api.listening.place.origin}${body.download}`, { headers: admin.headers });
  return Buffer.from(await answer.arrayBuffer());
}

/** A zip of stored files, with whatever names. */
function zipOf(entries: readonly (readonly [name: string, bytes: Buffer])[]): Buffer<ArrayBuffer> {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, bytes] of entries) {
    const head = Buffer.alloc(26);
    head.writeUInt16LE(20, 0);
    head.writeUInt32LE(crc32(bytes), 10);
    head.writeUInt32LE(bytes.length, 14);
    head.writeUInt32LE(bytes.length, 18);
    head.writeUInt16LE(Buffer.byteLength(name), 22);
    const whole = Buffer.concat([Buffer.from("PK\x03\x04"), head, Buffer.from(name), bytes]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    central.push(Buffer.from("PK\x01\x02\x14\x00"), head, tail, Buffer.from(name));
    local.push(whole);
    offset += whole.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...local, directory, Buffer.from("PK\x05\x06"), end]);
}

describe("what is sent", () => {
  it.each(["eml", "mbox", "maildir"])(
    "M10 as an export to %s is the same archive again; twice adds nothing",
    async (format) => {
      const zip = await exported(format);
      const archive = await fresh();
      const first = await imported(archive, zip, { name: "export.zip" });
      expect(first).toMatchObject({
        state: "done",
        archive,
        asked: { name: "export.zip", format: null, dryRun: false },
        progress: { phase: "importing", messages: 3 },
        result: { messages: 3, added: 3, alreadyThere: 0, failed: 0, failures: [] },
      });
      expect(first.result.said).toMatch(/^3 messages \(2\.0 MB\) added\.$/);
      expect(await held(archive)).toEqual(await held(own.id));
      const again = await imported(archive, zip, { name: "export.zip" });
      expect(again.result).toMatchObject({ added: 0, alreadyThere: 3, revision: null });
      expect(again.result.said).toBe("Nothing new in 3 messages.");
      expect(await held(archive)).toEqual(await held(own.id));
      const { entries } = (await admin.ask("/audit?limit=1")).body;
      expect(entries).toMatchObject([{ kind: "import", archive, detail: { by: "session", job: again.job } }]);
    },
  );

  it("goes where it is told to: by the name of the file, below a mailbox, all into one; counted only, when asked", async () => {
    const archive = await fresh();
    const dry = await imported(archive, mbox("a"), { name: "Work.mbox", dryRun: "true" });
    expect(dry.result).toMatchObject({
      added: 1,
      revision: null,
      said: expect.stringMatching(/^1 message \(.+\) would be added\.$/),
    });
    expect(await held(archive)).toEqual([]);
    await imported(archive, mbox("a", "b"), { name: "Work.mbox" });
    await imported(archive, mbox("a"), { name: "x/../Work.mbox", format: "mboxrd", below: "Old/2019" });
    await imported(archive, mail("c"), { name: "c.eml", mailbox: "All/of it", modified: "2024-02-29T12:30:05Z" });
    await imported(archive, mail("d"), { name: "d.eml" });
    const found = (await held(archive)).map((one) => {
      const [path, , , date] = JSON.parse(one);
      return [path.join("|"), date];
    });
    const time = Date.UTC(2024, 1, 29, 12, 30, 5);
    // A date that nobody told is none: the moment of the sending would be one that the message never had.
    expect(found.sort()).toEqual(
      [
        ["Work", time],
        ["Work", time],
        ["Old|2019|Work", time],
        ["All|of it", time],
        ["INBOX", null],
      ].sort(),
    );
  });

  it("with names that lead elsewhere is refused by name, and the rest of it comes in", async () => {
    const archive = await fresh();
    const evil = mail("evil");
    const zip = zipOf([
      ["../../evil.eml", evil],
      ["/etc/evil.eml", evil],
      ["a\\..\\..\\evil.eml", evil],
      ["good/one.eml", mail("good")],
    ]);
    const job = await imported(archive, zip, { name: "slip.zip" });
    expect(job).toMatchObject({ state: "partial", result: { added: 1, failed: 3 } });
    expect(job.result.failures.map(({ reason }: { readonly reason: string }) => reason)).toEqual(
      Array.from({ length: 3 }, () => "unsafeName"),
    );
    expect(await held(archive)).toHaveLength(1);
  });

  it("and is no mail, or is cut off, ends in a sentence about what was sent, not about where it lay", async () => {
    const archive = await fresh();
    const zip = await exported("eml");
    const cut = zip.subarray(0, zip.length / 2);
    for (const [name, bytes, words] of [
      ["cut.zip", cut, "cut.zip is no zip file that can be read"],
      ["letter.pdf", Buffer.from("%PDF-1.7 …"), "What letter.pdf holds is not clear."],
      ["a.gz", Buffer.from("\x1f\x8b\x08\x00", "latin1"), "a.gz is packed by gzip."],
    ] as const) {
      const { state, error, result } = await imported(archive, bytes, { name });
      expect({ state, result, code: error.code }).toEqual({ state: "failed", result: null, code: "CONFIG_INVALID" });
      expect(error.text).toContain(words);
      expect(error.text).not.toContain(api.folder);
    }
    const halved = zipOf([["one.eml", mail("one")]]);
    halved[40] = (halved[40] ?? 0) ^ 1;
    const damaged = await imported(archive, halved, { name: "damaged.zip" });
    expect(damaged).toMatchObject({ state: "partial", result: { added: 0, failed: 1 } });
    expect(await held(archive)).toEqual([]);
  });
});

describe("a file", () => {
  it("is readable by nobody else while it is there, and stops when its job is cancelled as it comes", async () => {
    const archive = await fresh();
    const { writable, readable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const answer = send(archive, readable, { name: "slow.mbox" });
    await writer.write(mbox("a"));
    await until(async () => (await files()).length === 1);
    const [name = ""] = await files();
    expect((await stat(join(api.folder, name))).mode & 0o777).toBe(0o600);
    expect((await stat(api.folder)).mode & 0o777).toBe(0o700);
    const job = Number(name.split("-")[0]);
    await until(async () => (await admin.ask(`/jobs/${job}`)).body.progress?.bytes === mbox("a").length);
    expect((await admin.ask(`/jobs/${job}`)).body).toMatchObject({
      state: "looking",
      progress: { phase: "receiving" },
    });
    expect((await admin.ask(`/jobs/${job}/cancel`, { method: "POST" })).status).toBe(200);
    expect((await answer).body).toMatchObject({ job, state: "cancelled", error: { code: "INTERRUPTED" } });
    await writer.abort().catch(() => undefined);
    expect(await files()).toEqual([]);
    expect(await held(archive)).toEqual([]);
  });

  it("whose import is cancelled leaves what was added, is gone, and comes whole when it is sent again", async () => {
    const archive = await fresh();
    const all = mbox(...Array.from({ length: 1_200 }, (_, at) => `number ${at}`));
    const blocker = await api.scratch.pool.connect();
    try {
      await blocker.query("begin");
      await blocker.query("select from archive where id = $1 for no key update", [archive]);
      const { body } = await send(archive, all, { name: "many.mbox" });
      await until(async () => (await admin.ask(`/jobs/${body.job}`)).body.state === "running");
      expect((await admin.ask(`/jobs/${body.job}/begin`, { method: "POST" })).status).toBe(400);
      await admin.ask(`/jobs/${body.job}/cancel`, { method: "POST" });
      await blocker.query("rollback");
      const job = await ended(body.job);
      expect(job).toMatchObject({ state: "cancelled", error: { code: "INTERRUPTED" } });
      expect(await countIn(archive)).toBe(job.result.added);
      expect(job.result.added).toBeLessThan(1_200);
      const begun = await admin.ask(`/jobs/${body.job}/begin`, { method: "POST" });
      expect([begun.status, begun.body.detail]).toEqual([400, expect.stringContaining("Send it again")]);
      const again = await imported(archive, all, { name: "many.mbox" });
      expect(again.result).toMatchObject({ added: 1_200 - job.result.added, alreadyThere: job.result.added });
      expect(await countIn(archive)).toBe(1_200);
    } finally {
      blocker.release();
    }
  });

  it("that does not come whole is thrown away, and its job says so", async () => {
    const archive = await fresh();
    const url = `${api.listening.place.origin}${BASE}${place(archive, { name: "half.mbox" })}`;
    const headers = { ...admin.headers, "content-type": "application/octet-stream", "content-length": 1_000 };
    const half = request(url, { method: "POST", headers });
    half.write(mbox("a"));
    await until(async () => (await files()).length === 1);
    const job = Number((await files())[0]?.split("-")[0]);
    half.on("error", () => undefined);
    half.destroy();
    expect(await ended(job)).toMatchObject({
      state: "failed",
      error: { code: "INTERRUPTED", text: "The file did not come whole. Send it again." },
    });
    expect(await held(archive)).toEqual([]);
  });

  it("of more than is taken is refused, whether it says so or not", async () => {
    const archive = await fresh();
    expect((await admin.ask("/imports")).body).toMatchObject({ most: MOST_UPLOAD });
    const large = new Uint8Array(MOST_UPLOAD + 1);
    const said = await send(archive, large, { name: "large.eml" });
    expect([said.status, said.body.code]).toEqual([413, "TOO_LARGE"]);
    expect(said.body.detail).toContain("at most 8 MB");
    const before = (await admin.ask("/jobs?limit=1")).body.jobs[0]?.job ?? 0;
    const silent = await send(archive, new Blob([large]).stream(), { name: "large.eml" });
    expect([silent.status, silent.body.code]).toEqual([413, "TOO_LARGE"]);
    const [job] = (await admin.ask("/jobs?limit=1")).body.jobs;
    expect(job.job).toBeGreaterThan(before);
    expect(job).toMatchObject({ state: "failed", error: { code: "TOO_LARGE" } });
    const uploads = openUploads(api.scratch.pool, api.folder, Number.MAX_SAFE_INTEGER);
    await expect(uploads.expect(2 ** 52)).rejects.toMatchObject({ code: "DISK_LOW" });
  });

  it("that a process left when it died is gone with the next start, but not one that is read, or of another database", async () => {
    const { pool } = api.scratch;
    const archive = await fresh();
    const { job } = await imported(archive, mbox("a"), { name: "a.mbox" });
    const { rows } = await pool.query("select asked->>'mark' as mark from job where id = $1", [job]);
    const left = join(api.folder, `${job}-${rows[0].mark}`);
    const foreign = join(api.folder, `${job}-${"x".repeat(22)}`);
    await until(async () => (await files()).length === 0);
    for (const path of [left, foreign]) await writeFile(path, "x");
    await pool.query(
      "update job set state = 'running', ended_at = null, changed_at = now() - interval '2 minutes' where id = $1",
      [job],
    );
    const blocker = await pool.connect();
    try {
      await blocker.query("begin");
      await blocker.query("select from archive where id = $1 for no key update", [archive]);
      const { body } = await send(archive, mbox("b"), { name: "b.mbox" });
      await until(async () => (await admin.ask(`/jobs/${body.job}`)).body.state === "running");
      await until(async () => (await admin.ask(`/jobs/${job}`)).body.state === "interrupted");
      await api.uploads.sweep(api.clock.now);
      expect((await files()).map((name) => Number(name.split("-")[0])).sort()).toEqual([job, body.job].sort());
      expect(await files()).toContain(`${job}-${"x".repeat(22)}`);
      expect((await admin.ask(`/jobs/${job}`)).body).toMatchObject({
        state: "failed",
        error: { text: expect.stringContaining("Send it again") },
      });
      await blocker.query("rollback");
      expect(await ended(body.job)).toMatchObject({ state: "done", result: { added: 1 } });
    } finally {
      blocker.release();
    }
    const old = new Date(api.clock.now - 8 * 86_400_000);
    await utimes(foreign, old, old);
    await api.uploads.sweep(api.clock.now);
  });
});

it("an archive is made for what comes from files, once, by administrators", async () => {
  const make = async (who: Caller, name: string) => await who.ask("/archives", { method: "POST", body: { name } });
  const { body } = await make(admin, "Old mail");
  expect(body).toEqual({ archive: expect.any(Number), name: "Old mail", made: true });
  expect((await make(admin, "Old mail")).body).toEqual({ ...body, made: false });
  expect((await make(admin, "own mail")).body).toMatchObject({ archive: own.id, made: false });
  // Of those who ask in one moment one made it.
  const answers = await Promise.all(Array.from({ length: 8 }, () => make(admin, "In one moment")));
  expect(answers.filter((answer) => answer.body.made).length).toBe(1);
  expect(new Set(answers.map((answer) => answer.body.archive)).size).toBe(1);
  const job = (await send(body.archive, mbox("a", "b"))).body.job;
  expect(await ended(job)).toMatchObject({ state: "done", result: { added: 2 } });
  for (const name of ["", " ", "a\u0007b", "x".repeat(201)]) expect((await make(admin, name)).status).toBe(400);
  expect((await make(reader, "Mine")).status).toBe(403);
  const { rows } = await api.scratch.pool.query(
    "select count(*)::int as count from audit where kind = 'archive.added'",
  );
  expect(rows[0].count).toBe(2);
});

it("M10 nothing is written down for whoever may not import, nor for another page", async () => {
  const before = (await admin.ask("/jobs?limit=1")).body.jobs[0]?.job;
  const statusOf = async (answer: ReturnType<typeof send>) => (await answer).status;
  expect(await statusOf(send(own.id, mbox("a"), {}, reader))).toBe(403);
  const make = async (who: Caller, scopes: readonly string[]) =>
    (await who.ask("/tokens", { method: "POST", body: { name: "curl", scopes } })).body.secret;
  const by = async (who: Caller, scopes: readonly string[], archive = own.id) => {
    const headers = { authorization: `Bearer ${await make(who, scopes)}` };
    return (await api.ask(place(archive, { dryRun: "true" }), { method: "POST", bytes: mbox("a"), headers })).status;
  };
  expect(await by(admin, ["read", "status", "admin"])).toBe(403);
  expect(await by(reader, ["read", "restore"])).toBe(403);
  expect(await by(admin, ["restore"], 999 as ArchiveId)).toBe(404);
  const { cookie = "" } = admin.headers;
  const foreign = { method: "POST", bytes: mbox("a") } as const;
  expect((await api.ask(place(own.id), { ...foreign, headers: { cookie } })).status).toBe(403);
  const elsewhere = { ...admin.headers, origin: "https://evil.example" };
  expect((await api.ask(place(own.id), { ...foreign, headers: elsewhere })).status).toBe(403);
  for (const type of ["text/plain", "multipart/form-data; boundary=x", "application/json"]) {
    const headers = { ...admin.headers, "content-type": type };
    expect((await api.ask(place(own.id), { ...foreign, headers })).status).toBe(400);
  }
  for (const query of [{ mailbox: "a", below: "b" }, { mailbox: "a//b" }, { format: "pst" }, { modified: "then" }])
    expect([query, await statusOf(send(own.id, mbox("a"), query))]).toEqual([query, 400]);
  expect((await admin.ask("/jobs?limit=1")).body.jobs[0]?.job).toBe(before);
  expect(await files()).toEqual([]);
  expect(await by(admin, ["restore"])).toBe(200);
});

it("every route of these answered well somewhere above, in its shape", () => {
  expect(importRoutes.filter((route) => !api.answered.has(route)).map(({ path }) => path)).toEqual([]);
});
