// Restores, exports and their jobs: begun, followed, cancelled, taken as a download. Readers take out what they may read; only administrators put
// anything back into accounts. Both are on record before a byte is given out or put back.
// It must never show a job to anybody but who began it and administrators, nor to somebody who may not read its archive any more.
import {
  cancelJob,
  createJob,
  forgetJob,
  getArchive,
  isAtWork,
  listJobs,
  recordAudit,
  resolveRevision,
} from "@packetboat/archive";
import { MailError } from "@packetboat/core";
import { z } from "zod";
import { chosen, destination, PACKED_FORMATS } from "../../jobs/asked.ts";
import { snapshotOfChosen } from "../../jobs/chosen.ts";
import { exportPreviewOf, openDownload } from "../../jobs/download.ts";
import { readMoment } from "../../moment.ts";
import { archiveAsked, callerOf } from "../caller.ts";
import { jobEvents } from "../job-events.ts";
import { nextPage, route, value } from "../route.ts";
import { archiveParams, list, moment, next, nothing, whole } from "../shapes.ts";
import { job, jobAsked, jobNow, jobParams, toldJob } from "../told-job.ts";

/** Each holds connections of the pool while its caller reads. */
const MOST_DOWNLOADS = 4;

const selection = chosen.optional().describe("Which mail; all that is given must hold. Default: everything");

export const jobRoutes = [
  route({
    method: "post",
    path: "/archives/{archive}/restores",
    summary: "Looks at what would be put back, and begins it when that is asked for",
    needs: ["restore", "administrator"],
    params: archiveParams,
    query: nothing,
    body: z.strictObject({
      at: moment,
      selection,
      to: destination,
      begin: z
        .boolean()
        .optional()
        .describe("At once, without looking at it first. Default: false; /jobs/{job}/begin begins it"),
    }),
    answer: job,
    async handle(asked, world) {
      const { pool, jobs } = world;
      const archive = await archiveAsked(asked, world);
      const caller = callerOf(asked);
      const { body, chance } = asked;
      const { to, begin = false } = body;
      if (to.kind === "account" && to.account.includes("://"))
        throw new MailError("CONFIG_INVALID", "Name an account that Packetboat knows.");
      const at = await resolveRevision(pool, archive.id, readMoment(body.at, chance.now, "at"));
      const jobId = await createJob(
        pool,
        {
          kind: "restore",
          archiveId: archive.id,
          userId: caller.user.id,
          state: "waiting",
          asked: { ...at, selection: body.selection ?? {}, to, begun: begin },
          preview: null,
        },
        chance.now,
      );
      if (begin) await recordAudit(pool, "restore", caller, { archiveId: archive.id, jobId }, chance.now);
      await jobs.begin(jobId, !begin);
      return await jobNow(world, jobId);
    },
  }),
  route({
    method: "post",
    path: "/archives/{archive}/exports",
    summary: "Makes an export of mail at a moment, to be taken as a download",
    needs: ["read", "restore"],
    params: archiveParams,
    query: nothing,
    body: z.strictObject({
      at: moment.optional(),
      selection,
      format: z
        .enum(PACKED_FORMATS)
        .describe(
          "In one zip: eml (or zip): a file for each message. mbox: one for each mailbox. maildir: as Dovecot keeps it",
        ),
    }),
    answer: job,
    async handle(asked, world) {
      const { pool } = world;
      const archive = await archiveAsked(asked, world);
      const { body, chance } = asked;
      const at = await resolveRevision(pool, archive.id, readMoment(body.at, chance.now, "at"));
      const wanted = body.selection ?? {};
      const snapshot = await snapshotOfChosen(pool, archive, at, wanted, chance.now);
      const jobId = await createJob(
        pool,
        {
          kind: "export",
          archiveId: archive.id,
          userId: callerOf(asked).user.id,
          state: "planned",
          asked: { ...at, selection: wanted, format: body.format },
          preview: exportPreviewOf(snapshot),
        },
        chance.now,
      );
      return await jobNow(world, jobId);
    },
  }),
  route({
    method: "get",
    path: "/jobs",
    summary: "One's own jobs, an administrator's: all; the latest first, without what nobody began within a day",
    needs: ["restore"],
    params: nothing,
    query: z.strictObject({
      before: whole().optional().describe("Jobs before this one"),
      limit: whole(200).optional().describe("Default: 20"),
    }),
    answer: z.strictObject({ jobs: list(job), next }),
    body: null,
    async handle(asked, { pool }) {
      const { user } = callerOf(asked);
      const { before, limit = 20 } = asked.query;
      const found = await listJobs(
        pool,
        {
          limit,
          ...(user.role === "admin" ? {} : { userId: user.id, archiveIds: user.archives }),
          ...(before === undefined ? {} : { before }),
        },
        asked.chance.now,
      );
      const last = found.at(-1);
      const isLast = last === undefined || found.length < limit;
      return value({ jobs: found.map(toldJob), next: isLast ? null : nextPage(asked.address, { before: last.id }) });
    },
  }),
  route({
    method: "get",
    path: "/jobs/{job}",
    summary: "One job: what it would do, how far it is, what it did",
    needs: ["restore"],
    params: jobParams,
    query: nothing,
    body: null,
    answer: job,
    async handle(asked, world) {
      return value(toldJob(await jobAsked(asked, world)));
    },
  }),
  route({
    method: "get",
    path: "/jobs/{job}/events",
    summary:
      "Follows a job: the event `job` holds what /jobs/{job} answers, each time it changes, until it is not at work any more",
    needs: ["restore"],
    params: jobParams,
    query: nothing,
    body: null,
    answer: "events",
    async handle(asked, world) {
      return { kind: "events", events: jobEvents(world, await jobAsked(asked, world), asked.lastEvent, toldJob) };
    },
  }),
  route({
    method: "post",
    path: "/jobs/{job}/begin",
    summary:
      "Begins a restore that was looked at, or again one that ended early: it goes on, nothing is put back twice",
    needs: ["restore", "administrator"],
    params: jobParams,
    query: nothing,
    body: null,
    answer: job,
    async handle(asked, world) {
      const of = await jobAsked(asked, world);
      if (of.kind === "export")
        throw new MailError("CONFIG_INVALID", "A download begins when its address is asked for: /jobs/{job}/download.");
      if (of.kind === "import")
        throw new MailError(
          "CONFIG_INVALID",
          "The file of this import is gone. Send it again: what is there already is not added twice.",
        );
      if (isAtWork(of.state)) throw new MailError("CONFIG_INVALID", "This job is at work already.");
      const about = { archiveId: of.archiveId, jobId: of.id };
      await recordAudit(world.pool, "restore", callerOf(asked), about, asked.chance.now);
      if (!(await world.jobs.begin(of.id, false)))
        throw new MailError("CONFIG_INVALID", "This job is at work already.");
      return await jobNow(world, of.id);
    },
  }),
  route({
    method: "post",
    path: "/jobs/{job}/cancel",
    summary: "Stops a job in good order; what was done until then stays",
    needs: ["restore"],
    params: jobParams,
    query: nothing,
    body: null,
    answer: job,
    async handle(asked, world) {
      const of = await jobAsked(asked, world);
      await cancelJob(world.pool, of.id, asked.chance.now);
      world.jobs.cancel(of.id);
      return await jobNow(world, of.id);
    },
  }),
  route({
    method: "delete",
    path: "/jobs/{job}",
    summary: "Takes a job off the list that was looked at and not begun",
    needs: ["restore"],
    params: jobParams,
    query: nothing,
    body: null,
    answer: null,
    async handle(asked, world) {
      const of = await jobAsked(asked, world);
      if (!(await forgetJob(world.pool, of.id)))
        throw new MailError("CONFIG_INVALID", "This job was begun: it stays on the list for three months.");
      return value(null);
    },
  }),
  route({
    method: "get",
    path: "/jobs/{job}/download",
    summary: "An export as a zip, packed while it is read: with the manifest and the sums that prove it",
    needs: ["read", "restore"],
    params: jobParams,
    query: nothing,
    body: null,
    answer: "bytes",
    async handle(asked, world) {
      const { pool, jobs, downloads } = world;
      const of = await jobAsked(asked, world);
      const archive = of.kind === "export" ? await getArchive(pool, of.archiveId) : null;
      if (archive === null) throw new MailError("NOT_FOUND", "This job has no download.");
      if (downloads.count >= MOST_DOWNLOADS)
        throw new MailError("THROTTLED", `${MOST_DOWNLOADS} downloads are going on. Try again in a while.`, {
          context: { seconds: 10 },
        });
      const held = await jobs.hold(of.id, "running");
      if (held === null)
        throw new MailError("CONFIG_INVALID", "This download is being taken already. Wait for it, or cancel it first.");
      try {
        await recordAudit(pool, "export", callerOf(asked), { archiveId: archive.id, jobId: of.id }, asked.chance.now);
        const { left, ...download } = await openDownload(pool, held, of, archive, asked.chance.now);
        downloads.count++;
        let isOver = false;
        const leave = async (): Promise<void> => {
          if (!isOver) downloads.count--;
          isOver = true;
          await left();
        };
        return { kind: "bytes", ...download, size: null, left: leave };
      } catch (error) {
        await held.fail(error);
        throw error;
      }
    },
  }),
] as const;
