// The API by fetch, behind a real port: what it answers, and whom it refuses. A second archive, which one reader may not read, holds mail whose
// numbers are asked for in every way.
import { createHash, randomBytes } from "node:crypto";
import { request } from "node:http";
import { connect } from "node:net";
import { createAccount, createLink } from "@packetboat/archive";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { appOf } from "../src/http/app.ts";
import { ROUTES } from "../src/http/routes/index.ts";
import { ELSEWHERE } from "./elsewhere.ts";
import { BASE, type Caller, PASSWORD, person, type Served, type Stocked, served, stocked } from "./served.ts";

const LARGE = randomBytes(32_000_000);
const mail = (subject: string): Buffer =>
  Buffer.from(`From: Ann <ann@example.com>\r\nSubject: ${subject}\r\n\r\nText.\r\n`);

let api: Served;
let own: Stocked;
let other: Stocked;
let admin: Caller;
let reader: Caller;

beforeAll(async () => {
  api = await served();
  own = await stocked(api, "own", [mail("<script>alert(1)</script>"), mail("two"), mail("three")]);
  other = await stocked(api, "other", [mail("secret"), LARGE]);
  await person(api, "admin", "admin");
  await person(api, "reader", "reader", [own.id]);
  const { pool } = api.scratch;
  for (const archiveId of [own.id, other.id]) {
    const account = { user: `you${archiveId}`, host: "mail.example.com", port: 993 };
    const { id } = await createAccount(pool, account, {});
    const link = await createLink(pool, { accountId: id, archiveId, rights: { pull: true, push: false } });
    await pool.query(
      `insert into run (link_id, holder, started_at, finished_at, outcome, report)
        values ($1, 'test', now(), now(), 'failed', '{"totals": {"fetched": 1}, "error": {"code": "UNREACHABLE", "text": "No."}}')`,
      [link.id],
    );
  }
  admin = await api.signedIn("admin");
  reader = await api.signedIn("reader");
}, 60_000);
afterAll(async () => api?.[Symbol.asyncDispose]());

/** An address of every route, over the archive `of`. */
const addressOf = (path: string, of: Stocked): string =>
  path
    .replace("{archive}", String(of.id))
    .replace("{mailbox}", String(of.mailbox))
    .replace("{message}", String(of.message))
    .replace("{revision}", "2")
    .replace("{part}", "m1")
    .replace(/\{\w+\}/, "1") + (path.endsWith("/search") ? "?q=text" : path.includes("/diff") ? "?from=0" : "");

const READING = ROUTES.filter(({ path, method }) => method === "get" && path.includes("{archive}"));

describe("the document", () => {
  it("lists what is served and nothing else, and every reference in it leads somewhere", async () => {
    const answer = await fetch(`${api.listening.place.origin}${BASE}/openapi.json`);
    const document = (await answer.json()) as {
      readonly paths: Readonly<Record<string, object>>;
      readonly components: { readonly schemas: object };
    };
    const listed = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    const { place } = api.listening;
    const app = appOf({ place } as unknown as Parameters<typeof appOf>[0]);
    const routed = app.routes
      .filter(({ method, path }) => method !== "ALL" && path !== "/*" && !path.endsWith("/openapi.json"))
      .map(({ method, path }) => `${method.toLowerCase()} ${path.replace(BASE, "").replace(/:(\w+)/g, "{$1}")}`);
    expect(listed.sort()).toEqual(routed.sort());
    expect(listed.length).toBeGreaterThan(40);
    for (const [, name] of JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g))
      expect(document.components.schemas).toHaveProperty(String(name));
  });
});

describe("reading", () => {
  it("archives, the tree with its parents, messages page by page at one moment", async () => {
    expect((await reader.ask("/archives")).body.archives).toMatchObject([{ archive: own.id, name: "own" }]);
    expect((await admin.ask("/archives")).body.archives).toHaveLength(2);
    const again = await admin.ask("/archives", { method: "POST", body: { name: "own" } });
    expect(again.body).toEqual({ archive: own.id, name: "own", made: false });
    const tree = (await reader.ask(`/archives/${own.id}/mailboxes`)).body;
    expect(
      tree.mailboxes.map(({ path, mailbox, messages }: Record<string, unknown>) => [path, mailbox, messages]),
    ).toEqual([
      [["INBOX"], expect.any(Number), 0],
      [["Parent"], null, 0],
      [["Parent", "Work"], own.mailbox, 3],
    ]);
    const first = (await reader.ask(`/archives/${own.id}/mailboxes/${own.mailbox}/messages?limit=2`)).body;
    const second = (await reader.ask(String(first.next).replace(BASE, ""))).body;
    expect([first.messages.length, second.messages.length, second.next]).toEqual([2, 1, null]);
    expect(first.next).toContain(`at=${first.revision}`);
    const then = (await reader.ask(`/archives/${own.id}/mailboxes/${own.mailbox}/messages?at=2`)).body;
    expect(then.messages).toHaveLength(1);
  });

  it("a mailbox as people look at it: from any place, newest first, also what is not indexed", async () => {
    const place = `/archives/${own.id}/mailboxes/${own.mailbox}/list`;
    const all = (await reader.ask(place)).body;
    expect(all).toMatchObject({ total: 3, offset: 0, place: null });
    // All of the same moment: what came last stands first.
    expect(all.messages.map((one: { readonly subject: string }) => one.subject.slice(0, 5))).toEqual([
      "three",
      "two",
      "<scri",
    ]);
    const from = [{ name: "Ann", address: "ann@example.com" }];
    expect(all.messages[0]).toMatchObject({ from, flags: ["\\Seen"], attached: null });
    const middle = (await reader.ask(`${place}?offset=1&limit=1&place=${own.message}`)).body;
    expect(middle).toMatchObject({ total: 3, offset: 1, place: 2, messages: [{ subject: "two" }] });
    expect((await reader.ask(`${place}?offset=3`)).body.messages).toEqual([]);
    expect((await reader.ask(`${place}?at=2`)).body).toMatchObject({ total: 1, messages: [{ message: own.message }] });
    expect((await reader.ask(`/archives/${own.id}/mailboxes/${other.mailbox}/list`)).status).toBe(404);
  });

  it("one message, its bytes as a download that no browser shows, and both on record", async () => {
    const place = `/archives/${own.id}/messages/${own.message}`;
    const { body } = await reader.ask(place);
    expect(body.headers).toContainEqual({ name: "Subject", value: "<script>alert(1)</script>" });
    expect(body.history).toMatchObject([{ kind: "arrived", to: ["Parent", "Work"] }]);
    const raw = await fetch(`${api.listening.place.origin}${BASE}${place}/raw`, { headers: reader.headers });
    const bytes = Buffer.from(await raw.arrayBuffer());
    expect(bytes).toEqual(mail("<script>alert(1)</script>"));
    expect(raw.headers.get("content-type")).toBe("application/octet-stream");
    expect(raw.headers.get("content-disposition")).toBe(`attachment; filename="message-${own.message}.eml"`);
    expect(raw.headers.get("x-content-type-options")).toBe("nosniff");
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(body.sha256);
    const audit = (await admin.ask("/audit")).body.entries;
    expect(audit.slice(0, 2)).toMatchObject([
      { kind: "download", archive: own.id, detail: { by: "session", message: own.message } },
      { kind: "read", archive: own.id, detail: { by: "session", message: own.message } },
    ]);
    expect((await admin.ask("/audit?limit=1")).body.next).toContain("before=");
    expect((await reader.ask(`${place}/view`)).body).toMatchObject({
      subject: "<script>alert(1)</script>",
      text: "Text.\n",
    });
  });

  it("search, log, one revision, difference, runs and how things are: of one's own archives", async () => {
    const found = (await reader.ask(`/archives/${own.id}/search?q=text`)).body;
    expect(found).toMatchObject({ messages: [], notIndexed: 3 });
    const log = (await reader.ask(`/archives/${own.id}/log?limit=2`)).body;
    expect(log.revisions).toMatchObject([{ added: 1 }, { added: 1 }]);
    const older = (await reader.ask(String(log.next).replace(BASE, ""))).body;
    expect(older.revisions.at(-1).revision).toBe(1);
    const changes = (await reader.ask(`/archives/${own.id}/log/2`)).body;
    expect(changes.messages).toMatchObject([{ message: own.message, kind: "added", before: null }]);
    const differing = (await reader.ask(`/archives/${own.id}/diff?from=2&limit=1`)).body;
    expect(differing).toMatchObject({ from: { revision: 2 }, messages: [{ kind: "added", subject: null }] });
    const rest = (await reader.ask(String(differing.next).replace(BASE, ""))).body;
    expect(rest).toMatchObject({ messages: [{ kind: "added" }], next: null });
    expect((await reader.ask(`/archives/${own.id}/diff/counts?from=2`)).body).toMatchObject({ added: 2, whole: true });
    expect(rest.messages[0].message).toBeGreaterThan(differing.messages[0].message);
    expect((await reader.ask(`/archives/${own.id}/time-line`)).body.stops).toHaveLength(log.revisions[0].revision);
    expect((await reader.ask("/status")).body.links).toMatchObject([{ archive: "own" }]);
    const runs = (await reader.ask("/runs")).body.runs;
    expect(runs).toMatchObject([{ archive: "own", outcome: "failed", error: { code: "UNREACHABLE" } }]);
    expect((await reader.ask(`/runs/${runs[0].run}`)).body.report.totals).toEqual({ fetched: 1 });
    const all = (await admin.ask("/runs?limit=1")).body;
    expect(all.runs[0].archive).toBe("other");
    expect((await reader.ask(`/runs/${all.runs[0].run}`)).status).toBe(404);
    expect((await reader.ask(`/runs?archive=${other.id}`)).body.runs).toEqual([]);
  });
});

describe("refused", () => {
  it.each(ROUTES.filter(({ needs }) => !needs.includes("nothing")).map((route) => [route.method, route.path] as const))(
    "%s %s without sign-in, with a forged session, with a forged token",
    async (method, path) => {
      const cookie = reader.headers.cookie ?? "";
      const forged = [
        {},
        { cookie: `${cookie.split("=")[0]}=${randomBytes(32).toString("base64url")}` },
        { cookie: `x${cookie}` },
        { authorization: `Bearer packetboat_${randomBytes(32).toString("base64url")}` },
        // A session's secret is no token, and a token beside a cookie is what counts.
        { cookie, authorization: `Bearer packetboat_${cookie.split("=")[1]}` },
      ];
      for (const headers of forged) {
        const asking = { method: method.toUpperCase() as "GET", headers };
        const { status, body } = await api.ask(addressOf(path, own), asking);
        expect([status, body.code]).toEqual([401, "NOT_SIGNED_IN"]);
      }
    },
  );

  it.each(READING.map(({ path }) => [path]))("%s of another's archive, as if there were none", async (path) => {
    const foreign = await reader.ask(addressOf(path, other));
    const none = await reader.ask(addressOf(path, { ...other, id: 999 as typeof other.id }));
    expect([foreign.status, foreign.body]).toEqual([404, none.body]);
  });

  it("another's mailbox and messages through one's own archive, also at any revision", async () => {
    for (const path of [
      `/archives/${own.id}/mailboxes/${other.mailbox}/messages`,
      `/archives/${own.id}/mailboxes/${other.mailbox}/messages?at=1`,
      `/archives/${own.id}/messages/${other.message}`,
      `/archives/${own.id}/messages/${other.message}/raw`,
      `/archives/${own.id}/messages/${other.message}/view`,
      `/archives/${own.id}/messages/${other.message}/parts/m1`,
      `/archives/${own.id}/messages/${other.message}/parts/m1/picture`,
    ])
      expect([path, (await reader.ask(path)).status]).toEqual([path, 404]);
    const sha256 = createHash("sha256").update(mail("secret")).digest("hex");
    expect((await reader.ask(`/archives/${own.id}/messages/${sha256}/raw`)).status).toBe(400);
  });

  it("a reader what administrators may, tokens what their scopes lack, and making tokens or users by a token", async () => {
    for (const path of ["/users", "/audit"]) expect((await reader.ask(path)).status).toBe(403);
    expect((await reader.ask("/users", { method: "POST", body: { name: "x", role: "admin" } })).status).toBe(403);
    const make = async (who: Caller, scopes: readonly string[]) =>
      (await who.ask("/tokens", { method: "POST", body: { name: "curl", scopes, days: 1 } })).body;
    const readOnly = await make(reader, ["read"]);
    const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });
    const asks = async (secret: string, path: string, asking = {}) =>
      (await api.ask(path, { ...asking, headers: bearer(secret) })).status;
    expect(await asks(readOnly.secret, `/archives/${own.id}/log`)).toBe(200);
    expect(await asks(readOnly.secret, `/archives/${other.id}/log`)).toBe(404);
    expect(await asks(readOnly.secret, "/status")).toBe(403);
    expect((await api.ask("/me", { headers: bearer(readOnly.secret) })).body).toMatchObject({
      scopes: ["read"],
      csrf: null,
    });
    const all = await make(admin, ["read", "status", "admin"]);
    expect(await asks(all.secret, "/users")).toBe(200);
    expect(await asks(all.secret, "/users", { method: "POST", body: { name: "x", role: "admin" } })).toBe(403);
    expect(await asks(all.secret, "/tokens", { method: "POST", body: { name: "x", scopes: ["read"] } })).toBe(403);
    // Another's token cannot be revoked, one's own can.
    expect((await reader.ask(`/tokens/${all.token.id}`, { method: "DELETE" })).status).toBe(404);
    expect((await reader.ask("/tokens")).body.tokens).toMatchObject([{ id: readOnly.token.id, scopes: ["read"] }]);
    expect((await reader.ask(`/tokens/${readOnly.token.id}`, { method: "DELETE" })).status).toBe(204);
    expect(await asks(readOnly.secret, `/archives/${own.id}/log`)).toBe(401);
  });

  it("changes that another page asked for, with the cookie that the browser adds", async () => {
    const { cookie = "" } = reader.headers;
    const csrf = { "x-csrf-token": reader.headers["x-csrf-token"] ?? "" };
    const body = { name: "stolen", scopes: ["read"] };
    const elsewhere = [
      { cookie },
      { cookie, "x-csrf-token": admin.headers["x-csrf-token"] ?? "" },
      { cookie, ...csrf, origin: "https://evil.example" },
      { cookie, ...csrf, origin: "null" },
      { cookie, ...csrf, "sec-fetch-site": "cross-site" },
      { cookie, ...csrf, "sec-fetch-site": "same-site" },
    ];
    for (const headers of elsewhere)
      expect((await api.ask("/tokens", { method: "POST", body, headers })).status).toBe(403);
    expect((await reader.ask("/tokens")).body.tokens).toEqual([]);
    // Nor may it sign a browser in as somebody else, or read by a cookie.
    const signIn = { name: "reader", password: PASSWORD };
    const foreign = { origin: "https://evil.example" };
    expect((await api.ask("/sign-in", { method: "POST", body: signIn, headers: foreign })).status).toBe(403);
    expect((await api.ask("/archives", { headers: { cookie, "sec-fetch-site": "cross-site" } })).status).toBe(403);
    const origin = api.listening.place.origin;
    expect((await reader.ask("/tokens", { method: "POST", body, headers: { origin } })).status).toBe(200);
  });

  it("a name that somebody pointed at this machine, HEAD, and what is no JSON or too large", async () => {
    const { port } = new URL(api.listening.place.origin);
    const statusOf = (options: object): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const asked = request({ host: "127.0.0.1", port, path: `${BASE}/me`, ...options }, (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        });
        asked.on("error", reject).end();
      });
    expect(await statusOf({ headers: { ...reader.headers, host: `evil.example:${port}` } })).toBe(403);
    expect(await statusOf({ headers: { ...reader.headers, host: `localhost:${port}` } })).toBe(200);
    expect(await statusOf({ headers: reader.headers, method: "HEAD" })).toBe(400);
    const form = { "content-type": "text/plain" };
    expect((await api.ask("/sign-in", { method: "POST", body: {}, headers: form })).status).toBe(400);
    const huge = { name: "reader", password: "x".repeat(300_000) };
    expect((await api.ask("/sign-in", { method: "POST", body: huge })).body.detail).toContain("larger than 262144");
    expect((await reader.ask("/archives/1e0/log")).status).toBe(400);
    expect((await reader.ask(`/archives/${own.id}/log?limit=0`)).status).toBe(400);
    expect((await reader.ask(`/archives/${own.id}/log?limit=1&limit=2`)).status).toBe(400);
    expect((await reader.ask(`/archives/${own.id}/log?nonsense=1`)).body.detail).toContain("nonsense");
    expect((await reader.ask(`/archives/${own.id}/mailboxes?at=never`)).body.detail).toContain("at is a revision");
    expect((await reader.ask(`/archives/${own.id}/search?q=a%00b`)).status).toBe(400);
    expect((await reader.ask("/nothing")).status).toBe(404);
  });
});

describe("signing in", () => {
  it("an invitation works once, whoever comes first; signing out ends the session", async () => {
    const user = { name: "Ben", role: "reader", archives: [other.id] };
    const { body } = await admin.ask("/users", { method: "POST", body: user });
    const take = { method: "POST", body: { token: body.token, password: PASSWORD } } as const;
    const look = { method: "POST", body: { token: take.body.token } } as const;
    expect((await api.ask("/invitations/look-up", look)).body).toEqual({ name: expect.any(String) });
    const taken = await Promise.all([1, 2, 3].map(() => api.ask("/invitations/take-up", take)));
    expect((await api.ask("/invitations/look-up", look)).status).toBe(403);
    expect((await api.ask("/invitations/look-up", { method: "POST", body: { token: "none" } })).status).toBe(403);
    expect(taken.map(({ status }) => status).sort()).toEqual([200, 403, 403]);
    const ben = await api.signedIn("ben");
    expect((await ben.ask(`/archives/${other.id}/mailboxes`)).status).toBe(200);
    expect((await ben.ask("/sign-out", { method: "POST" })).headers.get("set-cookie")).toContain("Max-Age=0");
    expect((await ben.ask("/me")).status).toBe(401);
    const again = await api.signedIn("ben");
    const forgotten = (await admin.ask(`/users/${body.user}/invitation`, { method: "POST" })).body;
    await api.ask("/invitations/take-up", { method: "POST", body: { token: forgotten.token, password: PASSWORD } });
    expect((await again.ask("/me")).status).toBe(401);
    const listed = (await admin.ask("/users")).body.users;
    expect(listed.map(({ name }: { readonly name: string }) => name)).toEqual(["admin", "ben", "reader"]);
    expect((await admin.ask(`/users/${body.user}`, { method: "DELETE" })).status).toBe(204);
    expect((await admin.ask("/users")).body.users).toHaveLength(2);
  });

  it("the cookie is for this server alone and out of the reach of scripts", async () => {
    const { headers } = await api.ask("/sign-in", { method: "POST", body: { name: "admin", password: PASSWORD } });
    const { port } = new URL(api.listening.place.origin);
    expect(headers.get("set-cookie")).toMatch(
      new RegExp(`^packetboat-${port}=[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000$`),
    );
  });

  it("five failures lock a name from here, with when to come back; a minute later it opens", async () => {
    const guess = (password: string) => api.ask("/sign-in", { method: "POST", body: { name: "reader", password } });
    for (let n = 0; n < 5; n++) expect((await guess("wrong")).status).toBe(401);
    const locked = await guess(PASSWORD);
    expect([locked.status, locked.headers.get("retry-after")]).toEqual([429, "60"]);
    api.clock.now += 61_000;
    expect((await guess(PASSWORD)).status).toBe(200);
  });
});

describe("a large message", () => {
  const place = () => `${BASE}/archives/${other.id}/messages/${other.message + 1}/raw`;

  it("comes whole, and no faster than it is read", async () => {
    const { hostname, port } = new URL(api.listening.place.origin);
    const socket = connect(Number(port), hostname);
    socket.write(
      `GET ${place()} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nCookie: ${admin.headers.cookie}\r\nConnection: close\r\n\r\n`,
    );
    // Nobody reads: in the end Postgres itself must wait, with most of the message not read out yet.
    const waits = async (): Promise<boolean> =>
      (
        await api.scratch.pool.query(
          "select from pg_stat_activity where datname = current_database() and query like '%copy%' and wait_event = 'ClientWrite'",
        )
      ).rowCount === 1;
    for (let seen = 0; seen < 50; ) seen = (await waits()) ? seen + 1 : 0;
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    const answer = Buffer.concat(chunks);
    const body = answer.subarray(answer.indexOf("\r\n\r\n") + 4);
    expect(answer.subarray(0, 2_000).toString("latin1")).toMatch(/content-length: 32000000\r\n/i);
    expect(body.equals(LARGE)).toBe(true);
  });

  it("left halfway, gives its connection back: many times over", async () => {
    const url = `${api.listening.place.origin}${place()}`;
    for (let begun = 0; begun < 6; ) {
      const leaving = new AbortController();
      const response = await fetch(url, { headers: admin.headers, signal: leaving.signal });
      // Four at a time: until the server has noticed that one left.
      if (response.status === 429) {
        expect(await response.json()).toMatchObject({ code: "THROTTLED" });
        continue;
      }
      expect(response.status).toBe(200);
      await response.body?.getReader().read();
      leaving.abort();
      begun++;
    }
    expect(api.failures).toEqual([]);
  });
});

it("damaged bytes are cut off and told where the server runs, never given out as whole", async () => {
  const { pool } = api.scratch;
  const damage =
    "update blob set bytes = substr(bytes, 1, length(bytes) - 1) where id = (select blob_id from message where id = $1)";
  await pool.query(damage, [other.message]);
  const url = `${api.listening.place.origin}${BASE}/archives/${other.id}/messages/${other.message}`;
  const whole = fetch(`${url}/raw`, { headers: admin.headers }).then((answer) => answer.arrayBuffer());
  await expect(whole).rejects.toThrow();
  expect(api.failures.splice(0)).toMatchObject([{ code: "BLOB_MISMATCH" }]);
  const shown = await admin.ask(url.slice(url.indexOf("/archives")));
  expect([shown.status, shown.body.code]).toEqual([500, "BLOB_MISMATCH"]);
  expect(api.failures.splice(0)).toHaveLength(1);
});

it("every route answered well somewhere above, in its shape, but those that other files ask", () => {
  const silent = ROUTES.filter(
    (route) => route.answer !== "bytes" && !api.answered.has(route) && !ELSEWHERE.includes(route),
  );
  expect(silent.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
  expect(api.failures).toEqual([]);
});
