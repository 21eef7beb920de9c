// Opens the accounts of a round: their leases in the order of the accounts, so that two commands never wait for each other; then archives and
// connections at once. One that cannot be opened fails by itself, and the others go on. It must never touch an archive without the lease (S4).
import { type Desk, openArchive } from "@packetboat/archive";
import { type Archive, asMailError, MailError, type Remote, type RemoteWriter, type RunReport } from "@packetboat/core";
import { acquireLease, type Database, type Lease, type LeaseOptions, type LeaseSource } from "@packetboat/database";
import type { Screen } from "@packetboat/terminal";
import type { Connection } from "../accounts/connect.ts";
import type { Live } from "../display/live.ts";
import type { Host } from "../host.ts";
import { stopSignal } from "../house.ts";
import { explained, reportFailure, unstarted } from "./failed-run.ts";
import { readOnly } from "./read-only.ts";
import type { RetryPace } from "./retry-pace.ts";
import type { Target } from "./targets.ts";

/** A link that takes part, and the way to its account. */
export interface Member {
  readonly target: Target;
  /** Gives a writer for a link with push that is to be pushed. */
  readonly connect: (signal: AbortSignal) => Promise<Connection>;
}

/** What every step of a command that runs links needs. */
export interface Surroundings {
  readonly host: Host;
  readonly database: Database;
  readonly screen: Screen;
  /** Told how far each account is. Default: the screen shows it. */
  readonly live?: Live;
  /** Default: a connection for each lease. */
  readonly leases?: Pick<LeaseSource, "acquire">;
  /** Where archives ask what every pass asks. Default: each its own. */
  readonly desk?: Desk;
}

export interface RunOptions {
  /** The command's name, for whoever has to wait for a lease. */
  readonly command: string;
  readonly dryRun: boolean;
  /** False: only pulls, whatever the links may do. */
  readonly pushes: boolean;
  /** C6: how often what did not get through is tried again. Default: in every run. */
  readonly retries?: RetryPace;
  /** How long to wait for whoever works on an account. Default: as acquireLease does. */
  readonly leaseWaitMs?: number;
}

/** An account under its lease, signed in. */
export interface OpenAccount {
  readonly target: Target;
  readonly archive: Archive;
  readonly remote: Remote;
  readonly writer: RemoteWriter | null;
  readonly again: Connection["again"];
  /** Aborted by the person, or when the database or the lease is lost. */
  readonly signal: AbortSignal;
}

export interface OpenedAccounts {
  /** In the order of their links: the order of a round. */
  readonly accounts: readonly OpenAccount[];
  /** Of those that could not be opened. */
  readonly failed: readonly RunReport[];
  readonly close: () => Promise<void>;
}

interface Closers {
  readonly connections: (() => Promise<void>)[];
  readonly leases: (() => Promise<void>)[];
}

/** Opens these accounts. Throws what concerns more than one of them: a lost database, Ctrl-C while waiting for a lease. */
export async function openAccounts(
  around: Surroundings,
  members: readonly Member[],
  options: RunOptions,
  live: Live,
): Promise<OpenedAccounts> {
  const closers: Closers = { connections: [], leases: [] };
  // A far server's goodbye is a round trip: everybody leaves at once. Nobody else is let in before we are out.
  const close = async () => {
    for (const all of [closers.connections, closers.leases]) await Promise.all(all.splice(0).map((each) => each()));
  };
  try {
    const failed: RunReport[] = [];
    const leased: { readonly member: Member; readonly lease: Lease }[] = [];
    for (const member of members.toSorted((a, b) => a.target.link.accountId - b.target.link.accountId)) {
      const lease = await leaseOf(around, member, options);
      if (lease instanceof MailError) failed.push(unstarted(around.host, member.target, lease));
      else {
        closers.leases.push(lease.release);
        leased.push({ member, lease });
      }
    }
    const opening = leased.map((one) => open(around, one.member, one.lease, options, live, closers));
    await Promise.allSettled(opening);
    const opened = await Promise.all(opening);
    const accounts: OpenAccount[] = [];
    for (const one of opened) {
      if ("remote" in one) accounts.push(one);
      else failed.push(one);
    }
    return { accounts: accounts.toSorted((a, b) => a.target.link.id - b.target.link.id), failed, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The lease, or why it is not to be had: then this account waits for the next time, and the others do not. */
async function leaseOf(
  { host, database, screen, leases }: Surroundings,
  { target }: Member,
  { command, leaseWaitMs }: RunOptions,
): Promise<Lease | MailError> {
  try {
    const acquire = leases?.acquire ?? ((options: LeaseOptions) => acquireLease(database, options));
    return await acquire({
      accountId: target.link.accountId,
      holder: command,
      ...(leaseWaitMs === undefined ? {} : { waitMs: leaseWaitMs }),
      onWait: (holder) => screen.progress(`${target.names.account}: waiting for ${holder}`),
      signal: host.signal,
    });
  } catch (thrown) {
    const error = asMailError(thrown);
    if (error.scope !== "account") throw error;
    return error;
  }
}

async function open(
  { host, database, desk }: Surroundings,
  { target, connect }: Member,
  lease: Lease,
  { dryRun }: RunOptions,
  live: Live,
  closers: Closers,
): Promise<OpenAccount | RunReport> {
  const signal = AbortSignal.any([stopSignal(host, database), lease.lost]);
  const row = live.begin(target.names.account, "connecting");
  try {
    const written = await openArchive({
      pool: database.pool,
      link: target.link,
      lease: { accountId: target.link.accountId, token: lease.token },
      now: host.now,
      ...(desk === undefined ? {} : { desk }),
      ...(target.archiveSettings === undefined ? {} : { settings: target.archiveSettings }),
    });
    const archive = dryRun ? readOnly(written) : written;
    const connection = await connect(signal).catch((error: unknown) => asMailError(error));
    if (connection instanceof MailError) {
      const error = await explained(connection, signal, database);
      return await reportFailure(host, archive, target, dryRun, error);
    }
    const { remote, writer, again } = connection;
    closers.connections.push(() => remote.close());
    return { target, archive, remote, writer, again, signal };
  } finally {
    row.end();
  }
}
