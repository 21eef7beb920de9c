// What a verify says in the end: the report for programs, the lines for people, the exit code. Pure. It must never say that all is well
// when a server was not asked, nor of more than was looked at.
import { type ArchiveFinding, MOST_ONE_SIDED } from "@packetboat/archive";
import { type ErrorCode, formatUids, uidCount } from "@packetboat/core";
import { bytes, count, harmless, plural, type Screen } from "@packetboat/terminal";
import { EXIT, type ExitCode, exitCodeOfError, gravest } from "../exit-codes.ts";
import type { Finding, Remark } from "./compare.ts";
import type { ServerResult } from "./server.ts";

/** One account of the archive: compared, or why not. */
export type AccountCheck =
  | ({ readonly account: string; readonly asked: true } & ServerResult)
  | {
      readonly account: string;
      readonly asked: false;
      readonly error: { readonly code: ErrorCode; readonly text: string } | null;
    };

export interface VerifyReport {
  readonly version: 1;
  readonly archive: string;
  readonly revision: number;
  readonly deep: boolean;
  /** Bodies read back and hashed. */
  readonly stored: { readonly blobs: number; readonly bytes: number; readonly findings: readonly ArchiveFinding[] };
  readonly servers: readonly AccountCheck[];
  readonly exitCode: ExitCode;
}

/** Gives the exit code: 1 for anything that does not hold, 3 for what could not be said, 4 and 6 for a server that was not reached. */
export function verifyExitCode(stored: readonly ArchiveFinding[], servers: readonly AccountCheck[]): ExitCode {
  const codes: ExitCode[] = stored.length > 0 ? [EXIT.failed] : [];
  for (const server of servers) {
    if (!server.asked)
      codes.push(server.error === null ? EXIT.partial : asNotAsked(exitCodeOfError(server.error.code)));
    else if (server.findings.some(({ kind }) => kind !== "notStored")) codes.push(EXIT.failed);
    else if (server.findings.length > 0) codes.push(EXIT.partial);
  }
  if (!servers.some(({ asked }) => asked)) codes.push(EXIT.partial);
  return gravest(codes);
}

/** No password for an account is no wrong usage of verify: the archive was proved, the server was not asked. */
const asNotAsked = (code: ExitCode): ExitCode => (code === EXIT.usage ? EXIT.partial : code);

const MAX_LINES = 50;
type Paints = Pick<Screen, "bold" | "good" | "bad" | "notable">;

/** Gives the lines of the report. */
export function verifyLines(report: VerifyReport, paint: Paints): readonly string[] {
  const { stored, servers } = report;
  const asked = servers.filter((server) => server.asked);
  return [
    paint.bold(`${harmless(report.archive)}, revision ${count(report.revision)}`),
    `  archive: ${plural(stored.blobs, "body", "bodies")} (${bytes(stored.bytes)}) read back and hashed, ${findingsWord(stored.findings.length, paint)}`,
    ...cut(stored.findings.map(({ kind, text }) => paint.bad(`    ${kind}: ${harmless(text)}`))),
    ...servers.flatMap((server) => serverLines(server, report.deep, paint)),
    ...(asked.length === 0 ? [paint.notable("  servers: not asked")] : []),
    endLine(report, paint),
  ];
}

function findingsWord(findings: number, paint: Paints): string {
  return findings === 0 ? paint.good("all as they were stored") : paint.bad(plural(findings, "finding"));
}

function serverLines(server: AccountCheck, deep: boolean, paint: Paints): readonly string[] {
  if (!server.asked)
    return [
      `  ${harmless(server.account)}: not asked${server.error === null ? "" : `. ${harmless(server.error.text)}`}`,
    ];
  const { mailboxes, messages, findings, remarks, leftOut, onlyEarlier } = server;
  const what = `${plural(messages, "message")} in ${plural(mailboxes, "mailbox")} compared${deep ? `, ${bytes(server.bytes)} downloaded` : ""}`;
  return [
    `  ${harmless(server.account)}: ${what}, ${findings.length === 0 ? paint.good("no difference") : paint.bad(plural(findings.length, "finding"))}`,
    ...cut(findings.map((finding) => paint.bad(`    ${findingLine(finding)}`))),
    ...cut(remarks.map((remark) => `    ${remarkLine(remark)}`)),
    ...(leftOut > 0
      ? [
          `    ${plural(leftOut, "mailbox")} that its link leaves out: nothing is said of ${leftOut === 1 ? "it" : "them"}`,
        ]
      : []),
    ...(onlyEarlier > 0
      ? [
          `    ${onlyEarlierWord(onlyEarlier)} in the archive at earlier moments only: a restore removed ${onlyEarlier === 1 ? "it" : "them"} there, and not on the server`,
        ]
      : []),
  ];
}

/** No more are counted than so many. */
const onlyEarlierWord = (messages: number): string =>
  messages > MOST_ONE_SIDED
    ? `more than ${plural(MOST_ONE_SIDED, "message")} are`
    : `${plural(messages, "message")} ${messages === 1 ? "is" : "are"}`;

function cut(lines: readonly string[]): readonly string[] {
  return lines.length <= MAX_LINES
    ? lines
    : [...lines.slice(0, MAX_LINES), `    and ${count(lines.length - MAX_LINES)} more (--json has all)`];
}

/** UIDs as ranges, at most a dozen of them. */
function uidWords(uids: Finding["uids"]): string {
  if (uids.length === 0) return "";
  return ` (UID ${formatUids(uids.slice(0, 12))}${uids.length > 12 ? ",…" : ""})`;
}

function findingLine({ kind, mailbox, uids, text }: Finding): string {
  return harmless(`${kind}: ${mailbox}: ${text}${uidWords(uids)}`);
}

function remarkLine({ kind, mailbox, uids }: Remark): string {
  const messages = plural(uidCount(uids), "message");
  switch (kind) {
    case "arrivedSince":
      return harmless(`${mailbox}: ${messages} arrived since the last run`);
    case "lineEndsDiffer":
      return harmless(`${mailbox}: ${messages} equal but for line ends${uidWords(uids)}`);
    case "rewritten":
      return harmless(`${mailbox}: ${messages} rewritten by the server when sent there${uidWords(uids)}`);
    case "mailboxNew":
      return harmless(`${mailbox}: a mailbox that no run has read yet`);
  }
}

/** What is proved, and of how much: it must never be taken for more. */
function provedLine({ servers, deep }: VerifyReport): string {
  const asked = servers.filter((server) => server.asked);
  const where = asked.some(({ leftOut }) => leftOut > 0) ? ", of the mailboxes that are backed up," : "";
  const isNew = asked.some(({ remarks }) =>
    remarks.some(({ kind }) => kind === "arrivedSince" || kind === "mailboxNew"),
  );
  const since = isNew ? "; what came since the last run is listed above" : "";
  const earlier = asked.some(({ onlyEarlier }) => onlyEarlier > 0) ? ", some of it at earlier moments only" : "";
  if (deep) return `the archive is whole, and${where} the same as on the server, byte for byte${earlier}${since}`;
  return `the archive is whole, and${where} holds what the server shows${earlier}${since}`;
}

function endLine(report: VerifyReport, paint: Paints): string {
  const { exitCode, servers } = report;
  switch (exitCode) {
    case EXIT.done:
      return `${paint.good("Proved:")} ${provedLine(report)}.`;
    case EXIT.partial:
      return servers.some(({ asked }) => asked)
        ? `${paint.notable("In part:")} the archive is whole; what is listed above is not in it.`
        : `${paint.notable("In part:")} the archive is whole; nothing is said about the server.`;
    case EXIT.failed:
      return `${paint.bad("Not proved:")} see above. Mail that changed on the server since the last run shows up too; run packetboat sync first to tell it apart.`;
    default:
      return `${paint.bad("Not proved:")} the server was not asked.`;
  }
}
