// A restore as a job: looked at, then done, by the same steps as restore push (in-place.ts, push-to.ts). Begun again it goes on: an undo compares
// with the same revision, a link knows what it sent. It must never remove anything that was not shown, or asked for without being looked at.
import {
  heldBy,
  linkStatuses,
  listLinks,
  onlyOnServer,
  type UndoCounts,
  type Undone,
  type UndoSelection,
} from "@packetboat/archive";
import { asId, type LinkId, MailError, type Revision, type RunReport } from "@packetboat/core";
import { count, plural } from "@packetboat/terminal";
import type { Around } from "../around.ts";
import { alsoRemoves, besideChosen } from "../beside-chosen.ts";
import { pushTo, type ToWish } from "../commands/push-to.ts";
import { doInPlace, type InPlaceLook, lookInPlace } from "../in-place.ts";
import { isoOf } from "../iso.ts";
import type { Resolved } from "../moment.ts";
import { doneLine } from "../undo-lines.ts";
import type { RestoreAsked, RestoreTo } from "./asked.ts";
import { type ChosenSelection, selectionOf } from "./chosen.ts";
import { CHANGED, heldBack, noServer, noServerChanged, ofAccount, removes } from "./obstacles.ts";
import type { AccountTold, Obstacle, RestorePreview, RestoreResult, RunTold } from "./told.ts";

/** Lists longer than this are cut. */
const MOST_LISTED = 500;

export interface Looked {
  readonly preview: RestorePreview;
  /** Does what the preview says. `onArchive`: told when the archive is done and servers are next. */
  readonly go: (onArchive: () => void) => Promise<Ended>;
}

export interface Ended {
  readonly state: "done" | "partial";
  readonly result: RestoreResult;
}

/** Looks at what a restore would do; nothing is changed. Throws CONFIG_INVALID, and what a sign-in to another account throws. */
export async function lookAtRestore(around: Around, asked: RestoreAsked): Promise<Looked> {
  const { database, archive, host } = around;
  const at: Resolved = { revision: asId<Revision>(asked.revision), madeAt: asked.madeAt };
  const chosen = await selectionOf(database.pool, archive, at, asked.selection, host.now());
  return asked.to.kind === "place"
    ? await lookAtPlace(around, at, chosen, asked.to)
    : await lookAtAccount(around, at, chosen, asked.to);
}

/** What was shown before must still be all that is removed; null: it may begin. Pure. */
export function changedSince(shown: RestorePreview | null, now: RestorePreview): Obstacle | null {
  const isRemoving = (now.totals?.removed ?? 0) + now.removedMailboxes.length > 0 || alsoRemoves(now.inTheWay);
  return isRemoving && shown !== null && shown.head !== now.head ? CHANGED : null;
}

type Place = Extract<RestoreTo, { kind: "place" }>;

async function lookAtPlace(
  around: Around,
  at: Resolved,
  { selection: chosen }: ChosenSelection,
  { whatCameSince = "keep", carryOut = false, onlyOnServer: lacking }: Place,
): Promise<Looked> {
  const selection = lacking === undefined ? chosen : await lackingOf(around, at, chosen, asId(lacking));
  const lends = typeof carryOut === "boolean" ? carryOut : carryOut.map((id): LinkId => asId(id));
  const keepNew = whatCameSince === "keep";
  const look = await lookInPlace(around, { at, selection, keepNew, sync: true, carryOut: lends });
  return {
    preview: await placePreview(around, look),
    go: async (onArchive) => {
      const { done, sync } = await doInPlace(around, look, onArchive);
      const runs = (sync?.runs ?? []).map(runOf);
      const said = [`${doneLine(done)}.`, ...staleWords(done), ...(sync === null ? noServerChanged(look) : [])];
      return ended({ revision: done.revision, done: countsOf(done), stale: done.stale, runs }, said, sync?.runs ?? []);
    },
  };
}

/** Throws CONFIG_INVALID where the archive lacks nothing of it (any more). */
async function lackingOf(
  { database: { pool }, archive }: Around,
  at: Resolved,
  selection: UndoSelection,
  id: LinkId,
): Promise<UndoSelection> {
  const link = (await listLinks(pool, { archiveId: archive.id })).find((one) => one.id === id);
  if (link === undefined) throw new MailError("CONFIG_INVALID", `This archive has no link ${id}.`);
  const chosen = selection.messages === undefined ? null : new Set(selection.messages);
  const messages = (await onlyOnServer(pool, link, at.revision)).filter((one) => chosen === null || chosen.has(one));
  if (messages.length === 0)
    throw new MailError(
      "CONFIG_INVALID",
      "The archive has all of it again, as it is now: there is nothing to bring back.",
    );
  return { ...selection, messages };
}

const countsOf = ({ back, moved, flagged, removed }: UndoCounts): UndoCounts => ({ back, moved, flagged, removed });

const staleWords = ({ stale }: Undone): readonly string[] =>
  stale === 0 ? [] : [`${plural(stale, "message")} changed meanwhile and stay as they are. Begin it again.`];

async function placePreview({ database: { pool } }: Around, look: InPlaceLook): Promise<RestorePreview> {
  const { plan, links, writing, lent, wish } = look;
  const accounts = links.map(({ id, account }): AccountTold => {
    const sent = look.accounts.find(({ link }) => link === id) ?? nothingSent(account);
    const mayWrite = writing.some((one) => one.id === id);
    return { ...sent, link: id, account, mayWrite, carriedOut: lent.has(id) };
  });
  const beside = await besideChosen(pool, look);
  const own = new Set(links.map(({ id }) => id));
  const statuses = (await linkStatuses(pool)).filter(({ link }) => own.has(link.id));
  const held: Obstacle[] = [];
  for (const status of statuses) {
    const kinds = status.heldBy === null ? [] : (await heldBy(pool, status.heldBy)).map(({ kind }) => kind);
    const told = heldBack(status, new Set(kinds));
    if (told !== null) held.push(told);
  }
  const mailboxes = plan.mailboxes.map(({ path, ...counts }) => ({ path, ...countsOf(counts) }));
  return {
    revision: wish.at.revision,
    time: isoOf(wish.at.madeAt),
    head: plan.until,
    isEmpty: look.isEmpty,
    totals: countsOf(plan.totals),
    mailboxes: mailboxes.slice(0, MOST_LISTED),
    moreMailboxes: Math.max(0, mailboxes.length - MOST_LISTED),
    backMailboxes: plan.backMailboxes.slice(0, MOST_LISTED),
    renamed: plan.renamed.slice(0, MOST_LISTED),
    removedMailboxes: plan.removedMailboxes,
    accounts,
    inTheWay: [
      ...held,
      ...[noServer(look), removes(look)].filter((one) => one !== null),
      ...accounts.flatMap(ofAccount),
      ...beside,
    ],
  };
}

const nothingSent = (account: string): AccountTold => ({
  link: null,
  account,
  mayWrite: false,
  carriedOut: false,
  toAppend: 0,
  bytes: 0,
  alreadyThere: 0,
  toBeMatched: 0,
  tooLarge: 0,
  appendLimit: null,
  notAsked: null,
});

type Account = Extract<RestoreTo, { kind: "account" }>;

async function lookAtAccount(
  around: Around,
  at: Resolved,
  { selection, words }: ChosenSelection,
  { account, below = [] }: Account,
): Promise<Looked> {
  // A restore is of one moment: what comes later is not sent, so the archive itself is never tied to the account.
  const wish: ToWish = { account, at, selection, words, below, isLiving: false };
  const looked = await pushTo(around, wish, { dryRun: true });
  const known = (looked.ran?.runs ?? []).map(runOf).reduce((sum, run) => sum + run.sent, 0);
  const { appendLimit = null, ...sent } = looked.preview ?? { toAppend: known };
  const told: AccountTold = {
    ...nothingSent(looked.account),
    ...sent,
    appendLimit,
    link: looked.link,
    mayWrite: true,
  };
  return {
    preview: {
      revision: at.revision,
      time: isoOf(at.madeAt),
      head: around.archive.revision,
      isEmpty: told.toAppend + told.toBeMatched + told.tooLarge === 0,
      totals: null,
      mailboxes: [],
      moreMailboxes: 0,
      backMailboxes: [],
      renamed: [],
      removedMailboxes: [],
      accounts: [told],
      inTheWay: ofAccount(told),
    },
    go: async (onArchive) => {
      onArchive();
      const { ran } = await pushTo(around, wish, { dryRun: false });
      const reports = ran?.runs ?? [];
      return ended({ revision: null, done: null, stale: 0, runs: reports.map(runOf) }, [], reports);
    },
  };
}

const runOf = ({ run, link, account, outcome, totals, halts, error }: RunReport): RunTold => ({
  run,
  link,
  account,
  outcome,
  sent: totals.appended,
  bytes: totals.appendedBytes,
  flags: totals.flagsSent,
  moved: totals.movedThere,
  removed: totals.removedThere,
  failed: totals.failed,
  halts: halts.map(({ text }) => text),
  error: error?.text ?? null,
});

/** The last run of each link says how it ended: what one round did not get through a later one may have. */
function ended(result: Omit<RestoreResult, "said">, said: readonly string[], reports: readonly RunReport[]): Ended {
  const last = [...new Map(reports.map((report) => [report.link, report])).values()];
  const isWell = last.every(({ outcome }) => outcome === "ok");
  const words = last.map((report) => `${report.account}: ${runWords(report, reports)}`);
  const sentence = [...said, ...words].filter((one) => one !== "").join(" ");
  return { state: isWell && result.stale === 0 ? "done" : "partial", result: { ...result, said: sentence } };
}

function runWords({ link, outcome, totals, halts, error }: RunReport, all: readonly RunReport[]): string {
  const own = all.filter((report) => report.link === link);
  const sum = (of: (report: RunReport) => number): number => own.reduce((whole, report) => whole + of(report), 0);
  const changed = [
    `${plural(
      sum(({ totals: { appended } }) => appended),
      "message",
    )} put there`,
    ...(sum(({ totals: { movedThere } }) => movedThere) > 0
      ? [`${count(sum(({ totals: { movedThere } }) => movedThere))} moved`]
      : []),
    ...(sum(({ totals: { removedThere } }) => removedThere) > 0
      ? [`${count(sum(({ totals: { removedThere } }) => removedThere))} removed`]
      : []),
  ].join(", ");
  const trouble = [
    ...(totals.failed > 0 ? [`${plural(totals.failed, "message")} did not get through.`] : []),
    ...halts.map(({ text }) => `${text}.`),
    ...(error === null ? [] : [error.text]),
    ...(outcome === "interrupted" ? ["It was stopped; begin it again to go on."] : []),
  ];
  return [`${changed}.`, ...trouble].join(" ");
}
