// Bodies, byte for byte: one long FETCH for each piece of UIDs, hashed as they arrive, held back while the consumer works. A message
// that breaks the connection is asked for again alone on a new one, then given up by name (trap 28, C6). Each UID is answered once.
// It must never download a message over the limit, and never let a broken connection look like a broken or a missing message.
import {
  asId,
  digestsOf,
  eachUid,
  type Fetched,
  type Flags,
  formatUids,
  hasUid,
  intersectUids,
  isMailError,
  MailError,
  normalFlags,
  subtractUids,
  type Uid,
  type UidSet,
  uidCount,
  uidSet,
} from "@packetboat/core";
import { mailboxUnreadable, messageTooLarge, messageUnreadable, Refused, refusedError } from "./errors.ts";
import type { FetchRow } from "./fetch-line.ts";
import type { Gate } from "./gate.ts";
import { emailIdItem } from "./identify.ts";
import { type Attempt, afterAttempt } from "./isolate.ts";
import { isCourier } from "./list.ts";
import { isLost, MailboxSession, type Wanted } from "./mailbox-session.ts";
import { uidPieces } from "./pieces.ts";
import type { Pool } from "./pool.ts";
import { isCourierStandIn } from "./provider-texts.ts";
import { Stream } from "./stream.ts";

/** Bytes of messages that may wait for the consumer, besides the one that is arriving. */
const WAITING_BYTES = 4 * 1024 * 1024;
/** What a message costs in memory besides its bytes. */
const OVERHEAD = 1_000;
/** Most UIDs in one FETCH: what is lost of the view when a connection breaks, and never enough to cost round trips. */
const PIECE = 5_000;
/** Messages in a row that only broke connections, and nothing came in between: then it is not the messages. */
const BROKEN_IN_A_ROW = 5;
const REFUSED_IN_A_ROW = 50;

/** Flags in normal form, by the list as it was read, which many messages share. */
const normalised = new WeakMap<readonly string[], Flags>();
const NO_FLAGS: readonly string[] = [];

function normalOf(flags: readonly string[]): Flags {
  const known = normalised.get(flags);
  if (known !== undefined) return known;
  const made = normalFlags(flags);
  normalised.set(flags, made);
  return made;
}

/** What the connections of one fetch have been through together. */
interface Troubles {
  reconnects: number;
  brokenInARow: number;
  refusedInARow: number;
  /** One of them cannot go on: the others end where they are. */
  failed: boolean;
}

/** New connections for one fetch: a line that breaks this often is left for the next run. */
const MAX_RECONNECTS = 100;

interface Ended {
  readonly ended: Attempt["ended"];
  /** Why, for a set that was not ended with OK. */
  readonly error: MailError | Refused | null;
  /** The size that the server announced for a message over the limit; undefined when that was not the reason. */
  readonly tooLarge?: number | null;
}

/** One connection's share of a fetch. */
class Lane {
  readonly #pool: Pool;
  readonly #session: MailboxSession;
  readonly #out: Stream<Fetched>;
  readonly #shared: Troubles;
  /** Asked for and not had, once. */
  readonly #suspects = new Set<number>();

  constructor(pool: Pool, wanted: Wanted, out: Stream<Fetched>, shared: Troubles) {
    this.#pool = pool;
    this.#session = new MailboxSession(pool, wanted);
    this.#out = out;
    this.#shared = shared;
  }

  /** Works on pieces until there are none, or nobody reads. An extra lane that gets no connection leaves the work to the first. */
  async run(pieces: Iterator<UidSet>, extra: boolean): Promise<void> {
    try {
      if (extra && !(await this.#join())) return;
      for (let next = pieces.next(); next.done !== true && !this.#isOver; next = pieces.next()) {
        const stack: UidSet[] = [next.value];
        for (let set = stack.pop(); set !== undefined && !this.#isOver; set = stack.pop()) {
          const again = await this.#piece(set);
          stack.push(...[...again].reverse());
        }
      }
    } finally {
      this.#session.release();
    }
  }

  /** Opens the connection of an extra lane. False: the server gives no more (many allow few, and say so in many ways). */
  async #join(): Promise<boolean> {
    try {
      await this.#session.open();
      return true;
    } catch (error) {
      if (!isMailError(error) || error.scope !== "account" || error.code === "INTERRUPTED") throw error;
      this.#pool.log?.warn({ code: error.code }, "no further connection: going on with fewer");
      return false;
    }
  }

  get #isOver(): boolean {
    return this.#out.abandoned || this.#shared.failed;
  }

  /** Nothing more is wanted. */
  leave(): void {
    this.#session.leave();
  }

  /** One attempt and what it settles; gives what is to be asked for again. */
  async #piece(set: UidSet): Promise<readonly UidSet[]> {
    const gate = await this.#session.open();
    if (this.#isOver) return [];
    const second = uidCount(set) === 1 && this.#suspects.has(set[0]?.[0] ?? 0);
    const stated = second ? await unlessLost(sizeOf(gate, set), null) : null;
    if (stated !== null && stated > gate.limits.messageBytes) {
      this.#fail(set, messageTooLarge(gate.limits.messageBytes, stated), stated);
      return [];
    }
    const answered = new Set<number>();
    const attempt = await this.#attempt(gate, set, answered);
    if (this.#isOver) return [];
    const came = uidSet(answered);
    const unanswered = attempt.ended === "ok" ? subtractUids(set, came) : [];
    const existing = unanswered.length === 0 ? null : await unlessLost(whoExists(gate, unanswered), null);
    const ended = unanswered.length > 0 && existing === null ? "lost" : attempt.ended;
    const { error, tooLarge } = attempt;
    const steps = afterAttempt({ asked: set, answered: came, ended, existing, again: second });
    for (const uid of eachUid(steps.gone)) this.#out.put({ kind: "gone", uid }, OVERHEAD);
    if (steps.suspect !== null) this.#suspects.add(steps.suspect);
    if (steps.failed.length > 0) {
      const why =
        tooLarge === undefined
          ? messageUnreadable(
              error instanceof Refused ? `${error.status} ${error.code ?? ""}`.trim() : (error?.code ?? "no body"),
            )
          : messageTooLarge(gate.limits.messageBytes, tooLarge);
      this.#fail(steps.failed, why, tooLarge ?? stated);
    }
    this.#judge(ended, answered.size, steps.failed.length > 0 && tooLarge === undefined, error);
    return steps.again;
  }

  #fail(set: UidSet, error: MailError, bytes: number | null): void {
    for (const uid of eachUid(set)) this.#out.put({ kind: "failed", uid, error, bytes }, OVERHEAD);
  }

  /** Gives up when it is the line or the server that breaks, not the messages. */
  #judge(ended: Attempt["ended"], answered: number, failed: boolean, error: MailError | Refused | null): void {
    const shared = this.#shared;
    if (answered > 0) {
      shared.brokenInARow = 0;
      shared.refusedInARow = 0;
    }
    // A server that refuses every message would be asked twice for each: after so many it is the mailbox that cannot be read (B7).
    if (ended === "refused" && failed && ++shared.refusedInARow >= REFUSED_IN_A_ROW && error instanceof Refused)
      throw mailboxUnreadable(error);
    if (ended !== "lost") return;
    if (failed) shared.brokenInARow++;
    if (++shared.reconnects <= MAX_RECONNECTS && shared.brokenInARow < BROKEN_IN_A_ROW) return;
    throw error instanceof MailError
      ? error
      : new MailError("CONNECTION_LOST", "The connection breaks again and again: run again later.");
  }

  async #attempt(gate: Gate, set: UidSet, answered: Set<number>): Promise<Ended> {
    const { capabilities } = gate;
    // What stands in for a message counts as no answer: it is asked for again, then named (C6). As its bytes it would stay for ever (C1).
    const mayStandIn = isCourier(capabilities);
    const isStandIn = ({ body }: FetchRow): boolean => mayStandIn && body != null && isCourierStandIn(body);
    const items = `UID FLAGS INTERNALDATE${gate.selected?.modseq ? " MODSEQ" : ""}${emailIdItem(capabilities)} BODY.PEEK[]`;
    try {
      await gate.command(`UID FETCH ${formatUids(set)} (${items})`, {
        onFetch: (row) => (isStandIn(row) ? undefined : this.#take(row, set, answered)),
        bodies: true,
        maxRows: 4 * uidCount(set) + 10_000,
      });
      return { ended: "ok", error: null };
    } catch (error) {
      if (error instanceof Refused) {
        // Dovecot says [SERVERBUG] of a message that it cannot read: that one message, not the account (C6, trap 28).
        const why = refusedError(error, gate.endpoint);
        if (why.code === "THROTTLED" && error.code !== "SERVERBUG") throw why;
        return { ended: "refused", error };
      }
      if (!isLost(error)) throw error;
      const { code, literalSize } = gate.endedBy;
      gate.log?.warn(
        { code: error.code, endedBy: code, answered: answered.size, asked: uidCount(set) },
        "a fetch broke off",
      );
      return code === "LiteralTooLarge" ? { ended: "lost", error, tooLarge: literalSize } : { ended: "lost", error };
    }
  }

  #take(row: FetchRow, set: UidSet, answered: Set<number>): Promise<void> | undefined {
    const { uid, body } = row;
    // Rows without a body are flag changes announced meanwhile; a body of NIL is no body; a UID that was not asked for, or comes
    // twice, is not believed.
    if (uid === undefined || !body || answered.has(uid) || !hasUid(set, uid)) return undefined;
    answered.add(uid);
    const message: Fetched = {
      kind: "message",
      uid: asId<Uid>(uid),
      flags: normalOf(row.flags ?? NO_FLAGS),
      modseq: row.modseq ?? null,
      internalDate: row.internalDate ?? null,
      emailId: row.emailId ?? null,
      bytes: body,
      digests: digestsOf(body),
    };
    return this.#out.put(message, body.length + OVERHEAD);
  }
}

async function unlessLost<T, U>(answer: Promise<T>, otherwise: U): Promise<T | U> {
  try {
    return await answer;
  } catch (error) {
    if (isLost(error)) return otherwise;
    throw error;
  }
}

/** RFC822.SIZE of one message; null when the server does not say. */
async function sizeOf(gate: Gate, set: UidSet): Promise<number | null> {
  let size: number | null = null;
  try {
    await gate.command(`UID FETCH ${formatUids(set)} (UID RFC822.SIZE)`, {
      onFetch: (row) => {
        size = row.size ?? size;
      },
      maxRows: 10_000,
    });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  }
  return size;
}

/** Which of these exist, asked by FETCH: a message that SEARCH shows and FETCH does not is no more readable for it. */
async function whoExists(gate: Gate, uids: UidSet): Promise<UidSet> {
  const found: number[] = [];
  for (const piece of uidPieces(uids)) {
    try {
      await gate.command(`UID FETCH ${formatUids(piece)} (UID)`, {
        onFetch: (row) => {
          if (row.uid !== undefined) found.push(row.uid);
        },
        maxRows: 4 * uidCount(piece) + 10_000,
      });
    } catch (error) {
      // Refused: not proved gone (M1).
      if (error instanceof Refused) return uids;
      throw error;
    }
  }
  return intersectUids(uids, uidSet(found));
}

/** Bodies over `lanes` connections, in any order. What went wrong comes after what came, as `thrown` makes it. Nothing is asked before somebody reads. */
export function fetchBodies(
  pool: Pool,
  wanted: Wanted,
  lanes: number,
  thrown: (error: unknown) => Error,
): AsyncIterable<Fetched> {
  return { [Symbol.asyncIterator]: () => startFetch(pool, wanted, lanes, thrown) };
}

function startFetch(
  pool: Pool,
  wanted: Wanted,
  lanes: number,
  thrown: (error: unknown) => Error,
): AsyncIterator<Fetched, undefined> {
  const out = new Stream<Fetched>(WAITING_BYTES);
  const total = uidCount(wanted.uids);
  // Several lanes share the pieces: small enough that none waits long for the last one.
  const most = lanes === 1 ? PIECE : Math.min(PIECE, Math.max(100, Math.ceil(total / (lanes * 4))));
  const pieces = uidPieces(wanted.uids, most);
  const shared: Troubles = { reconnects: 0, brokenInARow: 0, refusedInARow: 0, failed: false };
  const working = Array.from({ length: lanes }, () => new Lane(pool, wanted, out, shared));
  const leave = (): void => {
    for (const lane of working) lane.leave();
  };
  const running = working.map((lane, index) => lane.run(pieces, index > 0));
  const done = Promise.all(running).then(
    () => out.end(),
    async (error: unknown) => {
      // Whoever is told of the failure finds the connections of the other lanes free.
      shared.failed = true;
      leave();
      await Promise.allSettled(running);
      out.fail(thrown(error));
    },
  );
  const messages = out[Symbol.asyncIterator]();
  return {
    next: () => messages.next(),
    return: async () => {
      const ended = await messages.return();
      leave();
      await done;
      return ended;
    },
  };
}
