// One connection of a watch: INBOX and the state of all mailboxes on the first one of an account, one chosen mailbox on each other. States:
// opening → (NOTIFY, where it can be had) → looking → waiting (IDLE, else NOOP) → looking when it is time → waiting … until the connection
// ends. It must never change anything on the server, nor wait in one IDLE for as long as servers end connections for (RFC 2177: 30 minutes).
import type { MailError } from "@packetboat/core";
import type { Clock } from "./clock.ts";
import { Refused } from "./errors.ts";
import type { Lean } from "./lean.ts";
import { joined } from "./lean-sign-in.ts";
import { encodeName } from "./names.ts";
import { type MailboxStates, readListed, readStatus } from "./watch-state.ts";
import { askStates } from "./watch-states.ts";

/** IDLE is asked anew after so long, a little sooner by chance, so that thousands do not do it in one moment. */
const REISSUE_MS = 27 * 60_000;
/** Without IDLE, INBOX is asked at least so often. */
const NOOP_MS = 60_000;
/** A server that ends IDLE by itself at once is asked again after so long, then after twice as long. */
const HASTY_MS = 1_000;
const MOST_HASTY_MS = 60_000;

/** RFC 5465. What is selected, and all else in the account; no message data is asked for. */
const NOTIFY =
  "NOTIFY SET (selected (MessageNew MessageExpunge FlagChange)) (personal (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange))";

/** How this server lets itself be watched. */
export interface LineFacts {
  /** The mailbox of this connection could be opened. */
  readonly open: boolean;
  readonly notify: boolean;
  readonly idle: boolean;
  /** HIGHESTMODSEQ shows flag changes in STATUS. */
  readonly modseq: boolean;
}

/** Who listens to a connection. Names are decoded. */
export interface Ears {
  opened(states: MailboxStates, facts: LineFacts): void;
  polled(states: MailboxStates): void;
  /** The open mailbox changed. */
  touched(): void;
  /** NOTIFY told of another mailbox; `marks` is null when it is the name that came, went or was (un)subscribed. */
  told(wire: string, marks: string | null): void;
  /** The server gave up NOTIFY: anything may have changed. */
  overflowed(): void;
}

export interface LineWish {
  /** The mailbox to open. */
  readonly name: string;
  /** Null: only this mailbox is watched, nothing is polled. */
  readonly poll: { readonly everyMs: number; readonly notify: boolean } | null;
}

/** Follows one mailbox on a signed-in connection until it ends. Throws a MailError, or Refused when a chosen mailbox cannot be opened. */
export async function followLine(
  lean: Lean,
  clock: Clock,
  chance: () => number,
  wish: LineWish,
  ears: Ears,
): Promise<never> {
  const line = new WatchLine(lean, clock, chance, ears);
  await line.open(wish);
  return await line.follow(wish);
}

class WatchLine {
  readonly #lean: Lean;
  readonly #clock: Clock;
  readonly #chance: () => number;
  readonly #ears: Ears;
  #exists = -1;
  #open = false;
  #idling = false;
  #watching = false;
  #looking = false;
  #notify = false;
  #overflow = false;
  #idle: boolean;
  #hasty = 0;

  constructor(lean: Lean, clock: Clock, chance: () => number, ears: Ears) {
    this.#lean = lean;
    this.#clock = clock;
    this.#chance = chance;
    this.#ears = ears;
    this.#idle = lean.capabilities.has("IDLE") || lean.capabilities.has("IMAP4REV2");
    lean.heard = (line) => this.#hear(line);
  }

  async open({ name, poll }: LineWish): Promise<void> {
    await this.#examine(encodeName(name), poll !== null);
    if (poll?.notify === true && this.#idle && this.#lean.capabilities.has("NOTIFY")) await this.#askNotify();
    this.#watching = true;
    const states = poll === null ? new Map<string, string>() : await this.#look();
    const { capabilities } = this.#lean;
    const modseq = capabilities.has("CONDSTORE") || capabilities.has("QRESYNC");
    this.#ears.opened(states, { open: this.#open, notify: this.#notify, idle: this.#idle, modseq });
  }

  /** `anyway`: without an open mailbox, the others can still be asked for. */
  async #examine(wire: string, anyway: boolean): Promise<void> {
    try {
      await this.#lean.command(joined(["EXAMINE", wire]));
      this.#open = true;
    } catch (error) {
      if (!anyway || !(error instanceof Refused)) throw error;
    }
  }

  /** Before the first look, so that nothing falls between the two. */
  async #askNotify(): Promise<void> {
    try {
      await this.#lean.command([NOTIFY]);
      this.#notify = !this.#overflow;
    } catch (error) {
      // Dovecot without a list index, and servers that know less events: the account is polled.
      if (!(error instanceof Refused)) throw error;
    }
  }

  async #look(): Promise<MailboxStates> {
    this.#looking = true;
    try {
      return await askStates(this.#lean);
    } finally {
      this.#looking = false;
    }
  }

  async follow({ poll }: LineWish): Promise<never> {
    const { now } = this.#clock;
    const everyMs = poll?.everyMs ?? Number.POSITIVE_INFINITY;
    // Accounts that were opened together are not asked together.
    let due = now() + everyMs * this.#chance();
    for (;;) {
      const reissue = now() + REISSUE_MS * (1 - this.#chance() / 10);
      await this.#wait(Math.max(0, Math.min(this.#notify ? reissue : due, reissue) - now()), everyMs);
      if (poll === null || this.#notify || now() < due) continue;
      this.#ears.polled(await this.#look());
      due = now() + everyMs;
    }
  }

  async #wait(ms: number, everyMs: number): Promise<void> {
    if (!this.#idle) {
      await pause(this.#lean, this.#clock, Math.min(ms, everyMs, NOOP_MS));
      await this.#lean.command(["NOOP"]);
      return;
    }
    const until = this.#clock.now() + ms;
    const began = this.#clock.now();
    const notify = this.#notify;
    this.#idling = true;
    try {
      await idle(this.#lean, this.#clock, ms);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.#idle = false;
    } finally {
      this.#idling = false;
    }
    const now = this.#clock.now();
    // An overflow ends IDLE from our side.
    const isOurs = now >= until || notify !== this.#notify;
    this.#hasty = !isOurs && now - began < HASTY_MS ? this.#hasty + 1 : 0;
    const delay = Math.min(MOST_HASTY_MS, HASTY_MS * 2 ** Math.min(10, this.#hasty - 1));
    if (this.#hasty > 0) await pause(this.#lean, this.#clock, delay);
  }

  /** Lines of the open mailbox count when they say something new; those of others count when nobody asked for them. */
  #hear(line: string): void {
    const [, number, word] = /^\* (?:(\d+) )?(EXISTS|EXPUNGE|VANISHED|FETCH|STATUS|LIST|OK)\b/i.exec(line) ?? [];
    switch (word?.toUpperCase()) {
      case "EXISTS": {
        // Some servers repeat the number now and then, to keep a line open.
        const isNew = this.#exists !== Number(number);
        this.#exists = Number(number);
        if (isNew) this.#touched();
        break;
      }
      case "EXPUNGE":
        this.#exists--;
        this.#touched();
        break;
      case "VANISHED":
        this.#exists = -1;
        this.#touched();
        break;
      case "FETCH":
        this.#touched();
        break;
      case "OK":
        if (/^\* OK \[NOTIFICATIONOVERFLOW\b/i.test(line)) this.#overflowed();
        break;
      case "STATUS":
      case "LIST":
        if (this.#notify && !this.#looking) this.#told(line);
    }
  }

  #touched(): void {
    if (this.#watching) this.#ears.touched();
  }

  #told(line: string): void {
    const status = readStatus(line);
    const listed = readListed(line);
    if (status !== null) this.#ears.told(status.wire, status.marks);
    else if (listed !== null) this.#ears.told(listed.wire, null);
  }

  #overflowed(): void {
    this.#overflow = true;
    if (!this.#notify) return;
    this.#notify = false;
    this.#ears.overflowed();
    // The running IDLE may be meant to last until it is asked anew; from now on it is time to poll.
    if (this.#idling) this.#lean.finish("DONE");
  }
}

/** One IDLE, for so long. Throws Refused when the server does not want it. */
async function idle(lean: Lean, clock: Clock, ms: number): Promise<void> {
  let asked = false;
  const finish = (): void => (asked ? lean.finish("DONE") : lean.giveUp("ETIMEOUT"));
  // A server that does not even say that it waits is not waited for longer than for any other answer.
  let cancel = clock.after(lean.door.limits.silenceMs, finish);
  const onContinue = (): void => {
    asked = true;
    cancel();
    cancel = clock.after(ms, finish);
  };
  try {
    await lean.command(["IDLE"], { endless: true, onContinue });
  } finally {
    cancel();
  }
}

/** Waits so long, or until the connection ends: then it throws why. */
function pause(lean: Lean, clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    if (lean.closed) return reject(lean.why());
    const before = lean.ended;
    const cancel = clock.after(ms, () => {
      lean.ended = before;
      resolve();
    });
    lean.ended = (why: MailError) => {
      cancel();
      reject(why);
      before?.(why);
    };
  });
}
