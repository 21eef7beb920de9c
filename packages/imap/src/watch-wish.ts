// The words that a watch is asked for in, and what watches share. Types and nothing else.
import type { MailError, Noticed } from "@packetboat/core";
import type { ConnectOptions } from "./connect.ts";
import type { LeanShared } from "./lean.ts";

/** What is to be watched, and who is told. */
export interface WatchWish {
  /** Asked before each connection, so that a token may be fresh and no password need be kept. What it throws counts as a failed sign-in. */
  readonly connect: () => Promise<ConnectOptions>;
  /** Done around each sign-in, `connect` included, for whoever lets in one at a time. What it throws counts as a failed sign-in. Default: nothing. */
  readonly around?: <T>(signIn: () => Promise<T>) => Promise<T>;
  /** Names of mailboxes besides INBOX that are followed at once; the first two, more of them with NOTIFY. Default: none. */
  readonly mailboxes?: readonly string[];
  /** How often the state of the others is asked for. Default: 15 minutes. */
  readonly pollMs?: number;
  /** Whether a mailbox of this name matters when its state differs. Default: each does. */
  readonly concerns?: (name: string) => boolean;
  /** NOTIFY may be used. Default: true. */
  readonly notify?: boolean;
  /** Changes, gathered: a burst is one call or two. */
  readonly onChange: (noticed: Noticed) => void;
  /** The account cannot be watched now; it is tried again after so many milliseconds. */
  readonly onTrouble?: (error: MailError, retryMs: number) => void;
  /** The watch has ended for good: the sign-in was refused, or `connect` threw what trying again cannot mend. Not called after close(). */
  readonly onEnd: (error: MailError) => void;
}

/** What the watches of one process share. */
export interface WatchShared extends LeanShared {
  readonly chance: () => number;
  /** Waits for a place among the sign-ins; gives what leaves it. */
  turn(): Promise<() => void>;
}
