// The words that the files of the wire server share: one connection, what it has selected, and what all connections have in common.
// Types and nothing else.
import type { ServerModel, SimMailbox } from "../simulator/model.ts";
import type { Piece } from "./render.ts";
import type { WireFaults } from "./wire-faults.ts";

/** Counters and settings that all connections share. */
export interface Shared {
  readonly model: ServerModel;
  readonly user: string;
  readonly pass: string;
  readonly capabilities: readonly string[];
  readonly faults: WireFaults;
  readonly commands: string[];
  bodies: number;
  sessions: number;
}

/** What a session needs of its connection. */
export interface Wire {
  /** Writes, and waits until the client reads when it is slow. Throws when the connection is gone. */
  send(...pieces: readonly Piece[]): Promise<void>;
  /** The next line goes there. */
  nextLine(): Promise<string>;
  /** Ends the connection, after what was sent or at once. */
  close(how: "end" | "reset"): void;
}

/** What is selected, and what the client knows of it. */
export interface Selected {
  readonly mailbox: SimMailbox;
  readonly uidValidity: bigint;
  readonly readOnly: boolean;
  /** UIDs by message number: index 0 is message 1. */
  view: number[];
}

/** What becomes of a command: the text of its tagged answer, or null when the connection was ended instead. */
export type Ended = string | null;

/** A connection as its commands see it. */
export interface SessionState {
  readonly shared: Shared;
  readonly wire: Wire;
  selected: Selected | null;
  readonly qresync: boolean;
  /** Of this connection, for UIDVALIDITYs that are another in each. */
  readonly number: number;
  /** Whether a capability is announced. */
  has(capability: string): boolean;
}
