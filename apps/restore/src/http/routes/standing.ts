// How things are: each link of the archives that the caller may read, what ran over them, and one run's report.
import { type Loss, listRuns, lossesSince, mayRead, type RunInfo } from "@packetboat/archive";
import { type ArchiveId, asId, type RunId } from "@packetboat/core";
import { z } from "zod";
import { isoOf } from "../../iso.ts";
import { callerOf, runAsked } from "../caller.ts";
import { nextPage, route, value } from "../route.ts";
import { id, list, next, nothing, revision, runParams, time, whole } from "../shapes.ts";

/** For so long it is told that messages were gone from a server. */
const LOSSES_MS = 7 * 86_400_000;

const error = z.looseObject({ code: z.string(), text: z.string() }).nullable();

const budget = z.strictObject({
  down: z.int(),
  downPerDay: z.int().nullable(),
  up: z.int(),
  upPerDay: z.int().nullable(),
});

const loss = z.strictObject({
  run: id,
  started: time,
  messages: z.int(),
  before: revision.describe("The archive before they left it: they are kept there, and at every earlier one"),
  after: revision.describe("The archive when they had left it"),
});

const onlyOnServer = z.strictObject({
  messages: z.int().describe("10001: more than 10000"),
  before: revision.describe("The archive before the first of them left it"),
  after: revision.describe("The archive when the last of them had left it"),
});

const standing = z.strictObject({
  link: id,
  archive: z.string(),
  archiveId: id,
  account: z.string(),
  accountId: id,
  pulls: z.boolean().describe("False: it only brings its account up to the archive"),
  state: z.string().describe("ok, partial, running, resting, overdue, halted or failing"),
  well: z.boolean().describe("False: somebody must do something"),
  reasons: list(z.string()).describe("Why, and what to do"),
  hold: z
    .strictObject({ code: z.string(), until: time })
    .nullable()
    .describe("Why nothing is done for its account by itself; until null: until somebody mends it"),
  lastGood: time,
  lastRun: z.strictObject({ run: id, outcome: z.string(), started: time, error }).nullable(),
  nextRun: time,
  budgetToday: budget.nullable(),
  mailboxes: z.int(),
  messages: z.int(),
  bytes: z.int(),
  completeSince: time,
  left: z.int(),
  notFetched: z.int(),
  notSent: z.int(),
  held: z.int(),
  heldBy: id.nullable(),
  losses: list(loss).describe(
    "Runs of the last 7 days that found messages gone from the server, which left the archive as it is: the largest three, the latest first",
  ),
  onlyOnServer: onlyOnServer
    .nullable()
    .describe(
      "Messages that a restore removed from the archive and that its server has: kept at earlier moments, and no run brings them back or removes them there. Null: none",
    ),
  onlyInArchive: z
    .int()
    .describe(
      "Messages that a restore or an import brought into the archive, and that no run sends to its server. 10001: more than 10000",
    ),
});

const lossOf = ({ runId, startedAt, messages, before, after }: Loss): z.input<typeof loss> => ({
  run: runId,
  started: isoOf(startedAt),
  messages,
  before,
  after,
});

const run = z.strictObject({
  run: id,
  link: id,
  archive: z.string(),
  archiveId: id,
  account: z.string(),
  outcome: z.string(),
  started: time,
  finished: time,
  totals: z.record(z.string(), z.unknown()).nullable(),
  error,
  approved: time,
  approvalUsed: time,
  held: z.int(),
});

const runOf = (one: RunInfo): z.input<typeof run> => ({
  run: one.id,
  link: one.linkId,
  archive: one.archive,
  archiveId: one.archiveId,
  account: one.account,
  outcome: one.outcome,
  started: isoOf(one.startedAt),
  finished: isoOf(one.finishedAt),
  totals: one.totals === null ? null : { ...one.totals },
  error: one.error === null ? null : { ...one.error },
  approved: isoOf(one.approvedAt),
  approvalUsed: isoOf(one.approvalUsedAt),
  held: one.held,
});

export const standingRoutes = [
  route({
    method: "get",
    path: "/status",
    summary: "How each link is: what is up to date, what is overdue, why, and what to do",
    needs: ["status"],
    params: nothing,
    query: nothing,
    body: null,
    answer: z.strictObject({ links: list(standing) }),
    async handle(asked, { standings, sides, pool }) {
      const caller = callerOf(asked);
      const losses = await lossesSince(pool, asked.chance.now - LOSSES_MS);
      const own = (await standings()).filter(({ archiveId }) => mayRead(caller, archiveId));
      // Before its first run nothing is known of a server.
      const ran = own.filter(({ lastRun }) => lastRun !== null);
      const told = await sides.read(
        pool,
        ran.map(({ link, lastRun }) => ({ link: asId(link), isRunning: lastRun?.outcome === "running" })),
      );
      return value({
        links: own.map((one) => ({
          ...one,
          onlyOnServer: told.get(asId(one.link))?.onlyOnServer ?? null,
          onlyInArchive: told.get(asId(one.link))?.onlyInArchive ?? 0,
          losses: losses.filter(({ linkId }) => linkId === one.link).map(lossOf),
        })),
      });
    },
  }),
  route({
    method: "get",
    path: "/runs",
    summary: "What ran, the latest first",
    needs: ["status"],
    params: nothing,
    query: z.strictObject({
      archive: whole().optional().describe("Only over this archive"),
      before: whole().optional().describe("Runs before this one"),
      limit: whole(1_000).optional().describe("Default: 20"),
    }),
    body: null,
    answer: z.strictObject({ runs: list(run), next }),
    async handle(asked, { pool }) {
      const { user } = callerOf(asked);
      const { archive, before, limit = 20 } = asked.query;
      const runs = await listRuns(pool, {
        limit,
        ...(user.role === "admin" ? {} : { archiveIds: user.archives }),
        ...(archive === undefined ? {} : { archiveId: asId<ArchiveId>(archive) }),
        ...(before === undefined ? {} : { before: asId<RunId>(before) }),
      });
      const last = runs.at(-1);
      const isLast = last === undefined || runs.length < limit;
      return value({ runs: runs.map(runOf), next: isLast ? null : nextPage(asked.address, { before: last.id }) });
    },
  }),
  route({
    method: "get",
    path: "/runs/{run}",
    summary: "One run with its report",
    needs: ["status"],
    params: runParams,
    query: nothing,
    body: null,
    answer: run.extend({ report: z.unknown().describe("As packetboat runs RUN --json; null: there is none") }),
    async handle(asked, world) {
      const { run: details } = await runAsked(asked, world);
      return value({ ...runOf(details), report: details.report });
    },
  }),
] as const;
