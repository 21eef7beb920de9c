// An import of a file that was sent: read and written as packetboat import does it, told as a job. It must never leave the file behind, nor name the
// place where it lay: what is told of it is what its sender called it.
import { type ArchiveInfo, openImport } from "@packetboat/archive";
import type { Database } from "@packetboat/database";
import { openSource, type Source } from "@packetboat/formats";
import { count, plural, bytes as sized } from "@packetboat/terminal";
import { Intake } from "../import/intake.ts";
import type { ImportAsked } from "./asked.ts";
import type { HeldJob } from "./board.ts";
import type { ImportResult, Progress } from "./told.ts";
import type { UploadedFile } from "./uploads.ts";

/** Longer lists help nobody who reads them in a browser. */
const MOST_MAILBOXES = 500;
const MOST_FAILURES = 200;

export interface ImportWork {
  readonly database: Pick<Database, "pool" | "lost" | "ensureDiskSpace">;
  readonly now: () => number;
  readonly archive: ArchiveInfo;
  readonly asked: ImportAsked;
  readonly file: UploadedFile;
}

/** What is known of an import until now. */
interface Known {
  readonly source: Source;
  readonly intake: Intake;
}

/** Does it to its end, takes the file away, and notes how it ended, with what was done until then. */
export async function importFile(work: ImportWork, held: HeldJob): Promise<void> {
  const { asked, file } = work;
  let known: Known | null = null;
  try {
    await using _ = { [Symbol.asyncDispose]: file.remove };
    const source = await openSource(file.path, asked.format, asked);
    await using __ = { [Symbol.asyncDispose]: source.close };
    await held.move({ state: "running" });
    await readInto(work, held, source, (intake) => {
      known = { source, intake };
    });
  } catch (error) {
    await held.fail(error, resultOf(asked, known));
    return;
  }
  const result = resultOf(asked, known);
  await held.move({ state: (result?.failed ?? 0) > 0 ? "partial" : "done", result });
}

async function readInto(
  { database, now, archive, asked }: ImportWork,
  held: HeldJob,
  source: Source,
  begun: (intake: Intake) => void,
): Promise<void> {
  const { pool, lost, ensureDiskSpace } = database;
  const { dryRun, keepLineEnds } = asked;
  const into = await openImport(pool, archive.id, now);
  let read = 0;
  const tell = (messages: number): void => held.progress(progressOf(messages, read, source.bytes));
  const intake: Intake = new Intake({
    placing: { mailbox: asked.mailbox ?? undefined, below: asked.below ?? undefined },
    into,
    dryRun,
    signal: AbortSignal.any([held.signal, lost]),
    beforeWrite: ensureDiskSpace,
    onProgress: ({ messages }) => tell(messages),
  });
  begun(intake);
  tell(0);
  const onRead = (bytes: number): void => {
    read += bytes;
  };
  await intake.read(source.items({ onRead, keepLineEnds }));
  if (!dryRun) await into.finish();
}

const progressOf = (messages: number, bytes: number, all: number | null): Progress => ({
  phase: "importing",
  account: null,
  messages,
  bytes,
  of: { messages: null, bytes: all },
});

function resultOf({ dryRun }: Pick<ImportAsked, "dryRun">, known: Known | null): ImportResult | null {
  if (known === null) return null;
  const { source, intake } = known;
  const { messages, added, addedBytes, alreadyThere, leftOut } = intake.totals;
  const told = intake.mailboxes.filter((one) => one.added + one.alreadyThere > 0);
  const mailboxes = told.slice(0, MOST_MAILBOXES);
  return {
    what: source.what,
    messages,
    added,
    addedBytes,
    alreadyThere,
    leftOut,
    mailboxes: mailboxes.map((one) => ({ mailbox: one.mailbox, added: one.added, alreadyThere: one.alreadyThere })),
    moreMailboxes: told.length - mailboxes.length,
    failed: intake.failed,
    failures: intake.failures.slice(0, MOST_FAILURES).map(({ place, reason, detail }) => ({ place, reason, detail })),
    revision: intake.revision,
    said: sentenceOf(intake, dryRun),
  };
}

function sentenceOf({ totals, failed }: Pick<Intake, "totals" | "failed">, dryRun: boolean): string {
  const { messages, added, addedBytes, alreadyThere, leftOut } = totals;
  if (messages + leftOut + failed === 0)
    return "No message was found in it. Say what the file is, and give it the name that it has.";
  const amount =
    added === 0
      ? `Nothing new in ${plural(messages, "message")}.`
      : `${plural(added, "message")} (${sized(addedBytes)}) ${dryRun ? "would be added" : "added"}.`;
  return [
    amount,
    ...(added > 0 && alreadyThere > 0 ? [`${count(alreadyThere)} there already.`] : []),
    ...(leftOut > 0 ? [`${count(leftOut)} left out, which the file holds as removed.`] : []),
    ...(failed > 0 ? [`${plural(failed, "message or file", "messages or files")} could not be read.`] : []),
  ].join(" ");
}
