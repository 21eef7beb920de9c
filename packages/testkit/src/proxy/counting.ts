// A TCP proxy before a real IMAP server that counts what goes over the wire and breaks connections at exact places: how a
// suite proves that nothing was downloaded twice, and that a cut anywhere loses nothing. It must never alter a byte it passes.
import { connect, createServer, type Socket } from "node:net";
import { Pipe } from "./pipe.ts";
import { ClientScanner, type SeenCommand, ServerScanner } from "./scanner.ts";

/** What went over the wire since the start or the last reset. */
export interface WireCounts {
  readonly connections: number;
  /** Most connections open at one time. */
  readonly mostAtOnce: number;
  /** Commands by name, such as `UID FETCH`. */
  readonly commands: Readonly<Record<string, number>>;
  /** Whole message bodies (BODY[] literals) the server began to send, and their announced bytes. */
  readonly bodies: number;
  readonly bodyBytes: number;
  readonly bytesFromServer: number;
  readonly bytesFromClient: number;
  /** Connections that turned unreadable by COMPRESS or STARTTLS: their later commands are not counted. */
  readonly unreadable: number;
}

/** A command in the order the proxy saw it. */
export interface TranscriptEntry extends SeenCommand {
  readonly connection: number;
}

/** Where an answer-related fault strikes: the command never reaches the server; its answer is lost; or just after the answer. */
export type CutPlace = "unsent" | "before-answer" | "after-answer";

/** A command that stands still on its way: nothing of its connection passes in that direction until it is released. */
export interface Held {
  /** Kept when it stands there. */
  readonly there: Promise<void>;
  release(): void;
}

export interface CountingProxy extends AsyncDisposable {
  readonly host: "127.0.0.1";
  readonly port: number;
  counts(): WireCounts;
  /** Counts of each connection, in the order of their beginning. */
  perConnection(): readonly WireCounts[];
  transcript(): readonly TranscriptEntry[];
  /** The redacted lines of all commands, or of those with this name. */
  commands(name?: string): readonly string[];
  /** Sets all counts and the transcript to nothing; faults stay armed. */
  reset(): void;
  /** Round-trip time in ms for bytes from now on; a new connection pays one and a half before the server sees it. */
  latency(roundTripMs: number): void;
  /** Cuts the connection that carries the n-th byte from the server, counted from now, right after it. */
  cutAfterBytes(n: number): void;
  /** Cuts in the middle of the k-th message body from now (1 is the next). */
  cutMidLiteral(k?: number): void;
  /** Cuts at the k-th command of this name from now. */
  cutAt(name: string, place: CutPlace, k?: number): void;
  /** Holds the first command from now whose redacted line matches: before the server has it whole, or before its tagged answer is passed on. */
  holdAt(line: RegExp, place: "unsent" | "before-answer"): Held;
  /** Goes silent in the middle of the k-th message body from now; the connection stays open. */
  stallMidLiteral(k?: number): void;
  /** Holds back all bytes from the server until `resume`. */
  stall(): void;
  resume(): void;
  /** Cuts all connections that are open now. */
  cutAll(): void;
  /** Disarms all faults that have not struck. */
  disarm(): void;
  /** How many faults have struck. */
  struck(): number;
  stop(): Promise<void>;
}

interface Tally {
  connections: number;
  open: number;
  mostAtOnce: number;
  commands: Record<string, number>;
  bodies: number;
  bodyBytes: number;
  bytesFromServer: number;
  bytesFromClient: number;
  unreadable: number;
}

interface Armed {
  kind: "bytes" | "mid-literal" | "stall-mid-literal" | CutPlace;
  name: string;
  left: number;
}

interface Hold {
  readonly line: RegExp;
  readonly place: "unsent" | "before-answer";
  readonly stands: (release: () => void) => void;
}

const emptyTally = (): Tally => ({
  connections: 0,
  open: 0,
  mostAtOnce: 0,
  commands: {},
  bodies: 0,
  bodyBytes: 0,
  bytesFromServer: 0,
  bytesFromClient: 0,
  unreadable: 0,
});

/** Everything the connections of one proxy share. */
class Shared {
  total = emptyTally();
  each: Tally[] = [];
  begun = 0;
  transcript: TranscriptEntry[] = [];
  armed: Armed[] = [];
  holds: Hold[] = [];
  struck = 0;
  roundTripMs = 0;
  stalled = false;
  readonly open = new Set<Connection>();

  /** Counts an event down; true when the fault strikes now. A fault strikes once. */
  strikes(kind: Armed["kind"], name = ""): boolean {
    const fault = this.armed.find((one) => one.kind === kind && one.name === name);
    if (!fault) return false;
    fault.left -= 1;
    if (fault.left > 0) return false;
    this.armed = this.armed.filter((one) => one !== fault);
    this.struck += 1;
    return true;
  }

  /** The hold for this command; each holds once. */
  heldBy(line: string): Hold | undefined {
    const hold = this.holds.find((one) => one.line.test(line));
    if (hold) this.holds = this.holds.filter((one) => one !== hold);
    return hold;
  }
}

class Connection {
  readonly #shared: Shared;
  readonly #number: number;
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #up: Pipe;
  readonly #down: Pipe;
  readonly tally = emptyTally();
  readonly #names = new Map<string, string>();
  readonly #fromClient: ClientScanner;
  readonly #fromServer: ServerScanner;
  #readable = true;
  #cutting = false;
  /** Bytes the server sent on this connection, never reset. */
  #received = 0;
  /** Absolute offset in the server's stream where the connection is cut, or goes silent. */
  #cutAt = Number.POSITIVE_INFINITY;
  #stallAt = Number.POSITIVE_INFINITY;
  /** Tags at whose answer a fault strikes. */
  readonly #faults = new Map<string, CutPlace>();
  readonly #holds = new Map<string, Hold>();

  constructor(shared: Shared, client: Socket, target: ProxyTarget) {
    this.#shared = shared;
    this.#client = client;
    shared.begun += 1;
    this.#number = shared.begun;
    shared.each.push(this.tally);
    this.#count((tally) => {
      tally.connections += 1;
      tally.open += 1;
      tally.mostAtOnce = Math.max(tally.mostAtOnce, tally.open);
    });
    this.#server = connect({ ...target, noDelay: true, allowHalfOpen: true });
    const delay = () => shared.roundTripMs / 2;
    this.#up = new Pipe(client, this.#server, delay);
    this.#down = new Pipe(this.#server, client, delay);
    if (shared.stalled) this.#down.stall();
    this.#fromClient = new ClientScanner((command) => this.#commandSeen(command));
    this.#fromServer = new ServerScanner({
      body: (start, length) => this.#bodySeen(start, length),
      answer: (tag, status, start, end) => this.#answerSeen(tag, status, start, end),
    });
    client.on("data", (chunk: Buffer) => this.#clientSent(chunk));
    this.#server.on("data", (chunk: Buffer) => this.#serverSent(chunk));
    client.on("end", () => this.#up.push("end"));
    this.#server.on("end", () => this.#down.push("end"));
    for (const socket of [client, this.#server]) {
      socket.on("error", () => this.destroy());
      socket.on("close", () => this.#closed(socket));
    }
  }

  destroy(): void {
    this.#cutting = true;
    this.#client.destroy();
    this.#server.destroy();
  }

  stall(on: boolean): void {
    if (on) this.#down.stall();
    else this.#down.resume();
  }

  #closed(socket: Socket): void {
    if (socket === this.#client) this.#server.destroy();
    if (!this.#shared.open.delete(this)) return;
    this.#count((tally) => {
      tally.open = Math.max(0, tally.open - 1);
    });
  }

  #count(change: (tally: Tally) => void): void {
    change(this.#shared.total);
    change(this.tally);
  }

  #clientSent(chunk: Buffer): void {
    this.#count((tally) => {
      tally.bytesFromClient += chunk.length;
    });
    if (this.#readable) this.#fromClient.feed(chunk);
    if (!this.#cutting) this.#up.push(chunk);
  }

  #serverSent(chunk: Buffer): void {
    if (this.#cutting) return;
    const before = this.#received;
    this.#received += chunk.length;
    const bytes = this.#shared.armed.find((fault) => fault.kind === "bytes");
    if (bytes && bytes.left <= chunk.length) {
      this.#cutAt = before + bytes.left;
      this.#shared.armed = this.#shared.armed.filter((fault) => fault !== bytes);
      this.#shared.struck += 1;
    } else if (bytes) bytes.left -= chunk.length;
    this.#count((tally) => {
      tally.bytesFromServer += chunk.length;
    });
    if (this.#readable) this.#fromServer.feed(chunk);
    const end = before + chunk.length;
    if (this.#stallAt <= end) {
      const passing = Math.max(0, this.#stallAt - before); // its line may have begun in an earlier chunk
      this.#down.push(chunk.subarray(0, passing));
      this.#down.push("stall");
      this.#down.push(chunk.subarray(passing));
      this.#stallAt = Number.POSITIVE_INFINITY;
    } else if (this.#cutAt <= end) {
      this.#cutting = true;
      this.#server.destroy();
      this.#down.push(chunk.subarray(0, this.#cutAt - before));
      this.#down.whenEmpty(() => this.#client.end(() => this.#client.destroy()));
    } else this.#down.push(chunk);
  }

  #commandSeen(command: SeenCommand): void {
    this.#names.set(command.tag, command.name);
    this.#count((tally) => {
      tally.commands[command.name] = (tally.commands[command.name] ?? 0) + 1;
    });
    this.#shared.transcript.push({ ...command, connection: this.#number });
    if (this.#shared.strikes("unsent", command.name)) this.destroy();
    const hold = this.#shared.heldBy(command.line);
    if (hold?.place === "before-answer") this.#holds.set(command.tag, hold);
    if (hold?.place === "unsent") {
      this.#up.stall();
      hold.stands(() => this.#up.resume());
    }
    for (const place of ["before-answer", "after-answer"] as const)
      if (this.#shared.strikes(place, command.name)) this.#faults.set(command.tag, place);
  }

  #bodySeen(start: number, length: number): void {
    this.#count((tally) => {
      tally.bodies += 1;
      tally.bodyBytes += length;
    });
    const middle = start + Math.floor(length / 2);
    if (this.#shared.strikes("mid-literal")) this.#cutAt = middle;
    if (this.#shared.strikes("stall-mid-literal")) this.#stallAt = middle;
  }

  #answerSeen(tag: string, status: string, start: number, end: number): void {
    const name = this.#names.get(tag);
    this.#names.delete(tag);
    this.#fromClient.answered(tag);
    const place = this.#faults.get(tag);
    if (place === "before-answer") this.#cutAt = Math.min(this.#cutAt, start);
    if (place === "after-answer") this.#cutAt = Math.min(this.#cutAt, end);
    const hold = this.#holds.get(tag);
    if (hold) {
      this.#stallAt = Math.min(this.#stallAt, start);
      hold.stands(() => this.#down.resume());
    }
    if (status === "OK" && (name === "COMPRESS" || name === "STARTTLS")) {
      this.#readable = false;
      this.#count((tally) => {
        tally.unreadable += 1;
      });
    }
  }
}

/** Where a proxy connects to. */
export interface ProxyTarget {
  /** Default: 127.0.0.1. */
  readonly host?: string;
  readonly port: number;
  /** The address from which it connects, such as 127.0.0.2: tells in the server's own log who came by the proxy. */
  readonly localAddress?: string;
}

/** Starts a proxy on a free port of 127.0.0.1 before `target`. TLS from the first byte passes, but cannot be read. */
export async function startProxy(target: ProxyTarget): Promise<CountingProxy> {
  const shared = new Shared();
  const to = { host: "127.0.0.1", ...target };
  const clients = new Set<Socket>();
  const server = createServer({ noDelay: true, allowHalfOpen: true, pauseOnConnect: true }, (client) => {
    clients.add(client);
    client.on("close", () => clients.delete(client));
    const open = () => {
      if (client.destroyed) return;
      shared.open.add(new Connection(shared, client, to));
      client.resume();
    };
    if (shared.roundTripMs === 0) open();
    else setTimeout(open, shared.roundTripMs * 1.5);
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy was given no port");
  const arm = (kind: Armed["kind"], left: number, name = "") =>
    shared.armed.push({ kind, name: name.toUpperCase(), left });
  const stallAll = (on: boolean) => {
    shared.stalled = on;
    for (const connection of shared.open) connection.stall(on);
  };
  const stop = async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const connection of shared.open) connection.destroy();
    for (const client of clients) client.destroy();
    await closed;
  };
  return {
    host: "127.0.0.1",
    port: address.port,
    counts: () => published(shared.total),
    perConnection: () => shared.each.map(published),
    transcript: () => shared.transcript,
    commands: (name) =>
      shared.transcript.filter((one) => name === undefined || one.name === name).map((one) => one.line),
    reset: () => {
      shared.total = { ...emptyTally(), open: shared.open.size, mostAtOnce: shared.open.size };
      shared.each = [...shared.open].map((connection) => Object.assign(connection.tally, emptyTally(), { open: 1 }));
      shared.transcript = [];
      shared.struck = 0;
    },
    latency: (roundTripMs) => {
      shared.roundTripMs = roundTripMs;
    },
    cutAfterBytes: (n) => arm("bytes", n),
    cutMidLiteral: (k = 1) => arm("mid-literal", k),
    cutAt: (name, place, k = 1) => arm(place, k, name),
    holdAt: (line, place) => {
      const there = Promise.withResolvers<void>();
      let release = (): void => undefined;
      shared.holds.push({
        line,
        place,
        stands: (letGo) => {
          release = letGo;
          there.resolve();
        },
      });
      return { there: there.promise, release: () => release() };
    },
    stallMidLiteral: (k = 1) => arm("stall-mid-literal", k),
    stall: () => stallAll(true),
    resume: () => stallAll(false),
    cutAll: () => {
      for (const connection of shared.open) connection.destroy();
    },
    disarm: () => {
      shared.armed = [];
      shared.holds = [];
    },
    struck: () => shared.struck,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function published(tally: Tally): WireCounts {
  const { open: _, ...counts } = tally;
  return { ...counts, commands: { ...tally.commands } };
}
