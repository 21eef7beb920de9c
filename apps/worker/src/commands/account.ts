// packetboat account: the logins that Packetboat knows. `test` signs in and prints what the server says; `add` does so before it keeps
// anything, and so does `login` (account-login.ts). It must never print a password, nor keep one without being told to.
import {
  createAccount,
  dropSecret,
  dropSignIn,
  listHolds,
  listLinks,
  removeAccount,
  setAccountSettings,
  usageOn,
} from "@packetboat/archive";
import { parseAccountUrl, showAccountUrl } from "@packetboat/config";
import { dayOf, MailError } from "@packetboat/core";
import type { Database } from "@packetboat/database";
import { bytes, instant, plural, type Screen, tableLines } from "@packetboat/terminal";
import type { Command } from "commander";
import { confirmRemoval } from "../accounts/confirm.ts";
import { type Login, lookAt } from "../accounts/connect.ts";
import { endSignIn } from "../accounts/farewell.ts";
import { type RawAccountOptions, readAccountOptions, withAccountOptions } from "../accounts/options.ts";
import {
  type Account,
  accountByAddress,
  accountById,
  accountByName,
  accountOf,
  allAccounts,
} from "../accounts/registry.ts";
import { keepPassword, offerToKeep, passwordSource, usesSignIn } from "../accounts/secret.ts";
import { settingsFor, withOptions } from "../accounts/settings.ts";
import { farewellOf } from "../accounts/sign-ins.ts";
import { subcommand, withExamples, withReporting } from "../command-help.ts";
import { factLines, limitsLine, plainFacts } from "../display/account-facts.ts";
import { plainSignIn, signInWords } from "../display/sign-in.ts";
import type { Host, ReportingOptions } from "../host.ts";
import { openHouse } from "../house.ts";
import { defineLogin } from "./account-login.ts";
import { passwordWords } from "./account-words.ts";
import { linkWords } from "./link-words.ts";

interface AddOptions extends RawAccountOptions, ReportingOptions {
  readonly keepPassword?: boolean;
}

export function define(command: Command, host: Host): void {
  withExamples(
    command.description(
      "Adds, lists, shows, tests and removes accounts. An account is recognised by user, host and port.",
    ),
    [
      { line: "account add imaps://you@mail.example.com --keep-password", what: "asks for it, keeps it sealed" },
      { line: "account login imaps://you@outlook.office365.com --client-id ID", what: "by OAuth2 instead" },
      { line: "account test you@mail.example.com", what: "what the server can do, quota, mailboxes" },
    ],
  );
  withReporting(
    withAccountOptions(
      subcommand(command, "add URL", "sign in once and remember the account; again to change its options"),
    ),
  )
    .option("--keep-password", "keep the password, sealed, for the nightly run")
    .action(add(host));
  defineLogin(command, host);
  withReporting(subcommand(command, "list", "all accounts")).action(list(host));
  withReporting(
    subcommand(command, "show ACCOUNT", "how an account is signed in to, and which archives it fills"),
  ).action(show(host));
  withReporting(
    withAccountOptions(subcommand(command, "test ACCOUNT", "sign in; print capabilities, quota, mailboxes and limits")),
  )
    .description("Signs in and prints what the server says. ACCOUNT is the name of a known account, or a URL.")
    .action(test(host));
  withReporting(
    subcommand(
      command,
      "remove ACCOUNT",
      "forget an account and its kept password or sign-in; archives keep their mail",
    ),
  )
    .option("--yes", "without asking")
    .action(remove(host));
}

const add = (host: Host) => async (text: string, options: AddOptions) => {
  const url = parseAccountUrl(text, { allowCleartext: options.allowCleartext === true });
  const given = readAccountOptions(options);
  const screen = host.screen(options);
  const database = await openHouse(host, screen);
  const known = await accountByAddress(database, url);
  const chosen = withOptions({ ...(known?.settings ?? settingsFor(url.security)), security: url.security }, given);
  const source = passwordSource(host, database, known, { options: given, url: url.password });
  const { facts, typed } = await lookAt(
    host,
    { database, address: url, settings: chosen, allowCleartext: options.allowCleartext === true },
    source,
  );
  const settings = { ...chosen, serverName: facts.serverName };
  const account =
    known === null ? accountOf(await createAccount(database.pool, url, settings)) : { ...known, settings };
  if (known !== null) await setAccountSettings(database.pool, known.id, settings);
  // One way in at a time: who names a password no longer wants the sign-in.
  const replaced = known?.signIn && (given.passwordFile ?? given.passwordCommand) !== undefined;
  if (replaced) await dropSignIn(database.pool, account.id);
  const kept = await keep(host, database, account, { wanted: options.keepPassword === true, typed, url: url.password });
  screen.data({ version: 1, ...plain({ ...account, hasSecret: account.hasSecret || kept }), ...plainFacts(facts) });
  screen.line(
    `${known === null ? "Added" : "Changed"} ${account.name}: ${plural(facts.mailboxes.length, "mailbox")}.${kept ? " The password is kept, sealed." : ""}`,
  );
};

/** With --keep-password what was typed or given in the URL is kept; a file or a command is remembered as such anyway. */
async function keep(
  host: Host,
  database: Database,
  account: Account,
  about: { readonly wanted: boolean; readonly typed: string | null; readonly url: string | null },
): Promise<boolean> {
  const password = about.typed ?? about.url ?? host.environment.password;
  if (!about.wanted) return await offerToKeep(host, database, account, about.typed);
  if (password === null) return false;
  await keepPassword(host, database, account, password);
  await dropSignIn(database.pool, account.id);
  return true;
}

const list = (host: Host) => async (options: ReportingOptions) => {
  const screen = host.screen(options);
  const accounts = await allAccounts(await openHouse(host, screen));
  screen.data({ version: 1, accounts: accounts.map(plain) });
  if (accounts.length === 0) {
    screen.line("There is no account yet: packetboat backup URL or packetboat account add URL makes one.");
    return;
  }
  const columns = ["account", "address", "signs in by"].map((title) => ({ title, align: "left" as const }));
  const rows = accounts.map((account) => [account.name, showAccountUrl(account.address), wayWords(account)]);
  for (const line of tableLines(columns, rows, screen.width())) screen.line(line);
};

const show = (host: Host) => async (name: string, options: ReportingOptions) => {
  const screen = host.screen(options);
  const database = await openHouse(host, screen);
  const account = accountByName(await allAccounts(database), name);
  const links = await listLinks(database.pool, { accountId: account.id });
  const { settings, address, id } = account;
  const { profileFor } = await import("@packetboat/imap");
  const profile = profileFor(
    { host: address.host, capabilities: null, id: settings.serverName },
    settings.limits ?? {},
  );
  const now = host.now();
  const used = await usageOn(database.pool, id, dayOf(now));
  const hold = (await listHolds(database.pool, now)).find(({ accountId }) => accountId === id) ?? null;
  const until = hold?.until ?? null;
  const held = hold === null ? null : { ...hold, until: until === null ? null : new Date(until).toISOString() };
  screen.data({ version: 1, ...plain(account), profile, usedToday: used, held, links });
  screen.line(screen.bold(account.name));
  screen.line(`  address    ${showAccountUrl(account.address)}`);
  screen.line(`  signs in   ${wayWords(account)}`);
  if (settings.auth !== null) screen.line(`  auth       ${settings.auth}`);
  if (settings.authzid !== null) screen.line(`  acts for   ${settings.authzid}`);
  if (settings.caFile !== null) screen.line(`  trusts     ${settings.caFile}`);
  screen.line(`  limits     ${limitsLine(profile, settings.limits !== null)}`);
  screen.line(`  today      ${bytes(used.down)} down, ${bytes(used.up)} up, ${plural(used.commands, "command")}`);
  if (hold !== null)
    screen.line(`  held       ${until === null ? "until it is mended" : `until ${instant(until)}`}: ${hold.detail}`);
  screen.line(`  added      ${instant(account.createdAt)}`);
  for (const link of links) screen.line(`  link ${link.id}     ${link.archive}: ${linkWords(link)}`);
};

const test = (host: Host) => async (text: string, options: RawAccountOptions & ReportingOptions) => {
  const given = readAccountOptions(options);
  const screen = host.screen(options);
  const isUrl = /^\s*imaps?:\/\//i.test(text);
  const url = isUrl ? parseAccountUrl(text, { allowCleartext: options.allowCleartext === true }) : null;
  const database = await openHouse(host, screen);
  const known = url === null ? accountByName(await allAccounts(database), text) : await accountByAddress(database, url);
  const address = url ?? known?.address;
  if (address === undefined) throw new MailError("BUG", "Packetboat has a defect: an account without an address.");
  const settings = withOptions(
    { ...(known?.settings ?? settingsFor(address.security)), security: address.security },
    given,
  );
  const source = passwordSource(host, database, known, { options: given, url: url?.password ?? null });
  // A known account was allowed its clear text when it was added.
  const login: Login = { database, address, settings, allowCleartext: options.allowCleartext === true || url === null };
  const { facts } = await lookAt(host, login, source);
  if (known !== null && known.settings.serverName !== facts.serverName)
    await setAccountSettings(database.pool, known.id, { ...known.settings, serverName: facts.serverName });
  // The test itself may have renewed it.
  const now = source.kind === "sign-in" && known !== null ? (await accountById(database, known.id)).signIn : null;
  const { profileFor } = await import("@packetboat/imap");
  const server = { host: address.host, capabilities: new Set(facts.capabilities), id: facts.serverName };
  const profile = profileFor(server, settings.limits ?? {});
  screen.data({
    version: 1,
    address: showAccountUrl(address),
    signIn: now === null ? null : plainSignIn(now),
    ...plainFacts(facts),
    profile,
  });
  const how = now === null ? [] : [`by ${signInWords(now)}`];
  const lines = [...how, ...factLines(facts), `limits: ${limitsLine(profile, settings.limits !== null)}`];
  sayFacts(screen, showAccountUrl(address), lines);
};

function sayFacts(screen: Screen, title: string, lines: readonly string[]): void {
  screen.line(screen.bold(title));
  for (const line of lines) screen.line(`  ${line}`);
}

const remove = (host: Host) => async (name: string, options: ReportingOptions & { readonly yes?: boolean }) => {
  const screen = host.screen(options);
  const database = await openHouse(host, screen);
  const account = accountByName(await allAccounts(database), name);
  await confirmRemoval(
    host,
    `the account ${account.name} with its links and its kept password or sign-in`,
    options.yes === true,
  );
  const farewell = await farewellOf(host, database, account.id);
  await dropSecret(database.pool, account.id);
  await removeAccount(database.pool, account.id);
  const revoked = farewell === null ? null : await endSignIn(screen, farewell);
  screen.data({ removed: account.name, signInRevoked: revoked });
  screen.line(`Removed ${account.name}. Its archives keep their mail.`);
  if (revoked === true) screen.line(`Its sign-in at ${farewell?.provider} has ended.`);
};

function wayWords(account: Account): string {
  const { signIn, settings } = account;
  if (signIn !== null && usesSignIn(account)) return signInWords(signIn);
  const words = passwordWords(account);
  return settings.signIn === null ? `password, ${words}` : `${words}, not done yet: packetboat account login`;
}

function plain(account: Account) {
  const { name, address, settings, hasSecret, createdAt, signIn } = account;
  const { auth, authzid, caFile, passwordFile, passwordCommand, passwordEnv, limits } = settings;
  const added = new Date(createdAt).toISOString();
  return {
    account: name,
    address: showAccountUrl(address),
    auth,
    authzid,
    caFile,
    passwordFile,
    passwordCommand,
    passwordEnv,
    declaredSignIn: settings.signIn,
    limits,
    passwordKept: hasSecret,
    signIn: signIn === null ? null : plainSignIn(signIn),
    added,
  };
}
