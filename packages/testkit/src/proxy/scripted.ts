// A TCP server that follows a script: what a server that is not IMAP, hangs, never ends its lines or announces absurd
// literals looks like from the client. It must never obey IMAP on its own: what it says is in the script and nowhere else.
import { createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { type CertificateOptions, makeCertificate } from "../servers/certificate.ts";

/** One step of a script. Steps run in order, per connection. */
export type ScriptStep =
  /** Sends bytes. In a string, `$tag` is the tag of the line matched last. */
  | { readonly send: string | Uint8Array }
  /** Waits for a line of the client that matches; lines that do not match are passed over. */
  | { readonly expect: RegExp }
  /** Sends the same bytes again and again until `bytes` are sent (or for ever), as fast as the client reads them. */
  | { readonly flood: string | Uint8Array; readonly bytes?: number }
  /** From now on answers each line: the first pair whose pattern matches gives the answer, `$tag` replaced; no match, silence. */
  | { readonly answer: readonly (readonly [RegExp, string])[] }
  /** Keeps the connection open and says nothing more. */
  | { readonly hang: true }
  /** Closes: with FIN, or with RST. */
  | { readonly close: "end" | "reset" };

export interface ScriptedServer extends AsyncDisposable {
  readonly host: "127.0.0.1";
  readonly port: number;
  /** PEM certificate, when it speaks TLS. */
  readonly certificate: string | undefined;
  /** How many connections it has had, and how many are open. */
  connections(): { readonly total: number; readonly open: number };
  /** All lines it received, in order. Passwords included: scripts get made-up ones. */
  received(): readonly string[];
  bytesSent(): number;
  stop(): Promise<void>;
}

export interface ScriptedOptions {
  /** TLS from the first byte, with a certificate of this kind. */
  readonly tls?: CertificateOptions;
}

interface State {
  total: number;
  sent: number;
  readonly received: string[];
  readonly open: Set<Socket>;
}

const MAX_LINE = 1 << 20;

/** Starts a scripted server. `script` gives the steps of the n-th connection, from 1; a list is used for every connection. */
export async function startScripted(
  script: readonly ScriptStep[] | ((connection: number) => readonly ScriptStep[]),
  options: ScriptedOptions = {},
): Promise<ScriptedServer> {
  const state: State = { total: 0, sent: 0, received: [], open: new Set() };
  const serve = (socket: Socket) => {
    state.total += 1;
    const steps = typeof script === "function" ? script(state.total) : script;
    // A client that gives up resets the connection: that is its right, and the end of the script.
    socket.on("error", () => socket.destroy());
    play(socket, steps, state);
  };
  const pair = options.tls ? makeCertificate(options.tls) : undefined;
  const server = pair
    ? createTlsServer({ cert: pair.certificate, key: pair.key }, serve)
    : createServer({ noDelay: true }, serve);
  server.on("connection", (socket: Socket) => {
    state.open.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => state.open.delete(socket));
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the scripted server was given no port");
  const stop = async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of state.open) socket.destroy();
    await closed;
  };
  return {
    host: "127.0.0.1",
    port: address.port,
    certificate: pair?.certificate,
    connections: () => ({ total: state.total, open: state.open.size }),
    received: () => state.received,
    bytesSent: () => state.sent,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Follows the steps on one connection. Each event moves it as far as it can go without waiting. */
function play(socket: Socket, steps: readonly ScriptStep[], state: State): void {
  const lines: string[] = [];
  let partial = "";
  let at = 0;
  let tag = "*";
  let flooded = 0;
  let running = false;
  const withTag = (text: string) => Buffer.from(text.replaceAll("$tag", tag), "latin1");
  const write = (what: string | Uint8Array) => {
    const bytes = typeof what === "string" ? withTag(what) : what;
    state.sent += bytes.length;
    return socket.write(bytes);
  };
  const takeLine = (pattern: RegExp): boolean => {
    for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
      if (!pattern.test(line)) continue;
      tag = line.split(" ", 1)[0] ?? "*";
      return true;
    }
    return false;
  };
  const flood = (step: { flood: string | Uint8Array; bytes?: number }): boolean => {
    const limit = step.bytes ?? Number.POSITIVE_INFINITY;
    while (flooded < limit) {
      if (socket.destroyed) return false;
      const before = state.sent;
      const room = write(step.flood);
      flooded += state.sent - before;
      if (!room) return false; // goes on at `drain`
    }
    flooded = 0;
    return true;
  };
  const answer = (pairs: readonly (readonly [RegExp, string])[]) => {
    for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
      tag = line.split(" ", 1)[0] ?? "*";
      const found = pairs.find(([pattern]) => pattern.test(line ?? ""));
      if (found) write(found[1]);
    }
  };
  const done = (step: ScriptStep): boolean => {
    if ("send" in step) write(step.send);
    else if ("expect" in step) return takeLine(step.expect);
    else if ("flood" in step) return flood(step);
    else if ("answer" in step) {
      answer(step.answer);
      return false;
    } else if ("close" in step) {
      if (step.close === "end") socket.end();
      else socket.resetAndDestroy();
    } else return false;
    return true;
  };
  const go = () => {
    if (running) return;
    running = true;
    for (let step = steps[at]; step !== undefined && done(step); step = steps[at]) at += 1;
    running = false;
  };
  socket.on("data", (chunk: Buffer) => {
    partial += chunk.toString("latin1");
    const whole = partial.split(/\r?\n/);
    partial = (whole.pop() ?? "").slice(-MAX_LINE);
    state.received.push(...whole);
    lines.push(...whole);
    go();
  });
  socket.on("drain", go);
  go();
}

/** Answers that make a scripted server look like an empty IMAP account, to be used after a greeting. */
export const POLITE_ANSWERS: readonly (readonly [RegExp, string])[] = [
  [/^\S+ CAPABILITY/i, "* CAPABILITY IMAP4rev1 NAMESPACE ID\r\n$tag OK done\r\n"],
  [/^\S+ LOGIN/i, "$tag OK [CAPABILITY IMAP4rev1 NAMESPACE ID] in\r\n"],
  [/^\S+ NAMESPACE/i, '* NAMESPACE (("" "/")) NIL NIL\r\n$tag OK done\r\n'],
  [/^\S+ ID/i, "* ID NIL\r\n$tag OK done\r\n"],
  [/^\S+ (LIST|LSUB)/i, '* LIST () "/" INBOX\r\n$tag OK done\r\n'],
  [
    /^\S+ (SELECT|EXAMINE)/i,
    "* 0 EXISTS\r\n* 0 RECENT\r\n* FLAGS (\\Seen)\r\n* OK [UIDVALIDITY 1] v\r\n* OK [UIDNEXT 1] n\r\n$tag OK [READ-WRITE] done\r\n",
  ],
  [/^\S+ LOGOUT/i, "* BYE\r\n$tag OK out\r\n"],
  [/^\S+ /, "$tag OK done\r\n"],
];

/** Servers that no client should trust, by what is wrong with them. Those with TLS problems are made with `tls` options. */
export const HOSTILE = {
  /** Speaks another protocol. */
  smtp: [{ send: "220 mail.example.com ESMTP\r\n" }, { hang: true }],
  http: [{ expect: /./ }, { send: "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n" }, { close: "end" }],
  /** Accepts and never says a word. */
  silent: [{ hang: true }],
  /** Closes at once. */
  closing: [{ close: "end" }],
  resetting: [{ close: "reset" }],
  bye: [{ send: "* BYE too many connections\r\n" }, { close: "end" }],
  /** A greeting that never ends its line. */
  endlessGreeting: [{ send: "* OK " }, { flood: "x".repeat(65_536) }],
  /** Lines without end, after the greeting. */
  endlessLine: [{ send: "* OK ready\r\n" }, { expect: /./ }, { send: "* " }, { flood: "x".repeat(65_536) }],
  /** Whole lines, for ever, none of them an answer. */
  endlessLines: [{ send: "* OK ready\r\n" }, { expect: /./ }, { flood: "* OK still here\r\n".repeat(4_000) }],
  /** Announces a literal of petabytes. */
  hugeLiteral: [
    { send: "* OK ready\r\n" },
    { expect: /./ },
    { send: "* LIST () {9007199254740993}\r\n" },
    { flood: "x".repeat(65_536) },
  ],
  /** Logs in, then says nothing to anything. */
  hangsAfterLogin: [
    { send: "* OK [CAPABILITY IMAP4rev1 LOGIN] ready\r\n" },
    { expect: /LOGIN|AUTHENTICATE/i },
    { send: "$tag OK in\r\n" },
    { hang: true },
  ],
  /** Refuses every password. */
  wrongPassword: [
    { send: "* OK [CAPABILITY IMAP4rev1] ready\r\n" },
    {
      answer: [
        [/^\S+ (LOGIN|AUTHENTICATE)/i, "$tag NO [AUTHENTICATIONFAILED] no\r\n"],
        [/^\S+ CAPABILITY/i, "* CAPABILITY IMAP4rev1\r\n$tag OK done\r\n"],
        [/^\S+ /, "$tag OK done\r\n"],
      ],
    },
  ],
  /** Offers no STARTTLS and forbids LOGIN. */
  noStartTls: [{ send: "* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] ready\r\n" }, { answer: POLITE_ANSWERS }],
} as const satisfies Record<string, readonly ScriptStep[]>;
