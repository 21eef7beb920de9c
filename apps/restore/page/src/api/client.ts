// Asks the API: typed by its routes, with the session's cookie, which no script can read, and the token that proves that our own page asks.
// It must never send anything to another origin, nor put a secret into an address.
import { failure } from "../texts/shell.ts";
import { Problem, problemOf } from "./problem.ts";
import type { Answer, Asked, BytesAsked, Changed, FileTaken, Given } from "./shapes.ts";

const BASE = "/api/v1";

type Word = string | number | boolean;

interface Told {
  readonly params?: Readonly<Record<string, Word>>;
  readonly query?: Readonly<Record<string, Word | undefined>>;
  readonly body?: unknown;
}

/** What /me calls "csrf": told here when somebody signs in, forgotten when they leave. */
const session: { csrf: string | null } = { csrf: null };

/** From now on changes are sent with this. */
export function rememberCsrf(csrf: string | null): void {
  session.csrf = csrf;
}

/** The address of a route with its words. */
function addressOf(path: string, { params = {}, query = {} }: Told = {}): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params[name])));
  const words = new URLSearchParams();
  for (const [name, word] of Object.entries(query)) if (word !== undefined) words.set(name, String(word));
  return `${BASE}${filled}${words.size === 0 ? "" : `?${words}`}`;
}

/** Throws Problem. */
async function exchange(method: string, path: string, told: Told, signal?: AbortSignal): Promise<unknown> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (method !== "GET" && session.csrf !== null) headers["x-csrf-token"] = session.csrf;
  if (told.body !== undefined) headers["content-type"] = "application/json";
  const response = await fetch(addressOf(path, told), {
    method,
    headers,
    ...(told.body === undefined ? {} : { body: JSON.stringify(told.body) }),
    ...(signal === undefined ? {} : { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted === true) throw error;
    throw new Problem(0, "UNREACHABLE", failure.unreachable);
  });
  if (!response.ok) throw await problemOf(response);
  return response.status === 204 ? null : await response.json();
}

/** Gives what a route answers. Throws Problem. */
export async function get<N extends Asked>(path: N, given: Given<"get", N>, signal?: AbortSignal) {
  return (await exchange("GET", path, given as Told, signal)) as Answer<"get", N>;
}

/** What is on its way to the server, by all that it says. */
const changing = new Map<string, Promise<unknown>>();

/** Changes something. The same once more while it is on its way, as a double click asks it, is the same answer. Throws Problem. */
export async function send<M extends "post" | "put" | "patch" | "delete", N extends Changed<M>>(
  method: M,
  path: N,
  given: Given<M, N>,
) {
  const key = JSON.stringify([method, path, given]);
  const asked = changing.get(key) ?? exchange(method.toUpperCase(), path, given as Told);
  changing.set(key, asked);
  try {
    return (await asked) as Answer<M, N>;
  } finally {
    changing.delete(key);
  }
}

/** How much of a file went out: bytes. */
export type Sending = (sent: number) => void;

/** Sends a file as it is, and tells how far it is; the one thing that fetch cannot. Throws Problem, and the reason of the signal. */
export function sendFile<N extends FileTaken>(
  path: N,
  given: Given<"post", N>,
  file: Blob,
  onSent: Sending,
  signal: AbortSignal,
): Promise<Answer<"post", N>> {
  const request = new XMLHttpRequest();
  const { promise, resolve, reject } = Promise.withResolvers<Answer<"post", N>>();
  request.open("POST", addressOf(path, given as Told));
  request.setRequestHeader("accept", "application/json");
  request.setRequestHeader("content-type", "application/octet-stream");
  if (session.csrf !== null) request.setRequestHeader("x-csrf-token", session.csrf);
  request.upload.addEventListener("progress", ({ loaded }) => onSent(loaded));
  request.addEventListener("error", () => reject(new Problem(0, "UNREACHABLE", failure.unreachable)));
  request.addEventListener("abort", () => reject(signal.reason));
  request.addEventListener("load", () => {
    if (request.status >= 200 && request.status < 300) resolve(JSON.parse(request.responseText) as Answer<"post", N>);
    else {
      const headers = { "content-type": request.getResponseHeader("content-type") ?? "" };
      problemOf(new Response(request.responseText, { status: request.status, headers })).then(reject, reject);
    }
  });
  signal.addEventListener("abort", () => request.abort(), { once: true });
  if (signal.aborted) reject(signal.reason);
  else request.send(file);
  return promise;
}

/** The address of bytes: of a download. */
export const bytesAt = <N extends BytesAsked>(path: N, given: Given<"get", N>): string =>
  addressOf(path, given as Told);

/** Gives bytes, with the type that the server says. Throws Problem. */
export async function getBytes<N extends BytesAsked>(
  path: N,
  given: Given<"get", N>,
  signal: AbortSignal,
): Promise<Blob> {
  const response = await fetch(bytesAt(path, given), { signal });
  if (!response.ok) throw await problemOf(response);
  return await response.blob();
}
