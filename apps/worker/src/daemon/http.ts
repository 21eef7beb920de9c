// What a worker shows of itself over HTTP: /metrics, /healthz (the process turns), /readyz (it can reach the database). For monitors on a
// private network: nothing can be changed here, and no answer holds an address or a name of a mailbox.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { MailError } from "@packetboat/core";
import type { Metrics } from "./metrics.ts";

export interface Shown {
  readonly metrics: Metrics;
  /** Resolves when the worker takes work; rejects with why it does not. */
  readonly ready: () => Promise<void>;
}

export interface Window extends AsyncDisposable {
  readonly port: number;
}

/** Listens. Port 0: a free one. Throws CONFIG_INVALID when the port is taken or forbidden. */
export async function openWindow(shown: Shown, port: number, host: string): Promise<Window> {
  const server = createServer((request, response) => {
    answer(shown, request).then(
      ({ status, type, body }) => send(response, status, type, body),
      () => send(response, 500, TEXT, "the answer could not be made; the log says why\n"),
    );
  });
  server.headersTimeout = 10_000;
  server.requestTimeout = 10_000;
  await listening(server, port, host);
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { port: (server.address() as AddressInfo).port, [Symbol.asyncDispose]: close };
}

function listening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const text = `Nothing can listen on ${host}:${port} (${error.code ?? "unknown"}). Choose another --metrics-port.`;
      reject(new MailError("CONFIG_INVALID", text, { cause: error }));
    });
    server.listen(port, host, () => resolve());
  });
}

const TEXT = "text/plain; charset=utf-8";

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

async function answer({ metrics, ready }: Shown, { method, url }: IncomingMessage): Promise<Answer> {
  if (method !== "GET" && method !== "HEAD") return { status: 405, type: TEXT, body: "GET only\n" };
  switch (url?.split("?")[0]) {
    case "/healthz":
      return { status: 200, type: TEXT, body: "ok\n" };
    case "/readyz":
      return await ready().then(
        () => ({ status: 200, type: TEXT, body: "ready\n" }),
        () => ({ status: 503, type: TEXT, body: "the database cannot be reached\n" }),
      );
    case "/metrics":
      return await metrics.text().then(
        (body) => ({ status: 200, type: metrics.contentType, body }),
        () => ({ status: 503, type: TEXT, body: "the database cannot be reached\n" }),
      );
    default:
      return { status: 404, type: TEXT, body: "there are /metrics, /healthz and /readyz\n" };
  }
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" });
  response.end(response.req.method === "HEAD" ? undefined : body);
}
