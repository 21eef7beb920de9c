// Stays after the rounds are quiet and follows both accounts: INBOX and chosen mailboxes on connections of their own, the others by asking for
// their state now and then. Whatever changed asks for one round; more of it meanwhile asks for one more, not for ten. It must never take a
// server that is out of reach for one without changes, nor try a refused password again.
import {
  asMailError,
  ERROR_CODES,
  isSelected,
  type ListedMailbox,
  matchesPattern,
  type RunReport,
  samePath,
  showPath,
} from "@packetboat/core";
import { NO_DISPLAY, startLive } from "../display/live.ts";
import { lastOfEach } from "../display/per-link.ts";
import { commandReport } from "../display/report.ts";
import { type Troubles, watchLines } from "../display/watching.ts";
import { EXIT } from "../exit-codes.ts";
import { reasonOf } from "../house.ts";
import { Bell } from "./bell.ts";
import { endWithReports } from "./end.ts";
import { explained } from "./failed-run.ts";
import { type Member, type OpenAccount, openAccounts, type RunOptions, type Surroundings } from "./open-accounts.ts";
import { settle } from "./rounds.ts";

export interface WatchOptions {
  /** Besides INBOX. */
  readonly patterns: readonly string[];
  readonly pollMs: number;
}

/** A lost connection is tried again after so long, then after twice as long, and so on. */
const FIRST_DELAY_MS = 1_000;
const LAST_DELAY_MS = 5 * 60_000;
/** Servers count connections. What does not fit is asked for like the rest. */
const MAX_WATCHED = 8;
/** Rounds that find nothing, one after the other, before a server that announces without end is slowed down. */
const MAX_IDLE_ROUNDS = 5;
/** A wait that ends sooner than this after it began is one of a burst. */
const HASTY_MS = 300;
const MAX_HASTY = 100;

const longer = (delay: number): number => Math.min(LAST_DELAY_MS, Math.max(FIRST_DELAY_MS, delay * 2));

/** Makes rounds until they are quiet, tells of them, then follows until the person or the world ends it. */
export async function runAndWatch(
  around: Surroundings,
  members: readonly Member[],
  how: RunOptions,
  options: WatchOptions,
  tell: (reports: readonly RunReport[]) => Promise<void>,
): Promise<void> {
  const live = await startLive(around.screen, around.host.now);
  try {
    const { accounts, failed, close } = await openAccounts(around, members, how, live);
    try {
      const { reports } = await settle(around, accounts, how, live);
      live.stop();
      await tell([...failed, ...reports]);
      // What cannot even begin is better told than waited for.
      const ended = [...failed, ...lastOfEach(reports)].some(({ error }) => error !== null);
      if (!ended) await follow(around, accounts, how, options);
    } finally {
      live.stop();
      await close();
    }
  } finally {
    live.stop();
  }
}

/** What following keeps in mind. */
interface Following {
  readonly around: Surroundings;
  readonly accounts: readonly OpenAccount[];
  readonly options: WatchOptions;
  readonly bell: Bell;
  readonly stop: AbortSignal;
  /** By account and mailbox. */
  readonly watchers: Map<string, Promise<void>>;
  /** What each account listed when it was asked last. */
  readonly states: Map<OpenAccount, string>;
}

async function follow(
  around: Surroundings,
  accounts: readonly OpenAccount[],
  how: RunOptions,
  options: WatchOptions,
): Promise<void> {
  const bell = new Bell();
  // A task of this function is never left behind: its own end stops them too.
  const over = new AbortController();
  const stop = AbortSignal.any([...accounts.map(({ signal }) => signal), over.signal]);
  stop.addEventListener("abort", () => bell.close(), { once: true });
  if (stop.aborted) bell.close();
  const following = { around, accounts, options, bell, stop, watchers: new Map(), states: new Map() };
  try {
    await anyDiffers(following);
    sayWatching(following);
    // What changed between the last round and the first wait is found by one more round.
    bell.ring();
    await rounds(following, how);
  } finally {
    over.abort();
    await Promise.all(following.watchers.values());
  }
  await tellEnd(around, stop);
}

async function rounds(following: Following, how: RunOptions): Promise<void> {
  const { around, accounts, options, bell, stop } = following;
  let troubles: Troubles = new Map();
  let delay = 0;
  let idle = 0;
  while (!stop.aborted) {
    const heard = await bell.heard(delay > 0 ? Math.min(delay, options.pollMs) : options.pollMs);
    if (heard === "closed" || stop.aborted) return;
    if (heard === "late" && delay === 0 && !(await anyDiffers(following))) continue;
    const { reports, applied } = await settle(around, accounts, how, NO_DISPLAY);
    const last = lastOfEach(reports);
    if (last.some(({ error }) => error !== null && ERROR_CODES[error.code][1] === "never")) {
      endWithReports(around.host, around.screen, reports, new Date(around.host.now()).toISOString());
      return;
    }
    // What was done before Ctrl-C is told; that it was stopped is said once, at the end.
    if (stop.aborted) {
      tellRounds(
        around,
        reports.filter(({ error }) => error === null),
        applied,
        troubles,
      );
      return;
    }
    troubles = tellRounds(around, reports, applied, troubles);
    delay = last.some(({ error }) => error !== null) ? longer(delay) : 0;
    idle = applied ? 0 : idle + 1;
    if (heard === "rung" && idle > MAX_IDLE_ROUNDS) await pause(FIRST_DELAY_MS, stop);
  }
}

function tellRounds(
  { host, screen }: Surroundings,
  reports: readonly RunReport[],
  applied: boolean,
  before: Troubles,
): Troubles {
  const at = host.now();
  const { lines, warnings, troubles } = watchLines(reports, before, at);
  const now = new Date(at).toISOString();
  if (applied) screen.data(commandReport(reports, reports[0]?.started ?? now, now));
  for (const line of lines) screen.line(line);
  for (const line of warnings) screen.warning(`packetboat: ${line}`);
  return troubles;
}

function sayWatching({ around: { screen }, accounts, watchers, options }: Following): void {
  if (screen.json) return;
  const names = accounts.map(({ target }) => target.names.account).join(" and ");
  screen.progress(
    `Watching ${names}: ${watchers.size} mailboxes at once, the others every ${Math.round(options.pollMs / 1000)} s. Ctrl-C ends it.`,
  );
}

/** Ctrl-C is no failure, but the command did not end by itself either. A lost lease or database is one. */
async function tellEnd({ host, database, screen }: Surroundings, stop: AbortSignal): Promise<void> {
  if (host.signal.aborted) {
    screen.warning(`packetboat: ${asMailError(host.signal.reason).message}`);
    host.end(EXIT.interrupted);
    return;
  }
  const reason = reasonOf(stop);
  if (reason?.name === "MailError") throw await explained(reason, stop, database);
}

/** Asks each account for the state of all its mailboxes; true when one is not as it was. Begins to watch what is to be watched. */
async function anyDiffers(following: Following): Promise<boolean> {
  let differs = false;
  for (const account of following.accounts) {
    try {
      const listing = (await account.remote.list()).filter((one) => one.selectable);
      const state = stateOf(account, listing);
      // Without CONDSTORE a flag shows in no STATUS: the round itself looks.
      differs ||= state !== following.states.get(account) || !account.remote.capabilities.condstore;
      following.states.set(account, state);
      watchMore(following, account, listing);
    } catch {
      // The round says why, and when it is tried again.
      differs = true;
    }
  }
  return differs;
}

function stateOf({ target }: OpenAccount, listing: readonly ListedMailbox[]): string {
  const lines = listing
    .filter((one) => isSelected(target.link, one))
    .map(({ name, subscribed, status }) => {
      const { uidValidity, uidNext, highestModseq, messages } = status ?? {};
      return [name, subscribed, uidValidity, uidNext, highestModseq, messages].map(String).join(" ");
    });
  return lines.join("\n");
}

function watchMore(following: Following, account: OpenAccount, listing: readonly ListedMailbox[]): void {
  const { watchers, options } = following;
  const { id } = account.target.link;
  const isWanted = ({ path }: ListedMailbox) =>
    samePath(path, ["INBOX"]) || options.patterns.some((pattern) => matchesPattern(pattern, showPath(path)));
  const wanted = listing.filter((one) => isSelected(account.target.link, one) && isWanted(one));
  // INBOX first, whatever its place in the list.
  wanted.sort((a, b) => Number(samePath(b.path, ["INBOX"])) - Number(samePath(a.path, ["INBOX"])));
  for (const mailbox of wanted.slice(0, MAX_WATCHED)) {
    const key = `${id} ${mailbox.name}`;
    if (watchers.has(key)) continue;
    const watching = watch(following, account, mailbox).finally(() => watchers.delete(key));
    watchers.set(key, watching);
  }
}

/** Rings for every change of one mailbox, until the mailbox is gone or the watch ends. */
async function watch({ bell, stop, around }: Following, account: OpenAccount, mailbox: ListedMailbox): Promise<void> {
  let delay = 0;
  let hasty = 0;
  while (!stop.aborted && account.writer !== null) {
    const began = around.host.now();
    try {
      await account.writer.watch(mailbox, stop);
      bell.ring();
      // A burst of changes is one ring or two; a server that never stops, or drops each connection, is asked ever more rarely.
      hasty = around.host.now() - began < HASTY_MS ? hasty + 1 : 0;
      delay = hasty > MAX_HASTY ? longer(delay) : 0;
      if (hasty > 0) await pause(Math.max(HASTY_MS, delay), stop);
    } catch (thrown) {
      const error = asMailError(thrown);
      (await around.host.log()).debug({ err: error, linkId: account.target.link.id }, "a watch ended");
      bell.ring();
      if (error.scope === "mailbox" || error.retry === "never") return;
      delay = longer(delay);
      await pause(delay, stop);
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end, { once: true });
  });
}
