// Where hostile messages want to connect to: a port that answers nobody and counts who comes. A browser that is told that all names of .example are
// here comes also to look up a name or to open a connection in advance, which no list of requests shows.

import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";

export interface Trap extends AsyncDisposable {
  /** For the browser. */
  readonly flag: string;
  /** What was sent by each that came. */
  readonly came: string[];
}

export async function openTrap(): Promise<Trap> {
  const came: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const at = came.push("") - 1;
    socket.on("data", (bytes) => {
      came[at] += bytes.toString("latin1");
      socket.destroy();
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    flag: `--host-resolver-rules=MAP *.example 127.0.0.1:${port}, MAP *.example:80 127.0.0.1:${port}`,
    came,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
