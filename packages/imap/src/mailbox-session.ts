// A connection with one mailbox open, replaced by a new one when it breaks, for as long as somebody reads that mailbox.
// It must never go on in a mailbox whose numbers mean something else (UIDVALIDITY).
import { isMailError, type MailError, type UidSet } from "@packetboat/core";
import { ensureOpen } from "./examine.ts";
import type { Gate } from "./gate.ts";
import type { Pool } from "./pool.ts";

/** Which messages of which mailbox. */
export interface Wanted {
  readonly name: string;
  readonly wire: string;
  readonly uidValidity: bigint | null;
  readonly uids: UidSet;
}

/** Only what one message can have caused is looked into; everything else ends the work. */
export function isLost(error: unknown): error is MailError {
  return (
    isMailError(error) && (error.code === "CONNECTION_LOST" || error.code === "TIMED_OUT" || error.code === "NOT_IMAP")
  );
}

export class MailboxSession {
  readonly #pool: Pool;
  readonly #wanted: Omit<Wanted, "uids">;
  #gate: Gate | null = null;

  constructor(pool: Pool, wanted: Omit<Wanted, "uids">) {
    this.#pool = pool;
    this.#wanted = wanted;
  }

  /** A live connection with the mailbox open. Throws what makes going on impossible: no connection, other numbers, mailbox gone. */
  async open(): Promise<Gate> {
    const { name, wire, uidValidity } = this.#wanted;
    for (let attempt = 1; ; attempt++) {
      if (this.#gate?.closed) this.release();
      this.#gate ??= await this.#pool.acquire(name);
      try {
        await ensureOpen(this.#gate, name, wire, uidValidity);
        return this.#gate;
      } catch (error) {
        // A connection that turns out dead says nothing about the server: once more on a new one.
        if (!isLost(error) || attempt === 2) throw error;
      }
    }
  }

  /** Nobody reads any more: a command that is still under way is cut off with its connection. */
  leave(): void {
    if (this.#gate?.busy) this.#gate.destroy();
  }

  /** Gives the connection back. */
  release(): void {
    if (this.#gate !== null) this.#pool.release(this.#gate);
    this.#gate = null;
  }
}
