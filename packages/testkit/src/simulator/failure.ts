// The errors that the simulator and the in-memory archive throw: of MailError's shape, made here, because the judge uses no code of
// core. isMailError recognises them. It must never throw anything else at the engine.
import type { ErrorCode, ErrorContext, ErrorRetry, ErrorScope, MailError } from "@packetboat/core";

const KINDS = {
  CONNECTION_LOST: ["account", "now"],
  THROTTLED: ["account", "later"],
  UNREACHABLE: ["account", "later"],
  MAILBOX_GONE: ["mailbox", "now"],
  MAILBOX_UNREADABLE: ["mailbox", "later"],
  UIDVALIDITY_CHANGED: ["mailbox", "now"],
  OBSERVATION_INCOMPLETE: ["mailbox", "later"],
  OP_REFUSED: ["message", "later"],
  QUOTA_EXCEEDED: ["account", "later"],
  MESSAGE_TOO_LARGE: ["message", "never"],
  MESSAGE_UNREADABLE: ["message", "later"],
  ARCHIVE_BUSY: ["run", "now"],
  BLOB_MISMATCH: ["message", "never"],
  LEASE_LOST: ["account", "later"],
  BUG: ["run", "never"],
} as const satisfies Partial<Record<ErrorCode, readonly [ErrorScope, ErrorRetry]>>;

class Failure extends Error {
  readonly code: ErrorCode;
  readonly scope: ErrorScope;
  readonly retry: ErrorRetry;
  readonly context: ErrorContext;

  constructor(code: keyof typeof KINDS, message: string, context: ErrorContext) {
    super(message);
    this.name = "MailError";
    this.code = code;
    [this.scope, this.retry] = KINDS[code];
    this.context = context;
  }
}

/** Gives an error of this code with its usual scope and retry. */
export function failure(code: keyof typeof KINDS, message: string, context: ErrorContext = {}): MailError {
  return new Failure(code, message, context);
}
