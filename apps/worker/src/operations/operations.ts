// What the restore app may do to accounts and links beside reading, as it is handed in (restore-frame.ts): each is what a command does, with its
// words taken from a request instead of a terminal. It must never ask anybody anything, nor give a secret back.
import { dropSecret, getLink, listHolds, removeAccount, usageOfAll } from "@packetboat/archive";
import { showAccountUrl } from "@packetboat/config";
import { type AccountId, dayOf, type LinkId, type MailError, NOTHING_USED } from "@packetboat/core";
import { askWorkers, type Database } from "@packetboat/database";
import type { AccountFacts, Profile } from "@packetboat/imap";
import type { Screen } from "@packetboat/terminal";
import { endSignIn } from "../accounts/farewell.ts";
import { sessionOf, signInByOAuth, withoutPassword } from "../accounts/oauth.ts";
import { type Account, accountByAddress, accountById, allAccounts } from "../accounts/registry.ts";
import { farewellOf } from "../accounts/sign-ins.ts";
import type { Host } from "../host.ts";
import { tieBackup } from "../runs/backup-link.ts";
import { type Entrance, kept, readAddress, tested } from "./entrance.ts";
import { proposedFor } from "./proposal.ts";
import { openRunsHere } from "./runs-here.ts";
import { shownAccount, shownFacts } from "./shown.ts";

/** As the restore app's host says it. */
interface WantedSignIn {
  readonly address: string;
  readonly provider?: string | undefined;
  readonly issuer?: string | undefined;
  readonly clientId?: string | undefined;
  readonly clientSecret?: string | undefined;
  readonly way?: "device" | "browser" | undefined;
}

type Show = (step: { readonly page: string; readonly code: string | null }) => void;

/** `failed`: told of runs of which no report could be made. */
export function openOperations(host: Host, database: Database, screen: Screen, failed: (error: MailError) => void) {
  const runs = openRunsHere(host, database, failed);
  return {
    accounts: () => accountsOf(host, database),
    propose: (text: string) => propose(database, text),
    test: async (entrance: Entrance) => {
      const facts = await tested(host, database, entrance);
      const address =
        "account" in entrance ? (await accountById(database, entrance.account)).address : readAddress(entrance.address);
      return shownFacts(facts, await profileOf(address.host, facts));
    },
    keep: async (entrance: Entrance & { readonly password: string }) => told(await kept(host, database, entrance)),
    signIn: async (wanted: WantedSignIn, show: Show, signal: AbortSignal) =>
      told(await signedIn(host, database, wanted, show, signal)),
    remove: (id: AccountId) => remove(host, database, screen, id),
    tie: async (
      id: AccountId,
      {
        archive,
        include,
        exclude,
      }: { archive?: string | undefined; include: readonly string[]; exclude: readonly string[] },
    ) => await tieBackup(database, await accountById(database, id), archive, { include, exclude }),
    run: async (id: LinkId) => {
      const link = await getLink(database.pool, id);
      if ((await askWorkers(database.pool, { kind: "pass", id })) > 0) return "worker" as const;
      runs.ask(link);
      return "here" as const;
    },
    [Symbol.asyncDispose]: async () => runs[Symbol.asyncDispose](),
  };
}

async function accountsOf(host: Host, database: Database) {
  const { pool } = database;
  const now = host.now();
  const { profileFor } = await import("@packetboat/imap");
  const [accounts, holds, used] = await Promise.all([
    allAccounts(database),
    listHolds(pool, now),
    usageOfAll(pool, dayOf(now)),
  ]);
  const holdOf = new Map(holds.map((hold) => [hold.accountId, hold]));
  return accounts.map((account) => {
    const { id, address, settings } = account;
    const server = { host: address.host, capabilities: null, id: settings.serverName };
    const profile = profileFor(server, settings.limits ?? {});
    return shownAccount(account, { profile, hold: holdOf.get(id) ?? null, used: used.get(id) ?? NOTHING_USED });
  });
}

async function propose(database: Database, text: string) {
  const { address, found } = await proposedFor(text);
  const { profileFor, wayAt, serverOf } = await import("@packetboat/imap");
  const { user, host, port, security } = address;
  const domain = user.split("@").at(-1) ?? "";
  const known = serverOf(domain);
  const { way, page } = known !== null && known.host === host ? known : wayAt(host);
  return {
    address: showAccountUrl(address),
    user,
    host,
    port,
    security,
    found,
    profile: profileFor({ host, capabilities: null, id: null }),
    way,
    page,
    known: (await accountByAddress(database, address))?.id ?? null,
  };
}

async function profileOf(host: string, facts: AccountFacts): Promise<Profile> {
  const { profileFor } = await import("@packetboat/imap");
  return profileFor({ host, capabilities: new Set(facts.capabilities), id: facts.serverName });
}

async function told({ account, facts }: { readonly account: Account; readonly facts: AccountFacts }) {
  return { account: account.id, facts: shownFacts(facts, await profileOf(account.address.host, facts)) };
}

async function signedIn(host: Host, database: Database, wanted: WantedSignIn, show: Show, signal: AbortSignal) {
  const address = readAddress(wanted.address);
  const known = await accountByAddress(database, address);
  const { provider, issuer, clientId, clientSecret, way = null } = wanted;
  const named = { provider, issuer, clientId, scopes: [], hasSecret: clientSecret !== undefined };
  const session = await sessionOf(host, database, known, address.host, named, async () => clientSecret ?? "");
  const settings = withoutPassword(known, address);
  return await signInByOAuth(
    host,
    database,
    { address, known, settings, allowCleartext: false, session, way, signal },
    {
      code: ({ url, code }) => show({ page: url, code }),
      page: (url) => show({ page: url, code: null }),
      trying: () => undefined,
    },
  );
}

async function remove(host: Host, database: Database, screen: Screen, id: AccountId): Promise<boolean | null> {
  await accountById(database, id);
  const farewell = await farewellOf(host, database, id);
  await dropSecret(database.pool, id);
  await removeAccount(database.pool, id);
  return farewell === null ? null : await endSignIn(screen, farewell);
}
