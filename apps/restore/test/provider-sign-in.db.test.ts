// Signing in at a real provider of OpenID Connect instead of by a password: who is let in as whom, and that no answer is taken which this browser did
// not ask for, which is not the provider's, or which was used before.

import { randomBytes } from "node:crypto";
import { createUser, inviteAgain, listUsers, takeUp } from "@packetboat/archive";
import { openWebSignIn } from "@packetboat/oauth";
import { type IdentityProvider, startIdentityProvider } from "@packetboat/testkit";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { providerSignInRoutes } from "../src/http/routes/provider-sign-in.ts";
import { callsItself, type Matching, type WebProvider } from "../src/web-provider.ts";
import { type Answer, PASSWORD, person, type Served, served } from "./served.ts";

let identities: IdentityProvider;
let foreign: IdentityProvider;
let api: Served;
/** Each test chooses how users are found. */
let matching: Matching = "none";
let client: Partial<Parameters<typeof openWebSignIn>[0]> = {};
let known: ReturnType<typeof openWebSignIn>;

const opened = () =>
  openWebSignIn({
    issuer: identities.issuer,
    ...identities.confidential,
    name: "Example",
    asks: matching === "none" ? "nothing" : matching,
    ...client,
  });

const provider: WebProvider = {
  name: "Example",
  begin: (redirect) => known.begin(redirect),
  finish: (answer, begun) => known.finish(answer, begun),
  callsItself,
};

beforeAll(async () => {
  [identities, foreign] = await Promise.all([startIdentityProvider(), startIdentityProvider()]);
  api = await served(null, provider);
  await person(api, "admin", "admin");
}, 60_000);
afterAll(async () => {
  await api?.[Symbol.asyncDispose]();
  await identities?.[Symbol.asyncDispose]();
  await foreign?.[Symbol.asyncDispose]();
});
beforeEach(() => use("none"));

function use(how: Matching, other: typeof client = {}): void {
  matching = how;
  client = other;
  known = opened();
}

const chance = () => ({ now: api.clock.now, random: randomBytes });
const post = (path: string, body: object, headers: Readonly<Record<string, string>> = {}) =>
  api.ask(path, { method: "POST", body, headers });
const cookies = ({ headers }: Answer) => headers.getSetCookie();

interface Begun {
  readonly page: URL;
  /** What the browser keeps. */
  readonly cookie: string;
}

async function begin(invitation?: string): Promise<Begun> {
  const answer = await post("/sign-in/provider/begin", invitation === undefined ? {} : { invitation });
  expect(answer.status).toBe(200);
  const [line = ""] = cookies(answer);
  expect(line).toMatch(/^packetboat-\d+-sign-in=[\w.-]+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=900$/);
  return { page: new URL(answer.body.page), cookie: line.split(";")[0] ?? "" };
}

const finish = (answer: URL, { cookie }: Pick<Begun, "cookie">) =>
  post("/sign-in/provider/finish", { answer: answer.search.slice(1) }, { cookie });

/** The whole way of a person. */
async function enter(user: string, invitation?: string): Promise<Answer> {
  const begun = await begin(invitation);
  return await finish(await identities.sentBack(begun.page.href, user), begun);
}

const refused = ({ status, body }: Answer) => [status, body.code, body.detail];
const NOT_OURS = /^What came back is not the answer of Example to what this browser began, so it was not taken\./;

/** Makes a user with a one-time link. */
async function invited(name: string, role: "admin" | "reader" = "reader"): Promise<string> {
  return (await createUser(api.scratch.pool, { name, role, archives: [] }, chance())).secret;
}

it("is offered by name, and goes there with PKCE, state and nonce", async () => {
  expect((await api.ask("/sign-in/provider")).body).toEqual({ provider: "Example" });
  const { page } = await begin();
  expect(page.origin).toBe(identities.issuer);
  const asked = Object.fromEntries(page.searchParams);
  expect(asked).toMatchObject({
    response_type: "code",
    scope: "openid",
    redirect_uri: `${api.listening.place.origin}/signed-in`,
    code_challenge_method: "S256",
    code_challenge: expect.stringMatching(/^[\w-]{43}$/),
    state: expect.stringMatching(/^[\w-]{43}$/),
    nonce: expect.stringMatching(/^[\w-]{43}$/),
  });
});

it("nobody is let in whom no administrator made; a one-time link says who somebody is, from then on", async () => {
  expect(refused(await enter("ann"))).toEqual([403, "NOT_ALLOWED", expect.stringMatching(/^Nobody here is known as/)]);
  expect((await listUsers(api.scratch.pool)).map(({ name }) => name)).toEqual(["admin"]);
  // Whoever forgot a password may have lost it to somebody: the link ends what was.
  await person(api, "ann", "reader");
  const before = await api.signedIn("ann");
  const users = await listUsers(api.scratch.pool);
  const { id = 0 } = users.find(({ name }) => name === "ann") ?? {};
  const { secret } = await inviteAgain(api.scratch.pool, id, chance());
  const first = await enter("ann", secret);
  expect(first.body).toMatchObject({ user: { name: "ann", role: "reader" }, by: "session" });
  expect(cookies(first)).toEqual([
    expect.stringMatching(/^packetboat-\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=2592000$/),
    expect.stringMatching(/^packetboat-\d+-sign-in=; .*Max-Age=0$/),
  ]);
  expect((await before.ask("/me")).status).toBe(401);
  expect((await post("/sign-in", { name: "ann", password: PASSWORD })).status).toBe(401);
  expect(refused(await enter("ann", secret))[2]).toMatch(/^This link was used/);
  const again = await enter("ann");
  expect(again.body).toMatchObject({ user: { id, name: "ann" } });
  const session = { cookie: cookies(again)[0]?.split(";")[0] ?? "", "x-csrf-token": again.body.csrf };
  expect((await api.ask("/me", { headers: session })).body).toMatchObject({ user: { id } });
  const admin = await api.signedIn("admin");
  expect((await admin.ask("/audit?limit=3")).body.entries).toMatchObject([
    { kind: "user.entered", user: id, detail: { user: id, by: "session" } },
    { kind: "user.entered", user: id },
    { kind: "user.bound", user: id, detail: { user: id } },
  ]);
  expect((await admin.ask("/users")).body.users).toContainEqual(
    expect.objectContaining({ name: "ann", hasPassword: false, hasIdentity: true }),
  );
  expect((await post("/sign-out", {}, session)).status).toBe(204);
  expect((await api.ask("/me", { headers: session })).status).toBe(401);
  // Another link, a password: then that is the way in, and the provider no longer is.
  await takeUp(api.scratch.pool, (await inviteAgain(api.scratch.pool, id, chance())).secret, PASSWORD, chance());
  expect(refused(await enter("ann"))[2]).toMatch(/^Nobody here is known as/);
  expect((await post("/sign-in", { name: "ann", password: PASSWORD })).status).toBe(200);
});

it("one identity is one user: a second link is refused, and stays; a user who is removed is nobody there, too", async () => {
  const ben = await enter("ben", await invited("ben"));
  expect(ben.body.user.name).toBe("ben");
  const other = await invited("other");
  expect(refused(await enter("ben", other))[2]).toMatch(/is another user here already/);
  expect((await enter("other", other)).body.user.name).toBe("other");
  const admin = await api.signedIn("admin");
  expect((await admin.ask(`/users/${ben.body.user.id}`, { method: "DELETE" })).status).toBe(204);
  expect(refused(await enter("ben"))[2]).toMatch(/^Nobody here is known as/);
});

it("an administrator known there alone can administer: no other first one is made, nor is the last one removed", async () => {
  const eve = (await enter("eve", await invited("eve", "admin"))).body.user;
  const { pool } = api.scratch;
  await pool.query("update app_user set password = null where name = 'admin'");
  const { firstAdmin, removeUser } = await import("@packetboat/archive");
  expect(await firstAdmin(pool, "admin", chance())).toBeNull();
  await expect(removeUser(pool, eve.id)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  const { secret } = await inviteAgain(pool, 1, chance());
  await takeUp(pool, secret, PASSWORD, chance());
});

it("by a verified address, where that is configured; never by one that is not, nor a second time by the same", async () => {
  await invited("cleo@example.com");
  expect(refused(await enter("cleo"))[2]).toMatch(/^Nobody here is known as/);
  use("email");
  identities.says("cleo", { email: "cleo@example.com", email_verified: false });
  expect(refused(await enter("cleo"))[2]).toMatch(/^Nobody here is known as/);
  identities.says("cleo", { email: "Cleo@Example.com", email_verified: true });
  expect((await enter("cleo")).body.user.name).toBe("cleo@example.com");
  // The address may go to somebody else there, who is not she.
  identities.says("heir", { email: "cleo@example.com", email_verified: true });
  expect(refused(await enter("heir"))[2]).toMatch(/^Somebody else signs in under this name/);
  // And she stays herself under another one.
  identities.says("cleo", { email: "new@example.com", email_verified: true });
  expect((await enter("cleo")).body.user.name).toBe("cleo@example.com");
});

it("by the provider's name, where that is configured, also for a client without a secret", async () => {
  await invited("dora");
  use("name", { clientId: identities.clientId, clientSecret: null });
  expect((await enter("dora")).body.user.name).toBe("dora");
});

it("a forged state, another browser, an answer that is used twice or too old are refused before anybody is asked", async () => {
  await invited("fay");
  use("name");
  const begun = await begin();
  const answer = await identities.sentBack(begun.page.href, "fay");
  const forged = new URL(answer);
  forged.searchParams.set("state", "x".repeat(43));
  const notBegun = [
    403,
    "NOT_ALLOWED",
    expect.stringMatching(/^This sign-in was not begun in this browser, or is over/),
  ];
  expect(refused(await finish(forged, begun))).toEqual(notBegun);
  expect(refused(await finish(answer, await begin()))).toEqual(notBegun);
  for (const cookie of ["", begun.cookie.replace(/=.*/, "=x"), begun.cookie.replace("-sign-in", "")])
    expect(refused(await finish(answer, { cookie }))).toEqual(notBegun);
  api.clock.now += 16 * 60_000;
  expect(refused(await finish(answer, begun))).toEqual(notBegun);
  api.clock.now -= 16 * 60_000;
  expect((await finish(answer, begun)).body.user.name).toBe("fay");
  expect(refused(await finish(answer, begun))[2]).toMatch(/^This sign-in has expired or was used already\./);
});

it("a wrong nonce, another verifier, an expired code, another issuer, another provider's code are refused", async () => {
  await invited("gus");
  use("name");
  const withNonce = await begin();
  withNonce.page.searchParams.set("nonce", "n".repeat(43));
  const replayed = await finish(await identities.sentBack(withNonce.page.href, "gus"), withNonce);
  expect(refused(replayed)).toEqual([403, "NOT_ALLOWED", expect.stringMatching(NOT_OURS)]);

  const withVerifier = await begin();
  const stolen = withVerifier.cookie
    .split(".")
    .map((word, at) => (at === 2 ? "v".repeat(43) : word))
    .join(".");
  const answered = await identities.sentBack(withVerifier.page.href, "gus");
  expect(refused(await finish(answered, { cookie: stolen }))[2]).toMatch(
    /^This sign-in has expired or was used already\./,
  );

  const late = await begin();
  const answer = await identities.sentBack(late.page.href, "gus");
  await identities.endCodes();
  expect(refused(await finish(answer, late))[2]).toMatch(/^This sign-in has expired or was used already\./);

  const mixed = await begin();
  const named = await identities.sentBack(mixed.page.href, "gus");
  named.searchParams.set("iss", foreign.issuer);
  expect(refused(await finish(named, mixed))[2]).toMatch(NOT_OURS);

  const elsewhere = await begin();
  const page = new URL(elsewhere.page.href.replace(identities.issuer, foreign.issuer));
  const theirs = await foreign.sentBack(page.href, "gus");
  expect(refused(await finish(theirs, elsewhere))[2]).toMatch(NOT_OURS);
  theirs.searchParams.set("iss", identities.issuer);
  expect(refused(await finish(theirs, elsewhere))[2]).toMatch(/^This sign-in has expired or was used already\./);

  const no = await begin();
  const said = new URL(`${api.listening.place.origin}/signed-in`);
  said.search = String(
    new URLSearchParams({
      error: "access_denied",
      state: no.page.searchParams.get("state") ?? "",
      iss: identities.issuer,
    }),
  );
  expect(refused(await finish(said, no))[2]).toMatch(/^Example did not let you in, or you said no\./);
  expect((await listUsers(api.scratch.pool)).find(({ name }) => name === "gus")).toMatchObject({ hasIdentity: false });
  expect((await enter("gus")).body.user.name).toBe("gus");
});

it("a provider that is ill, or is none, is said to be; what it answered stays here", async () => {
  await invited("ida");
  use("name");
  const begun = await begin();
  const answer = await identities.sentBack(begun.page.href, "ida");
  identities.ill(true);
  const ill = await finish(answer, begun);
  identities.ill(false);
  expect(refused(ill)).toEqual([
    503,
    "UNREACHABLE",
    expect.stringMatching(/^Another server that this needs does not answer/),
  ]);
  use("name", { issuer: `${identities.issuer}/nowhere` });
  const none = await post("/sign-in/provider/begin", {});
  expect([none.status, none.body.code]).toEqual([503, "UNREACHABLE"]);
  use("name", { issuer: "http://127.0.0.1:1" });
  expect((await post("/sign-in/provider/begin", {})).body.code).toBe("UNREACHABLE");
  const told = api.failures.splice(0).map(String).join("\n");
  expect(told.match(/MailError/g)).toHaveLength(3);
  for (const secret of [...identities.secrets(), identities.confidential.clientSecret])
    expect(told).not.toContain(secret);
  use("name", { clientSecret: "wrong" });
  expect(refused(await enter("ida"))[2]).toMatch(/^Example does not allow this sign-in \(invalid_client\)\./);
});

it("another page cannot begin or end one, and whoever fails too often waits; passwords go on", async () => {
  const evil = { origin: "https://evil.example" };
  expect((await post("/sign-in/provider/begin", {}, evil)).status).toBe(403);
  const begun = await begin();
  const answer = await identities.sentBack(begun.page.href, "ann");
  const asked = { answer: answer.search.slice(1) };
  expect((await post("/sign-in/provider/finish", asked, { cookie: begun.cookie, ...evil })).status).toBe(403);
  let status = 403;
  for (let tries = 0; tries < 40 && status === 403; tries++) status = (await finish(answer, begun)).status;
  expect(status).toBe(429);
  await api.signedIn("admin");
  api.clock.now += 3_600_000;
});

it("every route of these answered well somewhere above, in its shape; nothing else failed here", () => {
  expect(providerSignInRoutes.filter((route) => !api.answered.has(route)).map(({ path }) => path)).toEqual([]);
  expect(api.failures).toEqual([]);
});
