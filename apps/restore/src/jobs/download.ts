// An export as a download: packed while it is read, in no hurry but its reader's. The job says how far it is; one that is broken off can be taken
// again, from the beginning. It must never be given out before it is on record (routes/jobs.ts), nor keep anything on the disk when it ends.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ArchiveInfo, Job } from "@packetboat/archive";
import { asId, MailError, type Revision } from "@packetboat/core";
import type { Database } from "@packetboat/database";
import { type ExportOutcome, exportPacked } from "@packetboat/formats";
import { exportedMessages } from "../exported.ts";
import type { Snapshot } from "../snapshot.ts";
import { type ExportAsked, exportAsked } from "./asked.ts";
import type { HeldJob } from "./board.ts";
import { snapshotOfChosen } from "./chosen.ts";
import type { ExportPreview, ExportResult, Progress } from "./told.ts";

export interface Download {
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly name: string;
  /** To be called when nobody reads on, however that came. */
  readonly left: () => Promise<void>;
}

/** How much an export would be. */
export function exportPreviewOf({ revision, madeAt, mailboxes }: Snapshot): ExportPreview {
  return {
    revision,
    time: madeAt === null ? null : new Date(madeAt).toISOString(),
    messages: mailboxes.reduce((sum, { messages }) => sum + messages, 0),
    bytes: mailboxes.reduce((sum, mailbox) => sum + mailbox.bytes, 0),
    mailboxes: mailboxes.length,
  };
}

/** What a download is saved as: letters that every system takes. Pure. */
export function downloadName(archive: string, { format, revision }: Pick<ExportAsked, "format" | "revision">): string {
  const safe = archive
    .replace(/[^A-Za-z0-9@._-]+/g, "_")
    .replace(/^[._]+/, "")
    .slice(0, 80);
  const kind = format === "zip" ? "eml" : format;
  return `${safe === "" ? "mail" : safe}-${kind}-${revision}.zip`;
}

/** Makes the download of a job that this process holds. Throws as snapshotOfChosen does. */
export async function openDownload(
  pool: Database["pool"],
  held: HeldJob,
  job: Job,
  archive: ArchiveInfo,
  now: number,
): Promise<Download> {
  const asked = exportAsked.parse(job.asked);
  const at = { revision: asId<Revision>(asked.revision), madeAt: asked.madeAt };
  const snapshot = await snapshotOfChosen(pool, archive, at, asked.selection, now);
  const spool = await mkdtemp(join(tmpdir(), "packetboat-export-"));
  const giving = given(pool, held, snapshot, asked, spool);
  let isOver = false;
  const left = async (): Promise<void> => {
    if (isOver) return;
    isOver = true;
    await giving.return();
    await held.fail(brokenOff());
    await rm(spool, { recursive: true, force: true });
  };
  const bytes = (async function* () {
    try {
      yield* giving;
      // Ended because it was left: what follows must not pass for the end of the zip.
      if (isOver) throw brokenOff();
      isOver = true;
      await held.release();
      await rm(spool, { recursive: true, force: true });
    } catch (error) {
      if (!isOver) await held.fail(error);
      throw error;
    } finally {
      await left();
    }
  })();
  return { bytes, name: downloadName(archive.name, asked), left };
}

const brokenOff = (): MailError => new MailError("INTERRUPTED", "The download was broken off. It can be taken again.");

async function* given(
  pool: Database["pool"],
  held: HeldJob,
  snapshot: Snapshot,
  { format, selection }: ExportAsked,
  spool: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { messages, bytes } = exportPreviewOf(snapshot);
  const progress = (done: Pick<ExportOutcome, "messages" | "bytes">): Progress => ({
    phase: "giving",
    account: null,
    messages: done.messages,
    bytes: done.bytes,
    of: { messages, bytes },
  });
  held.progress(progress({ messages: 0, bytes: 0 }));
  const erased = { messages: 0 };
  const subject = {
    archive: snapshot.archive.name,
    revision: snapshot.revision,
    time: snapshot.madeAt,
    selection: Object.keys(selection).length === 0 ? "" : JSON.stringify(selection),
  };
  const outcome = yield* exportPacked(format, subject, snapshot.mailboxes, exportedMessages(pool, snapshot, erased), {
    spool,
    signal: held.signal,
    onProgress: (done) => held.progress(progress(done)),
  });
  const result: ExportResult = {
    messages: outcome.messages,
    bytes: outcome.bytes,
    erased: erased.messages,
    damaged: outcome.damaged,
  };
  await held.move({ state: outcome.damaged.length > 0 ? "partial" : "done", result });
}
