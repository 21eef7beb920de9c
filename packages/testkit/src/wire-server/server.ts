// A TCP server that speaks IMAP over a model: as honest as Dovecot where no fault says otherwise, so that the adapter can be tested on
// faults at the wire that no real server can be made to show. It must never answer what it did not announce.
import { createServer, type Socket } from "node:net";
import type { ServerModel } from "../simulator/model.ts";
import { type Command, CommandReader } from "./command.ts";
import type { Shared, Wire } from "./connection.ts";
import type { Piece } from "./render.ts";
import { Session } from "./session.ts";
import { type WireFault, WireFaults } from "./wire-faults.ts";

export const WIRE_CAPABILITIES: readonly string[] =
  "IMAP4rev1 LITERAL+ SASL-IR AUTH=PLAIN ID ENABLE NAMESPACE UIDPLUS MOVE UNSELECT CHILDREN LIST-EXTENDED LIST-STATUS SPECIAL-USE CREATE-SPECIAL-USE ESEARCH CONDSTORE QRESYNC OBJECTID MULTIAPPEND IDLE".split(
    " ",
  );

export interface WireServerOptions {
  /** Default: alice. */
  readonly user?: string;
  /** Default: pass. */
  readonly pass?: string;
  /** Capabilities that are neither announced nor obeyed. */
  readonly hide?: readonly string[];
  readonly faults?: readonly WireFault[];
  /** Default: "OK ready". */
  readonly greeting?: string;
}

export interface WireServer extends AsyncDisposable {
  readonly host: "127.0.0.1";
  readonly port: number;
  /** Command lines in the order in which they came, without tags and secrets, of all connections. */
  commands(): readonly string[];
  /** Bodies that went over the wire whole. */
  bodies(): number;
  connections(): { readonly total: number; readonly open: number };
  stop(): Promise<void>;
}

/** Starts the server on a free port of the loopback. */
export async function startWireServer(model: ServerModel, options: WireServerOptions = {}): Promise<WireServer> {
  const hidden = new Set((options.hide ?? []).map((name) => name.toUpperCase()));
  const shared: Shared = {
    model,
    user: options.user ?? "alice",
    pass: options.pass ?? "pass",
    capabilities: WIRE_CAPABILITIES.filter((name) => !hidden.has(name.toUpperCase())),
    faults: new WireFaults(options.faults ?? []),
    commands: [],
    bodies: 0,
    sessions: 0,
  };
  const open = new Set<Socket>();
  let total = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    total++;
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    serve(socket, shared, options.greeting ?? "OK ready");
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the wire server was given no port");
  const stop = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of open) socket.destroy();
    await closed;
  };
  return {
    host: "127.0.0.1",
    port: address.port,
    commands: () => [...shared.commands],
    bodies: () => shared.bodies,
    connections: () => ({ total, open: open.size }),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function serve(socket: Socket, shared: Shared, greeting: string): void {
  let waiting: ((line: string) => void) | null = null;
  const wire: Wire = {
    send: (...pieces) => write(socket, pieces),
    nextLine: () =>
      new Promise((resolve) => {
        waiting = resolve;
        reader.rawLine = resolve;
      }),
    close: (how) => (how === "end" ? void socket.end() : socket.destroy()),
  };
  const session = new Session(shared, wire);
  // One command after the other, whatever the client pipelines.
  let queue: Promise<void> = write(socket, [`* ${greeting}\r\n`]).catch(() => {});
  const run = (command: Command | { readonly tag: string; readonly error: string }): void => {
    queue = queue.then(() => session.run(command)).catch(() => void socket.destroy());
  };
  const reader = new CommandReader(run, () => void write(socket, ["+ go on\r\n"]).catch(() => {}));
  // A client that gives up resets the connection: that is its right.
  socket.on("error", () => socket.destroy());
  socket.on("close", () => waiting?.(""));
  socket.on("data", (chunk: Buffer) => {
    try {
      reader.feed(chunk);
    } catch {
      socket.destroy();
    }
  });
}

function write(socket: Socket, pieces: readonly Piece[]): Promise<void> {
  if (socket.destroyed || socket.writableEnded) return Promise.reject(new Error("the connection is gone"));
  socket.cork();
  let room = true;
  for (const piece of pieces) room = typeof piece === "string" ? socket.write(piece, "latin1") : socket.write(piece);
  socket.uncork();
  if (room) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const drained = (): void => {
      socket.off("close", closed);
      resolve();
    };
    const closed = (): void => {
      socket.off("drain", drained);
      reject(new Error("the connection is gone"));
    };
    socket.once("drain", drained).once("close", closed);
  });
}
