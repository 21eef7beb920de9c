// Rounds over the links of one archive: all pull, then all remove what is gone, then all push, until a round changes nothing. Two pull, and two
// push, at the same time; removals are applied one account after the other. A link that only pushes waits for nobody: it looks
// first, and is pushed whenever something became durable while the others are pulled. It must never push to an account whose own look failed.
import type { RunReport } from "@packetboat/core";
import { type Company, type LinkRun, openCompany, openRun, type RunEvent, type RunResult } from "@packetboat/engine";

import { noteFailure } from "../accounts/holds.ts";

import { type Live, type LiveRow, startLive } from "../display/live.ts";
import { Bell } from "./bell.ts";
import { explained, failedBy } from "./failed-run.ts";
import { type Member, type OpenAccount, openAccounts, type RunOptions, type Surroundings } from "./open-accounts.ts";

/** A changing mailbox asks for another round; one that changes for ever must not. */
const MAX_ROUNDS = 5;
/** Accounts that pull, or push, at the same time: a third one finds no processor, and each holds a batch in memory (I4). */
const AT_ONCE = 2;
/** Of less than this the database rids itself in a moment when it stops. */
const WORTH_A_CHECKPOINT_BYTES = 32 * 1024 * 1024;

/** What is done with the accounts after the rounds, while they are still open; those that could not be opened are not among them. */
export type Afterwards = (accounts: readonly OpenAccount[], reports: readonly RunReport[]) => Promise<void>;

/** Opens the accounts, makes rounds, closes them; gives the report of every run. Throws when not even reports are possible. */
export async function runRounds(
  around: Surroundings,
  members: readonly Member[],
  options: RunOptions,
  afterwards: Afterwards | null = null,
): Promise<readonly RunReport[]> {
  const live = around.live ?? (await startLive(around.screen, around.host.now));
  try {
    const { accounts, failed, close } = await openAccounts(around, members, options, live);
    try {
      const { reports } = await settle(around, accounts, options, live);
      live.stop();
      const all = [...failed, ...reports];
      await afterwards?.(accounts, all);
      return all;
    } finally {
      live.stop();
      await close();
    }
  } finally {
    live.stop();
  }
}

/** What rounds came to. */
export interface Settled {
  readonly reports: readonly RunReport[];
  /** Something changed on one of the sides. */
  readonly applied: boolean;
  /** The last round changed nothing, and nothing went wrong. */
  readonly isQuiet: boolean;
}

/** Makes rounds until one changes nothing, at most five. An account whose run fails takes no part in the next one. */
export async function settle(
  around: Surroundings,
  accounts: readonly OpenAccount[],
  options: RunOptions,
  live: Live,
): Promise<Settled> {
  const reports: RunReport[] = [];
  let active = accounts;
  let applied = false;
  let due = active.length > 0;
  for (let round = 0; due && round < MAX_ROUNDS; round++) {
    if (!options.dryRun) around.database.ensureDiskSpace();
    const done = await makeRound(around, active, options, live);
    reports.push(...done.map(({ report }) => report));
    applied ||= done.some((one) => one.applied);
    active = done.filter(({ error }) => error === null).map(({ account }) => account);
    due = active.length > 0 && isAnotherDue(done, options);
  }
  return { reports, applied, isQuiet: !due && active.length === accounts.length };
}

interface Done extends RunResult {
  readonly account: OpenAccount;
}

/**
 * What was pushed may come back changed: where a link pulls and pushes, a round that changed something is followed by one that looks. Elsewhere
 * all that was pulled is pushed already, and only what did not get through is tried once more, or what asks for it (`again`).
 */
function isAnotherDue(done: readonly Done[], { dryRun, pushes }: RunOptions): boolean {
  if (dryRun) return false;
  const rights = done.map(({ account }) => account.target.link.rights);
  const returns = pushes && rights.some(({ pull, push }) => pull && push);
  const travels = pushes && rights.some(({ push }) => push);
  return done.some(({ again, applied, error, report }) => {
    if (error !== null) return false;
    return again || (applied && (returns || (travels && report.outcome === "partial")));
  });
}

interface Begun {
  readonly account: OpenAccount;
  readonly run: LinkRun;
}

async function makeRound(
  around: Surroundings,
  accounts: readonly OpenAccount[],
  options: RunOptions,
  live: Live,
): Promise<readonly Done[]> {
  const company = openCompany();
  const begun: Begun[] = [];
  for (const account of accounts) begun.push({ account, run: await begin(around, account, options, company) });
  const rightsOf = ({ account }: Begun) => account.target.link.rights;
  const pushers = options.pushes ? begun.filter((one) => rightsOf(one).push) : [];
  const early = pushers.filter((one) => !rightsOf(one).pull);
  const others = begun.filter((one) => !early.includes(one));
  const walk = (one: Begun, half: "pull" | "push", heard?: (event: RunEvent) => void) =>
    walked(around, one, half, live, pushers.length > 0, heard);
  await someAtOnce(early, (one) => walk(one, "pull"));
  for (const { run } of early) await run.remove();
  await pushingMeanwhile(early, walk, (heard) => someAtOnce(others, (one) => walk(one, "pull", heard)));
  for (const { run } of others) await run.remove();
  await someAtOnce(pushers, (one) => walk(one, "push"));
  const done: Done[] = [];
  for (const one of begun) done.push(await finished(around, one));
  return done;
}

/** Walks these in their order, so many at once. All that were begun have ended when it does; throws the first failure. */
async function someAtOnce(runs: readonly Begun[], walk: (one: Begun) => Promise<void>): Promise<void> {
  const waiting = runs.values();
  const lane = async (): Promise<void> => {
    for (const one of waiting) await walk(one);
  };
  const lanes = Array.from({ length: AT_ONCE }, lane);
  await Promise.allSettled(lanes);
  await Promise.all(lanes);
}

async function begin(
  { host }: Surroundings,
  account: OpenAccount,
  { dryRun, pushes, retries }: RunOptions,
  company: Company,
) {
  const { target, archive, remote, writer, signal } = account;
  return await openRun({
    remote,
    writer: pushes ? writer : null,
    archive,
    link: target.link,
    names: target.names,
    archiveIsPushed: target.archiveIsPushed,
    dryRun,
    now: host.now,
    signal,
    retries: retries?.(target.link.id, host.now()) ?? true,
    company,
  });
}

type Walk = (one: Begun, half: "pull" | "push", heard?: (event: RunEvent) => void) => Promise<void>;

/** While `pulls` goes on, each of these is pushed anew whenever something became durable. Waits for events, never for time. */
async function pushingMeanwhile(
  early: readonly Begun[],
  walk: Walk,
  pulls: (heard: (event: RunEvent) => void) => Promise<void>,
): Promise<void> {
  const bells = early.map(() => new Bell());
  const pushing = early.map(async (one, index) => {
    while ((await bells[index]?.heard()) === "rung") await walk(one, "push");
  });
  try {
    await pulls(({ kind }) => {
      if (kind === "stored" || kind === "mailboxDone") for (const bell of bells) bell.ring();
    });
  } finally {
    for (const bell of bells) bell.close();
    await Promise.all(pushing);
  }
}

async function walked(
  { database }: Surroundings,
  { account, run }: Begun,
  half: "pull" | "push",
  live: Live,
  isPushed: boolean,
  heard?: (event: RunEvent) => void,
): Promise<void> {
  const row: LiveRow = live.begin(account.target.names.account, "looking");
  try {
    for await (const event of run[half]()) {
      heard?.(event);
      if (event.kind === "allRead") {
        if (!isPushed && event.bytes > WORTH_A_CHECKPOINT_BYTES) database.expectStop();
      } else if (event.kind !== "note") row.event(event);
    }
  } finally {
    row.end();
  }
}

async function finished({ host, database }: Surroundings, { account, run }: Begun): Promise<Done> {
  const result = await run.finish();
  const { accountId } = account.target.link;
  if (result.error === null) return { ...result, account };
  const error = await explained(result.error, account.signal, database);
  if (error.scope === "account") await noteFailure(database, accountId, error, host.now());
  (await host.log()).warn({ err: error, linkId: account.target.link.id }, "the run failed");
  return { ...result, error, report: { ...result.report, ...failedBy(error) }, account };
}
