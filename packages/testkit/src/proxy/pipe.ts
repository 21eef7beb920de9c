// One direction of a proxied connection: bytes in order, delayed, held back or cut at an exact place. Bounded memory: it
// stops reading when much is waiting. It must never reorder or lose bytes that it did not say it cut.
import type { Socket } from "node:net";

const HIGH_WATER = 8 << 20;

interface Waiting {
  readonly due: number;
  readonly what: Buffer | "end" | "stall";
}

/** Carries bytes to `to`. `delayMs` is asked for each chunk, so latency can change while it runs. */
export class Pipe {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #delayMs: () => number;
  readonly #queue: Waiting[] = [];
  #waiting = 0;
  #timer: NodeJS.Timeout | undefined;
  #blocked = false;
  #stalled = false;
  #onEmpty: (() => void) | undefined;

  constructor(from: Socket, to: Socket, delayMs: () => number) {
    this.#from = from;
    this.#to = to;
    this.#delayMs = delayMs;
    to.on("drain", () => {
      this.#blocked = false;
      this.#flush();
    });
    to.on("close", () => clearTimeout(this.#timer));
  }

  /** Carries bytes, then the end of the stream, or goes silent when all before has been carried. */
  push(what: Buffer | "end" | "stall"): void {
    this.#queue.push({ due: performance.now() + this.#delayMs(), what });
    if (typeof what !== "string") this.#waiting += what.length;
    if (this.#waiting > HIGH_WATER) this.#from.pause();
    this.#flush();
  }

  /** Holds everything back until `resume`. */
  stall(): void {
    this.#stalled = true;
  }

  resume(): void {
    this.#stalled = false;
    this.#flush();
  }

  /** Calls `done` when all that was pushed has been handed to the socket. */
  whenEmpty(done: () => void): void {
    this.#onEmpty = done;
    this.#flush();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    while (!this.#stalled && !this.#blocked) {
      const next = this.#queue[0];
      if (!next) break;
      const wait = next.due - performance.now();
      if (wait > 0) {
        this.#timer = setTimeout(() => this.#flush(), wait);
        break;
      }
      this.#queue.shift();
      if (next.what === "stall") this.#stalled = true;
      else if (next.what === "end") this.#to.end();
      else {
        this.#waiting -= next.what.length;
        if (!this.#to.destroyed && !this.#to.write(next.what)) this.#blocked = true;
      }
    }
    if (this.#waiting < HIGH_WATER / 2) this.#from.resume();
    if (this.#queue.length === 0) {
      const done = this.#onEmpty;
      this.#onEmpty = undefined;
      done?.();
    }
  }
}
