// Does what a plan says, step by step, by the functions that the other commands use. It decides nothing. Every step stands by itself and is
// committed by itself: after a kill the next apply plans what is left. It must never go on after a step that failed.
import * as catalogue from "@packetboat/archive";
import type { AccountAddress } from "@packetboat/config";
import { assertNever, type LinkId, MailError } from "@packetboat/core";
import type { Database } from "@packetboat/database";
import { nextRun } from "@packetboat/queue";
import { allAccounts } from "../accounts/registry.ts";
import type { Present } from "./plan.ts";
import type { Step, Times } from "./step.ts";

/** Reads what the database holds. */
export async function readPresent(database: Database): Promise<Present> {
  const { pool } = database;
  return {
    archives: (await catalogue.listArchives(pool)).map(({ name }) => name),
    accounts: await allAccounts(database),
    links: await catalogue.listLinks(pool),
    schedules: await catalogue.listSchedules(pool),
  };
}

/** Does one step. `now` in milliseconds since 1970. Throws what the catalogue throws, and CONFIG_INVALID when another command was faster. */
export async function executeStep({ pool }: Database, step: Step, now: number): Promise<void> {
  switch (step.kind) {
    case "remove-link":
      await catalogue.removeLink(pool, step.linkId);
      return;
    case "remove-account":
      await catalogue.dropSecret(pool, step.accountId);
      await catalogue.removeAccount(pool, step.accountId);
      return;
    case "create-archive":
      await catalogue.ensureArchive(pool, step.archive);
      return;
    case "create-account":
      await catalogue.createAccount(pool, step.address, step.settings);
      return;
    case "change-account":
      await catalogue.setAccountSettings(pool, step.accountId, step.settings);
      return;
    case "change-link":
      await catalogue.setLink(pool, step.linkId, { rights: step.rights, policy: step.policy, merge: step.merge });
      return;
    case "create-link":
      await catalogue.createLink(pool, {
        ...(await endsOf(pool, step)),
        rights: step.rights,
        policy: step.policy,
        merge: step.merge,
      });
      return;
    case "set-schedule":
      await setSchedule(pool, await linkOf(pool, step), step.schedule, now);
      return;
    case "remove-schedule":
      await catalogue.removeSchedule(pool, step.linkId);
      return;
    default:
      assertNever(step);
  }
}

async function setSchedule(pool: Database["pool"], linkId: LinkId, schedule: Times, now: number): Promise<void> {
  const { cron, timeZone, spreadSeconds } = schedule;
  const nextAt = cron === null ? null : nextRun({ cron, timeZone, spreadSeconds, linkId }, now);
  await catalogue.setSchedule(pool, linkId, { ...schedule, nextAt });
}

interface Ends {
  readonly address: AccountAddress;
  readonly archive: string;
}

async function endsOf(
  pool: Database["pool"],
  { address, archive }: Ends,
): Promise<Pick<catalogue.NewLink, "accountId" | "archiveId">> {
  const account = await catalogue.findAccount(pool, address);
  const found = await catalogue.findArchive(pool, archive);
  if (account === null || found === null) throw meanwhile();
  return { accountId: account.id, archiveId: found.id };
}

async function linkOf(pool: Database["pool"], ends: Ends): Promise<LinkId> {
  const { accountId, archiveId } = await endsOf(pool, ends);
  const link = await catalogue.findLink(pool, accountId, archiveId);
  if (link === null) throw meanwhile();
  return link.id;
}

const meanwhile = (): MailError =>
  new MailError("CONFIG_INVALID", "Another command removed what was being set up. Run apply again.");
