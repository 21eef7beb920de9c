// One job: a pass over one link, as `sync` makes it, under the account's lease. What it came to is the report; what becomes of the job is
// decided elsewhere (next.ts). It must never wait long for a lease: the slot is for accounts that nobody works on.
import type { Desk, Entrances, LinkedAccount } from "@packetboat/archive";
import { type ErrorCode, MailError, type RunReport } from "@packetboat/core";
import type { Database, LeaseSource } from "@packetboat/database";
import type { Screen } from "@packetboat/terminal";
import type { Host } from "../host.ts";
import { type AccountMember, memberOf } from "../runs/members.ts";
import type { RetryPace } from "../runs/retry-pace.ts";
import { runRounds } from "../runs/rounds.ts";
import { entered } from "./entered.ts";
import type { KeptConnections } from "./kept.ts";

/** What a worker works with as long as it reaches its database. */
export interface Workplace {
  readonly host: Host;
  readonly database: Database;
  /** Says nothing. */
  readonly screen: Screen;
  readonly leases: LeaseSource;
  readonly desk: Desk;
  readonly connections: KeptConnections;
  readonly entrances: Entrances;
  readonly retries: RetryPace;
}

const LEASE_WAIT_MS = 500;

/** Makes the pass; `asked`: somebody waits for it. Throws what concerns the whole worker: a lost database. */
export async function passOver(place: Workplace, linked: LinkedAccount, asked: boolean): Promise<RunReport> {
  const member = kept(place, memberOf(place.host, place.database, linked));
  const shared = { command: "worker", dryRun: false, pushes: true, leaseWaitMs: LEASE_WAIT_MS };
  const how = asked ? shared : { ...shared, retries: place.retries };
  const reports = await runRounds(place, [member], how);
  const last = reports.at(-1);
  const [first] = reports;
  if (last === undefined || first === undefined)
    throw new MailError("BUG", "A pass gave no report. Please report this.");
  if (last.error !== null) await makeRoom(place.connections, member, last.error.code);
  // Rounds within the pass are one pass to the outside: what changed in an earlier one is news, too.
  return { ...last, revisionBefore: first.revisionBefore };
}

/** The member with the connection of the last pass over its account, where there is one; else with one that is let in by itself. */
function kept(place: Workplace, { target, connect, how, host }: AccountMember): AccountMember {
  const { accountId } = target.link;
  const keeper = { entrances: place.entrances, database: place.database, now: place.host.now };
  const open = (signal: AbortSignal) => entered(keeper, accountId, () => connect(signal));
  return {
    target,
    how,
    host,
    connect: (signal) => place.connections.connect({ accountId, host }, how, signal, open),
  };
}

/** A server that let nobody in, or put us off, may have no room because of what is kept there. */
async function makeRoom(connections: KeptConnections, { target, host }: AccountMember, code: ErrorCode): Promise<void> {
  await connections.drop(target.link.accountId);
  if (code === "UNREACHABLE" || code === "TIMED_OUT" || code === "THROTTLED") await connections.dropHost(host);
}
