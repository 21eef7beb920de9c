// Accounts over the API of the real program, against Dovecot, with no worker running: an address, its password, its mailboxes, its first run; a
// halt seen and let through; a sign-in at a provider instead of a password. No secret may be anywhere in the clear.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Dovecot, type IdentityProvider, orSkip, startDovecot, startIdentityProvider } from "@packetboat/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hands, range } from "./accounts.ts";
import { type Program, program } from "./program.ts";
import { servedWeb, type Web } from "./served-web.ts";

let cli: Program;
let web: Web;
let log = "";
let provider: IdentityProvider;
let dovecot: Dovecot | undefined;
const { fill, as } = hands(() => dovecot?.port ?? 0);
const addressOf = (user: string) => `imap://${user}@127.0.0.1:${dovecot?.port}?tls=none`;

beforeAll(async () => {
  cli = await program({ PACKETBOAT_LOG: "trace" });
  log = join(cli.home, "packetboat.log");
  provider = await startIdentityProvider();
  dovecot = await orSkip(
    () => undefined,
    () => startDovecot({ oauth: { introspection: provider.introspection } }),
  );
  if (dovecot !== undefined)
    web = await servedWeb({
      ...cli,
      run: (args, options) => cli.run(args, { ...options, env: { PACKETBOAT_LOG_FILE: log } }),
    });
}, 60_000);
afterAll(async () => {
  await web?.stop();
  await dovecot?.stop();
  await provider[Symbol.asyncDispose]();
  await cli[Symbol.asyncDispose]();
});

const post = (body: unknown) => ({ method: "POST", body }) as const;

/** How the only link of an archive is, once no run is under way. */
async function settled(archive: string, messages: number, state: string) {
  const now = async () => {
    const { links } = await web.ask("/status");
    const found = links.find((one: { readonly archive: string }) => one.archive === archive);
    return [found?.state, found?.messages];
  };
  await expect.poll(now, { timeout: 20_000, interval: 50 }).toEqual([state, messages]);
}

describe("accounts by the API", () => {
  it("step by step: what the address comes to, a wrong password, the right one, its mailboxes, its first run, a halt", async ({
    skip,
  }) => {
    skip(dovecot === undefined, "no Dovecot");
    await fill("alice", "INBOX", range(1, 12));
    await fill("alice", "Junk", range(13, 14));
    const text = encodeURIComponent(addressOf("alice"));
    const { address, found, known } = await web.ask(`/accounts/proposal?text=${text}`);
    expect([address, found, known]).toEqual([addressOf("alice"), "given", null]);
    const wrong = await web.ask("/accounts", post({ address, password: "secret-wrong" }));
    expect(wrong).toMatchObject({ outcome: "refused", code: "AUTH_REJECTED" });
    expect((await web.ask("/accounts")).accounts).toEqual([]);
    const closed = await web.ask("/accounts/test", post({ address: "imaps://a@127.0.0.1:1", password: "pass" }));
    expect(closed).toMatchObject({ outcome: "refused", code: "UNREACHABLE" });
    const tested = await web.ask("/accounts/test", post({ address, password: "pass" }));
    expect(tested.facts).toMatchObject({ serverName: "Dovecot", profile: { name: "Dovecot" } });
    expect(tested.facts.mailboxes).toEqual(
      expect.arrayContaining([{ path: ["Junk"], selectable: true, role: expect.anything(), messages: 2 }]),
    );
    const { account } = await web.ask("/accounts", post({ address, password: "pass" }));
    expect((await web.ask("/accounts")).accounts).toMatchObject([{ account, way: "kept", held: null, signIn: null }]);
    const { link, archive } = await web.ask("/links", post({ account, archive: "mail", exclude: ["Junk"] }));
    expect(archive).toBe("mail");
    expect(await web.ask(`/links/${link}/run`, { method: "POST" })).toEqual({ by: "here" });
    await settled("mail", 12, "ok");
    // All that it ever held is gone from the server: the guard keeps it until somebody has seen it.
    await as("alice", async (client) => {
      await client.select("INBOX");
      await client.expunge("1:*");
    });
    await web.ask(`/links/${link}/run`, { method: "POST" });
    await settled("mail", 12, "halted");
    const [halt] = (await web.ask("/halts")).halts;
    expect(halt).toMatchObject({
      link,
      messages: 12,
      mailboxes: [{ mailbox: "INBOX", kind: "removal", uids: "1:12" }],
    });
    const held = (await web.ask(`/runs/${halt.run}/held`)).messages;
    expect(held.map((one: { readonly message: number | null }) => one.message !== null)).toEqual(held.map(() => true));
    expect(held).toHaveLength(12);
    expect(await web.ask(`/runs/${halt.run}/approve`, post({ messages: halt.messages }))).toMatchObject({
      approved: 12,
      by: "here",
    });
    await settled("mail", 0, "ok");
    expect((await web.ask("/halts")).halts).toEqual([]);
    const { runs } = await web.ask("/charts/runs");
    expect(
      runs.map(({ outcome, fetched }: { readonly outcome: string; readonly fetched: number }) => [outcome, fetched]),
    ).toEqual([
      ["ok", 0],
      ["halted", 0],
      ["ok", 12],
    ]);
  });

  it("signed in to at a provider, and kept without a password", async ({ skip }) => {
    skip(dovecot === undefined, "no Dovecot");
    await fill("dora", "INBOX", range(1, 2));
    const wanted = { address: addressOf("dora"), issuer: provider.issuer, clientId: provider.clientId, way: "browser" };
    const { signIn, page } = await web.ask("/account-sign-ins", post(wanted));
    await provider.visit(page, "dora");
    const became = () => web.ask(`/account-sign-ins/${signIn}`);
    await expect.poll(async () => (await became()).outcome, { timeout: 20_000, interval: 100 }).toBe("signedIn");
    const { account, facts } = await became();
    expect(facts.mailboxes).toMatchObject([{ path: ["INBOX"], messages: 2 }]);
    const mine = (await web.ask("/accounts")).accounts.find(
      (one: { readonly account: number }) => one.account === account,
    );
    expect(mine).toMatchObject({ way: "signIn", signIn: { clientId: provider.clientId } });
    const { link } = await web.ask("/links", post({ account, archive: "dora" }));
    await web.ask(`/links/${link}/run`, { method: "POST" });
    await settled("dora", 2, "ok");
    expect(await web.ask(`/accounts/${account}`, { method: "DELETE" })).toEqual({ signInEnded: true });
  });

  it("ends in order, and no password is in its words, its log or the database", async ({ skip }) => {
    skip(dovecot === undefined, "no Dovecot");
    const { accounts } = await web.ask("/accounts");
    const { code, stdout, stderr } = await web.stop();
    const dump = join(cli.home, "all.dump");
    await cli.must(["database", "dump", dump]);
    const dumped = await readFile(dump, "latin1");
    const all = [JSON.stringify(accounts), stdout, stderr, await readFile(log, "latin1"), dumped];
    const telling = all.map((text) => /secret-wrong|\bpass\b/.exec(text)?.[0]);
    expect([code, telling, dumped.includes("alice")]).toEqual([0, all.map(() => undefined), true]);
  });
});
