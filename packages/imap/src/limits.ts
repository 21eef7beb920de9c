// Every bound that this room puts on a server: times, sizes, counts. A server is not trusted to stop by itself; what goes over a
// bound ends the connection. It must never hold a bound that an ordinary server of an ordinary account can reach.

/** Milliseconds, never backwards. `performance` would do, and bring all of node:perf_hooks into a start that is a budget. */
export const monotonicMs = (): number => process.uptime() * 1_000;

/** Bounds on one server. Milliseconds and bytes. */
export interface Limits {
  /** TCP, and TLS where it comes first. */
  readonly connectMs: number;
  /** From the connection to the greeting. */
  readonly greetingMs: number;
  /** From the greeting to being signed in, whatever the server sends meanwhile. */
  readonly signInMs: number;
  /** Silence in the middle of a command. A consumer that takes its time is not silence. */
  readonly silenceMs: number;
  /** Goodbye at close(): longer is not waited for. */
  readonly goodbyeMs: number;
  /** A larger message is refused by name and never downloaded. */
  readonly messageBytes: number;
  /** One line, literals not counted. A SEARCH of a million messages is about 8 MB. */
  readonly lineBytes: number;
  /** Mailboxes in one LIST. */
  readonly mailboxes: number;
  /** Untagged lines in one command that are no part of what was asked for. */
  readonly strayLines: number;
}

export const DEFAULT_LIMITS: Limits = {
  connectMs: 20_000,
  greetingMs: 15_000,
  signInMs: 60_000,
  silenceMs: 90_000,
  goodbyeMs: 500,
  messageBytes: 512 * 1024 * 1024,
  lineBytes: 64 * 1024 * 1024,
  mailboxes: 100_000,
  strayLines: 1_000_000,
};

/** Before sign-in no line is longer: what sends more is no IMAP server. */
export const GREETING_LINE_BYTES = 64 * 1024;
