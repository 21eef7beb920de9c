// Several commands in flight on one connection: raw bytes out, tagged answers matched as they come. This is where a push is faster than
// one command at a time. Literals go out without waiting where the server takes them so (LITERAL+, LITERAL-), else when it asks.
// It must never send a command twice, and never hold more than its bound of bytes that the system did not take.
import type { LineTaker, RawOutput } from "./client.ts";
import { Refused } from "./errors.ts";

/** A piece of a command: text, or a literal. `waits`: the server is to ask for it first (a synchronising literal). */
export type Part = string | { readonly bytes: Buffer; readonly waits: boolean };

/** The end of one command: the server's word, or that the connection ended before it came. */
export type Completion =
  | { readonly kind: "ok"; readonly code: string | null; readonly rest: readonly string[] }
  | { readonly kind: "refused"; readonly refused: Refused }
  | { readonly kind: "lost" };

/** What the gate gives a series. */
export interface SeriesHooks {
  /** The error of the house for the end of the connection. */
  explain(): Error;
  /** An answer came. */
  progress(): void;
  /** Ends the connection: the server answers what was not asked. */
  breach(): void;
  ended(): void;
}

/** Small pieces are joined up to this size: one write, one packet. */
const JOIN_BYTES = 64 * 1024;
/** Pieces from this size on go out as they are: joining would copy them. */
const ALONE_BYTES = 16 * 1024;
/** So many bytes may wait for the system before the next command is written. */
const UNWRITTEN_BYTES = 4 * 1024 * 1024;

const CRLF = Buffer.from("\r\n", "latin1");
/** imapflow's tags are hexadecimal: no letter of ours is among them. */
const ANSWER = /^(S\d+) (OK|NO|BAD)\b ?(?:\[([^\]\r\n]*)\])? ?(.*)$/i;

interface Waiting {
  readonly done: Promise<Completion>;
  readonly resolve: (completion: Completion) => void;
}

/** One command on its way. */
export interface Sent {
  /** Its end. Never rejects. */
  readonly done: Promise<Completion>;
}

export class Series implements LineTaker {
  readonly #out: RawOutput;
  readonly #hooks: SeriesHooks;
  readonly #pending = new Map<string, Waiting>();
  #count = 0;
  #joined: Buffer[] = [];
  #joinedBytes = 0;
  #lost = false;
  /** The command whose literal the server is to ask for, and who waits for that. */
  #asking: { readonly tag: string; go(answer: "asked" | "answered" | "lost"): void } | null = null;
  #wake: (() => void) | null = null;
  #turn: Promise<void> = Promise.resolve();

  constructor(out: RawOutput, hooks: SeriesHooks) {
    this.#out = out;
    this.#hooks = hooks;
  }

  /** The error of the house for a connection that ended during this series. */
  get error(): Error {
    return this.#hooks.explain();
  }

  /** Puts a command on its way, after those before it; settles when it is written, or given up. `flush` sends what was joined. */
  async send(parts: readonly Part[], flush = false): Promise<Sent> {
    const tag = `S${++this.#count}`;
    const { promise: done, resolve } = Promise.withResolvers<Completion>();
    this.#pending.set(tag, { done, resolve });
    const turn = this.#turn.then(() => this.#write(tag, parts, flush));
    this.#turn = turn;
    await turn;
    return { done };
  }

  async #write(tag: string, parts: readonly Part[], flush: boolean): Promise<void> {
    this.#put(Buffer.from(`${tag} `, "latin1"));
    for (const part of parts) {
      if (typeof part === "string") this.#put(Buffer.from(part, "latin1"));
      else {
        // Refused before its literal was asked for: the rest of the command must not go out.
        if (part.waits && !(await this.#asked(tag))) {
          if (this.#lost) this.#settle(tag, { kind: "lost" });
          return;
        }
        this.#put(part.bytes);
      }
    }
    this.#put(CRLF);
    if (flush) this.#flush();
    if (this.#out.unwritten() > UNWRITTEN_BYTES && !this.#lost) await this.#drained();
    if (this.#lost) this.#settle(tag, { kind: "lost" });
  }

  #put(bytes: Buffer): void {
    if (this.#lost || bytes.length === 0) return;
    if (bytes.length >= ALONE_BYTES) {
      this.#flush();
      this.#out.write(bytes);
      return;
    }
    this.#joined.push(bytes);
    this.#joinedBytes += bytes.length;
    if (this.#joinedBytes >= JOIN_BYTES) this.#flush();
  }

  #flush(): void {
    if (this.#joinedBytes === 0 || this.#lost) return;
    const [first] = this.#joined;
    this.#out.write(this.#joined.length === 1 && first ? first : Buffer.concat(this.#joined, this.#joinedBytes));
    this.#joined = [];
    this.#joinedBytes = 0;
  }

  async #asked(tag: string): Promise<boolean> {
    this.#flush();
    if (this.#lost || !this.#pending.has(tag)) return false;
    const answer = await new Promise<"asked" | "answered" | "lost">((go) => {
      this.#asking = { tag, go };
    });
    this.#asking = null;
    return answer === "asked";
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#out.onceDrained(resolve);
    });
  }

  take(payload: Buffer): boolean {
    const first = payload[0];
    if (first === 0x2b /* + */) {
      this.#asking?.go("asked");
      return true;
    }
    if (first === 0x2a /* * */) return false;
    const match = ANSWER.exec(payload.toString("latin1"));
    const tag = match?.[1]?.toUpperCase() ?? "";
    if (!match || !this.#pending.has(tag)) {
      // A tag that nobody sent: the server read a message as commands, or is not itself.
      this.#hooks.breach();
      return true;
    }
    this.#hooks.progress();
    const [code = "", ...rest] = (match[3] ?? "").split(" ");
    const name = code === "" ? null : code.toUpperCase();
    const status = match[2]?.toUpperCase();
    this.#settle(
      tag,
      status === "OK"
        ? { kind: "ok", code: name, rest }
        : { kind: "refused", refused: new Refused(status === "NO" ? "NO" : "BAD", name, match[4] ?? "") },
    );
    if (this.#asking?.tag === tag) this.#asking.go("answered");
    return true;
  }

  #settle(tag: string, completion: Completion): void {
    const waiting = this.#pending.get(tag);
    this.#pending.delete(tag);
    waiting?.resolve(completion);
  }

  /** The connection has ended: what has no answer will have none. Called by the gate. */
  lost(): void {
    this.#lost = true;
    this.#joined = [];
    this.#joinedBytes = 0;
    this.#asking?.go("lost");
    this.#wake?.();
    for (const tag of [...this.#pending.keys()]) this.#settle(tag, { kind: "lost" });
  }

  /** Gives the connection back when every command has its answer. Throws what ended the connection, if it did. */
  async end(): Promise<void> {
    await this.#turn;
    this.#flush();
    await Promise.all([...this.#pending.values()].map(({ done }) => done));
    if (this.#lost) throw this.error;
    this.#hooks.ended();
  }
}
