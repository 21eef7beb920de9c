// One watched account: its connections, taken up again when they are lost, and what they noticed, gathered. States: connecting → standing →
// (lost → waiting → connecting) …, and ended: by close(), or by an error that trying again cannot mend. It must never wake anybody after it
// has ended, nor sign in again after a refusal.
import { type AccountWatch, asMailError, MailError, type Noticed, type Release } from "@packetboat/core";
import { doorOf } from "./connect.ts";
import type { Door } from "./door.ts";
import { Refused, refusedError } from "./errors.ts";
import type { Lean } from "./lean.ts";
import { openLean } from "./lean-sign-in.ts";
import { decodeName, encodeName } from "./names.ts";
import { type Ears, followLine, type LineFacts, type LineWish } from "./watch-line.ts";
import { failuresAfter, isFinal, NO_WAKE, nextWake, reconnectDelay } from "./watch-pace.ts";
import {
  differing,
  hasModseq,
  isSameMailbox,
  isSelectableState,
  type MailboxStates,
  withMarks,
} from "./watch-state.ts";
import type { WatchShared, WatchWish } from "./watch-wish.ts";

const POLL_MS = 15 * 60_000;
/** Besides the one for INBOX: servers count the connections of an account. */
const MORE_LINES = 2;
const INBOX = "INBOX";

const WEIGHT = { changed: 0, unsure: 1, began: 2 } as const;

export class AccountWatching implements AccountWatch {
  readonly #lookout: WatchShared;
  readonly #wish: WatchWish;
  readonly #over: () => void;
  /** By mailbox: what ends once its connection is given up. */
  readonly #lines = new Map<string, Promise<void>>();
  readonly #leans = new Map<string, Lean>();
  /** Mailboxes whose changes are told as they happen. */
  readonly #live = new Set<string>();
  /** What takes back the waits that are under way. */
  readonly #waits = new Set<() => void>();
  #chosen: readonly string[];
  #states: MailboxStates | null = null;
  #facts: LineFacts | null = null;
  #notify: boolean;
  #ended = false;
  #pace = NO_WAKE;
  #gathered: { why: Noticed["why"]; readonly mailboxes: Set<string> } | null = null;

  constructor(lookout: WatchShared, wish: WatchWish, over: () => void) {
    this.#lookout = lookout;
    this.#wish = wish;
    this.#over = over;
    this.#chosen = wish.mailboxes ?? [];
    this.#notify = wish.notify ?? true;
    this.#begin(INBOX);
  }

  follow(mailboxes: readonly string[]): void {
    this.#chosen = mailboxes;
    this.#beginChosen();
  }

  async close(): Promise<void> {
    this.#finish();
    await Promise.all(this.#lines.values());
  }

  #finish(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#gathered = null;
    for (const end of this.#waits) end();
    for (const lean of this.#leans.values()) lean.destroy();
    this.#over();
  }

  #begin(name: string): void {
    if (this.#ended || this.#lines.has(name)) return;
    this.#lines.set(
      name,
      this.#keep(name).finally(() => this.#lines.delete(name)),
    );
  }

  /** Chosen mailboxes that are there get a connection each; with NOTIFY none is needed, without IDLE they are asked for with the others. */
  #beginChosen(): void {
    const { idle = false, notify = true } = this.#facts ?? {};
    if (!idle || notify || this.#states === null) return;
    for (const name of this.#chosen) {
      if (this.#lines.size > MORE_LINES) return;
      if (isSelectableState(this.#states, encodeName(name))) this.#begin(name);
    }
  }

  /** Keeps a connection for this mailbox, again and again, until the watch ends or the mailbox cannot be opened any more. */
  async #keep(name: string): Promise<void> {
    let failures = 0;
    while (!this.#ended && (name === INBOX || this.#chosen.includes(name))) {
      let stood: number | null = null;
      try {
        await this.#follow(name, () => {
          stood = this.#lookout.clock.now();
        });
      } catch (thrown) {
        this.#live.delete(name);
        if (this.#ended) return;
        // The next look shows whether it is there again.
        if (thrown instanceof Refused && name !== INBOX) return;
        const error = asMailError(thrown);
        if (isFinal(error)) return this.#endBy(error);
        failures = failuresAfter(failures, stood === null ? 0 : this.#lookout.clock.now() - stood);
        const delay = reconnectDelay(failures, error, this.#lookout.chance());
        if (name === INBOX) this.#wish.onTrouble?.(error, delay);
        await this.#pause(delay);
      }
    }
  }

  #endBy(error: MailError): void {
    this.#finish();
    this.#wish.onEnd(error);
  }

  /** One connection, from sign-in to its end. */
  async #follow(name: string, standing: () => void): Promise<void> {
    const lean = await this.#connect(name);
    if (lean === null) return;
    try {
      await followLine(
        lean,
        this.#lookout.clock,
        this.#lookout.chance,
        this.#lineWish(name),
        this.#ears(name, standing),
      );
    } catch (error) {
      // A chosen mailbox that cannot be opened is no trouble of the account.
      throw error instanceof Refused && name === INBOX ? refusedError(error, lean.door) : error;
    } finally {
      lean.destroy();
      this.#leans.delete(name);
    }
  }

  #lineWish(name: string): LineWish {
    if (name !== INBOX) return { name, poll: null };
    return { name, poll: { everyMs: this.#wish.pollMs ?? POLL_MS, notify: this.#notify } };
  }

  /** Null: the watch ended meanwhile. */
  async #connect(name: string): Promise<Lean | null> {
    const leave = await this.#lookout.turn();
    try {
      const signIn = () => this.#signIn(name);
      return await (this.#wish.around?.(signIn) ?? signIn());
    } catch (error) {
      this.#leans.delete(name);
      throw error;
    } finally {
      leave();
    }
  }

  async #signIn(name: string): Promise<Lean | null> {
    if (this.#ended) return null;
    const door = doorOf(await this.#wish.connect(), false);
    if (this.#ended) return null;
    const place = await placeOf(door);
    const lean = await openLean(door, this.#lookout, (one) => this.#leans.set(name, one)).catch((error: unknown) => {
      place?.();
      throw error;
    });
    lean.left = place;
    return lean;
  }

  #ears(name: string, standing: () => void): Ears {
    return {
      opened: (states, facts) => {
        standing();
        if (facts.open) this.#live.add(name);
        if (name === INBOX) this.#opened(states, facts);
        // What came before this connection stood is not known.
        else this.#notice("changed", [name]);
      },
      polled: (states) => this.#polled(states),
      touched: () => this.#notice("changed", [name]),
      told: (wire, marks) => this.#told(wire, marks),
      overflowed: () => {
        this.#notify = false;
        if (this.#facts !== null) this.#facts = { ...this.#facts, notify: false };
        this.#notice("changed", []);
        this.#beginChosen();
      },
    };
  }

  #told(wire: string, marks: string | null): void {
    const before = this.#states ?? new Map<string, string>();
    if (marks !== null) this.#states = withMarks(before, wire, marks);
    // Dovecot tells of every mailbox once when its list is read first. Without a MODSEQ, equal marks say nothing of flags.
    const isNews = marks === null || !hasModseq(marks) || this.#states?.get(wire) !== before.get(wire);
    if (isNews) this.#notice("changed", [decodeName(wire)]);
  }

  #opened(states: MailboxStates, facts: LineFacts): void {
    const before = this.#states;
    this.#states = states;
    this.#facts = facts;
    if (before === null) this.#notice("began", []);
    else this.#compare(before, states, (name) => name !== INBOX && this.#live.has(name));
    this.#beginChosen();
  }

  #polled(states: MailboxStates): void {
    const before = this.#states ?? states;
    this.#states = states;
    this.#compare(before, states, (name) => this.#live.has(name));
    // Without CONDSTORE a flag shows in no STATUS.
    if (this.#facts?.modseq === false) this.#notice("unsure", []);
    this.#beginChosen();
  }

  #compare(before: MailboxStates, after: MailboxStates, isTold: (name: string) => boolean): void {
    const names = differing(before, after).filter((name) => {
      if (!isTold(name)) return true;
      if (isSameMailbox(before, after, encodeName(name))) return false;
      // A mailbox that went under an open connection, or is another one by now: nobody tells of it there (IDLE is silent).
      if (name !== INBOX) this.#leans.get(name)?.giveUp("ECONNRESET");
      return true;
    });
    if (names.length > 0) this.#notice("changed", names);
  }

  /** Gathers; the first of a burst begins the wait, the others only add to it. An empty list is of no mailbox in particular. */
  #notice(why: Noticed["why"], names: readonly string[]): void {
    if (this.#ended) return;
    const { concerns } = this.#wish;
    const wanted = concerns === undefined ? names : names.filter(concerns);
    if (names.length > 0 && wanted.length === 0) return;
    if (this.#gathered !== null) {
      if (WEIGHT[why] > WEIGHT[this.#gathered.why]) this.#gathered.why = why;
      for (const name of wanted) this.#gathered.mailboxes.add(name);
      return;
    }
    this.#gathered = { why, mailboxes: new Set(wanted) };
    const now = this.#lookout.clock.now();
    const { at, pace } = nextWake(this.#pace, now);
    // How often we ask is our own doing, and no burst of the server.
    if (why !== "unsure") this.#pace = pace;
    this.#pause(at - now).then(() => this.#wake());
  }

  #wake(): void {
    const gathered = this.#gathered;
    this.#gathered = null;
    if (this.#ended || gathered === null) return;
    this.#wish.onChange({ why: gathered.why, mailboxes: [...gathered.mailboxes].sort() });
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        cancel();
        this.#waits.delete(end);
        resolve();
      };
      const cancel = this.#lookout.clock.after(ms, end);
      this.#waits.add(end);
    });
  }
}

/** Work goes before watching: without a connection to spare the watch waits for one. */
async function placeOf(door: Door): Promise<Release | null> {
  const place = await door.pacing.sparePlace();
  if (place !== "refused") return place;
  throw new MailError("THROTTLED", "All connections that this account may have are in use; its watch waits for one.");
}
