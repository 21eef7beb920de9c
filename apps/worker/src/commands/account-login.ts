// packetboat account login: signs in to an account's mail by OAuth2, at its provider instead of with a password. The person does it in a
// browser, here or elsewhere; this command shows where, waits, tries the tokens on the mail server, and only then keeps them, sealed.
// It must never print a token or the client secret, nor keep a sign-in that the server does not take.
import { resolve } from "node:path";
import {
  type AccountAddress,
  type PasswordSource,
  parseAccountUrl,
  readPassword,
  showAccountUrl,
} from "@packetboat/config";
import { MailError } from "@packetboat/core";
import type { Database } from "@packetboat/database";
import type { Session, Way } from "@packetboat/oauth";
import { duration, harmless, plural, type Screen } from "@packetboat/terminal";
import type { Command } from "commander";
import { mustShowTokens, type SignInScreen, sessionOf, signInByOAuth, withoutPassword } from "../accounts/oauth.ts";
import { readAccountOptions } from "../accounts/options.ts";
import { type Account, accountByAddress, accountByName, allAccounts } from "../accounts/registry.ts";
import { type AccountSettings, withOptions } from "../accounts/settings.ts";
import { collect, subcommand, withExamples, withReporting } from "../command-help.ts";
import type { Host, ReportingOptions } from "../host.ts";
import { openHouse } from "../house.ts";

interface LoginOptions extends ReportingOptions {
  readonly provider?: string;
  readonly issuer?: string;
  readonly tokenEndpoint?: string;
  readonly authorizationEndpoint?: string;
  readonly deviceEndpoint?: string;
  readonly clientId?: string;
  readonly clientSecretFile?: string;
  readonly clientSecretCommand?: string;
  readonly scope?: readonly string[];
  readonly device?: boolean;
  readonly browser?: boolean;
  readonly auth?: string;
  readonly caFile?: string;
  readonly allowCleartext?: boolean;
}

export function defineLogin(group: Command, host: Host): void {
  const command = subcommand(group, "login ACCOUNT", "sign in by OAuth2 (Google, Microsoft, any other provider)")
    .description(
      "Signs in by OAuth2 instead of a password: shows a page to open, waits, tries the sign-in on the mail server and keeps it, sealed.\n" +
        "It then renews itself. ACCOUNT is the name of a known account, or a URL. Again for an account that was signed in to before:\n" +
        "the provider and the client id are remembered. docs/sign-in.md says how to get a client id.",
    )
    .option("--provider NAME", "google or microsoft (default: by the host of the mail server)")
    .option("--issuer URL", "another provider, which says by itself where its addresses are")
    .option("--token-endpoint URL", "the same for one that does not, with one or both of the next two")
    .option("--device-endpoint URL", "where a code to be typed elsewhere comes from")
    .option("--authorization-endpoint URL", "the page to sign in on, which comes back to this machine")
    .option("--client-id ID", "yours, from the provider")
    .option("--client-secret-file FILE", "the client secret is the first line of this file; it is kept, sealed")
    .option("--client-secret-command COMMAND", "the client secret is the first line that this command prints; likewise")
    .option("--scope SCOPE", "ask for this instead of what the provider's mail needs; may be repeated", collect)
    .option("--device", "by a code that is typed on any device (default where the provider has that)")
    .option("--browser", "by a browser on this machine")
    .option("--auth METHOD", "oauthbearer or xoauth2 (default: what the mail server offers)")
    .option("--ca-file FILE", "trust this certificate authority (PEM) of the mail server instead of the system's")
    .option("--allow-cleartext", "let ?tls=none through for hosts that are not this machine");
  withExamples(withReporting(command, "print only what must be done to sign in"), [
    { line: "account login imaps://you@outlook.office365.com --client-id ID", what: "by a code" },
    { line: "account login imaps://you@imap.gmail.com --client-id ID --client-secret-file F", what: "by a browser" },
  ]);
  command.action(login(host));
}

const login = (host: Host) => async (text: string, options: LoginOptions) => {
  const screen = host.screen(options);
  const allowCleartext = options.allowCleartext === true;
  const isUrl = /^\s*imaps?:\/\//i.test(text);
  const url = isUrl ? parseAccountUrl(text, { allowCleartext }) : null;
  const way = wayOf(options);
  const database = await openHouse(host, screen);
  const known = url === null ? accountByName(await allAccounts(database), text) : await accountByAddress(database, url);
  const address = url ?? known?.address;
  if (address === undefined) throw new MailError("BUG", "Packetboat has a defect: an account without an address.");
  const settings = settingsOf(known, address, options);
  const session = await sessionFor(host, database, known, address, options);
  const { account, facts } = await signInByOAuth(
    host,
    database,
    { address, known, settings, allowCleartext: allowCleartext || url === null, session, way, signal: host.signal },
    screenOf(screen, address, session),
  );
  screen.data({ version: 1, account: account.name, address: showAccountUrl(address), provider: session.provider.name });
  screen.line(
    `Signed in to ${account.name} by ${session.provider.name}: ${plural(facts.mailboxes.length, "mailbox")}. It is kept, sealed, and renews itself.`,
  );
};

function wayOf({ device, browser }: LoginOptions): Way | null {
  if (device === true && browser === true)
    throw new MailError("CONFIG_INVALID", "Give either --device or --browser, not both.");
  return device === true ? "device" : browser === true ? "browser" : null;
}

/** What the account is from now on, with what the options say. */
function settingsOf(known: Account | null, address: AccountAddress, options: LoginOptions): AccountSettings {
  const { auth, caFile } = options;
  const given = readAccountOptions({
    ...(auth === undefined ? {} : { auth }),
    ...(caFile === undefined ? {} : { caFile }),
  });
  mustShowTokens(given.auth);
  return withOptions(withoutPassword(known, address), given);
}

/** The provider that the options name. */
async function sessionFor(
  host: Host,
  database: Database,
  known: Account | null,
  { host: server }: AccountAddress,
  options: LoginOptions,
): Promise<Session> {
  const { provider, issuer, tokenEndpoint, authorizationEndpoint, deviceEndpoint, clientId, scope = [] } = options;
  const secret = secretSource(options);
  const named = {
    provider,
    issuer,
    tokenEndpoint,
    authorizationEndpoint,
    deviceEndpoint,
    clientId,
    scopes: scope.flatMap((words) => words.split(/\s+/)).filter((word) => word !== ""),
    hasSecret: secret !== null,
  };
  const noPrompt = () => Promise.reject(new Error("no prompt"));
  return await sessionOf(host, database, known, server, named, () =>
    readPassword(secret ?? { kind: "prompt" }, noPrompt),
  );
}

function secretSource({ clientSecretFile: file, clientSecretCommand: command }: LoginOptions): PasswordSource | null {
  if (file !== undefined && command !== undefined)
    throw new MailError("CONFIG_INVALID", "Give either --client-secret-file or --client-secret-command, not both.");
  if (file !== undefined) return { kind: "file", path: resolve(file) };
  return command === undefined ? null : { kind: "command", command };
}

/** Shows what is to be done. It is said also with --quiet: nobody could sign in otherwise. */
function screenOf(screen: Screen, address: AccountAddress, session: Session): SignInScreen {
  const who = `${address.user} at ${session.provider.name}`;
  const waiting = "Waiting for it. Ctrl-C ends this, and nothing is kept then.";
  return {
    code: ({ url, code, expiresInSeconds }) => {
      screen.warning(`Sign in as ${who}, on any device, within ${duration(expiresInSeconds * 1_000)}.`);
      screen.warning(`  open this page:    ${harmless(url)}`);
      screen.warning(`  type in this code: ${harmless(code)}`);
      screen.progress(waiting);
    },
    page: (url) => {
      screen.warning(`Sign in as ${who}: open this page in a browser on this machine.`);
      screen.warning(`  ${harmless(url)}`);
      screen.progress(waiting);
    },
    trying: () => screen.progress("Signed in at the provider; trying it on the mail server."),
  };
}
