// A job as the API tells it, whatever its kind, and who may be told. It must never show a job to anybody but who began it and administrators, nor to
// somebody who may not read its archive any more.
import { type Caller, getJob, type Job, mayRead, TOLD_STATES } from "@packetboat/archive";
import { MailError } from "@packetboat/core";
import { z } from "zod";
import { isoOf } from "../iso.ts";
import { exportAsked, importAsked, restoreAsked } from "../jobs/asked.ts";
import { exportPreview, exportResult, importResult, progress, restorePreview, restoreResult } from "../jobs/told.ts";
import { callerOf } from "./caller.ts";
import { value, type World } from "./route.ts";
import { id, time, whole } from "./shapes.ts";

export const jobParams = z.strictObject({ job: whole() });

const shared = {
  job: id,
  archive: id,
  user: id.nullable().describe("Who began it; null: they are gone since"),
  state: z
    .enum(TOLD_STATES)
    .describe(
      "waiting, looking, running: it is at work. planned: it can be begun. interrupted: its process ended; a restore and a download can be begun again and go on, a file is sent again",
    ),
  cancelled: z.boolean().describe("Somebody wants it to stop"),
  created: time,
  changed: time,
  ended: time,
  progress: progress.nullable(),
  error: z.strictObject({ code: z.string(), text: z.string() }).nullable(),
};

/** What was asked for, without what is nobody's affair. */
const shown = {
  restore: restoreAsked.omit({ madeAt: true, begun: true }),
  export: exportAsked.omit({ madeAt: true }),
  import: importAsked.omit({ modified: true, mark: true }),
};

export const job = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("restore"),
    ...shared,
    asked: shown.restore.nullable(),
    preview: restorePreview.nullable().describe("Null: it was not looked at yet"),
    result: restoreResult.nullable(),
  }),
  z.strictObject({
    kind: z.literal("export"),
    ...shared,
    asked: shown.export.nullable(),
    preview: exportPreview.nullable(),
    result: exportResult.nullable(),
    download: z.string().describe("Its address; each time it is asked for, the download begins anew"),
  }),
  z.strictObject({
    kind: z.literal("import"),
    ...shared,
    asked: shown.import.nullable(),
    preview: z.null(),
    result: importResult.nullable().describe("Also of one that ended early: what was done until then"),
  }),
]);

/** What another version kept in another shape is told as not there. */
const known = <T extends z.ZodType>(shape: T, kept: unknown): z.output<T> | null => shape.safeParse(kept).data ?? null;

/** `asked` without the words that are not shown. */
function askedOf<T extends z.ZodObject>(shape: T, kept: unknown): z.output<T> | null {
  if (typeof kept !== "object" || kept === null) return null;
  return known(shape, Object.fromEntries(Object.entries(kept).filter(([name]) => name in shape.shape)));
}

/** A job in the words of the API. Pure. */
export function toldJob(of: Job): z.input<typeof job> {
  const told = {
    job: of.id,
    archive: of.archiveId,
    user: of.userId,
    state: of.state,
    cancelled: of.isCancelled,
    created: isoOf(of.createdAt),
    changed: isoOf(of.changedAt),
    ended: isoOf(of.endedAt),
    progress: known(progress, of.progress),
    error: of.error,
  };
  switch (of.kind) {
    case "restore":
      return {
        kind: "restore",
        ...told,
        asked: askedOf(shown.restore, of.asked),
        preview: known(restorePreview, of.preview),
        result: known(restoreResult, of.result),
      };
    case "export":
      return {
        kind: "export",
        ...told,
        asked: askedOf(shown.export, of.asked),
        preview: known(exportPreview, of.preview),
        result: known(exportResult, of.result),
        download: `/api/v1/jobs/${of.id}/download`,
      };
    case "import":
      return {
        kind: "import",
        ...told,
        asked: askedOf(shown.import, of.asked),
        preview: null,
        result: known(importResult, of.result),
      };
  }
}

const noJob = (): MailError => new MailError("NOT_FOUND", "There is no job of this number that you may see.");

function maySee(caller: Caller, of: Job): boolean {
  const isOwn = caller.user.role === "admin" || of.userId === caller.user.id;
  return isOwn && mayRead(caller, of.archiveId);
}

/** Throws NOT_FOUND where there is none, and where the caller may not see it. */
export async function jobAsked(
  asked: { readonly caller: Caller | null; readonly params: { readonly job: number } },
  { pool }: Pick<World, "pool">,
): Promise<Job> {
  const of = await getJob(pool, asked.params.job);
  if (of === null || !maySee(callerOf(asked), of)) throw noJob();
  return of;
}

/** As it is now, after something was done to it. */
export async function jobNow({ pool }: Pick<World, "pool">, jobId: number) {
  const of = await getJob(pool, jobId);
  if (of === null) throw noJob();
  return value(toldJob(of));
}
