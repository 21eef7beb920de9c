// Stays after the rounds are quiet and follows both accounts, each by a watch of its own (watch-account.ts). Whatever changed asks for one round; more of it meanwhile asks for one more, not for ten. It must never take a
// server that is out of reach for one without changes, nor try a refused password again.
import { asMailError, ERROR_CODES, type RunReport } from "@packetboat/core";
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
import { pause } from "./pause.ts";
import { openRetryPace } from "./retry-pace.ts";
import { settle } from "./rounds.ts";
import { type Watched, type WatchOptions, watchAccount } from "./watch-account.ts";

/** A lost connection is tried again after so long, then after twice as long, and so on. */
const FIRST_DELAY_MS = 1_000;
const LAST_DELAY_MS = 5 * 60_000;
/** Rounds that find nothing, one after the other, before a server that announces without end is slowed down. */
const MAX_IDLE_ROUNDS = 5;

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
  readonly options: WatchOptions;
  readonly bell: Bell;
  readonly stop: AbortSignal;
  readonly watched: readonly Watched[];
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
  const { Lookout } = await import("@packetboat/imap");
  const lookout = new Lookout();
  try {
    const log = await around.host.log();
    const watched: Watched[] = [];
    // What changed between the last round and the moment when a watch stands is found by the round that its first word asks for.
    for (const account of accounts) watched.push(await watchAccount(lookout, account, options, bell, log));
    const following = { around, options, bell, stop, watched };
    sayWatching(following);
    await rounds(following, how);
  } finally {
    over.abort();
    await lookout.close();
  }
  await tellEnd(around, stop);
}

async function rounds(following: Following, how: RunOptions): Promise<void> {
  const { around, watched, bell, stop } = following;
  const accounts = watched.map(({ account }) => account);
  // The rounds before tried everything.
  const retries = openRetryPace(accounts.map(({ target }) => [target.link.id, around.host.now()]));
  let troubles: Troubles = new Map();
  let delay = 0;
  let idle = 0;
  while (!stop.aborted) {
    const heard = await bell.heard(delay > 0 ? delay : undefined);
    if (heard === "closed" || stop.aborted) return;
    for (const one of watched) await one.renew();
    const { reports, applied } = await settle(around, accounts, { ...how, retries }, NO_DISPLAY);
    const last = lastOfEach(reports);
    if (last.some(({ error }) => error !== null && ERROR_CODES[error.code][1] === "never")) {
      endWithReports(around.host, around.screen, reports, new Date(around.host.now()).toISOString());
      return;
    }
    // What was done before Ctrl-C is told; that it was stopped is said once, at the end.
    if (stop.aborted) {
      const done = reports.filter(({ error }) => error === null);
      tellRounds(around, done, applied, troubles);
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

function sayWatching({ around: { screen }, watched, options }: Following): void {
  if (screen.json) return;
  const names = watched.map(({ account }) => account.target.names.account).join(" and ");
  const atOnce = watched.reduce((sum, { atOnce }) => sum + atOnce, 0);
  screen.progress(
    `Watching ${names}: ${atOnce} mailboxes at once, the others every ${Math.round(options.pollMs / 1000)} s. Ctrl-C ends it.`,
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
