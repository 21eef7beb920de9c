// How each link is, with what is needed to judge it: what `status` prints, and what the restore app's API answers. It must never change anything.
import {
  type ArchiveInfo,
  getArchive,
  type LinkStatus,
  linkStatuses,
  listHolds,
  listSchedules,
  mailboxesAt,
  usageOfAll,
} from "@packetboat/archive";
import { type AccountId, type ArchiveId, dayOf, NOTHING_USED } from "@packetboat/core";
import type { Database } from "@packetboat/database";
import { allAccounts } from "../accounts/registry.ts";
import { type Budget, holdingOf, type JudgedLink } from "../display/status.ts";
import { limitOf, linkHealth } from "./health.ts";

/** How long a link may go without a good run where nobody says otherwise. */
export const OVERDUE_HOURS = 26;

/** Judges all links; `limit` is how long one may go without a good run, in milliseconds. */
export async function judge(database: Database, now: number, limit: number): Promise<readonly JudgedLink[]> {
  const statuses = await linkStatuses(database.pool);
  const archives = new Map<ArchiveId, Promise<Awaited<ReturnType<typeof mailboxesAt>>>>();
  const mailboxes = (id: ArchiveId) => {
    const known = archives.get(id) ?? mailboxesNow(database, id);
    archives.set(id, known);
    return known;
  };
  const holds = new Map((await listHolds(database.pool, now)).map((hold) => [hold.accountId, hold]));
  const schedules = new Map((await listSchedules(database.pool)).map((schedule) => [schedule.linkId, schedule]));
  const waiting = new Set(statuses.flatMap(({ left, link }) => (left > 0 ? [link.accountId] : [])));
  const budgets = await budgetsOf(database, dayOf(now), waiting);
  const judged: JudgedLink[] = [];
  for (const status of statuses) {
    const { id, archiveId, accountId, policy } = status.link;
    const holding = holdingOf(await mailboxes(archiveId), policy.prefix);
    const hold = holds.get(accountId) ?? null;
    const health = linkHealth(status, now, limitOf(status, schedules.has(id), limit), hold);
    const nextAt = schedules.get(id)?.nextAt ?? null;
    const budget = budgets.get(accountId) ?? null;
    judged.push({ status, health, holding, nextAt, budget, hold });
  }
  return judged;
}

/** Of accounts under a day's limit that used something today or for which something waits. */
async function budgetsOf(
  database: Database,
  day: string,
  waiting: ReadonlySet<AccountId>,
): Promise<ReadonlyMap<AccountId, Budget>> {
  const used = await usageOfAll(database.pool, day);
  const budgets = new Map<AccountId, Budget>();
  if (used.size === 0 && waiting.size === 0) return budgets;
  const { profileFor } = await import("@packetboat/imap");
  for (const { id, address, settings } of await allAccounts(database)) {
    if (!used.has(id) && !waiting.has(id)) continue;
    const today = used.get(id) ?? NOTHING_USED;
    const { limits } = profileFor(
      { host: address.host, capabilities: null, id: settings.serverName },
      settings.limits ?? {},
    );
    const { downPerDay, upPerDay } = limits;
    if (downPerDay !== null || upPerDay !== null)
      budgets.set(id, { down: today.down, downPerDay, up: today.up, upPerDay });
  }
  return budgets;
}

async function mailboxesNow({ pool }: Database, id: ArchiveId) {
  const archive: ArchiveInfo | null = await getArchive(pool, id);
  return archive === null ? [] : await mailboxesAt(pool, id, archive.revision);
}

const iso = (time: number | null) => (time === null ? null : new Date(time).toISOString());

/** As programs read it. */
export function plainStanding({ status, health, holding, nextAt, budget, hold }: JudgedLink) {
  const { link, lastGoodAt, completeSince, left, notFetched, notSent, held, heldBy } = status;
  return {
    link: link.id,
    archive: link.archive,
    account: link.account,
    accountId: link.accountId,
    pulls: link.rights.pull,
    state: health.state,
    well: health.isWell,
    reasons: health.reasons,
    hold: hold === null ? null : { code: hold.code, until: iso(hold.until) },
    lastGood: iso(lastGoodAt),
    lastRun: plainRun(status.lastRun),
    nextRun: iso(nextAt),
    budgetToday: budget,
    mailboxes: holding.mailboxes,
    messages: holding.messages,
    bytes: holding.bytes,
    completeSince: iso(completeSince),
    left,
    notFetched,
    notSent,
    held,
    heldBy,
  };
}

function plainRun(run: LinkStatus["lastRun"]) {
  return run === null ? null : { run: run.id, outcome: run.outcome, started: iso(run.startedAt), error: run.error };
}
