// The API behind a port. It listens on this machine alone unless it is told otherwise, bounds how long anybody may take, and ends in good order.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { asMailError, MailError } from "@packetboat/core";
import { openReader } from "@packetboat/index";
import { appOf } from "./app.ts";
import { openOrders } from "./orders.ts";
import { expectWhole } from "./patience.ts";
import { type Place, placeOf } from "./place.ts";
import type { World } from "./route.ts";
import { openSidesBook } from "./sides-book.ts";
import { openSignIns } from "./sign-ins.ts";
import { openTallyBook } from "./tally-book.ts";
import { openTries } from "./tries.ts";
import { turnsOf } from "./turns.ts";

const HEADERS_MS = 10_000;
const REQUEST_MS = 30_000;
/** A download that is not read for so long gives its connections back. */
const IDLE_MS = 60_000;
const MOST_CONNECTIONS = 500;

/** So that one message that is slow to open does not keep another waiting. */
const OPENING_THREADS = 2;
const OPENING_MS = 5_000;
/** Bytes of messages that are being opened. */
const OPENED_AT_ONCE = 128 * 1_048_576;

export interface Listening extends AsyncDisposable {
  readonly place: Place;
}

export interface Where {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** How it is reached through a proxy. Default: only as host and port. */
  readonly url?: string | undefined;
}

/** Listens. Throws CONFIG_INVALID when the port is taken or forbidden, or the address is not safe. */
export async function serveApi(
  world: Omit<
    World,
    | "place"
    | "downloads"
    | "receiving"
    | "followers"
    | "reader"
    | "turns"
    | "orders"
    | "tallies"
    | "sides"
    | "tries"
    | "signIns"
  >,
  { host, port, url }: Where,
): Promise<Listening> {
  // Judged before anything listens.
  placeOf(host, port, url);
  const server = createServer();
  server.headersTimeout = HEADERS_MS;
  // Of its own it would end a file that takes longer to come.
  server.requestTimeout = 0;
  server.on("request", (incoming) => expectWhole(incoming, REQUEST_MS));
  server.timeout = IDLE_MS;
  server.maxConnections = MOST_CONNECTIONS;
  await listening(server, port, host);
  const place = placeOf(host, (server.address() as AddressInfo).port, url);
  const reader = openReader({ threads: OPENING_THREADS, limitMs: OPENING_MS });
  const signIns = openSignIns(world.operations);
  const orders = openOrders((error) => world.failed(asMailError(error)));
  const app = appOf({
    ...world,
    place,
    downloads: { count: 0 },
    receiving: { count: 0 },
    followers: { count: 0 },
    reader,
    turns: turnsOf(OPENED_AT_ONCE),
    orders,
    tallies: openTallyBook(),
    sides: openSidesBook(),
    tries: openTries(world.now),
    signIns,
  });
  server.on("request", getRequestListener(app.fetch, { overrideGlobalObjects: false }));
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await signIns[Symbol.asyncDispose]();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    await orders[Symbol.asyncDispose]();
    await reader.close();
  };
  return { place, [Symbol.asyncDispose]: close };
}

function listening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const text = `Nothing can listen on ${host}:${port} (${error.code ?? "unknown"}). Choose another --port or --host.`;
      reject(new MailError("CONFIG_INVALID", text, { cause: error }));
    });
    server.listen(port, host, () => resolve());
  });
}
