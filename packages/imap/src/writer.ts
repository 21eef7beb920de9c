// The port RemoteWriter of core over the connections of one account: what reads is ImapRemote's, what changes the server is here and
// nowhere else. Nothing is sent a second time by itself: what a broken connection did is not known (S2).
import {
  type Appended,
  type Expunged,
  type FlagChange,
  type ListedMailbox,
  type MailboxPath,
  NO_UIDS,
  type Outgoing,
  type RemoteWriter,
  type Spelled,
  type Stored,
  type Target,
  type Transferred,
  type UidSet,
} from "@packetboat/core";
import { append } from "./append.ts";
import { appendInLanes, lanesFor } from "./append-lanes.ts";
import type { Door } from "./door.ts";
import { uidValidityChanged } from "./errors.ts";
import { expunge } from "./expunge.ts";
import type { Gate } from "./gate.ts";
import { wireOf } from "./list.ts";
import { createMailbox, deleteMailbox, renameMailbox, subscribeMailbox } from "./mailbox-changes.ts";
import { isLost } from "./mailbox-session.ts";
import { encodeName } from "./names.ts";
import { Pool } from "./pool.ts";
import { ImapRemote } from "./remote.ts";
import { ensureWritable, leave, type Writable } from "./select.ts";
import { nameRules, spell } from "./spelling.ts";
import { store } from "./store.ts";
import { transfer } from "./transfer.ts";

/** U4: without a UIDVALIDITY nobody knows whose UIDs these are by now, so nothing is changed by them. */
function mustBeNumbered(uidValidity: bigint | null): void {
  if (uidValidity === null) throw uidValidityChanged();
}

export class ImapWriter extends ImapRemote implements RemoteWriter {
  readonly #announced: ReadonlySet<string>;

  private constructor(door: Door, pool: Pool, connections: number | null, announced: ReadonlySet<string>) {
    super(door, pool, connections, announced);
    this.#announced = announced;
  }

  /** Signs in once, so that wrong credentials show at once. */
  static async openWriter(door: Door, connections: number | null): Promise<ImapWriter> {
    const pool = new Pool(door);
    const gate = await pool.acquire(null);
    pool.release(gate);
    return new ImapWriter(door, pool, connections, gate.capabilities);
  }

  spell(path: MailboxPath): Spelled {
    const listed = { delimiter: this.delimiter, wires: this.wires.values() };
    return spell(path, nameRules(this.namespaces ?? [], listed, this.#announced));
  }

  async *append(
    mailbox: ListedMailbox,
    uidValidity: bigint | null,
    batch: readonly Outgoing[],
  ): AsyncGenerator<Appended> {
    if (batch.length === 0) return;
    const one = (part: readonly Outgoing[]) =>
      this.#streaming(mailbox, uidValidity, (gate, opened) => append(gate, this.#wire(mailbox), opened, part));
    const lanes = Math.min(lanesFor(batch, this.#announced, this.far, this.connections), this.most);
    yield* lanes === 1 ? one(batch) : appendInLanes(batch, lanes, one);
  }

  async *store(
    mailbox: ListedMailbox,
    uidValidity: bigint | null,
    changes: readonly FlagChange[],
  ): AsyncGenerator<readonly Stored[]> {
    if (changes.every(({ uids }) => uids.length === 0)) return;
    mustBeNumbered(uidValidity);
    yield* this.#streaming(mailbox, uidValidity, (gate, opened) => store(gate, opened, changes));
  }

  move(mailbox: ListedMailbox, uidValidity: bigint | null, uids: UidSet, to: Target): Promise<Transferred> {
    return this.#transfer("MOVE", mailbox, uidValidity, uids, to);
  }

  copy(mailbox: ListedMailbox, uidValidity: bigint | null, uids: UidSet, to: Target): Promise<Transferred> {
    return this.#transfer("COPY", mailbox, uidValidity, uids, to);
  }

  async #transfer(
    verb: "MOVE" | "COPY",
    mailbox: ListedMailbox,
    uidValidity: bigint | null,
    uids: UidSet,
    to: Target,
  ): Promise<Transferred> {
    if (uids.length === 0) return { kind: "done", pairs: [] };
    mustBeNumbered(uidValidity);
    const target = { wire: this.#wire(to.mailbox), uidValidity: to.uidValidity };
    return await this.#inMailbox(mailbox, uidValidity, (gate) => transfer(gate, verb, uids, target));
  }

  async expunge(mailbox: ListedMailbox, uidValidity: bigint | null, uids: UidSet): Promise<Expunged> {
    if (uids.length === 0) return { gone: NO_UIDS, error: null };
    mustBeNumbered(uidValidity);
    return await this.#inMailbox(mailbox, uidValidity, (gate) => expunge(gate, uids));
  }

  create(name: string): Promise<boolean> {
    return this.#outside(null, (gate) => createMailbox(gate, wireOf(name, this.wires)));
  }

  rename(mailbox: ListedMailbox, to: string): Promise<void> {
    return this.#outside(mailbox, (gate) => renameMailbox(gate, this.#wire(mailbox), encodeName(to)));
  }

  remove(mailbox: ListedMailbox): Promise<boolean> {
    return this.#outside(mailbox, (gate) => deleteMailbox(gate, mailbox, this.#wire(mailbox)));
  }

  subscribe(mailbox: ListedMailbox, subscribed: boolean): Promise<void> {
    return this.#outside(null, (gate) => subscribeMailbox(gate, this.#wire(mailbox), subscribed));
  }

  #wire(mailbox: ListedMailbox): string {
    return wireOf(mailbox.name, this.wires);
  }

  /** A connection with the mailbox open read-write. Opening changes nothing: a connection that turns out dead is replaced once. */
  async #open(mailbox: ListedMailbox, uidValidity: bigint | null): Promise<readonly [Gate, Writable]> {
    for (let attempt = 1; ; attempt++) {
      const gate = await this.pool.acquire(mailbox.name);
      try {
        return [gate, await ensureWritable(gate, mailbox.name, this.#wire(mailbox), uidValidity)];
      } catch (error) {
        this.pool.release(gate);
        if (!isLost(error) || attempt === 2) throw error;
      }
    }
  }

  async #inMailbox<T>(
    mailbox: ListedMailbox,
    uidValidity: bigint | null,
    work: (gate: Gate) => Promise<T>,
  ): Promise<T> {
    try {
      const [gate] = await this.#open(mailbox, uidValidity);
      try {
        return await work(gate);
      } finally {
        this.pool.release(gate);
      }
    } catch (error) {
      throw this.asMailError(error);
    }
  }

  async *#streaming<T>(
    mailbox: ListedMailbox,
    uidValidity: bigint | null,
    work: (gate: Gate, opened: Writable) => AsyncGenerator<T>,
  ): AsyncGenerator<T> {
    try {
      const [gate, opened] = await this.#open(mailbox, uidValidity);
      try {
        yield* work(gate, opened);
      } finally {
        // Whoever leaves early cuts off what is under way: its end is not known then, as with a broken connection.
        this.pool.release(gate);
      }
    } catch (error) {
      throw this.asMailError(error);
    }
  }

  /** Changes of mailboxes themselves. `left`: must not be open meanwhile, here or on another connection of ours. */
  async #outside<T>(left: ListedMailbox | null, work: (gate: Gate) => Promise<T>): Promise<T> {
    try {
      const gate = await this.pool.acquire(left?.name ?? null);
      try {
        if (left !== null) {
          // With what lies below it.
          const concerned = (name: string): boolean => name.startsWith(left.name);
          if (gate.selected !== null && concerned(gate.selected.name)) await leave(gate, this.wires);
          this.pool.forgetOpen(concerned);
        }
        return await work(gate);
      } finally {
        this.pool.release(gate);
      }
    } catch (error) {
      throw this.asMailError(error);
    }
  }
}
