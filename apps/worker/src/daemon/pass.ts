// One job: a pass over one link, as `sync` makes it, under the account's lease. What it came to is the report; what becomes of the job is
// decided elsewhere (next.ts). It must never wait long for a lease: the slot is for accounts that nobody works on.
import { getLink, type LinkInfo } from "@packetboat/archive";
import { type LinkId, MailError, type RunReport } from "@packetboat/core";
import type { Database } from "@packetboat/database";
import type { Screen } from "@packetboat/terminal";
import type { Host } from "../host.ts";
import { memberOf } from "../runs/members.ts";
import { runRounds } from "../runs/rounds.ts";

/** What a worker works with as long as it reaches its database. */
export interface Workplace {
  readonly host: Host;
  readonly database: Database;
  /** Says nothing. */
  readonly screen: Screen;
}

const LEASE_WAIT_MS = 500;

/** Makes the pass. Null: the link is gone, and so is the job. Throws what concerns the whole worker: a lost database. */
export async function passOver(
  place: Workplace,
  linkId: LinkId,
): Promise<{ link: LinkInfo; report: RunReport } | null> {
  const link = await linkOf(place.database, linkId);
  if (link === null) return null;
  const member = await memberOf(place.host, place.database, link);
  const how = { command: "worker", dryRun: false, pushes: true, leaseWaitMs: LEASE_WAIT_MS };
  const reports = await runRounds(place, [member], how);
  const last = reports.at(-1);
  const [first] = reports;
  if (last === undefined || first === undefined)
    throw new MailError("BUG", "A pass gave no report. Please report this.");
  // Rounds within the pass are one pass to the outside: what changed in an earlier one is news, too.
  return { link, report: { ...last, revisionBefore: first.revisionBefore } };
}

async function linkOf(database: Database, id: LinkId): Promise<LinkInfo | null> {
  try {
    return await getLink(database.pool, id);
  } catch (error) {
    if (error instanceof MailError && error.code === "CONFIG_INVALID") return null;
    throw error;
  }
}
