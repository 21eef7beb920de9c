// packetboat restore push: undo in place, or mail into another account. In place: plan, print, ask where anything would be removed, make the
// revision, let the archive's links carry it out (in-place.ts). It must never go on with a plan that was not shown.
import { type LinkInfo, resolveRevision, type Undone, type UndoPlan } from "@packetboat/archive";
import { harmless, plural } from "@packetboat/terminal";
import type { Around } from "../around.ts";
import { alsoRemoves, besideChosen } from "../beside-chosen.ts";
import type { Frame, RestoreHost } from "../host.ts";
import { doInPlace, type InPlaceLook, lookInPlace } from "../in-place.ts";
import { accountLine } from "../in-place-preview.ts";
import { type Resolved, readMoment } from "../moment.ts";
import { type PushOptions, readPush } from "../push-options.ts";
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
  const at = await resolveRevision(database.pool, archive.id, readMoment(asked.at ?? undefined, host.now()));
  const selection = await searchedSelection(database.pool, archive, at.revision, asked.selection, asked.query);
  if (asked.kind === "inPlace") return await undo(host, around, { at, selection }, options);
  const isLiving = asked.at === null && asked.words === null;
  const dryRun = options.dryRun === true;
  const { ran, ...told } = await pushTo(around, { ...asked, at, selection, isLiving }, { ...options, dryRun });
  screen.data({ version: 1, archive: archive.name, revision: at.revision, ...told, sync: ran?.report ?? null });
  ran?.tell();
}

async function undo(
  host: RestoreHost,
  around: Around,
  { at, selection }: { readonly at: Resolved; readonly selection: UndoPlan["selection"] },
  options: PushOptions,
): Promise<void> {
  const { screen, archive } = around;
  const keepNew = options.keepNew === true;
  const sync = options.sync !== false;
  const look = await lookInPlace(around, { at, selection, keepNew, sync, carryOut: options.carryOut === true });
  tellPlan(around, look);
  const beside = await besideChosen(around.database.pool, look);
  for (const { text } of beside) screen.line(harmless(text));
  const head = { version: 1, archive: archive.name, plan: planOf(look.plan), accounts: look.accounts, beside };
  if (options.dryRun === true) {
    screen.data({ ...head, dryRun: true, done: null, sync: null });
    if (!look.isEmpty && sync) sayNoneMayWrite(around, look);
    return;
  }
  await askFirst(host, look.plan, alsoRemoves(beside), options.yes === true);
  const { done, sync: ran } = await doInPlace(around, look, (made) => tellDone(around, made));
  if (sync) sayNoneMayWrite(around, look);
  screen.data({ ...head, dryRun: false, done, sync: ran?.report ?? null });
  if (!sync) screen.line(`packetboat sync ${harmless(archive.name)} carries it out.`);
  ran?.tell();
}

function tellPlan({ screen, archive }: Around, { plan, isEmpty, accounts, wish }: InPlaceLook): void {
  const when = whenOf(wish.at);
  if (isEmpty) screen.line(`${harmless(archive.name)} is as it was at ${when}.`);
  else {
    screen.line(`To make ${harmless(archive.name)} what it was at ${when}:`);
    for (const line of undoLines(plan)) screen.line(line);
  }
  for (const account of accounts) screen.line(accountLine(account));
}

function tellDone({ screen, archive }: Around, done: Undone): void {
  if (done.revision !== null) screen.line(`${doneLine(done)}: revision ${done.revision} of ${harmless(archive.name)}.`);
  if (done.stale > 0)
    screen.warning(
      `packetboat: ${plural(done.stale, "message")} changed meanwhile and stay as they are. Run it again.`,
    );
}

const planOf = ({ archiveId: _, ...plan }: UndoPlan) => plan;

/**
 * What came since goes from servers too, and what an earlier restore removed from the archive alone; an undo without removals needs no question, for it
 * can be undone as well.
 */
async function askFirst(
  host: RestoreHost,
  { totals, removedMailboxes }: UndoPlan,
  isMore: boolean,
  yes: boolean,
): Promise<void> {
  const going = [
    ...(totals.removed > 0 ? [plural(totals.removed, "message")] : []),
    ...(removedMailboxes.length > 0 ? [plural(removedMailboxes.length, "mailbox")] : []),
  ];
  const asked = [
    ...(going.length > 0 ? [`${going.join(" and ")} that came since`] : []),
    ...(isMore ? ["what the archive as it is now has not from the server"] : []),
  ];
  if (asked.length === 0) return;
  const kept = isMore ? "at earlier moments" : "at this revision";
  await host.consent(`Remove ${asked.join(", and ")}? The archive keeps them ${kept}.`, yes);
}

/** Each account that fills the archive and is not written to is named: what comes back in the archive does not come back there. */
function sayNoneMayWrite({ screen, archive }: Around, { links, writing }: InPlaceLook): void {
  const filling = links.filter(({ id, rights }) => rights.pull && !writing.some((one) => one.id === id));
  if (writing.length === 0) screen.line(noneMayWrite(links, archive.name));
  else for (const link of filling) screen.line(notWritten(link));
}

const notWritten = ({ id, account }: LinkInfo): string =>
  `Nothing changes on the server of ${harmless(account)}: its link only backs up. --carry-out lets it write for this once, packetboat link set ${id} --push for good.`;

/** Why no server changes, and what lets it. */
function noneMayWrite([link]: readonly LinkInfo[], archive: string): string {
  return link === undefined
    ? "No account is tied to this archive, so no server changes."
    : `No link of this archive may write to its server. packetboat link set ${link.id} --push lets it, and packetboat sync ${harmless(archive)} then carries it out; --carry-out lets it for this once; or use --to.`;
}
