// Mail into an archive from a file that is sent: the body is the file, and the answer the job that reads it. What the archive holds already is not
// added twice, so whatever broke off is sent again. On record before a byte is written down.
// It must never write anything down for somebody who may not import, nor keep a file longer than its job.
import { type ArchiveInfo, createJob, recordAudit } from "@packetboat/archive";
import { MailError } from "@packetboat/core";
import { SOURCE_KINDS } from "@packetboat/formats";
import { z } from "zod";
import { readPlacing } from "../../import/sources.ts";
import type { ImportAsked } from "../../jobs/asked.ts";
import type { HeldJob } from "../../jobs/board.ts";
import { importFile } from "../../jobs/import-work.ts";
import type { UploadedFile } from "../../jobs/uploads.ts";
import { archiveAsked, callerOf } from "../caller.ts";
import { route, type Sent, value, type World } from "../route.ts";
import { archiveParams, list, nothing, words } from "../shapes.ts";
import { job, jobNow } from "../told-job.ts";

/** Each fills the disk at the pace of its line. */
const MOST_AT_ONCE = 4;

const yes = z.literal("true").optional();

export const importRoutes = [
  route({
    method: "get",
    path: "/imports",
    summary: "What is taken for an import",
    needs: ["restore", "administrator"],
    params: nothing,
    query: nothing,
    body: null,
    answer: z.strictObject({ most: z.int().describe("The largest file, in bytes"), formats: list(z.string()) }),
    async handle(_, { uploads }) {
      return value({ most: uploads.most, formats: SOURCE_KINDS });
    },
  }),
  route({
    method: "post",
    path: "/archives/{archive}/imports",
    summary: "Brings in the mail of a file that is sent; what is there already is not added again",
    needs: ["restore", "administrator"],
    params: archiveParams,
    query: z.strictObject({
      name: words(400)
        .optional()
        .describe("What the file is called: an mbox names its mailbox by it, a single message ends in .eml"),
      format: z.enum(SOURCE_KINDS).optional().describe("Trees of files come as a zip. Default: it is found out"),
      mailbox: words(4_000).optional().describe("All of it goes into this mailbox, such as Archive/2019"),
      below: words(4_000).optional().describe("Its mailboxes keep their names, below this one"),
      keepLineEnds: yes.describe("Line ends stay as they are in an mbox or a Maildir. Default: LF alone becomes CRLF"),
      dryRun: yes.describe("Only counts what would be added"),
      modified: z.iso.datetime().optional().describe("The file's own time: the date of a single message"),
    }),
    body: "bytes",
    answer: job,
    async handle(asked, world) {
      const { query, body, chance } = asked;
      const archive = await archiveAsked(asked, world);
      const { pool, uploads, receiving } = world;
      const placing = readPlacing(query, "");
      await uploads.expect(body.size);
      if (receiving.count >= MOST_AT_ONCE)
        throw new MailError("THROTTLED", `${MOST_AT_ONCE} files are being sent already. Try again in a while.`, {
          context: { seconds: 30 },
        });
      const wanted: ImportAsked = {
        name: nameOf(query),
        format: query.format ?? null,
        mailbox: placing.mailbox === undefined ? null : [...placing.mailbox],
        below: placing.below === undefined ? null : [...placing.below],
        keepLineEnds: query.keepLineEnds === "true",
        dryRun: query.dryRun === "true",
        modified: query.modified === undefined ? null : Date.parse(query.modified),
        mark: uploads.newMark(chance.random),
      };
      receiving.count++;
      try {
        const { user } = callerOf(asked);
        const job = { kind: "import", archiveId: archive.id, userId: user.id, state: "waiting" } as const;
        const jobId = await createJob(pool, { ...job, asked: wanted, preview: null }, chance.now);
        await recordAudit(pool, "import", callerOf(asked), { archiveId: archive.id, jobId }, chance.now);
        await takeIn(world, { jobId, archive, wanted, body });
        return await jobNow(world, jobId);
      } finally {
        receiving.count--;
      }
    },
  }),
] as const;

/** A file that is told to be a message is one, whatever it is called. Pure. */
function nameOf({
  name = "Imported",
  format,
}: {
  readonly name?: string | undefined;
  readonly format?: string | undefined;
}): string {
  return format === "eml" && !/\.(eml|zip)$/i.test(name) ? `${name}.eml` : name;
}

interface Incoming {
  readonly jobId: number;
  readonly archive: ArchiveInfo;
  readonly wanted: ImportAsked;
  readonly body: Sent;
}

/** Writes the file down and lets the job read it in its turn. Throws as Uploads.receive does, but for a job that was cancelled: it says so. */
async function takeIn(world: World, { jobId, archive, wanted, body }: Incoming): Promise<void> {
  const { uploads, jobs, database, now } = world;
  const held = await jobs.hold(jobId, "waiting");
  if (held === null) return;
  const file = await received(uploads, held, wanted, body);
  if (file === null) return;
  const work = { database, now, archive, asked: wanted, file };
  jobs.goOn(held, () => importFile(work, held), file.remove);
}

/** Null: it was cancelled. */
async function received(
  uploads: World["uploads"],
  held: HeldJob,
  { mark }: ImportAsked,
  { bytes, size }: Sent,
): Promise<UploadedFile | null> {
  const onBytes = (came: number): void =>
    held.progress({
      phase: "receiving",
      account: null,
      messages: 0,
      bytes: came,
      of: { messages: null, bytes: size },
    });
  try {
    await held.move({ state: "looking" });
    return await uploads.receive(held.id, { mark, bytes, signal: held.signal, onBytes });
  } catch (error) {
    const isCancelled = held.signal.aborted;
    await held.fail(error);
    if (isCancelled) return null;
    throw error;
  }
}
