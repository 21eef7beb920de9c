// A connection that costs little while it waits: the socket, one line reader, one command at a time, no library. It is for those who watch
// thousands of accounts in one process; everything that reads mail goes through gate.ts. It must never send a command that changes
// something, let a secret into an error, or hold more of what a server sends than one bounded line.
import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls, type SecureContext } from "node:tls";
import type { MailError } from "@packetboat/core";
import type { Clock } from "./clock.ts";
import type { Door } from "./door.ts";
import { connectionError, type Ending, Refused } from "./errors.ts";
import { LineReader } from "./line-reader.ts";

/** Untagged lines in one command, or in one IDLE; a server that announces more than this is broken. */
const MAX_LINES = 250_000;
const KEEP_ALIVE_MS = 120_000;

/** What a lean connection shares with the others. */
export interface LeanShared {
  readonly clock: Clock;
  /** Of one authority, for all its connections: a context of its own costs each connection 40 kB and more. */
  contextOf(ca: string | null): SecureContext;
}

export interface LeanCommand {
  /** Gets the untagged lines of this command, before `heard` does. */
  readonly lines?: (line: string) => void;
  /** The server asks the client to go on, and there is nothing more to send (IDLE). */
  readonly onContinue?: () => void;
  /** Waits without end for the tagged answer until `patience` is called (IDLE). */
  readonly endless?: boolean;
}

interface Pending extends LeanCommand {
  readonly tag: string;
  /** What is sent at the next continuations. */
  readonly rest: string[];
  resolve(text: string): void;
  reject(error: unknown): void;
  cancel: () => void;
}

const RESPONSE = /^(OK|NO|BAD|PREAUTH|BYE)\b ?(?:\[([^ \]]+)[^\]]*\] ?)?(.*)$/is;

export class Lean {
  readonly door: Door;
  readonly #clock: Clock;
  #socket: Socket;
  #reader: LineReader;
  #pending: Pending | null = null;
  #greet: ((line: string) => void) | null = null;
  #tag = 0;
  #lines = 0;
  #error: unknown = null;
  #bye: Ending["bye"] = null;
  #closed = false;
  #aborted = false;
  /** Signed in: what ends from now on is CONNECTION_LOST. */
  signedIn = false;
  capabilities: ReadonlySet<string> = new Set();
  /** Gets every untagged line outside and inside of commands. */
  heard: ((line: string) => void) | null = null;
  /** Called once when the connection ends, with the reason. */
  ended: ((error: MailError) => void) | null = null;

  /** Called once when the connection is closed, however: gives back its place among the account's. */
  left: (() => void) | null = null;

  private constructor(door: Door, clock: Clock, socket: Socket) {
    this.door = door;
    this.#clock = clock;
    this.#socket = socket;
    this.#reader = new LineReader((line) => this.#line(line));
    this.#listen();
  }

  /** Connects, with TLS where it comes first, and waits for the greeting. Gives the connection and the greeting's line. */
  static async open(
    door: Door,
    shared: LeanShared,
    begun: (lean: Lean) => void,
  ): Promise<{ readonly lean: Lean; readonly greeting: string }> {
    const socket = door.security === "tls" ? openTls(door, shared) : connect({ host: door.host, port: door.port });
    const lean = new Lean(door, shared.clock, socket);
    begun(lean);
    const greeted = new Promise<string>((resolve) => {
      lean.#greet = resolve;
    });
    try {
      await lean.#within(
        door.limits.connectMs,
        "CONNECT_TIMEOUT",
        event(socket, door.security === "tls" ? "secureConnect" : "connect"),
      );
      socket.setKeepAlive(true, KEEP_ALIVE_MS);
      return { lean, greeting: await lean.#within(door.limits.greetingMs, "GREETING_TIMEOUT", greeted) };
    } catch (error) {
      lean.destroy();
      throw error;
    }
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on("data", (chunk: Buffer) => this.#feed(chunk));
    socket.on("error", (error) => {
      this.#error ??= error;
    });
    socket.on("end", () => socket.destroy());
    socket.on("close", () => this.#close());
  }

  /** STARTTLS has been answered: TLS from here on. What came in clear text behind the answer is no answer of this server. */
  async secure(shared: LeanShared): Promise<void> {
    if (this.#reader.holds) this.#fail("ERR_TLS_STRAY");
    const plain = this.#socket;
    plain.removeAllListeners("data").removeAllListeners("close").removeAllListeners("end");
    this.#socket = openTls(this.door, shared, plain);
    this.#listen();
    await this.#within(this.door.limits.connectMs, "UPGRADE_TIMEOUT", event(this.#socket, "secureConnect"));
  }

  /** Runs `what`, at most so long; what takes longer, and what ends the connection meanwhile, throws a MailError. */
  async #within<T>(ms: number, code: string, what: Promise<T>): Promise<T> {
    const { promise: broken, reject } = Promise.withResolvers<never>();
    const before = this.ended;
    this.ended = reject;
    const cancel = this.#clock.after(ms, () => this.#fail(code));
    try {
      if (this.#closed) throw this.why();
      return await Promise.race([what, broken]);
    } finally {
      cancel();
      this.ended = before;
    }
  }

  #feed(chunk: Buffer): void {
    if (this.#closed) return;
    if (!this.#reader.feed(chunk.toString("latin1"))) this.#fail("LineTooLarge");
  }

  #line(line: string): void {
    if (this.#closed) return;
    const greet = this.#greet;
    this.#greet = null;
    if (greet !== null && /^\* (OK|PREAUTH)\b/i.test(line)) greet(line);
    else if (greet !== null && !/^\* BYE\b/i.test(line)) this.#fail("NOT_IMAP");
    else if (line.startsWith("* ")) this.#untagged(line);
    else if (this.#pending !== null) this.#answered(this.#pending, line);
  }

  #answered(pending: Pending, line: string): void {
    if (line.startsWith("+")) this.#goOn(pending);
    else if (line.startsWith(`${pending.tag} `)) this.#settle(pending, line.slice(pending.tag.length + 1));
  }

  #untagged(line: string): void {
    if (++this.#lines > MAX_LINES) {
      this.#fail("StrayLines");
      return;
    }
    if (/^\* BYE\b/i.test(line)) {
      const [, , code, text] = RESPONSE.exec(line.slice(2)) ?? [];
      this.#bye = { code: code?.toUpperCase() ?? null, text: text ?? "" };
    }
    const capabilities = /^\* (?:OK \[|PREAUTH \[)?CAPABILITY ([^\]]*)/i.exec(line)?.[1];
    if (capabilities !== undefined) this.announce(capabilities);
    this.#pending?.lines?.(line);
    this.heard?.(line);
  }

  /** What the server announces from now on. */
  announce(capabilities: string): void {
    this.capabilities = new Set(capabilities.toUpperCase().split(" ").filter(Boolean));
  }

  #goOn(pending: Pending): void {
    const next = pending.rest.shift();
    if (next !== undefined) this.#socket.write(`${next}\r\n`, "latin1");
    else if (pending.onContinue) pending.onContinue();
    // After the last answer of a sign-in a further challenge is an error report (RFC 7628): it wants an empty line, then says NO.
    else this.#socket.write("\r\n");
  }

  #settle(pending: Pending, answer: string): void {
    this.#pending = null;
    pending.cancel();
    const [, status, code, text] = RESPONSE.exec(answer) ?? [];
    const capabilities = /^OK \[CAPABILITY ([^\]]*)\]/i.exec(answer)?.[1];
    if (capabilities !== undefined) this.announce(capabilities);
    const refused = status?.toUpperCase() === "NO" ? "NO" : "BAD";
    if (status?.toUpperCase() === "OK") pending.resolve(answer);
    else pending.reject(new Refused(refused, code?.toUpperCase() ?? null, text ?? ""));
  }

  /**
   * Sends one command and waits for its end; gives the tagged answer without the tag. Further pieces are sent when the server asks for
   * them (literals, answers of a sign-in). Bytes as latin1. Throws Refused for NO and BAD, a MailError for everything else.
   */
  async command(pieces: readonly string[], options: LeanCommand = {}): Promise<string> {
    if (this.#closed) throw this.why();
    if (this.#pending !== null) throw new Error("two commands at once on one connection");
    const [first = "", ...rest] = pieces;
    const tag = `w${++this.#tag}`;
    this.#lines = 0;
    return await new Promise<string>((resolve, reject) => {
      const pending: Pending = { ...options, tag, rest, resolve, reject, cancel: () => undefined };
      this.#pending = pending;
      if (options.endless !== true) this.#patience(pending);
      this.#socket.write(`${tag} ${first}\r\n`, "latin1");
    });
  }

  /** Sends the line that ends the running command (DONE), and from now on waits for its answer no longer than for any other. */
  finish(line: string): void {
    const pending = this.#pending;
    if (pending === null || this.#closed) return;
    this.#patience(pending);
    this.#socket.write(`${line}\r\n`, "latin1");
  }

  #patience(pending: Pending): void {
    pending.cancel();
    pending.cancel = this.#clock.after(this.door.limits.silenceMs, () => this.#fail("ETIMEOUT"));
  }

  #fail(code: string): void {
    this.#error ??= Object.assign(new Error("the connection was given up"), { code });
    this.#close();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.left?.();
    this.#socket.destroy();
    const pending = this.#pending;
    this.#pending = null;
    pending?.cancel();
    const why = this.why();
    pending?.reject(why);
    this.ended?.(why);
  }

  /** Why the connection ended. */
  why(): MailError {
    const ending = { error: this.#error, bye: this.#bye, aborted: this.#aborted };
    return connectionError(this.#error, this.door, ending, this.signedIn);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Ends the connection for a reason of our own, by the code that errors.ts knows it by. */
  giveUp(code: string): void {
    this.#fail(code);
  }

  /** Closes the socket at once; what runs throws INTERRUPTED. */
  destroy(): void {
    if (!this.#closed) this.#aborted = true;
    this.#close();
  }
}

function openTls({ host, port, ca }: Door, shared: LeanShared, socket?: Socket): Socket {
  return connectTls({
    ...(socket === undefined ? { host, port } : { socket, host }),
    ...(isIP(host) === 0 ? { servername: host } : {}),
    secureContext: shared.contextOf(ca),
    minVersion: "TLSv1.2",
    rejectUnauthorized: true,
  });
}

function event(socket: Socket, name: "connect" | "secureConnect"): Promise<void> {
  return new Promise((resolve) => socket.once(name, () => resolve()));
}
