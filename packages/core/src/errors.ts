// The one error of the house. `scope` says how much of the work to abandon, `retry` when to come back (after isync's two scales);
// the engine's whole error handling is a small function over these two. Expected refusals are Outcome values, not errors.
// It must never carry a secret, an address or a subject: `message` is shown to the user, `context` goes to the logs.

/** How much is abandoned: this message, this mailbox, this account's run, or the whole command. */
export type ErrorScope = "message" | "mailbox" | "account" | "run";

/** When trying again makes sense: at once (observe anew), in a later run, or not before somebody changes something. */
export type ErrorRetry = "now" | "later" | "never";

/** Every code with its usual scope and retry. A caller may narrow the scope; it may not invent a code. */
export const ERROR_CODES = {
  AUTH_REJECTED: ["account", "never"],
  SIGN_IN_EXPIRED: ["account", "never"],
  UNREACHABLE: ["account", "later"],
  TLS_REFUSED: ["account", "never"],
  NOT_IMAP: ["account", "never"],
  THROTTLED: ["account", "later"],
  BUDGET_SPENT: ["account", "later"],
  CONNECTION_LOST: ["account", "now"],
  TIMED_OUT: ["account", "later"],
  QUOTA_EXCEEDED: ["account", "later"],
  MAILBOX_GONE: ["mailbox", "now"],
  MAILBOX_UNREADABLE: ["mailbox", "later"],
  UIDVALIDITY_CHANGED: ["mailbox", "now"],
  OBSERVATION_INCOMPLETE: ["mailbox", "later"],
  OP_REFUSED: ["message", "later"],
  STALE_MODSEQ: ["message", "now"],
  MESSAGE_GONE: ["message", "never"],
  MESSAGE_UNREADABLE: ["message", "later"],
  MESSAGE_TOO_LARGE: ["message", "never"],
  BLOB_MISMATCH: ["message", "never"],
  ARCHIVE_BUSY: ["run", "now"],
  ARCHIVE_UNKNOWN: ["run", "never"],
  LEASE_HELD: ["account", "later"],
  LEASE_LOST: ["account", "later"],
  DATABASE_UNREACHABLE: ["run", "later"],
  DATABASE_LOST: ["run", "later"],
  DATABASE_REFUSED: ["run", "never"],
  DATABASE_TOO_OLD: ["run", "never"],
  SCHEMA_TOO_NEW: ["run", "never"],
  SCHEMA_CHANGED: ["run", "never"],
  DISK_LOW: ["run", "later"],
  DISK_FULL: ["run", "later"],
  CONFIG_INVALID: ["run", "never"],
  SECRET_UNREADABLE: ["run", "never"],
  NOT_SIGNED_IN: ["run", "never"],
  NOT_ALLOWED: ["run", "never"],
  NOT_FOUND: ["run", "never"],
  TOO_LARGE: ["run", "never"],
  INTERRUPTED: ["run", "now"],
  BUG: ["run", "never"],
} as const satisfies Record<string, readonly [ErrorScope, ErrorRetry]>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Ids and numbers only; never addresses, names, subjects or secrets. */
export type ErrorContext = Readonly<Record<string, string | number | bigint | boolean | null>>;

export interface MailErrorOptions {
  /** Default: the code's own scope. */
  readonly scope?: ErrorScope;
  /** Default: the code's own retry. */
  readonly retry?: ErrorRetry;
  readonly context?: ErrorContext;
  readonly cause?: unknown;
}

/** A failure that names itself, says how far it reaches and when to come back; `message` is a sentence that tells the user what to do. */
export class MailError extends Error {
  readonly code: ErrorCode;
  readonly scope: ErrorScope;
  readonly retry: ErrorRetry;
  readonly context: ErrorContext;

  constructor(code: ErrorCode, message: string, options: MailErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "MailError";
    this.code = code;
    this.scope = options.scope ?? ERROR_CODES[code][0];
    this.retry = options.retry ?? ERROR_CODES[code][1];
    this.context = options.context ?? {};
  }
}

/** True for our own errors, also across duplicated module instances. */
export function isMailError(error: unknown): error is MailError {
  return error instanceof Error && error.name === "MailError" && "scope" in error;
}

/** Gives a MailError for anything thrown: ours unchanged, anything else as BUG with the original as its cause. */
export function asMailError(error: unknown): MailError {
  if (isMailError(error)) return error;
  // Whoever writes a file may meet it, also commands that only read: the embedded server's settings are written at each start.
  const code = error instanceof Error && "code" in error ? error.code : null;
  if (code === "ENOSPC" || code === "EDQUOT")
    return new MailError(
      "DISK_FULL",
      "The disk is full. Free some space and run this again; what was committed is safe.",
      { cause: error },
    );
  if (code === "EFBIG")
    return new MailError(
      "DISK_FULL",
      "A file would be larger than files may be here: raise the limit (ulimit -f), or use another file system, and run this again; what was committed is safe.",
      { cause: error },
    );
  const detail = error instanceof Error ? error.message : String(error);
  return new MailError("BUG", `Packetboat has a defect: ${detail}. The archive is safe; please report this.`, {
    cause: error,
  });
}

/** Closes a switch over a union: a new member does not compile until it is handled. */
export function assertNever(value: never): never {
  throw new MailError("BUG", `Packetboat has a defect: unexpected ${JSON.stringify(value)}. Please report this.`);
}
