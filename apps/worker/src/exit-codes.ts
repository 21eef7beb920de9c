// What a command's end is called by its exit code (interface.md). Pure; the one place that knows the numbers.
import type { ErrorCode, RunReport } from "@packetboat/core";

export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  partial: 3,
  authRefused: 4,
  halted: 5,
  unreachable: 6,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Gives the exit code of an error. */
export function exitCodeOfError(code: ErrorCode): ExitCode {
  switch (code) {
    case "CONFIG_INVALID":
    case "SECRET_UNREADABLE":
    case "ARCHIVE_UNKNOWN":
      return EXIT.usage;
    case "AUTH_REJECTED":
    case "SIGN_IN_EXPIRED":
      return EXIT.authRefused;
    case "UNREACHABLE":
    case "TLS_REFUSED":
    case "NOT_IMAP":
    case "TIMED_OUT":
    case "THROTTLED":
    case "CONNECTION_LOST":
      return EXIT.unreachable;
    case "INTERRUPTED":
      return EXIT.interrupted;
    // What came through is safe, and the next day brings the rest.
    case "BUDGET_SPENT":
      return EXIT.partial;
    default:
      return EXIT.failed;
  }
}

/** Gives the exit code of one run. */
export function exitCodeOfReport(report: Pick<RunReport, "outcome" | "error">): ExitCode {
  switch (report.outcome) {
    case "ok":
      return EXIT.done;
    case "partial":
      return EXIT.partial;
    case "halted":
      return EXIT.halted;
    case "interrupted":
      return EXIT.interrupted;
    case "failed":
      return report.error === null ? EXIT.failed : exitCodeOfError(report.error.code);
  }
}

/** Of several ends the one that a person must know first: stopped, failed, misconfigured, refused, out of reach, halted, in part. */
const GRAVITY: readonly ExitCode[] = [130, 1, 2, 4, 6, 5, 3, 0];

/** Gives the exit code of a command that did several things; 0 when it did none. */
export function gravest(codes: Iterable<ExitCode>): ExitCode {
  const all = new Set(codes);
  return GRAVITY.find((code) => all.has(code)) ?? EXIT.done;
}
