// OAuth2 from end to end: the real program, a provider that gives each refresh token once and takes everything back when one is used twice,
// and a Dovecot that asks it about every token. The test is the person on the provider's pages. No token may be anywhere in the clear.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Dovecot, type IdentityProvider, orSkip, startDovecot, startIdentityProvider } from "@packetboat/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hands, range } from "./accounts.ts";
import { type Ended, loadedFiles, type Program, program } from "./program.ts";

let cli: Program;
let provider: IdentityProvider;
let dovecot: Dovecot | undefined;
let log = "";
let said = "";
const { fill } = hands(() => dovecot?.port ?? 0);
const urlOf = (user: string) => `imap://${user}@127.0.0.1:${dovecot?.port}?tls=none`;

beforeAll(async () => {
  cli = await program();
  log = join(cli.home, "packetboat.log");
  provider = await startIdentityProvider();
  dovecot = await orSkip(
    () => undefined,
    () => startDovecot({ oauth: { introspection: provider.introspection } }),
  );
}, 60_000);
afterAll(async () => {
  await dovecot?.stop();
  await provider[Symbol.asyncDispose]();
  await cli[Symbol.asyncDispose]();
});

/** Runs it with a log of everything, and remembers what was said. */
async function run(args: readonly string[], hears?: (text: string) => void): Promise<Ended> {
  const env = { PACKETBOAT_LOG: "trace", PACKETBOAT_LOG_FILE: log };
  const ended = await cli.run(args, { env, ...(hears === undefined ? {} : { hears }) });
  said += ended.stdout + ended.stderr;
  return ended;
}

/** Signs in; the person opens what the program shows. */
async function login(user: string, options: readonly string[], as = user): Promise<Ended & { readonly page: string }> {
  let visiting: Promise<string> | null = null;
  const ended = await run(["account", "login", urlOf(user), ...options], (text) => {
    const page = /^ +(?:open this page: +)?(http:\S+)$/m.exec(text)?.[1];
    const code = /type in this code: (\S+)\n/.exec(text)?.[1];
    if (page === undefined || (options.includes("--device") && code === undefined)) return;
    visiting ??= provider.visit(page, as, code);
  });
  return { ...ended, page: (await visiting) ?? "" };
}

const issuer = () => ["--issuer", provider.issuer, "--client-id", provider.clientId];

interface Shown {
  readonly signIn: { readonly provider: string; readonly tokenUntil: string; readonly renewed: string } | null;
}
const shown = async (user: string) =>
  (await cli.json<Shown>(["account", "show", `${user}@127.0.0.1:${dovecot?.port}`])).signIn;

describe("OAuth2", () => {
  it("by code: signed in once, then backed up without a password", async (context) => {
    if (dovecot === undefined) return context.skip("skipped: no Dovecot");
    await fill("dora", "INBOX", range(1, 3));
    const { code, stdout, page, stderr } = await login("dora", [...issuer(), "--device"]);
    expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^Signed in to dora@127\.0\.0\.1:\d+ by 127\.0\.0\.1:\d+: 1 mailbox\. It is kept, sealed/);
    expect(page).toMatch(/successful/);
    expect((await run(["backup", urlOf("dora")])).stdout).toMatch(/3 new/);
    expect(provider.given("dora")).toEqual({ device_code: 1 });
    expect(await dovecot.log()).toMatch(/user=<dora>, method=OAUTHBEARER/);
    expect((await run(["account", "list"])).stdout).toMatch(/OAuth2 \(127\.0\.0\.1:\d+\), token until/);
  });

  it("before it ends the token is renewed, and the next refresh token is kept", async (context) => {
    if (dovecot === undefined) return context.skip("skipped: no Dovecot");
    provider.lasts(60);
    const first = await shown("dora");
    await provider.spoil("dora");
    // Refused although it should be good for an hour: renewed once, and once more from here on by each run, as a minute is nearly over.
    for (const renewals of [1, 2, 3]) {
      expect((await run(["backup", urlOf("dora")])).code).toBe(0);
      expect(provider.given("dora")).toEqual({ device_code: 1, refresh_token: renewals });
    }
    expect((await shown("dora"))?.tokenUntil).not.toBe(first?.tokenUntil);
    provider.lasts(3_600);
  });

  it("several commands at once: one of them renews, the others take what it got", async (context) => {
    if (dovecot === undefined) return context.skip("skipped: no Dovecot");
    const before = provider.given("dora").refresh_token ?? 0;
    const account = `dora@127.0.0.1:${dovecot.port}`;
    const tests = await Promise.all(range(1, 4).map(() => run(["account", "test", account])));
    expect(tests.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect(tests[0]?.stdout).toMatch(/by OAuth2 \(127\.0\.0\.1:\d+\), token until/);
    expect(provider.given("dora").refresh_token).toBe(before + 1);
  });

  it("the provider is ill: the token is used as long as it lasts; then the run is for later, and nothing is lost", async (context) => {
    if (dovecot === undefined) return context.skip("skipped: no Dovecot");
    provider.lasts(60);
    await provider.spoil("dora");
    expect((await run(["backup", urlOf("dora")])).code).toBe(0);
    const before = provider.given("dora").refresh_token;
    provider.ill(true);
    expect((await run(["backup", urlOf("dora")])).code).toBe(0);
    await provider.spoil("dora");
    const ended = await run(["backup", urlOf("dora"), "--quiet"]);
    expect(ended.code).toBe(6);
    expect(ended.stdout + ended.stderr).toMatch(/has a difficulty of its own: try again later/);
    provider.ill(false);
    provider.lasts(3_600);
    expect((await run(["backup", urlOf("dora")])).code).toBe(0);
    expect(provider.given("dora").refresh_token).toBe((before ?? 0) + 1);
  });

  it("with a good token a backup loads nothing of the provider's library", async (context) => {
    if (dovecot === undefined) return context.skip("skipped: no Dovecot");
    const { ended, loaded } = await loadedFiles((options) => cli.run(["backup", urlOf("dora")], options));
    expect(ended.code).toBe(0);
    expect(loaded.filter((file) => /openid-client|oauth4webapi|packages\/oauth/.test(file))).toEqual([]);
  });

  it("taken back by the person: one sentence, exit code 4, and a new sign-in mends it", async (context) => {
    if (dovecot === undefined) return context.skip("skipped: no Dovecot");
    await provider.revoke("dora");
    const ended = await run(["backup", urlOf("dora"), "--quiet"]);
    expect(ended.code).toBe(4);
    const notices = (ended.stdout + ended.stderr).match(/no longer accepts the sign-in/g);
    expect(notices).toHaveLength(1);
    expect(ended.stdout + ended.stderr).toMatch(/sign in again with packetboat account login ACCOUNT/);
    // Provider and client id are remembered.
    expect((await login("dora", ["--device"])).code).toBe(0);
    expect((await run(["backup", urlOf("dora")])).code).toBe(0);
  });

  it("by browser: this machine's own address, PKCE, a client with a secret; XOAUTH2 where that is wished", async (context) => {
    if (dovecot === undefined) return context.skip("skipped: no Dovecot");
    const { clientId, clientSecret } = provider.confidential;
    const how = [
      "--issuer",
      provider.issuer,
      "--client-id",
      clientId,
      "--client-secret-command",
      `echo ${clientSecret}`,
    ];
    const { code, page, stderr } = await login("emil", [...how, "--browser", "--auth", "xoauth2"]);
    expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
    expect(page).toMatch(/You can close this window/);
    await provider.spoil("emil");
    expect((await run(["account", "test", `emil@127.0.0.1:${dovecot.port}`])).code).toBe(0);
    const methods = [...(await dovecot.log()).matchAll(/user=<emil>, method=(\w+)/g)].map(([, method]) => method);
    expect(new Set(methods)).toEqual(new Set(["XOAUTH2"]));
    expect(provider.given("emil")).toEqual({ authorization_code: 1, refresh_token: 1 });
  });

  it("somebody else's sign-in is not kept", async (context) => {
    if (dovecot === undefined) return context.skip("skipped: no Dovecot");
    const { code, stderr } = await login("fritz", [...issuer(), "--browser"], "greta");
    expect(code).toBe(4);
    expect(stderr).toMatch(/check that the address names the user who signed in/);
    expect((await run(["account", "list"])).stdout).not.toMatch(/fritz/);
  });

  it("Ctrl-C while it waits: 130, nothing is kept", async (context) => {
    if (dovecot === undefined) return context.skip("skipped: no Dovecot");
    const args = ["account", "login", urlOf("hugo"), ...issuer(), "--device"];
    const { code } = await cli.run(args, { kill: { when: /Waiting/, signal: "SIGINT" } });
    expect(code).toBe(130);
    expect((await run(["account", "list"])).stdout).not.toMatch(/hugo/);
  });

  it("no token, no code and no secret was printed, logged or stored in the clear", async (context) => {
    if (dovecot === undefined) return context.skip("skipped: no Dovecot");
    const dump = join(cli.home, "all.dump");
    await cli.must(["database", "dump", dump]);
    const places = { said, log: await readFile(log, "latin1"), dump: await readFile(dump, "latin1") };
    expect(places.log).toMatch(/signed in/);
    expect(places.dump).toContain(provider.issuer);
    const secrets = [...provider.secrets(), provider.confidential.clientSecret];
    expect(secrets.length).toBeGreaterThan(15);
    for (const [place, text] of Object.entries(places))
      expect({ place, found: secrets.filter((secret) => text.includes(secret)) }).toEqual({ place, found: [] });
  });

  it("account remove forgets it, and ends it at the provider", async (context) => {
    if (dovecot === undefined) return context.skip("skipped: no Dovecot");
    expect(await provider.renewable("emil")).toBe(1);
    const removed = await run(["account", "remove", `emil@127.0.0.1:${dovecot.port}`, "--yes"]);
    expect(removed).toMatchObject({ code: 0, stdout: expect.stringMatching(/Its sign-in at 127\.\S+ has ended\.\n$/) });
    expect(await provider.renewable("emil")).toBe(0);
    const ended = await run(["backup", urlOf("emil")]);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(/There is no password for this account/);
  });

  it("account remove says so when the provider cannot be reached, and forgets it all the same", async (context) => {
    if (dovecot === undefined) return context.skip("skipped: no Dovecot");
    provider.ill(true);
    const removed = await run(["account", "remove", `dora@127.0.0.1:${dovecot.port}`, "--yes"]);
    provider.ill(false);
    expect(removed).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Removed dora/) });
    expect(removed.stderr).toMatch(/^packetboat: the sign-in could not be ended\. .* take Packetboat's access away/);
    expect((await run(["account", "list"])).stdout).not.toMatch(/dora/);
  });
});

describe("what is typed", () => {
  it.each([
    [["imaps://you@imap.gmail.com"], /Google wants a client id of your own.*--client-id/],
    [["imaps://you@imap.gmail.com", "--client-id", "x", "--device"], /Google offers no sign-in by code for mail/],
    [
      ["imaps://you@mail.example.com", "--client-id", "x"],
      /not known\. Choose a provider \(--provider google or microsoft\)/,
    ],
    [["imaps://you@mail.example.com", "--client-id", "x", "--issuer", "http://login.example.com"], /must be https/],
    [["imaps://you@mail.example.com", "--client-id", "x", "--issuer", "http://127.0.0.1:1"], /cannot be reached/],
    [["imaps://you@imap.gmail.com", "--client-id", "x", "--device", "--browser"], /not both/],
    [["imaps://you@imap.gmail.com", "--client-id", "x", "--auth", "plain"], /oauthbearer or xoauth2/],
  ])("%j", async (args, line) => {
    const { code, stdout, stderr } = await cli.run(["account", "login", ...args]);
    expect({ code: code === 6 ? 2 : code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(line);
    expect(stderr).toMatch(/^packetboat: [^\n]+\n$/);
  });
});
