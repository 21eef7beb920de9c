// packetboat restore push: undo in place, or mail into another account. In place: plan, print, ask where anything would be removed, make the
// revision, let the archive's links carry it out. It must never remove anything that the plan did not name, nor ask a server for anything
// but by the rounds of links, under their guards (M10, G1).
import {
  executeUndo,
  isEmptyUndo,
  type LinkInfo,
  listLinks,
  planUndo,
  resolveRevision,
  type Undone,
  type UndoPlan,
} from "@packetboat/archive";
import { harmless, plural } from "@packetboat/terminal";
import type { Around } from "../around.ts";
import type { Frame, RestoreHost } from "../host.ts";
import { previewInPlace } from "../in-place-preview.ts";
import { readMoment } from "../moment.ts";
import { type PushOptions, readPush, type Wanted } from "../push-options.ts";
import { searchedSelection } from "../searched.ts";
import { whenOf } from "../snapshot.ts";
import { doneLine, undoLines } from "../undo-lines.ts";
import { pushTo } from "./push-to.ts";

/** Throws CONFIG_INVALID for options that do not fit, as planUndo and executeUndo do, and INTERRUPTED. */
export async function push(host: RestoreHost, frame: Frame, name: string, options: PushOptions): Promise<void> {
  const asked = readPush(options, frame.readDate, host.now());
  const screen = host.screen(options);
  host.stopsByItself();
  const database = await host.open(screen);
  const archive = await host.archiveByName(database, name);
  const around = { host, database, screen, archive };
  const selection = await searchedSelection(around, asked.at, asked.selection, asked.query);
  if (asked.kind === "to") await pushTo(around, { ...asked, selection }, options);
  else await undo(around, { ...asked, selection }, options);
}

async function undo(around: Around, wanted: Extract<Wanted, { kind: "inPlace" }>, options: PushOptions): Promise<void> {
  const { host, database, screen, archive } = around;
  const moment = readMoment(wanted.at, host.now());
  const { revision, madeAt } = await resolveRevision(database.pool, archive.id, moment);
  const { selection } = wanted;
  const keepNew = options.keepNew === true;
  const plan = await planUndo(database.pool, { archiveId: archive.id, revision, selection, keepNew });
  const when = whenOf({ revision, madeAt });
  if (isEmptyUndo(plan)) screen.line(`${harmless(archive.name)} is as it was at ${when}.`);
  else {
    screen.line(`To make ${harmless(archive.name)} what it was at ${when}:`);
    for (const line of undoLines(plan)) screen.line(line);
  }
  const links = await listLinks(database.pool, { archiveId: archive.id });
  const pushing = options.sync === false ? [] : links.filter(({ rights }) => rights.push);
  const accounts = await previewInPlace(around, plan, pushing);
  const head = { ...headOf(around, plan), accounts };
  if (options.dryRun === true) {
    screen.data({ ...head, dryRun: true, done: null, sync: null });
    if (!isEmptyUndo(plan) && pushing.length === 0 && options.sync !== false) sayNoneMayWrite(around, links);
    return;
  }
  await askFirst(host, plan, options.yes === true);
  const done = await execute(around, plan);
  if (done.revision !== null) screen.line(`${doneLine(done)}: revision ${done.revision} of ${harmless(archive.name)}.`);
  if (done.stale > 0)
    screen.warning(
      `packetboat: ${plural(done.stale, "message")} changed meanwhile and stay as they are. Run it again.`,
    );
  const sync = options.sync === false ? null : await carryOut(around, links);
  screen.data({ ...head, dryRun: false, done, sync: sync?.report ?? null });
  if (options.sync === false) screen.line(`packetboat sync ${harmless(archive.name)} carries it out.`);
  sync?.tell();
}

function headOf({ archive }: Around, { archiveId: _, ...plan }: UndoPlan) {
  return { version: 1, archive: archive.name, plan };
}

/** What came since goes from servers too; an undo without removals needs no question, for it can be undone as well. */
async function askFirst(host: RestoreHost, { totals, removedMailboxes }: UndoPlan, yes: boolean): Promise<void> {
  const going = [
    ...(totals.removed > 0 ? [plural(totals.removed, "message")] : []),
    ...(removedMailboxes.length > 0 ? [plural(removedMailboxes.length, "mailbox")] : []),
  ];
  if (going.length === 0) return;
  await host.consent(`Remove ${going.join(" and ")} that came since? The archive keeps them at this revision.`, yes);
}

async function execute({ host, database, screen }: Around, plan: UndoPlan): Promise<Undone> {
  const signal = AbortSignal.any([host.signal, database.lost]);
  const onProgress = (messages: number): void => {
    if (messages >= 10_000) screen.progress(`${plural(messages, "message")} so far`);
  };
  return await executeUndo(database.pool, plan, { now: host.now, signal, onProgress });
}

/** The rounds of the archive's links. Null: none of them may write. */
async function carryOut(around: Around, links: readonly LinkInfo[]) {
  const { host, database, screen } = around;
  if (links.some(({ rights }) => rights.push)) return await host.rounds(database, screen, links);
  sayNoneMayWrite(around, links);
  return null;
}

function sayNoneMayWrite({ screen, archive }: Around, [link]: readonly LinkInfo[]): void {
  screen.line(
    link === undefined
      ? "No account is tied to this archive, so no server changes."
      : `No link of this archive may write to its server. packetboat link set ${link.id} --push lets it, and packetboat sync ${harmless(archive.name)} then carries it out; or use --to.`,
  );
}
