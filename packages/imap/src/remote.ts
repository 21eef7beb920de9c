// The port Remote of core over the connections of one account. It wires; the rooms' other files decide and do.
// It must never let anything but a MailError out.
import {
  asMailError,
  type Fetched,
  type ListedMailbox,
  type Look,
  type MailError,
  type Marks,
  type ObservationPart,
  type Remote,
  type RemoteCapabilities,
  type RemoteIdentity,
  type UidSet,
  uidCount,
} from "@packetboat/core";
import { capabilitiesOf } from "./announced.ts";
import type { Door } from "./door.ts";
import { Refused, refusedError } from "./errors.ts";
import { fetchBodies } from "./fetch.ts";
import type { Gate } from "./gate.ts";
import { identify } from "./identify.ts";
import { askNamespaces, listMailboxes, statusOf, wireOf } from "./list.ts";
import type { Namespace } from "./mailbox-lines.ts";
import type { Wanted } from "./mailbox-session.ts";
import { observe } from "./observe.ts";
import { Pool } from "./pool.ts";

/** From this round trip on, several connections hide more than they cost. */
const FAR_MS = 10;
/** Connections of a fetch over a far line; providers allow 10 to 15 in all. */
const FAR_LANES = 3;
/** Fewer messages than this are not worth another connection: it takes five round trips to open. */
const WORTH_A_LANE = 500;

export class ImapRemote implements Remote {
  readonly capabilities: RemoteCapabilities;
  protected readonly pool: Pool;
  protected readonly door: Door;
  /** Connections of a fetch; null: by the round trip. */
  protected readonly connections: number | null;
  protected namespaces: readonly Namespace[] | null = null;
  /** Of the root, as the last LIST showed it; null: none, or not listed yet. */
  protected delimiter: string | null = null;
  protected wires: ReadonlyMap<string, string> = new Map();

  protected constructor(door: Door, pool: Pool, connections: number | null, announced: ReadonlySet<string>) {
    this.door = door;
    this.pool = pool;
    this.connections = connections;
    this.capabilities = capabilitiesOf(announced);
  }

  /** Signs in once, so that wrong credentials show at once. */
  static async open(door: Door, connections: number | null): Promise<ImapRemote> {
    const pool = new Pool(door);
    const gate = await pool.acquire(null);
    pool.release(gate);
    return new ImapRemote(door, pool, connections, gate.capabilities);
  }

  list(): Promise<readonly ListedMailbox[]> {
    return this.#withGate(async (gate) => {
      await refresh(gate);
      this.namespaces ??= await askNamespaces(gate);
      const { mailboxes, wires, delimiter } = await listMailboxes(gate, this.namespaces);
      this.wires = wires;
      this.delimiter = delimiter;
      return mailboxes;
    });
  }

  status(mailbox: ListedMailbox): Promise<Marks | null> {
    return this.#withGate(async (gate) => {
      await refresh(gate);
      return await statusOf(gate, wireOf(mailbox.name, this.wires));
    });
  }

  observe(mailbox: ListedMailbox, look: Look): AsyncIterable<ObservationPart> {
    return this.#streaming(mailbox, (gate) => observe(gate, mailbox, wireOf(mailbox.name, this.wires), look));
  }

  async *identify(
    mailbox: ListedMailbox,
    uidValidity: bigint | null,
    uids: UidSet,
    want: { readonly fingerprint: boolean },
  ): AsyncGenerator<readonly RemoteIdentity[]> {
    if (uids.length === 0) return;
    try {
      yield* identify(this.pool, this.#wanted(mailbox, uidValidity, uids), want.fingerprint);
    } catch (error) {
      throw this.asMailError(error);
    }
  }

  fetch(mailbox: ListedMailbox, uidValidity: bigint | null, uids: UidSet): AsyncIterable<Fetched> {
    const wanted = this.#wanted(mailbox, uidValidity, uids);
    return fetchBodies(this.pool, wanted, this.#lanes(uidCount(uids)), (error) => this.asMailError(error));
  }

  #wanted(mailbox: ListedMailbox, uidValidity: bigint | null, uids: UidSet): Wanted {
    return { name: mailbox.name, wire: wireOf(mailbox.name, this.wires), uidValidity, uids };
  }

  #lanes(messages: number): number {
    const worth = Math.max(1, Math.floor(messages / WORTH_A_LANE));
    return Math.min(this.connections ?? (this.far ? FAR_LANES : 1), worth, this.most);
  }

  /** Connections that the account may have at one time. */
  protected get most(): number {
    return this.door.pacing.pace?.connections ?? Number.POSITIVE_INFINITY;
  }

  /** The round trip, not the line or the server, is what takes the time. */
  protected get far(): boolean {
    return this.pool.roundTrip > FAR_MS;
  }

  close(): Promise<void> {
    return this.pool.close();
  }

  /** Runs a question that is safe to ask twice; once more on a new connection when the first one turns out dead. */
  async #withGate<T>(ask: (gate: Gate) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        const gate = await this.pool.acquire(null);
        try {
          return await ask(gate);
        } finally {
          this.pool.release(gate);
        }
      } catch (error) {
        const mailError = this.asMailError(error);
        if (mailError.code !== "CONNECTION_LOST" || attempt === 2) throw mailError;
      }
    }
  }

  /** The same for a stream, as long as nothing has been shown of it. */
  async *#streaming<T>(mailbox: ListedMailbox, ask: (gate: Gate) => AsyncGenerator<T>): AsyncGenerator<T> {
    for (let attempt = 1; ; attempt++) {
      let shown = false;
      try {
        const gate = await this.pool.acquire(mailbox.name);
        try {
          for await (const part of ask(gate)) {
            shown = true;
            yield part;
          }
          return;
        } finally {
          this.pool.release(gate);
        }
      } catch (error) {
        const mailError = this.asMailError(error);
        if (mailError.code !== "CONNECTION_LOST" || shown || attempt === 2) throw mailError;
      }
    }
  }

  protected asMailError(error: unknown): MailError {
    return error instanceof Refused ? refusedError(error, this.door) : asMailError(error);
  }
}

/**
 * STATUS is not for the mailbox that is open (RFC 9051, 6.3.11): Dovecot answers with what this connection has seen of it, and changes by
 * others do not show until a command lets it look again.
 */
async function refresh(gate: Gate): Promise<void> {
  if (gate.selected !== null) await gate.command("NOOP");
}
