// What paces the use of an account, as the room that speaks to its server sees it; and where the day's use is kept. Ports: the queue room
// and the archive room implement them. A Pace belongs to an account, not to a connection: everything that uses the account shares one.
import type { Used } from "./budget.ts";
import type { Hint } from "./hints.ts";

/** Gives a place back. */
export type Release = () => void;

export interface Pace {
  /** Before a command is sent; waits for the rate and for pauses that the server asked for. Throws THROTTLED when that takes too long. */
  command(signal: AbortSignal | null): Promise<void>;
  /** Before bodies are asked for. Throws BUDGET_SPENT. */
  mayFetch(): Promise<void>;
  /** Bytes of a body that came; the next one is read when this settles. Throws BUDGET_SPENT when this was the last of today. */
  down(bytes: number, signal: AbortSignal | null): Promise<void>;
  /** Before bytes are appended. Throws BUDGET_SPENT when they do not fit into today. */
  up(bytes: number, signal: AbortSignal | null): Promise<void>;
  /** A place for one more connection, as soon as there is one. */
  connection(signal: AbortSignal | null): Promise<Release>;
  /** The same for one that can be done without, at once or not at all: it leaves room for those that cannot. */
  spareConnection(): Promise<Release | null>;
  /** Most connections at one time; null: no bound. */
  readonly connections: number | null;
  /** The server wants a pause. Gives whether it is short enough to be waited for by the next `command`. */
  told(hint: Hint): boolean;
  /** The server answers as it should: a spell of hints is over. */
  fine(): void;
}

/** Where the use of an account's day is kept, for all processes and machines. */
export interface DayUsage {
  /** Adds, and gives what all have used of that day. */
  add(day: string, used: Used): Promise<Used>;
}
