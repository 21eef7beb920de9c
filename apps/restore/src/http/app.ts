// The API as a function from a request to an answer: who asks, whether they may, what they ask for in its shape, then the route. One way in for
// all routes, so that none can forget a check. It must never answer without the headers that keep a browser from making more of it than data.
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Caller, callerOfSession, callerOfToken, refusalOf } from "@packetboat/archive";
import { asMailError, MailError } from "@packetboat/core";
import { type Context, Hono } from "hono";
import type { z } from "zod";
import { dispositionOf } from "./file-name.ts";
import { frameAnswer } from "./message-frame.ts";
import { documentOf } from "./openapi.ts";
import { pageAnswer } from "./page.ts";
import { letGoBy, mayTakeLong } from "./patience.ts";
import { cookieOf, forgeryOf, sourceOf } from "./place.ts";
import { isAway, problemOf } from "./problem.ts";
import type { Reply, Route, Sent, World } from "./route.ts";
import { ROUTES } from "./routes/index.ts";

const BASE = "/api/v1";
/** Room for the longest order: as many numbers of messages as one may name (push-options.ts), of whatever length. */
const MOST_BODY_BYTES = 262_144;
/** When to ask again while the database is away. */
const AWAY_SECONDS = 5;

/** No answer of the API is a page, may be framed, guessed at, cached, or read by another origin. */
const HEADERS: Readonly<Record<string, string>> = {
  "Cache-Control": "no-store",
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
};

interface Env {
  readonly Bindings: { readonly incoming: IncomingMessage; readonly outgoing: ServerResponse };
}

/** Makes the API over a world. */
export function appOf(world: World): Hono<Env> {
  const app = new Hono<Env>();
  app.use(async (c, next) => {
    await next();
    // What the page is served with comes before: it is one.
    for (const [name, text] of Object.entries(HEADERS)) if (!c.res.headers.has(name)) c.header(name, text);
    if (world.place.isSecure) c.header("Strict-Transport-Security", "max-age=31536000");
  });
  app.onError((error, c) => failure(c, asMailError(error), world));
  app.notFound((c) =>
    failure(c, new MailError("NOT_FOUND", `There is nothing here. See ${BASE}/openapi.json.`), world),
  );
  const document = documentOf(ROUTES, world.place.cookie);
  app.get(`${BASE}/openapi.json`, (c) => {
    guard(c, world, null);
    return c.json(document);
  });
  app.get("*", async (c, next) => (isApi(c) ? await next() : pageOf(c, world)));
  for (const route of ROUTES) {
    const path = `${BASE}${route.path.replace(/\{(\w+)\}/g, ":$1")}`;
    app.on(route.method.toUpperCase(), path, (c) => respond(c, route, world));
  }
  return app;
}

const isApi = (c: Context<Env>): boolean => c.req.path === "/api" || c.req.path.startsWith("/api/");

/** Throws NOT_FOUND for a file that is not part of it, and where there is no page. */
function pageOf(c: Context<Env>, { page, place, random }: World): Response {
  const host = c.req.header("host");
  const told = { method: "GET", host, origin: undefined, site: undefined, csrf: undefined, secret: null };
  const forgery = forgeryOf(told, place);
  if (forgery !== null) throw forgery;
  const answer =
    frameAnswer(c.req.path) ??
    (page === null ? null : pageAnswer(page, c.req.path, c.req.header("accept-encoding") ?? "", random));
  if (answer === null) throw new MailError("NOT_FOUND", `There is nothing here. See ${BASE}/openapi.json.`);
  return c.body(answer.body, 200, answer.headers);
}

function failure(c: Context<Env>, error: MailError, world: World): Response {
  const problem = problemOf(error);
  // Somebody left, or cancelled it: nothing failed.
  if (problem.status >= 500 && error.code !== "INTERRUPTED") world.failed(error);
  const seconds = error.context.seconds ?? (isAway(error) ? AWAY_SECONDS : undefined);
  if (seconds !== undefined) c.header("Retry-After", String(seconds));
  if (problem.status === 401) c.header("WWW-Authenticate", 'Bearer realm="packetboat"');
  return c.body(JSON.stringify(problem), problem.status, { "Content-Type": "application/problem+json" });
}

/** Throws NOT_ALLOWED for what a browser was made to ask by somebody else's page. */
function guard(c: Context<Env>, { place }: World, secret: string | null): void {
  // A question whose answer is thrown away would still be put on record as read.
  if (c.req.raw.method === "HEAD") throw new MailError("CONFIG_INVALID", "Ask with GET.");
  const told = {
    method: c.req.method,
    host: c.req.header("host"),
    origin: c.req.header("origin"),
    site: c.req.header("sec-fetch-site"),
    csrf: c.req.header("x-csrf-token"),
    secret,
  };
  const forgery = forgeryOf(told, place);
  if (forgery !== null) throw forgery;
}

async function respond(c: Context<Env>, route: Route, world: World): Promise<Response> {
  const now = world.now();
  const bearer = /^Bearer +(\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1] ?? null;
  // Who shows a token means it: the cookie beside it does not count.
  const cookie = bearer === null ? cookieOf(world.place, c.req.header("cookie")) : null;
  const caller = await callerBy(world, bearer, cookie, now);
  const secret = caller?.by.kind === "session" ? cookie : null;
  guard(c, world, secret);
  for (const need of route.needs) {
    const refusal = refusalOf(caller, need);
    if (refusal !== null) throw refusal;
  }
  const address = new URL(c.req.url);
  const asked = {
    params: shaped(route.params, c.req.param(), "In the path"),
    query: shaped(route.query, wordsOf(address.searchParams), "In the query"),
    body: await bodyFor(c, route),
    caller,
    secret,
    begun: cookieOf(world.place, c.req.header("cookie"), "sign-in"),
    source: sourceOf(c.env.incoming.socket.remoteAddress, c.req.header("x-forwarded-for"), world.place),
    address,
    lastEvent: c.req.header("last-event-id") ?? null,
    chance: { now, random: world.random },
  };
  try {
    return answered(c, route, await route.handle(asked, world), world);
  } finally {
    if (route.body === "bytes") await letGoBy(c.env.incoming);
  }
}

async function callerBy(
  world: World,
  bearer: string | null,
  cookie: string | null,
  now: number,
): Promise<Caller | null> {
  if (bearer !== null) return await callerOfToken(world.pool, bearer, now);
  return cookie === null ? null : await callerOfSession(world.pool, cookie, now);
}

function wordsOf(search: URLSearchParams): Record<string, string> {
  const words: Record<string, string> = {};
  for (const [name, word] of search) {
    if (Object.hasOwn(words, name)) throw new MailError("CONFIG_INVALID", "A word of the query is given twice.");
    Object.defineProperty(words, name, { value: word, enumerable: true });
  }
  return words;
}

async function bodyFor(c: Context<Env>, { body }: Route): Promise<unknown> {
  if (body === null) return {};
  return body === "bytes" ? sentBytes(c) : shaped(body, await jsonOf(c), "In what was sent");
}

/** Throws CONFIG_INVALID for another type: no form of a foreign page can send this one without asking first. */
function sentBytes(c: Context<Env>): Sent {
  if (!/^application\/octet-stream *(;|$)/i.test(c.req.header("content-type") ?? ""))
    throw new MailError("CONFIG_INVALID", "Send the file as it is: Content-Type: application/octet-stream");
  const { incoming } = c.env;
  mayTakeLong(incoming);
  const size = Number(c.req.header("content-length") ?? Number.NaN);
  // Were the line closed with the reading, nobody would get the answer that says why.
  const bytes = incoming.iterator({ destroyOnReturn: false })[Symbol.asyncIterator]();
  return { bytes, size: Number.isSafeInteger(size) ? size : null };
}

async function jsonOf(c: Context<Env>): Promise<unknown> {
  // No form of a foreign page can send this type without asking first.
  if (!/^application\/json *(;|$)/i.test(c.req.header("content-type") ?? ""))
    throw new MailError("CONFIG_INVALID", "Send JSON: Content-Type: application/json");
  const text = await boundedText(c.req.raw.body ?? []);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new MailError("CONFIG_INVALID", "What was sent is no JSON.", { cause: error });
  }
}

async function boundedText(body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > MOST_BODY_BYTES)
      throw new MailError("CONFIG_INVALID", `What was sent is larger than ${MOST_BODY_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** Throws CONFIG_INVALID naming what is wrong, never what it was: it may be a password. */
function shaped(shape: z.ZodType, given: unknown, where: string): unknown {
  const read = shape.safeParse(given);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const name = issue?.path.join(".") ?? "";
  throw new MailError("CONFIG_INVALID", `${where}${name === "" ? "" : `, ${name}`}: ${issue?.message ?? "not valid"}.`);
}

/**
 * Bytes that fail on the way: the answer has begun, so it is cut off with fewer bytes than it states. An error that came through here would be
 * printed by the server's library, and its text sent in place of mail.
 */
async function* cutOff(
  bytes: AsyncIterable<Uint8Array>,
  outgoing: ServerResponse,
  { failed }: Pick<World, "failed">,
): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes;
  } catch (thrown) {
    const error = asMailError(thrown);
    // Somebody left, or cancelled it: nothing failed.
    if (error.code !== "INTERRUPTED") failed(error);
    outgoing.destroy();
  }
}

function answered(c: Context<Env>, route: Route, reply: Reply<unknown>, world: World): Response {
  if (reply.kind === "bytes") {
    const { picture } = reply;
    c.header("Content-Type", picture ?? "application/octet-stream");
    if (reply.size !== null) c.header("Content-Length", String(reply.size));
    c.header("Content-Disposition", dispositionOf(picture === undefined ? "attachment" : "inline", reply.name));
    if (reply.left !== undefined) whenLeft(c.env.outgoing, reply.left, world);
    return c.body(streamOf(cutOff(reply.bytes, c.env.outgoing, world)));
  }
  if (reply.kind === "events") {
    if (reply.events === null) return c.body(null, 204);
    c.header("Content-Type", "text/event-stream; charset=utf-8");
    // A proxy that gathers answers would keep the news back.
    c.header("X-Accel-Buffering", "no");
    return c.body(streamOf(cutOff(encoded(reply.events), c.env.outgoing, world)));
  }
  for (const cookie of reply.cookies ?? []) c.header("Set-Cookie", cookie, { append: true });
  return route.answer === null ? c.body(null, 204) : c.json(reply.value as object);
}

const streamOf = (bytes: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array<ArrayBuffer>> =>
  ReadableStream.from(bytes) as ReadableStream<Uint8Array<ArrayBuffer>>;

async function* encoded(events: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  for await (const event of events) yield Buffer.from(event);
}

/** A caller may leave before the first byte is asked for; then nothing ends the bytes. */
function whenLeft(outgoing: ServerResponse, left: () => Promise<void>, { failed }: Pick<World, "failed">): void {
  const end = (): void => void left().catch((error: unknown) => failed(asMailError(error)));
  if (outgoing.closed || outgoing.destroyed) end();
  else outgoing.once("close", end);
}
