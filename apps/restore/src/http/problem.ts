// An error as an answer: a problem object (RFC 9457) with the sentence that says what to do. Pure. It must never tell a caller what went wrong
// inside: that is for the log.
import type { ErrorCode, MailError } from "@packetboat/core";

export interface Problem {
  readonly type: "about:blank";
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string;
}

export type ProblemStatus = 400 | 401 | 403 | 404 | 410 | 413 | 429 | 500 | 503 | 507;

const TITLES: Readonly<Record<ProblemStatus, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  410: "Gone",
  413: "Content Too Large",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
  507: "Insufficient Storage",
};

/** Gives the status of an error's answer. */
function statusOf(code: ErrorCode): ProblemStatus {
  switch (code) {
    case "CONFIG_INVALID":
      return 400;
    case "NOT_SIGNED_IN":
    case "AUTH_REJECTED":
      return 401;
    case "NOT_ALLOWED":
      return 403;
    case "NOT_FOUND":
    case "ARCHIVE_UNKNOWN":
      return 404;
    case "MESSAGE_GONE":
      return 410;
    case "TOO_LARGE":
      return 413;
    case "THROTTLED":
      return 429;
    case "ARCHIVE_BUSY":
    case "DATABASE_UNREACHABLE":
    case "DATABASE_LOST":
    case "INTERRUPTED":
    case "UNREACHABLE":
    case "TIMED_OUT":
      return 503;
    case "DISK_LOW":
    case "DISK_FULL":
      return 507;
    default:
      return 500;
  }
}

const AWAY: ReadonlySet<ErrorCode> = new Set(["DATABASE_UNREACHABLE", "DATABASE_LOST"]);

/** Whether it comes back by itself. */
export const isAway = ({ code }: Pick<MailError, "code">): boolean => AWAY.has(code);

/** Sentences of these are about what the caller asked for; those of other failures are about the machine. */
const TOLD: ReadonlySet<ErrorCode> = new Set(["BLOB_MISMATCH"]);

/** What is said in place of sentences about the machine, which name paths and addresses. */
const NO_ROOM = "There is too little room on the disk of this server. Make room there, then try again.";
const NO_ANSWER = "Another server that this needs does not answer as it should. Try again in a while.";
const SAID_INSTEAD: Partial<Readonly<Record<ErrorCode, string>>> = {
  DISK_LOW: NO_ROOM,
  DISK_FULL: NO_ROOM,
  UNREACHABLE: NO_ANSWER,
  TIMED_OUT: NO_ANSWER,
};

/** Gives an error's answer. */
export function problemOf({ code, message }: MailError): Problem & { readonly status: ProblemStatus } {
  const status = statusOf(code);
  const detail =
    status < 500 || TOLD.has(code)
      ? message
      : status !== 500
        ? (SAID_INSTEAD[code] ?? "The archive cannot be asked at the moment. Try again in a while.")
        : "Something is wrong here that the log of packetboat web names. Nothing was changed.";
  return { type: "about:blank", title: TITLES[status], status, code, detail };
}
