// What the API does to accounts and links, and what it tells of halts and of mail that is not done: by fetch, over real tables. Servers are not
// asked here (operations.ts); a reader of one archive sees nothing of the other, and changes nothing.
import { createAccount, createLink } from "@packetboat/archive";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { accountSignInRoutes } from "../src/http/routes/account-sign-ins.ts";
import { accountRoutes } from "../src/http/routes/accounts.ts";
import { chartRoutes } from "../src/http/routes/charts.ts";
import { haltRoutes } from "../src/http/routes/halts.ts";
import { linkRoutes } from "../src/http/routes/links.ts";
import { BASE, type Caller, person, type Served, type Stocked, served, stocked } from "./served.ts";

const mail = (subject: string): Buffer =>
  Buffer.from(`From: Ann <ann@example.com>\r\nSubject: ${subject}\r\n\r\nText.\r\n`);

let api: Served;
let own: Stocked;
let other: Stocked;
let admin: Caller;
let reader: Caller;
/** The link to `own`, and the run of it that holds three messages back. */
let link: number;
let run: number;
let foreignLink: number;
let foreignRun: number;

/** A link whose last run holds back two removals from the archive and one on the server; one message could not be fetched, one not sent. */
async function halted(of: Stocked): Promise<{ readonly link: number; readonly run: number }> {
  const { pool } = api.scratch;
  const { id: accountId } = await createAccount(pool, { user: `you${of.id}`, host: "mail.example.com", port: 993 }, {});
  const made = await createLink(pool, { accountId, archiveId: of.id, rights: { pull: true, push: false } });
  const one = async (text: string, values: unknown[]): Promise<number> =>
    Number((await pool.query(text, values)).rows[0].id);
  const halts = [{ guard: "removals", mailbox: "Work", messages: 3, of: 3, text: "All of Work would go." }];
  const report = { totals: { fetched: 7, fetchedBytes: 700, failed: 1 }, halts, error: null };
  const runId = await one(
    `insert into run (link_id, holder, started_at, finished_at, outcome, report)
      values ($1, 'test', '2026-11-20 03:00:00Z', '2026-11-20 03:00:30Z', 'halted', $2) returning id`,
    [made.id, JSON.stringify(report)],
  );
  const box = await one(
    `insert into remote_mailbox (link_id, mailbox_id, name, name_key, path, subscribed) values ($1, $2, 'Work', sha256('Work'), '{Work}', true) returning id`,
    [made.id, of.mailbox],
  );
  const { message } = of;
  await pool.query(
    "insert into placement (remote_mailbox_id, uid, message_id, flags) select $1, n + 10, $2::bigint + n, '{}' from generate_series(0, 2) n",
    [box, message],
  );
  await pool.query(
    `insert into pending (remote_mailbox_id, uid, kind, reason, detail, bytes, attempts, run_id) values
      ($1, 10, 'removal', 'HALTED', '', null, 1, $2), ($1, 11, 'removal', 'HALTED', '', null, 1, $2), ($1, 20, 'fetch', 'MESSAGE_TOO_LARGE', 'It is too large.', 99, 4, $2)`,
    [box, runId],
  );
  await pool.query(
    `insert into unsent (remote_mailbox_id, message_id, kind, reason, detail, attempts, run_id) values
      ($1, $2::bigint + 2, 'remove', 'HALTED', '', 1, $3), ($1, $2::bigint + 1, 'flags', 'OP_REFUSED', 'No.', 2, $3)`,
    [box, message, runId],
  );
  return { link: made.id, run: runId };
}

beforeAll(async () => {
  api = await served();
  own = await stocked(api, "own", [mail("one"), mail("two"), mail("three")]);
  other = await stocked(api, "other", [mail("four"), mail("five"), mail("six")]);
  await person(api, "admin", "admin");
  await person(api, "reader", "reader", [own.id]);
  ({ link, run } = await halted(own));
  ({ link: foreignLink, run: foreignRun } = await halted(other));
  admin = await api.signedIn("admin");
  reader = await api.signedIn("reader");
}, 60_000);
afterAll(async () => api?.[Symbol.asyncDispose]());

const put = (body: unknown) => ({ method: "PUT", body }) as const;
const post = (body: unknown) => ({ method: "POST", body }) as const;
const patch = (body: unknown) => ({ method: "PATCH", body }) as const;
const remove = { method: "DELETE" } as const;

describe("halts", () => {
  it("are shown mailbox by mailbox and message by message, page by page, of one's own archives", async () => {
    const { halts } = (await reader.ask("/halts")).body;
    expect(halts).toMatchObject([
      {
        run,
        link,
        archive: "own",
        messages: 3,
        approved: null,
        reasons: [{ guard: "removals", text: "All of Work would go." }],
      },
    ]);
    expect(halts[0].mailboxes).toEqual([
      { mailbox: "Work", kind: "removal", messages: 2, uids: "10:11" },
      { mailbox: "Work", kind: "serverRemoval", messages: 1, uids: "12" },
    ]);
    expect((await admin.ask("/halts")).body.halts.map((one: { readonly run: number }) => one.run)).toEqual([
      foreignRun,
      run,
    ]);
    const first = (await reader.ask(`/runs/${run}/held?limit=2`)).body;
    const second = (await reader.ask(String(first.next).replace(BASE, ""))).body;
    const rest = (await reader.ask(String(second.next ?? `${BASE}/runs/${run}/held?after=9.9.9`).replace(BASE, "")))
      .body;
    expect([...first.messages, ...second.messages].map((one) => [one.kind, one.uid, one.message])).toEqual([
      ["removal", 10, own.message],
      ["removal", 11, own.message + 1],
      ["serverRemoval", 12, own.message + 2],
    ]);
    // What is no place to go on from is the first page.
    expect([second.next, rest.messages.length]).toEqual([null, 3]);
    for (const path of [`/runs/${foreignRun}/held`, "/runs/999/held"])
      expect((await reader.ask(path)).status).toBe(404);
  });

  it("are let through by an administrator who has seen them all, once, and put on record", async () => {
    expect((await reader.ask(`/runs/${run}/approve`, post({ messages: 3 }))).status).toBe(403);
    const stale = await admin.ask(`/runs/${run}/approve`, post({ messages: 2 }));
    expect([stale.status, stale.body.detail]).toEqual([400, expect.stringContaining("another number")]);
    expect((await admin.ask("/halts")).body.halts[1].approved).toBeNull();
    const { body } = await admin.ask(`/runs/${run}/approve`, post({ messages: 3 }));
    expect(body).toMatchObject({ approved: 3, by: "here" });
    expect((await admin.ask("/halts")).body.halts[1]).toMatchObject({
      run,
      approved: expect.any(String),
      expires: body.expires,
    });
    const [entry] = (await admin.ask("/audit?limit=1")).body.entries;
    expect(entry).toMatchObject({ kind: "run.approved", archive: own.id, detail: { by: "session", run, link } });
  });

  it("never by a token, whatever its scopes", async () => {
    const { body } = await admin.ask("/tokens", post({ name: "cron", scopes: ["read", "status", "admin"] }));
    const headers = { authorization: `Bearer ${body.secret}` };
    for (const [path, asking] of [
      [`/runs/${run}/approve`, post({ messages: 3 })],
      [`/links/${link}`, patch({ push: true })],
      [`/links/${link}/run`, { method: "POST" }],
      ["/accounts", post({ address: "imaps://a@mail.example.com", password: "right" })],
      ["/accounts/test", post({ address: "imaps://a@127.0.0.1:22", password: "right" })],
    ] as const)
      expect([path, (await api.ask(path, { ...asking, headers })).status]).toEqual([path, 403]);
    expect((await api.ask("/accounts", { headers })).status).toBe(200);
  });
});

it("what is not done: each message with its reason", async () => {
  const { messages } = (await reader.ask(`/links/${link}/pending`)).body;
  expect(messages).toMatchObject([
    {
      kind: "fetch",
      mailbox: ["Work"],
      uid: 20,
      message: null,
      bytes: 99,
      reason: "MESSAGE_TOO_LARGE",
      detail: "It is too large.",
      attempts: 4,
    },
    { kind: "flags", uid: 11, message: own.message + 1, reason: "OP_REFUSED", run },
  ]);
  const page = (await reader.ask(`/links/${link}/pending?limit=1`)).body;
  expect((await reader.ask(String(page.next).replace(BASE, ""))).body.messages).toMatchObject([{ kind: "flags" }]);
  expect((await reader.ask(`/links/${foreignLink}/pending`)).status).toBe(404);
});

it("runs as a series for charts, of one's own archives", async () => {
  const { runs } = (await reader.ask("/charts/runs")).body;
  const point = {
    run,
    link,
    seconds: 30,
    outcome: "halted",
    fetched: 7,
    fetchedBytes: 700,
    sent: 0,
    sentBytes: 0,
    failed: 1,
  };
  expect(runs).toEqual([{ ...point, started: "2026-11-20T03:00:00.000Z" }]);
  const latest = (await admin.ask("/charts/runs?limit=1")).body;
  expect(latest.runs).toMatchObject([{ run: foreignRun }]);
  expect((await admin.ask(String(latest.next).replace(BASE, ""))).body.runs).toMatchObject([{ run }]);
  expect((await reader.ask(`/charts/runs?link=${foreignLink}`)).body.runs).toEqual([]);
});

it("storage day by day: what came in, what of it was there already, what it takes; of one's own archives", async () => {
  const { days, counted } = (await reader.ask("/charts/storage")).body;
  expect(counted).toBe(true);
  const all = ["one", "two", "three"].reduce((sum, subject) => sum + mail(subject).length, 0);
  expect(days).toEqual([
    { day: expect.any(String), messages: 3, bytes: all, repeatedBytes: 0, keptBytes: expect.any(Number) },
  ]);
  expect((await admin.ask("/charts/storage")).body.days).toMatchObject([{ messages: 6 }]);
  expect((await reader.ask(`/charts/storage?archive=${other.id}`)).body.days).toEqual([]);
});

describe("links", () => {
  it("are changed by administrators: what is not named stays, and removals follow the rights", async () => {
    const [shown] = (await reader.ask("/links")).body.links;
    expect(shown).toMatchObject({ link, archive: "own", pull: true, push: false, removals: "never", schedule: null });
    expect((await reader.ask(`/links/${link}`, patch({ push: true }))).status).toBe(403);
    const changed = (await admin.ask(`/links/${link}`, patch({ push: true, exclude: ["Junk*"] }))).body;
    expect(changed).toMatchObject({ pull: true, push: true, removals: "mirror", exclude: ["Junk*"], include: [] });
    const chosen = (await admin.ask(`/links/${link}`, patch({ removals: "trash", completeEveryDays: 3 }))).body;
    expect(chosen).toMatchObject({ push: true, removals: "trash", exclude: ["Junk*"], completeEveryDays: 3 });
    expect((await admin.ask(`/links/${link}`, patch({ pull: false, push: false }))).status).toBe(400);
    expect((await admin.ask(`/links/${link}`, patch({ include: ["a\u0000b"] }))).status).toBe(400);
    expect((await admin.ask("/links/999", patch({ pull: true }))).status).toBe(404);
  });

  it("run at times that can be read, and by themselves only when they have any", async () => {
    const place = `/links/${link}/schedule`;
    const nightly = { cron: " 0  3 * * * ", timeZone: "Europe/Berlin", spreadSeconds: 600, watch: true };
    const { schedule } = (await admin.ask(place, put(nightly))).body;
    expect(schedule).toMatchObject({ cron: "0 3 * * *", timeZone: "Europe/Berlin", spreadSeconds: 600, watch: true });
    expect(Date.parse(schedule.next)).toBeGreaterThan(api.clock.now);
    expect((await reader.ask(place)).body).toEqual({ schedule });
    expect((await reader.ask("/links")).body.links[0].schedule).toEqual(schedule);
    for (const wrong of [{ cron: "at three" }, { cron: "0 3 30 2 *" }, { cron: "0 3 * * *", timeZone: "Mars/Base" }])
      expect((await admin.ask(place, put(wrong))).status).toBe(400);
    expect((await reader.ask(place, put(nightly))).status).toBe(403);
    expect((await admin.ask(place, put({ cron: null, watch: true }))).body.schedule).toMatchObject({
      cron: null,
      next: null,
    });
    expect((await admin.ask(place, put({ cron: null }))).body).toEqual({ schedule: null });
  });

  it("run now when somebody asks, and go", async () => {
    expect((await reader.ask(`/links/${link}/run`, { method: "POST" })).status).toBe(403);
    expect((await admin.ask(`/links/${link}/run`, { method: "POST" })).body).toEqual({ by: "here" });
    expect((await admin.ask(`/links/${foreignLink}`, remove)).status).toBe(204);
    expect((await admin.ask(`/links/${foreignLink}`, remove)).status).toBe(404);
  });
});

describe("accounts", () => {
  const address = "imaps://new@mail.example.com";

  it("are added step by step, and no answer holds a password", async () => {
    expect((await admin.ask("/accounts/proposal?text=new")).body).toMatchObject({ found: "guessed", way: "password" });
    const wrong = (await admin.ask("/accounts/test", post({ address, password: "wrong" }))).body;
    expect(wrong).toEqual({
      outcome: "refused",
      code: "AUTH_REJECTED",
      detail: expect.stringContaining("refused the sign-in"),
    });
    const before = (await admin.ask("/accounts")).body.accounts.length;
    const tested = (await admin.ask("/accounts/test", post({ address, password: "right" }))).body;
    expect(tested).toMatchObject({
      outcome: "signedIn",
      account: null,
      facts: { mailboxes: [{ path: ["INBOX"], messages: 3 }] },
    });
    expect((await admin.ask("/accounts")).body.accounts).toHaveLength(before);
    const { account } = (await admin.ask("/accounts", post({ address, password: "right" }))).body;
    const made = await admin.ask("/links", post({ account, archive: "new", exclude: ["Junk"] }));
    expect(made.body).toMatchObject({ accountId: account, archive: "new", pull: true, push: false, exclude: ["Junk"] });
    expect((await admin.ask("/links", post({ account: 999 }))).status).toBe(404);
    const listed = await admin.ask("/accounts");
    expect(JSON.stringify(listed.body)).not.toContain("right");
    expect((await admin.ask(`/accounts/${account}/test`, { method: "POST" })).body.outcome).toBe("signedIn");
    expect((await admin.ask(`/accounts/${account}/password`, put({ password: "wrong" }))).body.outcome).toBe("refused");
    expect((await admin.ask(`/accounts/${account}/password`, put({ password: "right" }))).body).toMatchObject({
      account,
    });
    expect((await admin.ask(`/accounts/${account}`, remove)).body).toEqual({ signInEnded: null });
    expect((await admin.ask(`/accounts/${account}`, remove)).status).toBe(404);
    const kinds = (await admin.ask("/audit?limit=9")).body.entries.map((one: { readonly kind: string }) => one.kind);
    expect(kinds).toEqual(
      ["removed", "changed", "tested"]
        .map((word) => `account.${word}`)
        .concat(
          "link.added",
          "account.added",
          "account.tested",
          "account.tested",
          expect.any(String),
          expect.any(String),
        ),
    );
  });

  it("are signed in to at a provider, by who began it alone", async () => {
    const begin = (clientId?: string) =>
      admin.ask("/account-sign-ins", post({ address, provider: "google", clientId }));
    expect((await begin()).body).toMatchObject({ outcome: "refused", code: "UNREACHABLE" });
    const done = (await begin("ours")).body;
    expect(done).toEqual({
      outcome: "waiting",
      signIn: expect.any(String),
      page: "https://login.example.com/",
      code: "ABCD",
    });
    const became = async () => (await admin.ask(`/account-sign-ins/${done.signIn}`)).body.outcome;
    await expect.poll(became).toBe("signedIn");
    await person(api, "second", "admin");
    const second = await api.signedIn("second");
    expect((await second.ask(`/account-sign-ins/${done.signIn}`)).status).toBe(404);
    const never = (await begin("never")).body;
    const place = `/account-sign-ins/${never.signIn}`;
    expect((await second.ask(place, remove)).status).toBe(404);
    expect((await admin.ask(place)).body.outcome).toBe("waiting");
    expect((await admin.ask(place, remove)).status).toBe(204);
    expect((await admin.ask(place)).body).toMatchObject({ outcome: "refused", code: "SIGN_IN_EXPIRED" });
  });

  it("of servers that are tried too often wait, whoever asks; a reader may not even begin", async () => {
    for (const [path, body] of [
      ["/accounts/test", { address, password: "right" }],
      ["/account-sign-ins", { address }],
    ] as const)
      expect((await reader.ask(path, post(body))).status).toBe(403);
    expect((await reader.ask("/accounts")).status).toBe(403);
    expect((await reader.ask("/accounts/proposal?text=me@example.com")).status).toBe(403);
    api.clock.now += 61_000;
    const asked = Array.from({ length: 20 }, () => ["/accounts/test", post({ address, password: "right" })] as const);
    for (const [path, asking] of asked) expect((await admin.ask(path, asking)).status).toBe(200);
    const late = await admin.ask("/accounts/test", post({ address, password: "right" }));
    expect([late.status, late.headers.get("retry-after")]).toEqual([429, "60"]);
    api.clock.now += 60_000;
    expect((await admin.ask("/accounts/test", post({ address, password: "right" }))).status).toBe(200);
  });
});

it("every route of these answered well somewhere above, in its shape", () => {
  const routes = [...chartRoutes, ...haltRoutes, ...linkRoutes, ...accountRoutes, ...accountSignInRoutes];
  const silent = routes.filter((route) => !api.answered.has(route));
  expect(silent.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
  expect(api.failures).toEqual([]);
});
