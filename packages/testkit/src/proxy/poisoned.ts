// A proxy that breaks every connection on which some bytes pass, as some servers do at one message (trap 28), until it is healed. It must never
// change what passes otherwise.
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface Poisoned extends AsyncDisposable {
  readonly port: number;
  /** How many were made. */
  readonly connections: () => number;
  /** From now on everything passes. */
  readonly heal: () => void;
}

/** Starts one before a server on this machine. `poison`: looked for within what the server sends at once. */
export async function startPoisoned(port: number, poison: string): Promise<Poisoned> {
  let connections = 0;
  let isIll = true;
  const sockets = new Set<Socket>();
  const listener = createServer((client) => {
    connections++;
    const upstream = connect(port, "127.0.0.1");
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream);
    upstream.on("data", (chunk: Buffer) => {
      const at = isIll ? chunk.indexOf(poison) : -1;
      if (at === -1) client.write(chunk);
      else client.end(chunk.subarray(0, at));
      if (at !== -1) upstream.destroy();
    });
  });
  await once(listener.listen(0, "127.0.0.1"), "listening");
  return {
    port: (listener.address() as AddressInfo).port,
    connections: () => connections,
    heal: () => {
      isIll = false;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}
