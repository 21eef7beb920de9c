// What a final check says in the end: the report for programs, the lines for people, the exit code. Pure. It must never say "all" while one
// message of the source is not proved to be on the target, nor name a message by anything but its mailbox and UID.
import { formatUids, type MessageFailure, subtractUids, type UidSet, uidCount } from "@packetboat/core";
import { bytes, count, harmless, plural, type Screen, tableLines } from "@packetboat/terminal";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import type { FinalMailbox, FinalResult } from "../verify/final.ts";

/** Why messages of a mailbox are not on the target, as the last run told it. */
export type KnownReason = Pick<MessageFailure, "mailbox" | "code" | "detail">;

/** What `migrate --final --json` prints (version 1). */
export interface FinalReport extends FinalResult {
  readonly version: 1;
  readonly from: string;
  readonly to: string;
  readonly totals: FinalTotals;
  readonly reasons: readonly KnownReason[];
  readonly exitCode: ExitCode;
}

export interface FinalTotals {
  /** On the source. */
  readonly messages: number;
  /** Proved to be on the target. */
  readonly present: number;
  readonly byBytes: number;
  readonly missing: number;
  readonly altered: number;
  readonly unproved: number;
  readonly lineEnds: number;
  readonly datesDiffer: number;
  readonly flagsDiffer: number;
  readonly onlyOnTarget: number;
  /** That could not be compared, though they may hold messages. */
  readonly mailboxesNotCompared: number;
}

interface Ends {
  readonly from: string;
  readonly to: string;
  readonly reasons: readonly KnownReason[];
}

/** Gives the report. Exit code 0: every message of the source is proved to be on the target; 3: some are not. */
export function finalReport(result: FinalResult, ends: Ends): FinalReport {
  const { mailboxes, notCarried } = result;
  const sum = (of: (mailbox: FinalMailbox) => number): number => mailboxes.reduce((all, each) => all + of(each), 0);
  const uncarried = notCarried.filter(({ messages }) => messages !== 0).length;
  const totals: FinalTotals = {
    messages: sum(({ messages }) => messages) + notCarried.reduce((all, { messages }) => all + (messages ?? 0), 0),
    present: sum(({ present }) => present),
    byBytes: sum(({ byBytes }) => byBytes),
    missing: sum(({ missing }) => uidCount(missing)),
    altered: sum(({ altered }) => uidCount(altered)),
    unproved: sum(({ unproved }) => uidCount(unproved)),
    lineEnds: sum(({ lineEnds }) => uidCount(lineEnds)),
    datesDiffer: sum(({ datesDiffer }) => uidCount(datesDiffer)),
    flagsDiffer: sum(({ flagsDiffer }) => uidCount(flagsDiffer)),
    onlyOnTarget: sum(({ onlyOnTarget }) => uidCount(onlyOnTarget)),
    mailboxesNotCompared: sum((mailbox) => (isUncompared(mailbox) ? 1 : 0)) + uncarried,
  };
  const proved = totals.present === totals.messages && totals.mailboxesNotCompared === 0;
  return { version: 1, ...ends, ...result, totals, exitCode: proved ? EXIT.done : EXIT.partial };
}

/** One that is missing on the target and empty on the source is named, and no loss (B4). */
const isUncompared = ({ notCompared, messages }: FinalMailbox): boolean =>
  notCompared?.kind === "notRead" || (notCompared?.kind === "missingOnTarget" && messages > 0);

const MAX_LINES = 50;
type Paints = Pick<Screen, "bold" | "dim" | "good" | "bad" | "notable">;

/** Gives the lines of the report: one or two where nothing differs, else a table and what differs by name. */
export function finalLines(report: FinalReport, paint: Paints, verbose = false): readonly string[] {
  const rows = verbose ? report.mailboxes : report.mailboxes.filter((each) => differences(each).length > 0);
  const told = report.mailboxes.flatMap((each) => mailboxLines(each, report, paint));
  return [
    ...table(rows, paint),
    ...cut([...told, ...uncarriedLines(report, paint)]),
    endLine(report, paint),
    paint.dim(comparedLine(report)),
  ];
}

function cut(lines: readonly string[]): readonly string[] {
  if (lines.length <= MAX_LINES) return lines;
  return [...lines.slice(0, MAX_LINES), `  and ${count(lines.length - MAX_LINES)} more lines (--json has all)`];
}

function table(mailboxes: readonly FinalMailbox[], paint: Paints): readonly string[] {
  if (mailboxes.length === 0) return [];
  const shown = mailboxes.slice(0, MAX_LINES);
  const [title = "", ...lines] = tableLines(
    [
      { title: "mailbox", align: "left" },
      { title: "messages", align: "right" },
      { title: "on target", align: "right" },
      { title: "", align: "left" },
    ],
    shown.map((each) => [
      each.target === null || each.target === each.mailbox ? each.mailbox : `${each.mailbox} → ${each.target}`,
      count(each.messages),
      count(each.present),
      differences(each).join(", "),
    ]),
  );
  const more = mailboxes.length - shown.length;
  return [paint.bold(title), ...lines, ...(more > 0 ? [`and ${count(more)} more mailboxes (--json has all)`] : []), ""];
}

/** What differs in a mailbox, in the order of its weight. */
function differences(mailbox: FinalMailbox): readonly string[] {
  const { notCompared, missing, altered, unproved, lineEnds, datesDiffer, flagsDiffer, onlyOnTarget } = mailbox;
  const some = (uids: UidSet, what: string) => (uids.length > 0 ? [`${count(uidCount(uids))} ${what}`] : []);
  if (notCompared?.kind === "missingOnTarget") return ["no such mailbox there"];
  if (notCompared?.kind === "missingOnSource") return ["not on the source any more"];
  if (notCompared !== null) return ["not compared"];
  return [
    ...some(missing, "missing"),
    ...some(altered, "altered"),
    ...some(unproved, "not readable"),
    ...some(lineEnds, "equal but for line ends"),
    ...some(datesDiffer, "with another date"),
    ...some(flagsDiffer, "with other flags"),
    ...some(onlyOnTarget, "only on the target"),
  ];
}

/** What a person can look up: UIDs on the source, and why. */
function mailboxLines(mailbox: FinalMailbox, report: FinalReport, paint: Paints): readonly string[] {
  const { notCompared, missing, altered, headerAltered, unproved, datesDiffer, flags } = mailbox;
  const bodies = subtractUids(altered, headerAltered);
  const line = (text: string) => `  ${harmless(`${mailbox.mailbox}: ${text}`)}`;
  const uids = (set: UidSet) => `UID ${formatUids(set.slice(0, 12))}${set.length > 12 ? ",…" : ""}`;
  if (notCompared?.kind === "notRead") return [paint.bad(line(`not compared. ${notCompared.text}`))];
  if (notCompared?.kind === "missingOnSource") return [];
  const reasons = missing.length > 0 ? reasonsOf(mailbox, report) : [];
  const kept = flags.filter(({ notKept }) => notKept);
  const others = flags.filter(({ notKept }) => !notKept);
  return [
    ...(missing.length > 0 ? [paint.bad(line(`missing on the target: ${uids(missing)}`))] : []),
    ...reasons.map((reason) => `    ${harmless(reason)}`),
    ...(headerAltered.length > 0
      ? [paint.bad(line(`the target has rewritten the header of ${uids(headerAltered)}`))]
      : []),
    ...(bodies.length > 0 ? [paint.bad(line(`the target holds other bytes of ${uids(bodies)}`))] : []),
    ...(unproved.length > 0 ? [paint.bad(line(`could not be read on one of the sides: ${uids(unproved)}`))] : []),
    ...(datesDiffer.length > 0 ? [paint.notable(line(`the target has another date: ${uids(datesDiffer)}`))] : []),
    ...kept.map(({ flag, lacking }) =>
      paint.notable(line(`${flag} is on none of its ${count(lacking)} copies: the target does not keep it`)),
    ),
    ...others.map(({ flag, lacking, extra }) => paint.notable(line(flagWords(flag, lacking, extra)))),
  ];
}

function flagWords(flag: string, lacking: number, extra: number): string {
  const parts = [
    ...(lacking > 0 ? [`missing on ${plural(lacking, "copy", "copies")}`] : []),
    ...(extra > 0 ? [`only on the target's copy of ${plural(extra, "message")}`] : []),
  ];
  return `${flag} is ${parts.join(", and ")}`;
}

/** What the last run said of this mailbox, each sentence once. */
function reasonsOf({ mailbox, target }: FinalMailbox, { reasons }: FinalReport): readonly string[] {
  const here = reasons.filter((reason) => reason.mailbox === mailbox || reason.mailbox === target);
  return [...new Set(here.map(({ detail }) => detail))].slice(0, 5);
}

function uncarriedLines({ notCarried }: FinalReport, paint: Paints): readonly string[] {
  return notCarried
    .filter(({ messages }) => messages !== 0)
    .map(({ mailbox, messages }) => {
      const held = messages === null ? "" : ` (${plural(messages, "message")})`;
      return paint.bad(`  ${harmless(mailbox)}: no run has carried this mailbox over yet${held}`);
    });
}

function endLine({ from, to, totals, mailboxes, exitCode }: FinalReport, paint: Paints): string {
  const [source, target] = [harmless(from), harmless(to)];
  const { messages, present } = totals;
  const boxes = plural(mailboxes.length, "mailbox");
  if (exitCode === EXIT.done) {
    if (messages === 0) return `${paint.good("Proved:")} ${source} holds no message, in ${boxes}.`;
    if (messages === 1)
      return `${paint.good("Proved:")} the one message of ${source} is on ${target}: compared, ${boxes}.`;
    const all = messages === 2 ? "both messages" : `all ${count(messages)} messages`;
    return `${paint.good("Proved:")} ${all} of ${source} are on ${target}: compared one by one, ${boxes}.`;
  }
  return `${paint.notable("Not all:")} ${count(present)} of ${plural(messages, "message")} of ${source} are proved to be on ${target}, in ${boxes}.${whatNow(totals)}`;
}

/** Another run brings what is missing; what a server makes of a message it does not change. */
function whatNow({ altered, missing, unproved, mailboxesNotCompared }: FinalTotals): string {
  const there =
    altered === 0
      ? ""
      : ` ${count(altered)} ${altered === 1 ? "is there as the server altered it" : "are there as the server altered them"}; the archive keeps what the source has.`;
  const more = missing + unproved + mailboxesNotCompared > 0 ? " Run packetboat migrate again, then --final." : "";
  return `${there}${more}`;
}

/** What "compared" means, so that nobody has to believe it. */
function comparedLine({ deep, totals, bytes: size }: FinalReport): string {
  if (deep) return `Compared: every byte (${bytes(size)} read from both servers), dates and flags.`;
  const read = totals.byBytes === 0 ? "" : `; ${plural(totals.byBytes, "message")} byte for byte`;
  return `Compared: whole headers, sizes, dates and flags, both servers asked anew${read}. --deep compares every byte.`;
}
