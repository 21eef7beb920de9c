// The one gate to imapflow: a connection, its commands, what is selected on it. Every command of this room goes out here, as a raw
// line: imapflow's own methods answer `false` for a refusal, list before they select, guess roles and prefix names. It must never send a
// command that changes the server through a door that is not one of a writer: such a gate knows EXAMINE and never SELECT (trap 43).
import { MailError } from "@packetboat/core";
import { breach, type FetchSink, type Internals, makeClient, rawOutput } from "./client.ts";
import { codeOf, connectionError, type Ending, type Endpoint, Refused } from "./errors.ts";
import type { Limits } from "./limits.ts";
import { refusalOf } from "./refusal.ts";
import { Series } from "./series.ts";
import { type Credentials, signIn } from "./sign-in.ts";
import type { Answer, Token } from "./tokens.ts";

/** Milliseconds, never backwards. `performance` would do, and bring all of node:perf_hooks into a start that is a budget. */
export const monotonicMs = (): number => process.uptime() * 1_000;

/** A pino logger, as far as this room uses it. */
export interface Log {
  debug(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** All that a connection needs to be opened, and opened again. */
export interface Door extends Endpoint {
  readonly credentials: Credentials;
  /** PEM of the authority to trust instead of the system's list. */
  readonly ca: string | null;
  readonly compress: boolean;
  readonly limits: Limits;
  readonly log: Log | null;
  readonly signal: AbortSignal | null;
  /** False: only commands that change nothing pass. True for a writer alone (connectWriter). */
  readonly writes: boolean;
}

/** What a gate that does not write may say: a backup cannot change a server. UID is followed by FETCH or SEARCH. */
const READING =
  /^(?:NOOP|NAMESPACE|LIST|LSUB|XLIST|STATUS|EXAMINE|ENABLE|GETQUOTAROOT|IDLE|FETCH|UID FETCH|UID SEARCH)(?: |$)/;

function mustRead(door: Door, text: string): void {
  if (door.writes || READING.test(text)) return;
  throw new MailError(
    "BUG",
    "Packetboat has a defect: a command that could change the server was held back. Please report this.",
  );
}

export interface CommandOptions {
  /** Arguments that need quoting or literals, after the command's text. */
  readonly args?: readonly Token[];
  /** Handlers of untagged answers by name; what one throws ends the connection and fails the command. */
  readonly on?: Readonly<Record<string, (answer: Answer) => void>>;
  readonly onFetch?: FetchSink;
  /** Most FETCH answers that make sense; more end the connection. Default: no bound. */
  readonly maxRows?: number;
  /** The server asks the client to go on (IDLE). `say` sends a line. */
  readonly onContinue?: (say: (line: string) => void) => void;
}

/** The mailbox that is open on a connection. */
export interface Selected {
  readonly name: string;
  readonly uidValidity: bigint | null;
  readonly modseq: boolean;
  /** Opened read-write (select.ts): what it keeps. Null: read-only. */
  readonly writing: { readonly permanentFlags: readonly string[] | null } | null;
}

/** Changes of the selected mailbox that a server may announce in any command. */
const CHANGES = ["EXISTS", "EXPUNGE", "VANISHED"] as const;

/** RFC 9051 appendix E: extensions that IMAP4rev2 contains, as far as this room asks for them. */
const IN_REV2 =
  "NAMESPACE ESEARCH ENABLE SASL-IR LIST-EXTENDED LIST-STATUS SPECIAL-USE UIDPLUS MOVE UNSELECT IDLE LITERAL-".split(
    " ",
  );

/** One signed-in connection. */
export class Gate {
  readonly #door: Door;
  #client: Internals | null = null;
  #sink: FetchSink | null = null;
  #strays = 0;
  #error: unknown = null;
  #bye: Ending["bye"] = null;
  #signedIn = false;
  #busy = false;
  #series: Series | null = null;
  /** The mailbox that is open; null when none is. Set by examine.ts and select.ts. */
  selected: Selected | null = null;
  /** EXISTS, EXPUNGE and VANISHED lines seen since the mailbox was opened: the view changed. */
  changes = 0;
  /** Shortest command so far, in milliseconds: the round trip, as near as it can be known. */
  roundTrip = Number.POSITIVE_INFINITY;
  /** SELECT of this server names no UIDNEXT. */
  statusFirst = false;
  /** ENABLE QRESYNC has been answered; null before it was asked. */
  qresync: boolean | null = null;

  private constructor(door: Door) {
    this.#door = door;
  }

  /** Opens and signs in. Throws UNREACHABLE, TIMED_OUT, NOT_IMAP, TLS_REFUSED, AUTH_REJECTED, THROTTLED, INTERRUPTED. */
  static async open(door: Door): Promise<Gate> {
    const gate = new Gate(door);
    await gate.#open();
    return gate;
  }

  /** What the server announces, in upper case; a server of IMAP4rev2 alone announces by that what it contains. */
  get capabilities(): ReadonlySet<string> {
    // imapflow keeps the number of APPENDLIMIT=n apart.
    const names = [...(this.#client?.capabilities ?? [])].map(
      ([name, value]) => `${name.toUpperCase()}${typeof value === "number" && value > 0 ? `=${value}` : ""}`,
    );
    const rev2 = names.includes("IMAP4REV2") && !names.includes("IMAP4REV1");
    return new Set(rev2 ? [...names, ...IN_REV2] : names);
  }

  /** True for a writer's connection. */
  get writes(): boolean {
    return this.#door.writes;
  }

  get closed(): boolean {
    return this.#client === null || this.#client.isClosed || !this.#client.usable;
  }

  /** A command is under way. */
  get busy(): boolean {
    return this.#busy;
  }

  get limits(): Limits {
    return this.#door.limits;
  }

  get log(): Log | null {
    return this.#door.log;
  }

  get endpoint(): Endpoint {
    return this.#door;
  }

  async #open(): Promise<void> {
    const { host, port, security, ca, limits, signal } = this.#door;
    const client = await makeClient(
      {
        host,
        port,
        secure: security === "tls",
        doSTARTTLS: security === "starttls",
        tls: { minVersion: "TLSv1.2", rejectUnauthorized: true, ...(ca === null ? {} : { ca }) },
        logger: false,
        disableAutoIdle: true,
        disableIMAP4rev2: true,
        connectionTimeout: limits.connectMs,
        greetingTimeout: limits.greetingMs,
        socketTimeout: limits.silenceMs,
        maxResponseSize: limits.messageBytes + limits.lineBytes,
      },
      this.#hooks(),
    );
    this.#client = client;
    client.on("error", (error) => {
      this.#error ??= error;
    });
    const abort = () => client.close();
    if (signal?.aborted) throw this.#explain(null);
    signal?.addEventListener("abort", abort);
    client.on("close", () => {
      signal?.removeEventListener("abort", abort);
      this.#series?.lost();
    });
    try {
      await client.connect();
    } catch (error) {
      this.#error ??= error;
      client.close();
      throw this.#explain(error);
    }
    this.#signedIn = true;
    client.streamer.maxLineLength = limits.lineBytes;
    client.streamer.maxLiteralSize = limits.messageBytes;
    this.#door.log?.debug({ host, port, capabilities: client.capabilities.size }, "signed in");
  }

  #hooks() {
    const gate = this;
    return {
      start: () => gate.#start(),
      line: (payload: Buffer) => gate.#line(payload),
      get sink() {
        return gate.#sink;
      },
      get series() {
        return gate.#series;
      },
    };
  }

  /** What follows the greeting. The whole of it has one deadline: a server that keeps talking is no less hung. */
  async #start(): Promise<void> {
    const client = this.#live();
    const timer = setTimeout(() => {
      this.#error ??= Object.assign(new Error("sign-in takes too long"), { code: "SIGN_IN_TIMEOUT" });
      client.close();
    }, this.#door.limits.signInMs);
    try {
      await client.run("CAPABILITY");
      await client.upgradeToSTARTTLS();
      await signIn(this, client, this.#door, this.#door.credentials);
      if (this.#door.compress) await client.compress();
      client.usable = true;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Watches what no handler sees: the code of a BYE, and floods. */
  #line(payload: Buffer): void {
    const client = this.#client;
    if (client === null) return;
    if (payload[0] === 0x2a && /^\* BYE\b/i.test(payload.toString("latin1", 0, 6))) {
      const match = /^\* BYE (?:\[([A-Z-]+)[^\]]*\] ?)?(.*)$/i.exec(payload.toString("latin1", 0, 1_000));
      this.#bye = { code: match?.[1]?.toUpperCase() ?? null, text: match?.[2] ?? "" };
    }
    if (++this.#strays > this.#door.limits.strayLines) breach(client, "StrayLines");
  }

  #live(): Internals {
    if (this.#client === null || this.#client.isClosed) throw this.#explain(null);
    return this.#client;
  }

  #free(): Internals {
    const client = this.#live();
    if (!this.#busy) return client;
    throw new MailError("BUG", "Packetboat has a defect: two commands at once on one connection. Please report this.");
  }

  /** Gives the error of the house for what ended a command or the connection. */
  #explain(error: unknown): MailError | Refused {
    if (error instanceof Refused || error instanceof MailError) return error;
    const aborted = this.#door.signal?.aborted ?? false;
    return connectionError(error, this.#door, { error: this.#error, bye: this.#bye, aborted }, this.#signedIn);
  }

  /** Code of the error that ended the connection, such as LiteralTooLarge; empty when there was none. */
  get endedBy(): { readonly code: string; readonly literalSize: number | null } {
    const { literalSize } = (this.#error ?? {}) as { literalSize?: unknown };
    return { code: codeOf(this.#error), literalSize: typeof literalSize === "number" ? literalSize : null };
  }

  /**
   * Sends one command and waits for its end. `text` is the command as it goes on the wire, ASCII without user input. Throws Refused for NO
   * and BAD, a MailError for everything else. One command at a time.
   */
  async command(text: string, options: CommandOptions = {}): Promise<Answer> {
    mustRead(this.#door, text);
    const client = this.#free();
    let failed: { readonly error: unknown } | null = null;
    // Changes do not count as progress: a server that announces them without end is a flood like any other.
    const guarded = (handler: (answer: Answer) => void, progress: boolean) => async (answer: Answer) => {
      if (progress) this.#strays = 0;
      try {
        handler(answer);
      } catch (error) {
        failed ??= { error };
        client.close();
      }
    };
    const untagged: Record<string, (answer: Answer) => Promise<void>> = {};
    for (const name of CHANGES) untagged[name] = guarded(() => this.changes++, false);
    for (const [name, handler] of Object.entries(options.on ?? {})) {
      const change = CHANGES.some((one) => one === name);
      untagged[name] = guarded((answer) => {
        if (change) this.changes++;
        handler(answer);
      }, !change);
    }
    this.#busy = true;
    this.#strays = 0;
    this.#sink = options.onFetch === undefined ? null : this.#counted(client, options.onFetch, options.maxRows);
    const began = monotonicMs();
    try {
      const { onContinue } = options;
      const onPlusTag = onContinue && (() => onContinue((line) => client.write(line)));
      const answer = await client.exec(text, options.args ?? false, { untagged, ...(onPlusTag && { onPlusTag }) });
      answer.next();
      this.roundTrip = Math.min(this.roundTrip, monotonicMs() - began);
      return answer.response;
    } catch (error) {
      throw failed === null ? this.#explain(refusalOf(error) ?? error) : (failed as { error: unknown }).error;
    } finally {
      this.#sink = null;
      this.#busy = false;
    }
  }

  /** Takes the connection for several commands at once. Nothing else is sent until `series.end()`. */
  begin(sink?: FetchSink, maxRows?: number): Series {
    mustRead(this.#door, "(several)");
    const client = this.#free();
    this.#busy = true;
    this.#strays = 0;
    this.#sink = sink === undefined ? null : this.#counted(client, sink, maxRows);
    const series = new Series(rawOutput(client), {
      explain: () => this.#explain(null),
      progress: () => {
        this.#strays = 0;
      },
      breach: () => breach(client, "StrayLines"),
      ended: () => {
        this.#series = null;
        this.#sink = null;
        this.#busy = false;
      },
    });
    this.#series = series;
    return series;
  }

  #counted(client: Internals, sink: FetchSink, maxRows = Number.POSITIVE_INFINITY): FetchSink {
    let rows = 0;
    return (row) => {
      this.#strays = 0;
      if (++rows > maxRows) return breach(client, "TooManyResponses");
      return sink(row);
    };
  }

  /** LOGOUT, then the socket is closed; waits a moment for the server's answer. Never throws. */
  async close(): Promise<void> {
    const client = this.#client;
    if (client === null || client.isClosed) return;
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#door.limits.goodbyeMs);
    });
    // What the server makes of a goodbye concerns nobody: the connection ends either way.
    const goodbye = this.#busy
      ? patience
      : client.run("LOGOUT").then(
          () => undefined,
          () => undefined,
        );
    await Promise.race([goodbye, patience]);
    clearTimeout(timer);
    client.close();
  }

  /** Closes the socket at once. */
  destroy(): void {
    this.#client?.close();
  }
}
