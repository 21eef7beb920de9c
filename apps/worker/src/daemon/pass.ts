// One job: a pass over one link, as `sync` makes it, under the account's lease. What it came to is the report; what becomes of the job is
// decided elsewhere (next.ts). It must never wait long for a lease: the slot is for accounts that nobody works on.
import { getLink, type LinkInfo } from "@packetboat/archive";
import { type LinkId, MailError, type RunReport } from "@packetboat/core";
import type { Database, LeaseSource } from "@packetboat/database";
import type { Screen } from "@packetboat/terminal";
import type { Host } from "../host.ts";
import { memberOf } from "../runs/members.ts";
import type { Member } from "../runs/open-accounts.ts";
import { runRounds } from "../runs/rounds.ts";
import type { KeptConnections } from "./kept.ts";

/** What a worker works with as long as it reaches its database. */
export interface Workplace {
  readonly host: Host;
  readonly database: Database;
  /** Says nothing. */
  readonly screen: Screen;
  readonly leases: LeaseSource;
  readonly connections: KeptConnections;
}

const LEASE_WAIT_MS = 500;

/** Makes the pass. Null: the link is gone, and so is the job. Throws what concerns the whole worker: a lost database. */
export async function passOver(
  place: Workplace,
  linkId: LinkId,
): Promise<{ link: LinkInfo; report: RunReport } | null> {
  const link = await linkOf(place.database, linkId);
  if (link === null) return null;
  const member = kept(place, await memberOf(place.host, place.database, link));
  const how = { command: "worker", dryRun: false, pushes: true, leaseWaitMs: LEASE_WAIT_MS };
  const reports = await runRounds(place, [member], how);
  const last = reports.at(-1);
  const [first] = reports;
  if (last === undefined || first === undefined)
    throw new MailError("BUG", "A pass gave no report. Please report this.");
  if (last.error !== null) await place.connections.drop(link.accountId);
  // Rounds within the pass are one pass to the outside: what changed in an earlier one is news, too.
  return { link, report: { ...last, revisionBefore: first.revisionBefore } };
}

/** The member with the connection of the last pass over its account, where there is one. */
function kept({ connections }: Workplace, { target, connect, how }: Member & { readonly how: string }): Member {
  return { target, connect: (signal) => connections.connect(target.link.accountId, how, signal, connect) };
}

async function linkOf(database: Database, id: LinkId): Promise<LinkInfo | null> {
  try {
    return await getLink(database.pool, id);
  } catch (error) {
    if (error instanceof MailError && error.code === "CONFIG_INVALID") return null;
    throw error;
  }
}
