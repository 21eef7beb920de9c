// What a connection is opened with, and what it may say: the door of an account. A door that does not write knows only commands that change
// nothing (trap 43). It must never hold a connection: gate.ts does.
import { MailError } from "@packetboat/core";
import type { FetchSink } from "./client.ts";
import type { Endpoint } from "./errors.ts";
import type { Limits } from "./limits.ts";
import type { Pacing } from "./pacing.ts";
import type { Auth } from "./sign-in.ts";
import type { Answer, Token } from "./tokens.ts";

/** A pino logger, as far as this room uses it. */
export interface Log {
  debug(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** All that a connection needs to be opened, and opened again. */
export interface Door extends Endpoint {
  readonly user: string;
  /** Whom to act for; null for oneself. */
  readonly authzid: string | null;
  readonly auth: Auth;
  /** PEM of the authority to trust instead of the system's list. */
  readonly ca: string | null;
  readonly compress: boolean;
  readonly limits: Limits;
  /** Shared by all connections of the account. */
  readonly pacing: Pacing;
  readonly log: Log | null;
  readonly signal: AbortSignal | null;
  /** False: only commands that change nothing pass. True for a writer alone (connectWriter). */
  readonly writes: boolean;
}

/** The mailbox that is open on a connection. */
export interface Selected {
  readonly name: string;
  readonly uidValidity: bigint | null;
  readonly modseq: boolean;
  /** Opened read-write (select.ts): what it keeps. Null: read-only. */
  readonly writing: { readonly permanentFlags: readonly string[] | null } | null;
}

/** What a gate that does not write may say: a backup cannot change a server. UID is followed by FETCH or SEARCH. */
export const READING =
  /^(?:NOOP|NAMESPACE|LIST|LSUB|XLIST|STATUS|EXAMINE|ENABLE|GETQUOTAROOT|ID|IDLE|FETCH|UID FETCH|UID SEARCH)(?: |$)/;

/** Throws BUG for a command that this door does not let out. */
export function mustRead(door: Door, text: string): void {
  if (door.writes || READING.test(text)) return;
  throw new MailError(
    "BUG",
    "Packetboat has a defect: a command that could change the server was held back. Please report this.",
  );
}

export interface CommandOptions {
  /** Arguments that need quoting or literals, after the command's text. */
  readonly args?: readonly Token[];
  /** Handlers of untagged answers by name; what one throws ends the connection and fails the command. */
  readonly on?: Readonly<Record<string, (answer: Answer) => void>>;
  readonly onFetch?: FetchSink;
  /** Most FETCH answers that make sense; more end the connection. Default: no bound. */
  readonly maxRows?: number;
  /** It brings bodies: not asked when today's budget is spent. Default: false. */
  readonly bodies?: boolean;
  /** The server asks the client to go on (IDLE). `say` sends a line. */
  readonly onContinue?: (say: (line: string) => void) => void;
}

/** RFC 9051 appendix E: extensions that IMAP4rev2 contains, as far as this room asks for them. */
const IN_REV2 =
  "NAMESPACE ESEARCH ENABLE SASL-IR LIST-EXTENDED LIST-STATUS SPECIAL-USE UIDPLUS MOVE UNSELECT IDLE LITERAL-".split(
    " ",
  );

/** What a server announces, in upper case; one of IMAP4rev2 alone announces by that what it contains. */
export function announcedBy(capabilities: ReadonlyMap<string, boolean | number>): ReadonlySet<string> {
  // imapflow keeps the number of APPENDLIMIT=n apart.
  const names = [...capabilities].map(
    ([name, value]) => `${name.toUpperCase()}${typeof value === "number" && value > 0 ? `=${value}` : ""}`,
  );
  const rev2 = names.includes("IMAP4REV2") && !names.includes("IMAP4REV1");
  return new Set(rev2 ? [...names, ...IN_REV2] : names);
}
