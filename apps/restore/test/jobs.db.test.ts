// Jobs by fetch, behind a real port: looked at, begun, followed, broken off, begun again; who may, and what is put on record. No server is behind
// it: what rounds do with a restore is the affair of the worker's tests.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAccount, createLink, removeLink, sweepJobs } from "@packetboat/archive";
import { asId, type LinkId } from "@packetboat/core";
import { openSource } from "@packetboat/formats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jobRoutes } from "../src/http/routes/jobs.ts";
import { MOST_MESSAGES } from "../src/push-options.ts";
import { BASE, type Caller, person, type Served, type Stocked, served, stocked } from "./served.ts";

const mail = (subject: string): Buffer =>
  Buffer.from(`From: Ann <ann@example.com>\r\nSubject: ${subject}\r\n\r\nFrom here on.\r\n`);
const LARGE = Buffer.concat([mail("large"), Buffer.alloc(3_000_000, "x\r\n")]);
const MAIL = [mail("one"), mail("two"), LARGE];

let api: Served;
let own: Stocked;
let other: Stocked;
let admin: Caller;
let reader: Caller;
let root = "";

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "pb-jobs-"));
  api = await served();
  own = await stocked(api, "own mail", MAIL);
  other = await stocked(api, "other", [mail("secret")]);
  await person(api, "admin", "admin");
  await person(api, "reader", "reader", [own.id]);
  await person(api, "second", "reader", [own.id]);
  admin = await api.signedIn("admin");
  reader = await api.signedIn("reader");
}, 60_000);
afterAll(async () => {
  await api?.[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

const post = (caller: Caller, path: string, body?: unknown) =>
  caller.ask(path, { method: "POST", ...(body === undefined ? {} : { body }) });
const get = (caller: Caller, path: string, headers: Readonly<Record<string, string>> = {}, signal?: AbortSignal) =>
  fetch(`${api.listening.place.origin}${BASE}${path}`, {
    headers: { ...caller.headers, ...headers },
    ...(signal === undefined ? {} : { signal }),
  });

/** Follows a job until it is not at work any more. */
async function followed(caller: Caller, job: number) {
  const answer = await get(caller, `/jobs/${job}/events`);
  expect(answer.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  const text = await answer.text();
  const events = [...text.matchAll(/id: (.+)\nevent: job\ndata: (.+)\n\n/g)];
  const [, id = "", data = "{}"] = events.at(-1) ?? [];
  return { id, count: events.length, job: JSON.parse(data) };
}

const restores = (body: object, caller = admin) => post(caller, `/archives/${own.id}/restores`, body);
const messages = async (at = "now") => {
  const { mailboxes } = (await admin.ask(`/archives/${own.id}/mailboxes?at=${at}`)).body;
  return mailboxes.reduce((sum: number, one: { readonly messages: number }) => sum + one.messages, 0);
};

/** Of the messages, the earliest first. */
const numbers = async (): Promise<readonly number[]> =>
  (await admin.ask(`/archives/${own.id}/mailboxes/${own.mailbox}/list?at=4`)).body.messages
    .map(({ message }: { readonly message: number }) => message)
    .toSorted((a: number, b: number) => a - b);

describe("a download", () => {
  it.each(["eml", "zip", "mbox", "maildir"])(
    "of %s has every byte, and is on record before the first",
    async (format) => {
      const selection = { mailboxes: [{ path: ["Parent"], children: true }] };
      const { body: made } = await post(reader, `/archives/${own.id}/exports`, { format, selection });
      const bytes = MAIL.reduce((sum, one) => sum + one.length, 0);
      expect(made).toMatchObject({ kind: "export", state: "planned", preview: { messages: 3, bytes, mailboxes: 1 } });
      const answer = await get(reader, made.download.replace(BASE, ""));
      expect(answer.headers.get("content-disposition")).toContain(
        `own_mail-${format === "zip" ? "eml" : format}-4.zip`,
      );
      expect((await admin.ask("/audit?limit=1")).body.entries).toMatchObject([
        { kind: "export", archive: own.id, detail: { by: "session", job: made.job } },
      ]);
      const file = join(root, `${format}.zip`);
      await writeFile(file, Buffer.from(await answer.arrayBuffer()));
      const source = await openSource(file, "zip");
      const found: string[] = [];
      for await (const item of source.items({ keepLineEnds: true }))
        if (item.kind === "message") found.push(item.bytes.toString("latin1"));
      await source.close();
      expect(found.sort()).toEqual(MAIL.map((one) => one.toString("latin1")).sort());
      expect((await reader.ask(`/jobs/${made.job}`)).body).toMatchObject({
        state: "done",
        result: { messages: 3, bytes },
      });
    },
  );

  it("of some messages, of a moment; a query waits for what is not indexed", async () => {
    const selection = { messages: [own.message] };
    const { body } = await post(reader, `/archives/${own.id}/exports`, { format: "eml", selection, at: "2" });
    expect(body.preview).toMatchObject({ revision: 2, messages: 1, bytes: MAIL[0]?.length });
    const nothing = { format: "eml", selection: { mailboxes: [{ path: ["Nowhere"] }] } };
    expect((await post(reader, `/archives/${own.id}/exports`, nothing)).body.detail).toContain("no mailbox Nowhere");
    const searched = { format: "eml", selection: { query: "from:ann" } };
    expect((await post(reader, `/archives/${own.id}/exports`, searched)).body.detail).toContain("not indexed yet");
  });

  it("of several messages has those and no others; one that is not there is said, not left out", async () => {
    const [one = 0, , third = 0] = await numbers();
    const asked = (messages: readonly number[]) =>
      post(reader, `/archives/${own.id}/exports`, { format: "mbox", selection: { messages } });
    const { body } = await asked([third, one, third]);
    const bytes = (MAIL[0]?.length ?? 0) + LARGE.length;
    expect(body.preview).toMatchObject({ messages: 2, bytes, mailboxes: 1 });
    await (await get(reader, body.download.replace(BASE, ""))).arrayBuffer();
    expect((await reader.ask(`/jobs/${body.job}`)).body.result).toMatchObject({ messages: 2, bytes });
    expect((await asked([one, 987_654])).body.detail).toContain("987654");
    expect((await asked([other.message])).status).toBe(400);
  });

  it("that is broken off can be taken again, and by one reader at a time", async () => {
    const { body: made } = await post(reader, `/archives/${own.id}/exports`, { format: "eml" });
    const leave = new AbortController();
    const begun = await get(reader, `/jobs/${made.job}/download`, {}, leave.signal);
    expect((await get(reader, `/jobs/${made.job}/download`)).status).toBe(400);
    leave.abort();
    await expect(begun.arrayBuffer()).rejects.toThrow();
    const state = async () => (await reader.ask(`/jobs/${made.job}`)).body;
    while ((await state()).state === "running") await new Promise((resolve) => setTimeout(resolve, 20));
    // It may all have been on its way by then.
    if ((await state()).state !== "done")
      expect(await state()).toMatchObject({ state: "failed", error: { code: "INTERRUPTED" } });
    const whole = await get(reader, `/jobs/${made.job}/download`);
    expect((await whole.arrayBuffer()).byteLength).toBeGreaterThan(0);
    expect((await state()).state).toBe("done");
  });
});

describe("a restore", () => {
  it("is looked at, begun, followed, and on record; then undone", async () => {
    const to = { kind: "place", whatCameSince: "remove" };
    const { body: made } = await restores({ at: "3", to });
    const { job: looked } = await followed(admin, made.job);
    expect(looked).toMatchObject({
      state: "planned",
      preview: { revision: 3, head: 4, totals: { back: 0, removed: 1 }, mailboxes: [{ path: ["Parent", "Work"] }] },
    });
    expect(looked.preview.inTheWay.map(({ code }: { readonly code: string }) => code)).toEqual([
      "NO_ACCOUNT",
      "REMOVES",
    ]);
    expect(await messages()).toBe(3);
    expect((await post(admin, `/jobs/${made.job}/begin`)).status).toBe(200);
    const { job: done, id } = await followed(admin, made.job);
    expect(done).toMatchObject({ state: "done", result: { revision: 5, done: { removed: 1 }, runs: [] } });
    expect(done.result.said).toMatch(/^1 removed\. No account is tied to this archive/);
    expect(await messages()).toBe(2);
    const audit = (await admin.ask("/audit?limit=1")).body.entries;
    expect(audit).toMatchObject([{ kind: "restore", archive: own.id, detail: { job: made.job } }]);
    // Who has seen the last event need not come back; who was cut off before is told.
    expect((await get(admin, `/jobs/${made.job}/events`, { "last-event-id": id })).status).toBe(204);
    const late = await get(admin, `/jobs/${made.job}/events`, { "last-event-id": "1-waiting" });
    expect(await late.text()).toContain(`id: ${id}\n`);
    const back = await restores({ at: "4", to: { kind: "place" }, begin: true });
    expect((await followed(admin, back.body.job)).job).toMatchObject({ state: "done", result: { done: { back: 1 } } });
    expect(await messages()).toBe(3);
    expect((await admin.ask("/jobs?limit=1")).body).toMatchObject({ jobs: [{ job: back.body.job }] });
  });

  it("of several messages, as many as an order may name, brings those back and no others", async () => {
    const [one = 0, second = 0, third = 0] = await numbers();
    const emptied = await restores({ at: "1", to: { kind: "place", whatCameSince: "remove" }, begin: true });
    await followed(admin, emptied.body.job);
    expect(await messages()).toBe(0);
    const asked = (named: readonly number[], begin: boolean) =>
      restores({ at: "4", to: { kind: "place" }, selection: { messages: named }, begin });
    const { body: made } = await asked([third, one], false);
    expect((await followed(admin, made.job)).job).toMatchObject({ state: "planned", preview: { totals: { back: 2 } } });
    await post(admin, `/jobs/${made.job}/begin`);
    expect((await followed(admin, made.job)).job).toMatchObject({ state: "done", result: { done: { back: 2 } } });
    const now = (await admin.ask(`/archives/${own.id}/mailboxes/${own.mailbox}/list`)).body.messages;
    expect(now.map(({ message }: { readonly message: number }) => message).sort()).toEqual([one, third].sort());
    // However long their numbers are, that many are taken; none of these is there, so nothing is brought back.
    const many = Array.from({ length: MOST_MESSAGES }, (_, at) => Number.MAX_SAFE_INTEGER - at);
    const { job: refused } = await followed(admin, (await asked(many, true)).body.job);
    expect(refused).toMatchObject({ state: "failed", error: { text: expect.stringContaining("Not in the archive") } });
    expect((await asked([...many, 1], true)).body.detail).toContain(`${MOST_MESSAGES}`);
    await followed(admin, (await asked([second], true)).body.job);
    expect(await messages()).toBe(3);
  });

  it("removes nothing that was not shown: what came meanwhile is shown first", async () => {
    const to = { kind: "place", whatCameSince: "remove" };
    const { body: made } = await restores({ at: "3", to });
    await followed(admin, made.job);
    const meanwhile = await restores({
      at: "3",
      to: { kind: "place" },
      selection: { messages: [own.message] },
      begin: true,
    });
    await followed(admin, meanwhile.body.job);
    const between = await restores({ at: "2", to, begin: true });
    await followed(admin, between.body.job);
    await followed(admin, (await restores({ at: "4", to: { kind: "place" }, begin: true })).body.job);
    await post(admin, `/jobs/${made.job}/begin`);
    const { job } = await followed(admin, made.job);
    expect(job.state).toBe("planned");
    expect(job.preview.inTheWay[0]).toMatchObject({ code: "CHANGED" });
    expect(await messages()).toBe(3);
    await post(admin, `/jobs/${made.job}/begin`);
    expect((await followed(admin, made.job)).job.state).toBe("done");
    expect(await messages()).toBe(2);
    await followed(admin, (await restores({ at: "4", to: { kind: "place" }, begin: true })).body.job);
  });

  it("whose process died is told as interrupted, and begun again does what is left", async () => {
    const { body: made } = await restores({ at: "4", to: { kind: "place" }, begin: true });
    await followed(admin, made.job);
    await api.scratch.pool.query("update job set state = 'running', ended_at = null where id = $1", [made.job]);
    // Its lock goes a moment after it ended.
    while ((await admin.ask(`/jobs/${made.job}`)).body.state === "running");
    expect((await followed(admin, made.job)).job.state).toBe("interrupted");
    await post(admin, `/jobs/${made.job}/begin`);
    expect((await followed(admin, made.job)).job).toMatchObject({ state: "done", result: { done: { back: 0 } } });
  });

  it("that nobody begins is cancelled, and stays so until somebody does", async () => {
    const { body: made } = await restores({ at: "3", to: { kind: "place" } });
    await followed(admin, made.job);
    expect((await post(admin, `/jobs/${made.job}/cancel`)).body.state).toBe("cancelled");
    expect((await post(admin, `/jobs/${made.job}/begin`)).status).toBe(200);
    expect((await followed(admin, made.job)).job.state).toBe("done");
  });

  it("that nobody begins is forgotten when somebody says so, or by the list after a day; what was begun is not", async () => {
    const listed = async () => {
      const { jobs } = (await admin.ask("/jobs?limit=200")).body;
      return jobs.map(({ job }: { readonly job: number }) => job);
    };
    const looked = async () => {
      const { body } = await restores({ at: "3", to: { kind: "place" } });
      await followed(admin, body.job);
      return Number(body.job);
    };
    const [stale, cutOff, wanted, begun] = [await looked(), await looked(), await looked(), await looked()];
    await post(admin, `/jobs/${begun}/begin`);
    await followed(admin, begun);
    expect(await listed()).toEqual(expect.arrayContaining([stale, cutOff, wanted, begun]));
    await api.scratch.pool.query(
      "update job set changed_at = changed_at - interval '25 hours' where id = any($1::bigint[])",
      [[stale, cutOff, begun]],
    );
    // A look whose process died stays at it for ever.
    await api.scratch.pool.query("update job set state = 'looking', preview = null where id = $1", [cutOff]);
    const now = await listed();
    expect([stale, cutOff, wanted, begun].map((job) => now.includes(job))).toEqual([false, false, true, true]);
    expect((await admin.ask(`/jobs/${wanted}`, { method: "DELETE" })).status).toBe(204);
    expect((await admin.ask(`/jobs/${begun}`, { method: "DELETE" })).body.detail).toContain("was begun");
    expect((await admin.ask(`/jobs/${wanted}`)).status).toBe(404);
    await sweepJobs(api.scratch.pool, api.clock.now);
    for (const job of [stale, cutOff]) expect((await admin.ask(`/jobs/${job}`)).status).toBe(404);
    expect(await listed()).toContain(begun);
  });

  it("says where a link may not write, and lets it for this once; where its server is away the archive has it", async () => {
    const { pool } = api.scratch;
    const account = { user: "you", host: "mail.example.com", port: 993 };
    const { id: accountId } = await createAccount(pool, account, {});
    const rights = { pull: true, push: false };
    const link = await createLink(pool, { accountId, archiveId: own.id, rights });
    const looked = async (to: object) => (await followed(admin, (await restores({ at: "3", to })).body.job)).job;
    const backupOnly = await looked({ kind: "place" });
    expect(backupOnly.preview.accounts).toMatchObject([{ link: link.id, mayWrite: false, carriedOut: false }]);
    expect(backupOnly.preview.inTheWay).toMatchObject([
      { code: "NO_RIGHT", text: expect.stringContaining("Let it write there for this restore") },
    ]);
    await followed(
      admin,
      (await restores({ at: "2", to: { kind: "place", whatCameSince: "remove" }, begin: true })).body.job,
    );
    const lent = await looked({ kind: "place", carryOut: [link.id] });
    expect(lent.preview.accounts).toMatchObject([
      { mayWrite: true, carriedOut: true, notAsked: "The server cannot be reached." },
    ]);
    expect(lent.preview.inTheWay.map(({ code }: { readonly code: string }) => code)).toEqual([
      "NOT_ASKED",
      "ALSO_SENT",
    ]);
    await post(admin, `/jobs/${lent.job}/begin`);
    expect((await followed(admin, lent.job)).job).toMatchObject({ state: "failed", error: { code: "UNREACHABLE" } });
    expect(await messages()).toBe(2);
    const away = await looked({ kind: "account", account: "you@mail.example.com" });
    expect(away).toMatchObject({ state: "failed", error: { code: "UNREACHABLE" } });
    expect((await restores({ at: "3", to: { kind: "account", account: "imaps://a:b@c" } })).status).toBe(400);
    await createLink(pool, {
      accountId: (await createAccount(pool, { ...account, user: "me" }, {})).id,
      archiveId: own.id,
      rights,
      merge: true,
    });
    const mixed = await looked({ kind: "place", carryOut: true });
    expect(mixed).toMatchObject({
      state: "failed",
      error: { text: expect.stringContaining("fill the same mailboxes") },
    });
    for (const { link: linkId } of backupOnly.preview.accounts) await removeLink(pool, asId<LinkId>(linkId));
  });
});

describe("refused", () => {
  it("putting back by a reader, another's job, another's archive, a token that lacks the scope", async () => {
    expect((await restores({ at: "3", to: { kind: "place" } }, reader)).status).toBe(403);
    expect((await post(reader, `/archives/${other.id}/exports`, { format: "eml" })).status).toBe(404);
    const { body: made } = await post(reader, `/archives/${own.id}/exports`, { format: "eml" });
    const second = await api.signedIn("second");
    for (const path of ["", "/events", "/download"])
      expect((await get(second, `/jobs/${made.job}${path}`)).status).toBe(404);
    expect((await post(second, `/jobs/${made.job}/cancel`)).status).toBe(404);
    expect((await second.ask("/jobs")).body.jobs).toEqual([]);
    expect((await post(reader, `/jobs/${made.job}/begin`)).status).toBe(403);
    const token = (await post(admin, "/tokens", { name: "curl", scopes: ["read"] })).body.secret;
    const asking = { method: "POST", body: { format: "eml" }, headers: { authorization: `Bearer ${token}` } } as const;
    expect((await api.ask(`/archives/${own.id}/exports`, asking)).status).toBe(403);
    const all = (await post(admin, "/tokens", { name: "curl", scopes: ["read", "restore"] })).body.secret;
    const headers = { authorization: `Bearer ${all}` };
    expect((await api.ask(`/archives/${own.id}/exports`, { ...asking, headers })).status).toBe(200);
    expect(api.failures).toEqual([]);
  });
});

it("every route of these answered well somewhere above, in its shape", () => {
  const silent = jobRoutes.filter((route) => typeof route.answer === "object" && !api.answered.has(route));
  expect(silent.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
});
