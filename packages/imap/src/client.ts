// imapflow's connection, with our own order of the first commands and our own reader of FETCH answers. What it takes from imapflow's
// inside is named in Internals and nowhere else: look here first when the pinned version changes.
// It must never send a command on its own account: gate.ts does.
import type { Writable } from "node:stream";
import type { ImapFlowOptions } from "imapflow";
import { type FetchRow, isFetchLine, parseFetchLine } from "./fetch-line.ts";
import { GREETING_LINE_BYTES } from "./limits.ts";
import type { Answer, Token } from "./tokens.ts";
import { type AnswerStream, type ResponseData, takeWholeAnswers } from "./whole-answers.ts";

/** The parts of imapflow's ImapFlow class that its d.ts leaves out, as of 2.9.1. */
export interface Internals {
  readonly capabilities: ReadonlyMap<string, boolean | number>;
  readonly isClosed: boolean;
  readonly secureConnection: boolean;
  readonly byeReason?: string;
  readonly greetingReceived?: boolean;
  usable: boolean;
  authenticated: unknown;
  expectCapabilityUpdate: boolean;
  state: number;
  readonly states: { readonly NOT_AUTHENTICATED: number; readonly AUTHENTICATED: number };
  readonly streamer: AnswerStream;
  /** Somebody of ours is at work on an answer: silence is not the server's. */
  _processingResponse: boolean;
  connect(): Promise<void>;
  close(): void;
  exec(
    command: string,
    attributes: readonly Token[] | false,
    options: object,
  ): Promise<{ response: Answer; next(): void }>;
  run(command: string, ...args: unknown[]): Promise<unknown>;
  compress(): Promise<void>;
  upgradeToSTARTTLS(): Promise<boolean>;
  startSession(): Promise<void>;
  handleResponse(data: ResponseData): Promise<boolean>;
  throttleWait(ms: number): Promise<boolean>;
  failProtocol(error: Error): void;
  write(chunk: string): void;
  /** The socket, or what compresses before it; gone with the connection. */
  readonly writeSocket: Writable | false | null;
  on(event: string, listener: (...args: unknown[]) => void): void;
}

/** Reads the answers of several commands at once: takes what is meant for it, and says so. */
export interface LineTaker {
  take(payload: Buffer): boolean;
}

export type FetchSink = (row: FetchRow) => void | Promise<void>;

/** What the gate plugs into a connection. */
export interface Hooks {
  /** Everything between the greeting and the first command of a caller. */
  start(): Promise<void>;
  /** Called for every line of the server, before it is read. */
  line(payload: Buffer): void;
  /** Takes the FETCH answers of the running command; null when it has no use for them. */
  readonly sink: FetchSink | null;
  /** Takes tagged answers and continuations of the commands that imapflow did not send; null when there are none. */
  readonly series: LineTaker | null;
}

/** Bytes as they go out, past imapflow's one command at a time. Nothing is sent on a connection that has ended. */
export interface RawOutput {
  write(bytes: Buffer): void;
  /** Bytes handed over and not yet taken by the system. */
  unwritten(): number;
  /** Calls back when all has been taken. */
  onceDrained(done: () => void): void;
}

export function rawOutput(client: Internals): RawOutput {
  const socket = (): Writable | null => {
    const { writeSocket } = client;
    return writeSocket && !writeSocket.destroyed ? writeSocket : null;
  };
  return {
    write: (bytes) => void socket()?.write(bytes),
    unwritten: () => socket()?.writableLength ?? 0,
    onceDrained: (done) => void socket()?.once("drain", done),
  };
}

function namedError(message: string, code: string): Error {
  return Object.assign(new Error(message), { code });
}

const GREETING = /^\* (OK|PREAUTH|BYE)\b/i;
const FED: Promise<boolean> = Promise.resolve(true);

/** Makes a connection that has not been opened. imapflow is loaded here, when the first connection is made: it costs 0.15 s. */
export async function makeClient(options: ImapFlowOptions, hooks: Hooks): Promise<Internals> {
  const { ImapFlow } = await import("imapflow");
  const Base = ImapFlow as unknown as new (options: ImapFlowOptions) => Internals;

  class Client extends Base {
    override startSession(): Promise<void> {
      return hooks.start();
    }

    /** Whoever asked decides how long to wait: in here nothing would be read meanwhile, and five minutes would be the most. */
    override throttleWait(): Promise<boolean> {
      return Promise.resolve(false);
    }

    override handleResponse(data: ResponseData): Promise<boolean> {
      if (this.greetingReceived !== true && !GREETING.test(data.payload.toString("latin1", 0, 12))) {
        this.failProtocol(namedError("no IMAP greeting", "NOT_IMAP"));
        return Promise.resolve(false);
      }
      hooks.line(data.payload);
      const { sink, series } = hooks;
      if (series?.take(data.payload)) return FED;
      if (sink === null || !isFetchLine(data.payload)) return super.handleResponse(data);
      const row = parseFetchLine(data.payload, data.literals);
      const taken = row === null ? undefined : sink(row);
      // The promise is the back-pressure: imapflow reads no further until it settles.
      return taken === undefined ? FED : taken.then(() => true);
    }
  }
  const client = new Client(options);
  client.streamer.maxLineLength = GREETING_LINE_BYTES;
  client.streamer.maxLiteralSize = GREETING_LINE_BYTES;
  takeWholeAnswers(
    client.streamer,
    () => hooks.sink !== null,
    (answer) => {
      const taken = client.handleResponse(answer);
      return taken === FED ? true : taken;
    },
    (isParked) => {
      client._processingResponse = isParked;
    },
  );
  return client;
}

/** Ends a connection as a breach of protocol. */
export function breach(client: Internals, code: "StrayLines" | "TooManyResponses"): void {
  client.failProtocol(namedError("the server floods", code));
}
