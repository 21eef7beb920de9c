// From a file that fits the schema to a declaration: addresses read, names looked up, paths made absolute, defaults filled in; and what no
// schema can say is checked. Pure. It must never let two accounts share mailboxes unasked, nor a password through.
import { resolve as resolvePath } from "node:path";
import {
  type ChosenLimits,
  DEFAULT_POLICY,
  isMailError,
  type MailboxPath,
  nearest,
  sharesMailboxes,
} from "@packetboat/core";
import { type AccountAddress, isLoopback, parseAccountUrl, showAccountUrl } from "../account-url.ts";
import type {
  Declaration,
  DeclaredAccount,
  DeclaredLink,
  DeclaredPassword,
  DeclaredSchedule,
  Problem,
} from "./declaration.ts";
import type { Path } from "./places.ts";
import { problemAt, type Source, shown } from "./problems.ts";
import type { FileContent } from "./schema.ts";

type AccountContent = NonNullable<FileContent["accounts"]>[string];
type LinkContent = NonNullable<FileContent["links"]>[number];

export interface ResolveOptions {
  /** Absolute: what relative paths of the file are relative to. */
  readonly directory: string;
  /** Throws a MailError with what is wrong with the fields, the time zone or the spread. */
  readonly checkSchedule: (schedule: DeclaredSchedule & { readonly cron: string }) => void;
}

/** What reading goes on with: where to look, where to complain. */
interface Reading extends ResolveOptions {
  readonly complain: (path: Path, end: string) => void;
}

/** Gives the declaration, or everything that is wrong with it. */
export function resolveFile(
  source: Source,
  content: FileContent,
  options: ResolveOptions,
): { readonly declaration: Declaration; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const reading: Reading = {
    ...options,
    complain: (path, end) => problems.push(problemAt(source, path, end)),
  };
  const archives = archivesOf(reading, content.archives ?? []);
  const accounts = accountsOf(reading, content.accounts ?? {});
  const links = linksOf(reading, content.links ?? [], archives, accounts);
  if (archives.length + accounts.size + (content.links ?? []).length === 0 && problems.length === 0)
    reading.complain([], "declares nothing. packetboat apply --sample prints what it may hold.");
  return { declaration: { archives, accounts: [...accounts.values()], links }, problems };
}

function archivesOf({ complain }: Reading, names: readonly string[]): readonly string[] {
  names.forEach((name, n) => {
    if (names.indexOf(name) < n) complain(["archives", n], "is there twice. Keep one.");
    if (name.trim() !== name || name.length > 200 || /\p{Cc}/u.test(name))
      complain(["archives", n], "is no name: 1 to 200 characters, none of them invisible, and no blank at its ends.");
  });
  return names;
}

function accountsOf(
  reading: Reading,
  contents: Readonly<Record<string, AccountContent>>,
): ReadonlyMap<string, DeclaredAccount> {
  const accounts = new Map<string, DeclaredAccount>();
  const byKey = new Map<string, string>();
  for (const [name, content] of Object.entries(contents)) {
    const path = ["accounts", name];
    const address = addressOf(reading, path, content);
    if (address === null) continue;
    const same = byKey.get(accountKey(address));
    if (same !== undefined)
      reading.complain(path, `is the same account as ${shown(same)}: user, host and port. Keep one.`);
    byKey.set(accountKey(address), name);
    if (content.password !== undefined && content.signIn !== undefined)
      reading.complain([...path, "signIn"], "and password contradict each other. Keep one.");
    accounts.set(name, {
      address,
      auth: content.auth ?? null,
      authzid: content.authzid ?? null,
      caFile: content.caFile === undefined ? null : resolvePath(reading.directory, content.caFile),
      password: passwordOf(reading, [...path, "password"], content),
      signIn: content.signIn ?? null,
      limits: limitsOf(content),
    });
  }
  return accounts;
}

/** What an account is recognised by, as one text. */
const accountKey = ({ user, host, port }: Pick<AccountAddress, "user" | "host" | "port">): string =>
  JSON.stringify([user, host, port]);

function addressOf(reading: Reading, path: Path, content: AccountContent): AccountAddress | null {
  const at = [...path, "url"];
  try {
    const { password, ...address } = parseAccountUrl(content.url, { allowCleartext: true });
    if (password !== null)
      reading.complain(
        at,
        "holds a password, which is never written here. Give password: { env: NAME }, { file: PATH } or { command: COMMAND }.",
      );
    if (address.security === "none" && !isLoopback(address.host) && content.allowCleartext !== true)
      reading.complain(
        at,
        "would show the password and all mail to the network. Use imaps://, or say allowCleartext: true if you are sure.",
      );
    return address;
  } catch (error) {
    if (!isMailError(error)) throw error;
    reading.complain(at, `cannot be read. ${error.message}`);
    return null;
  }
}

function passwordOf({ complain, directory }: Reading, path: Path, content: AccountContent): DeclaredPassword | null {
  const { env, file, command } = content.password ?? {};
  const ways: readonly DeclaredPassword[] = [
    ...(env === undefined ? [] : [{ kind: "env", name: env } as const]),
    ...(file === undefined ? [] : [{ kind: "file", path: resolvePath(directory, file) } as const]),
    ...(command === undefined ? [] : [{ kind: "command", command } as const]),
  ];
  if (content.password !== undefined && ways.length !== 1) complain(path, "is exactly one of env, file and command.");
  return ways[0] ?? null;
}

/** Without the keys that are not there, in one order: limits are compared as they are stored. */
function limitsOf({ limits = {} }: AccountContent): ChosenLimits {
  const { connections, commandsPerMinute, bytesPerSecond, downPerDay, upPerDay } = limits;
  const all = { connections, commandsPerMinute, bytesPerSecond, downPerDay, upPerDay };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function linksOf(
  reading: Reading,
  contents: readonly LinkContent[],
  archives: readonly string[],
  accounts: ReadonlyMap<string, DeclaredAccount>,
): readonly DeclaredLink[] {
  const links: DeclaredLink[] = [];
  contents.forEach((content, n) => {
    const path = ["links", n];
    const account = accounts.get(content.account);
    if (account === undefined)
      unknownName(reading, [...path, "account"], content.account, "account", [...accounts.keys()]);
    if (!archives.includes(content.archive))
      unknownName(reading, [...path, "archive"], content.archive, "archive", archives);
    if (account === undefined) return;
    const link = linkOf(reading, path, content, account.address);
    const others = links.filter((other) => other.archive === link.archive);
    if (others.some((other) => accountKey(other.account) === accountKey(link.account)))
      reading.complain(path, "ties the same account to the same archive as another one. Keep one.");
    const mixed = others.find((other) => !link.merge && !other.merge && sharesMailboxes(link, other));
    if (mixed !== undefined)
      reading.complain(
        path,
        `would mix the account up with ${showAccountUrl(mixed.account)} in one place. Give it a prefix of its own, or say merge: true.`,
      );
    links.push(link);
  });
  return links.map((link) => ({ ...link, merge: link.merge || links.some((other) => letsIn(other, link)) }));
}

/** Whichever of two says merge, says it for both. */
const letsIn = (other: DeclaredLink, link: DeclaredLink): boolean =>
  other !== link && other.archive === link.archive && other.merge && sharesMailboxes(other, link);

function unknownName(reading: Reading, path: Path, name: string, what: string, known: readonly string[]): void {
  const guess = nearest(name, known);
  const help = guess === null ? `Name it under ${what}s first.` : `Did you mean ${guess}?`;
  reading.complain(path, `names no ${what} of this file. ${help}`);
}

function linkOf(reading: Reading, path: Path, content: LinkContent, account: AccountAddress): DeclaredLink {
  const { pull = true, push = false, guard = {} } = content;
  if (!pull && !push) reading.complain(path, "neither pulls nor pushes. Take it out, or give it a right.");
  return {
    account,
    archive: content.archive,
    rights: { pull, push },
    policy: {
      removals: content.removals ?? null,
      prefix: segments(content.prefix),
      below: segments(content.below),
      include: content.include ?? DEFAULT_POLICY.include,
      exclude: content.exclude ?? DEFAULT_POLICY.exclude,
      watchMailboxes: content.watchMailboxes ?? DEFAULT_POLICY.watchMailboxes,
      guardMessages: guard.messages ?? DEFAULT_POLICY.guardMessages,
      guardShare: guard.share === undefined ? DEFAULT_POLICY.guardShare : guard.share / 100,
      completeEvery: content.completeEvery ?? DEFAULT_POLICY.completeEvery,
      flagScanEvery: content.flagScanEvery ?? DEFAULT_POLICY.flagScanEvery,
    },
    merge: content.merge ?? false,
    schedule: scheduleOf(reading, [...path, "schedule"], content.schedule),
  };
}

const segments = (path: string | undefined): MailboxPath => (path ?? "").split("/").filter((segment) => segment !== "");

function scheduleOf(reading: Reading, path: Path, content: LinkContent["schedule"]): DeclaredSchedule | null {
  if (content === undefined) return null;
  const { cron = null, timeZone = "UTC", spread = 0, watch = false } = content;
  const schedule = { cron, timeZone, spreadSeconds: Math.round(spread / 1000), watch };
  if (cron === null) {
    if (!watch) reading.complain(path, "says neither when (cron) nor watch: true. Take it out, or say one.");
    return schedule;
  }
  try {
    reading.checkSchedule({ ...schedule, cron });
  } catch (error) {
    if (!isMailError(error)) throw error;
    reading.complain(path, `cannot be read. ${error.message}`);
  }
  return schedule;
}
