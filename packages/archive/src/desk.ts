// What every pass asks, asked for many at once where many pass in the same moment: a worker's passes over accounts in which nothing changed are
// made of little else. It must never mix up whose answer is whose, nor keep an answer.
import type { ArchiveId, ArchiveMailbox, BegunRun, LinkId, MailboxBase } from "@packetboat/core";
import { type Gathered, gathered } from "@packetboat/database";
import type { Pool } from "pg";
import { type LinkedAccount, linkedAccounts } from "./catalog/linked-account.ts";
import { liveMailboxesOf } from "./queries/mailboxes.ts";
import { mailboxBases } from "./queries/remote-mailboxes.ts";
import { beginRuns, finishRuns, type RunToBegin, type RunToFinish } from "./queries/runs.ts";

/** Where passes ask. */
export interface Desk {
  readonly linked: Gathered<LinkId, LinkedAccount | null>["ask"];
  readonly begin: Gathered<RunToBegin, BegunRun | null>["ask"];
  readonly finish: Gathered<RunToFinish, "finished" | "lost" | "unknown">["ask"];
  readonly mailboxes: Gathered<ArchiveId, readonly ArchiveMailbox[]>["ask"];
  readonly bases: Gathered<LinkId, readonly MailboxBase[]>["ask"];
}

/** A desk at which what is asked within `momentMs`, or while the question before is answered, is asked together. 0, the default: each at once. */
export function openDesk(pool: Pool, momentMs = 0): Desk {
  const pace = momentMs === 0 ? "several at once" : "one at a time";
  return {
    linked: gathered(momentMs, (links: readonly LinkId[]) => linkedAccounts(pool, links), pace).ask,
    begin: gathered(momentMs, (runs: readonly RunToBegin[]) => beginRuns(pool, runs), pace).ask,
    finish: gathered(momentMs, (runs: readonly RunToFinish[]) => finishRuns(pool, runs), pace).ask,
    mailboxes: gathered(momentMs, (archives: readonly ArchiveId[]) => liveMailboxesOf(pool, archives), pace).ask,
    bases: gathered(momentMs, (links: readonly LinkId[]) => mailboxBases(pool, links), pace).ask,
  };
}
