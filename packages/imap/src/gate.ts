// The one gate to imapflow: a connection, its commands, what is selected on it. Every command of this room goes out here, as a raw
// line: imapflow's own methods answer `false` for a refusal, list before they select, guess roles and prefix names. It must never send a
// command that changes the server through a door that is not one of a writer: such a gate knows EXAMINE and never SELECT (trap 43).
import { isMailError, MailError, type Release } from "@packetboat/core";
import { admitted } from "./admission.ts";
import { breach, type FetchSink, type Internals, makeClient, rawOutput } from "./client.ts";
import { announcedBy, type CommandOptions, type Door, type Log, mustRead, READING, type Selected } from "./door.ts";
import { codeOf, connectionError, type Ending, type Endpoint, Refused, refusedError } from "./errors.ts";
import { type Limits, monotonicMs } from "./limits.ts";
import { refusalOf } from "./refusal.ts";
import { Series } from "./series.ts";
import { type Credentials, signIn } from "./sign-in.ts";
import type { Answer } from "./tokens.ts";

/** Changes of the selected mailbox that a server may announce in any command. */
const CHANGES = ["EXISTS", "EXPUNGE", "VANISHED"] as const;

/** A question that was put off by the server with nothing said of its answer is asked so many times in all. */
const MAX_ATTEMPTS = 3;

/** One signed-in connection. */
export class Gate {
  readonly #door: Door;
  readonly #auth: Credentials["auth"];
  /** Aborted when the connection ends: what waits for its turn then waits for nothing. */
  readonly #ended = new AbortController();
  /** Gives its place among the account's connections back. */
  #release: Release | null = null;
  /** Something of an answer to the running command came. */
  #heard = false;
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

  private constructor(door: Door, auth: Credentials["auth"]) {
    this.#door = door;
    this.#auth = auth;
  }

  /** Opens and signs in, at a place that was given by the account's pacing. Throws UNREACHABLE, TIMED_OUT, NOT_IMAP, TLS_REFUSED, AUTH_REJECTED, THROTTLED, INTERRUPTED. */
  static async open(door: Door, place: Release | null): Promise<Gate> {
    try {
      return await admitted(door, (auth) => Gate.#opened(door, auth, place));
    } catch (error) {
      place?.();
      throw error;
    }
  }

  static async #opened(door: Door, auth: Credentials["auth"], place: Release | null): Promise<Gate> {
    const gate = new Gate(door, auth);
    try {
      await gate.#open();
      gate.#release = place ?? (await door.pacing.signedIn(gate.capabilities, gate.#ended.signal));
      return gate;
    } catch (error) {
      gate.#end();
      throw error;
    }
  }

  #end(): void {
    this.#client?.close();
    this.#ended.abort();
    this.#release?.();
    this.#release = null;
  }

  /** What the server announces, in upper case; a server of IMAP4rev2 alone announces by that what it contains. */
  get capabilities(): ReadonlySet<string> {
    return announcedBy(this.#client?.capabilities ?? new Map());
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
      this.#end();
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
      const { user, authzid } = this.#door;
      await signIn(this, client, this.#door, { user, authzid, auth: this.#auth });
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
   * and BAD, a MailError for everything else. One command at a time. A question that the server puts off is asked again after the pause,
   * where it is short and nothing of an answer had come.
   */
  async command(text: string, options: CommandOptions = {}): Promise<Answer> {
    mustRead(this.#door, text);
    this.#free();
    const { pace } = this.#door.pacing;
    if (pace === null) return await this.#once(text, options);
    for (let attempt = 1; ; attempt++) {
      await this.turn(options.bodies === true);
      try {
        const answer = await this.#once(text, options);
        pace.fine();
        return answer;
      } catch (error) {
        const why = error instanceof Refused ? refusedError(error, this.#door) : error;
        const isQuestion = READING.test(text) && options.onContinue === undefined;
        if (!isMailError(why) || !this.#door.pacing.obeys(why)) throw error;
        if (this.#heard || !isQuestion || attempt === MAX_ATTEMPTS || this.closed) throw error;
      }
    }
  }

  /** Waits until the account may be asked for one more thing; `bodies`: that brings some. Throws THROTTLED, BUDGET_SPENT, INTERRUPTED. */
  async turn(bodies: boolean): Promise<void> {
    const { pace } = this.#door.pacing;
    if (pace === null) return;
    const wasBusy = this.#busy;
    this.#busy = true;
    try {
      await pace.command(this.#ended.signal);
      if (bodies) await pace.mayFetch();
    } catch (error) {
      // What waited for its turn on a connection that ended is told of that end.
      throw this.#ended.signal.aborted ? this.#explain(null) : error;
    } finally {
      this.#busy = wasBusy;
    }
  }

  /** Something may have to wait for its turn. */
  get isPaced(): boolean {
    return this.#door.pacing.pace !== null;
  }

  /** Waits until so many bytes may be appended. Throws as `turn` does. */
  async mayAppend(bytes: number): Promise<void> {
    const { pace } = this.#door.pacing;
    if (pace === null) return;
    await this.turn(false);
    await pace.up(bytes, this.#ended.signal);
  }

  async #once(text: string, options: CommandOptions): Promise<Answer> {
    const client = this.#free();
    let failed: { readonly error: unknown } | null = null;
    const fail = (error: unknown): void => {
      failed ??= { error };
      client.close();
    };
    // Changes do not count as progress: a server that announces them without end is a flood like any other.
    const guarded = (handler: (answer: Answer) => void, progress: boolean) => async (answer: Answer) => {
      this.#heard = true;
      if (progress) this.#strays = 0;
      try {
        handler(answer);
      } catch (error) {
        fail(error);
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
    this.#heard = false;
    this.#strays = 0;
    this.#sink = options.onFetch === undefined ? null : this.#counted(client, options.onFetch, fail, options.maxRows);
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
    this.#sink = sink === undefined ? null : this.#counted(client, sink, () => client.close(), maxRows);
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

  /** Counts rows against floods, and bodies against the account's pace: the next row is read when it may be. */
  #counted(
    client: Internals,
    sink: FetchSink,
    fail: (error: unknown) => void,
    maxRows = Number.POSITIVE_INFINITY,
  ): FetchSink {
    let rows = 0;
    const { pace } = this.#door.pacing;
    return (row) => {
      this.#heard = true;
      this.#strays = 0;
      if (++rows > maxRows) return breach(client, "TooManyResponses");
      const taken = sink(row);
      const bytes = row.body?.length ?? 0;
      if (pace === null || bytes === 0) return taken;
      const counted = pace.down(bytes, this.#ended.signal);
      return Promise.all([taken, counted]).then(() => undefined, fail);
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
