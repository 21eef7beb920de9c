// What guards hold back (G1): which runs, mailbox by mailbox and message by message, and letting exactly that through. Only an administrator at a
// browser approves, and only what was shown: the number that was seen is sent along. It must never let through what a later run holds.
import {
  approvalExpires,
  approveRun,
  getRun,
  type HeldMailbox,
  heldBy,
  listRuns,
  type RunDetails,
  recordAudit,
  undoneMessages,
} from "@packetboat/archive";
import { formatUids } from "@packetboat/core";
import { z } from "zod";
import { isoOf } from "../../iso.ts";
import { callerOf, runAsked } from "../caller.ts";
import { nextPage, route, value } from "../route.ts";
import { id, list, next, nothing, runParams, time, whole, words } from "../shapes.ts";
import { undone, undoneOf } from "../undone.ts";

/** More are shown after these are settled. */
const MOST_HALTS = 100;

const heldMailbox = z.strictObject({
  mailbox: z.string().describe("The server's name for it"),
  kind: z
    .enum(["removal", "addition", "serverRemoval", "serverAddition"])
    .describe("From the archive; to it; from the server; to the server"),
  messages: z.int(),
  uids: z.string().describe("Such as 1:40,52"),
});

const halt = z.strictObject({
  run: id,
  link: id,
  archive: z.string(),
  account: z.string(),
  started: time,
  messages: z.int(),
  reasons: list(z.strictObject({ guard: z.string(), mailbox: z.string().nullable(), text: z.string() })),
  mailboxes: list(heldMailbox),
  approved: time,
  expires: time.describe("When an approval that was not used yet ends"),
});

const heldOf = ({ mailbox, kind, messages, uids }: HeldMailbox): z.input<typeof heldMailbox> => ({
  mailbox,
  kind,
  messages,
  uids: formatUids(uids),
});

function haltOf(run: RunDetails, held: readonly HeldMailbox[]): z.input<typeof halt> {
  const { id: number, linkId, archive, account, startedAt, approvedAt, report } = run;
  return {
    run: number,
    link: linkId,
    archive,
    account,
    started: isoOf(startedAt),
    messages: held.reduce((sum, { messages }) => sum + messages, 0),
    reasons: (report?.halts ?? []).map(({ guard, mailbox, text }) => ({ guard, mailbox, text })),
    mailboxes: held.map(heldOf),
    approved: isoOf(approvedAt),
    expires: approvedAt === null ? null : isoOf(approvalExpires(approvedAt)),
  };
}

export const haltRoutes = [
  route({
    method: "get",
    path: "/halts",
    summary: "What guards hold back, run by run, the latest first, with exactly what would be done",
    needs: ["status"],
    params: nothing,
    query: nothing,
    body: null,
    answer: z.strictObject({ halts: list(halt) }),
    async handle(asked, { pool }) {
      const { user } = callerOf(asked);
      const own = user.role === "admin" ? {} : { archiveIds: user.archives };
      const runs = await listRuns(pool, { holding: true, limit: MOST_HALTS, ...own });
      const halts: z.input<typeof halt>[] = [];
      for (const { id: runId } of runs) halts.push(haltOf(await getRun(pool, runId), await heldBy(pool, runId)));
      return value({ halts });
    },
  }),
  route({
    method: "get",
    path: "/runs/{run}/held",
    summary: "Message by message, what a run holds back",
    needs: ["status", "read"],
    params: runParams,
    query: z.strictObject({ after: words(100).optional(), limit: whole(1_000).optional().describe("Default: 100") }),
    body: null,
    answer: z.strictObject({ messages: list(undone), next }),
    async handle(asked, world) {
      const { run } = await runAsked(asked, world);
      const { after, limit = 100 } = asked.query;
      const page = await undoneMessages(world.pool, { heldBy: run.id }, limit, after);
      const more = page.next === null ? null : nextPage(asked.address, { after: page.next });
      return value({ messages: page.messages.map(undoneOf), next: more });
    },
  }),
  route({
    method: "post",
    path: "/runs/{run}/approve",
    summary:
      "Lets through exactly what a run holds back: the next run of its link proves each message again and does it, within 7 days",
    needs: ["session", "admin"],
    params: runParams,
    query: nothing,
    body: z.strictObject({
      messages: z.int().min(1).describe("How many were shown: of another number nothing is let through"),
    }),
    answer: z.strictObject({
      approved: z.int(),
      expires: time,
      by: z.enum(["worker", "here"]).describe("Who runs the link now"),
    }),
    async handle(asked, world) {
      const { pool, operations } = world;
      const { run, archiveId } = await runAsked(asked, world);
      const { now } = asked.chance;
      const about = { archiveId, linkId: run.linkId, runId: run.id };
      const approved = await approveRun(pool, run.id, now, asked.body.messages);
      await recordAudit(pool, "run.approved", callerOf(asked), about, now);
      return value({ approved, expires: isoOf(approvalExpires(now)), by: await operations.run(run.linkId) });
    },
  }),
] as const;
