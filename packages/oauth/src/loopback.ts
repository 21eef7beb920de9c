// The small door through which a browser brings the provider's answer back: this machine's own address, any free port, open for one answer
// and not for long. It must never listen on another address, take an answer that does not carry the state it waits for, nor say what came.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { MailError } from "@packetboat/core";

export interface LoopbackOptions {
  /** The address without a port: http://127.0.0.1/ or http://localhost/. */
  readonly redirect: string;
  /** The secret word that the answer must carry. */
  readonly state: string;
  readonly waitMs: number;
  /** Ctrl-C. */
  readonly signal: AbortSignal;
}

export interface Loopback extends AsyncDisposable {
  /** With the port: what the provider is told. */
  readonly redirect: string;
  /** The address that the browser asked for, once. Throws SIGN_IN_EXPIRED when nobody came in time, and what the signal says. */
  readonly answer: Promise<URL>;
}

/** Opens the door. Dispose of it also after an error. */
export async function openLoopback({ redirect, state, waitMs, signal }: LoopbackOptions): Promise<Loopback> {
  signal.throwIfAborted();
  const { promise: answer, resolve, reject } = Promise.withResolvers<URL>();
  // Nobody may be waiting yet when it fails.
  answer.catch(() => undefined);
  const address = new URL(redirect);
  const server = createServer((request, response) => {
    const came = answerIn(request, address, state);
    reply(response, came);
    if (came !== null) resolve(came);
  });
  await new Promise<void>((listening, failed) => {
    server.once("error", failed);
    server.listen(0, "127.0.0.1", listening);
  });
  address.port = String((server.address() as AddressInfo).port);
  const timer = setTimeout(
    () => reject(new MailError("SIGN_IN_EXPIRED", "Nobody signed in within the time. Run this again.")),
    waitMs,
  );
  const stop = () => reject(signal.reason);
  signal.addEventListener("abort", stop);
  return {
    redirect: address.href,
    answer,
    [Symbol.asyncDispose]: async () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      await new Promise((closed) => {
        server.close(closed);
        server.closeIdleConnections();
      });
    },
  };
}

/** The answer in a request; null: it is none, or not to our question. */
function answerIn({ method, url }: IncomingMessage, address: URL, state: string): URL | null {
  const asked = URL.parse(url ?? "", address.href);
  if (method !== "GET" || asked === null || asked.origin !== address.origin || asked.pathname !== address.pathname)
    return null;
  const { searchParams } = asked;
  if (searchParams.get("state") !== state) return null;
  return searchParams.has("code") || searchParams.has("error") ? asked : null;
}

function reply(response: ServerResponse, came: URL | null): void {
  const [status, text] =
    came === null
      ? [400, "This page only takes the answer of a sign-in."]
      : came.searchParams.has("code")
        ? [200, "Signed in. You can close this window."]
        : [200, "The sign-in was refused. You can close this window."];
  response.writeHead(status, {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": "default-src 'none'",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    connection: "close",
  });
  response.end(`<!doctype html><title>Packetboat</title><p>${text}</p>\n`);
}
