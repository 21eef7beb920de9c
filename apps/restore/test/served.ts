// The API over a scratch database behind a real port, with two archives in it and whoever is to ask. Every answer is held to the shape that its
// route states, so no test can pass over one that the OpenAPI document does not describe.
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  createUser,
  ensureArchive,
  linkStatuses,
  mailboxesAt,
  messagesAt,
  openImport,
  resolveRevision,
  takeUp,
} from "@packetboat/archive";
import { type ArchiveId, digestsOf, type MailboxId, pathKey } from "@packetboat/core";
import { type ScratchDatabase, scratchDatabase } from "@packetboat/database/testing";
import { expect } from "vitest";
import type { z } from "zod";
import type { Page } from "../src/http/page.ts";
import type { Route, World } from "../src/http/route.ts";
import { ROUTES } from "../src/http/routes/index.ts";
import { type Listening, serveApi } from "../src/http/serve.ts";
import { problem } from "../src/http/shapes.ts";
import { openUploads, type Uploads } from "../src/jobs/uploads.ts";
import { openJobs } from "../src/jobs/work.ts";
import type { WebProvider } from "../src/web-provider.ts";
import { hostWithout } from "./host-without.ts";
import { operationsWithout } from "./operations.ts";

export const PASSWORD = "correct horse battery";
export const BASE = "/api/v1";
/** Bytes. */
export const MOST_UPLOAD = 8_000_000;

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: held to its route's shape before a test looks at it.
  readonly body: any;
  readonly headers: Headers;
}

export interface Asking {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly body?: unknown;
  /** A file, in place of a body. */
  readonly bytes?: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Served extends AsyncDisposable {
  readonly scratch: ScratchDatabase;
  readonly listening: Listening;
  readonly failures: unknown[];
  /** Routes that answered well. */
  readonly answered: Set<Route>;
  /** Milliseconds since 1970; tests move it. */
  readonly clock: { now: number };
  /** Where files that are sent lie. */
  readonly folder: string;
  readonly uploads: Uploads;
  readonly ask: (path: string, asking?: Asking) => Promise<Answer>;
  readonly signedIn: (name: string) => Promise<Caller>;
}

/** Somebody who is signed in. */
export interface Caller {
  readonly headers: Readonly<Record<string, string>>;
  readonly ask: (path: string, asking?: Asking) => Promise<Answer>;
}

/** How links are, as far as these tests need it; the journey of the worker's tests asks the real thing. */
async function standings(pool: World["pool"]): ReturnType<World["standings"]> {
  const nothing = {
    mailboxes: 0,
    messages: 0,
    bytes: 0,
    completeSince: null,
    left: 0,
    notFetched: 0,
    notSent: 0,
    held: 0,
  };
  const unknown = { lastGood: null, nextRun: null, budgetToday: null, heldBy: null };
  return (await linkStatuses(pool)).map(({ link, lastRun: last }) => {
    const of = {
      link: link.id,
      archive: link.archive,
      archiveId: link.archiveId,
      account: link.account,
      accountId: link.accountId,
      pulls: link.rights.pull,
    };
    const lastRun = last === null ? null : { run: last.id, outcome: last.outcome, started: null, error: null };
    return {
      ...of,
      lastRun,
      state: "overdue",
      well: false,
      reasons: ["It never ran."],
      hold: null,
      ...unknown,
      ...nothing,
    };
  });
}

/** `page`: served beside the API. `provider`: where one may sign in, too. */
export async function served(page: Page | null = null, provider: WebProvider | null = null): Promise<Served> {
  const scratch = await scratchDatabase();
  const { pool } = scratch;
  const clock = { now: Date.now() };
  const failures: unknown[] = [];
  const failed = (error: unknown) => failures.push(error);
  const jobs = openJobs(
    hostWithout(() => clock.now),
    scratch.database,
    failed,
  );
  const folder = join(await mkdtemp(join(tmpdir(), "pb-sent-")), "uploads");
  const uploads = openUploads(pool, folder, MOST_UPLOAD);
  const listening = await serveApi(
    {
      pool,
      database: scratch.database,
      uploads,
      provider,
      page,
      now: () => clock.now,
      random: randomBytes,
      standings: () => standings(pool),
      operations: operationsWithout(scratch.pool),
      jobs,
      failed,
    },
    { host: "127.0.0.1", port: 0 },
  );
  const answered = new Set<Route>();
  const ask = async (path: string, { method = "GET", body, bytes, headers = {} }: Asking = {}): Promise<Answer> => {
    const type = bytes === undefined ? "application/json" : "application/octet-stream";
    const sent = bytes ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await fetch(`${listening.place.origin}${BASE}${path}`, {
      method,
      headers: { ...(sent === undefined ? {} : { "content-type": type }), ...headers },
      ...(sent === undefined ? {} : { body: sent, duplex: "half" }),
    });
    const text = await response.text();
    expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
    const answer = { status: response.status, body: text === "" ? null : JSON.parse(text), headers: response.headers };
    held(answer, method, path, answered);
    return answer;
  };
  const signedIn = async (name: string): Promise<Caller> => {
    const { body, headers } = await ask("/sign-in", { method: "POST", body: { name, password: PASSWORD } });
    const cookie = headers.get("set-cookie")?.split(";")[0] ?? "";
    const own = { cookie, "x-csrf-token": String(body.csrf) };
    return {
      headers: own,
      ask: (path, asking = {}) => ask(path, { ...asking, headers: { ...own, ...asking.headers } }),
    };
  };
  const close = async (): Promise<void> => {
    await listening[Symbol.asyncDispose]();
    await jobs[Symbol.asyncDispose]();
    await scratch.close();
    await rm(dirname(folder), { recursive: true, force: true });
  };
  return {
    scratch,
    listening,
    failures,
    answered,
    clock,
    folder,
    uploads,
    ask,
    signedIn,
    [Symbol.asyncDispose]: close,
  };
}

/** Throws when an answer is not what its route, or the document's Problem, says. */
function held({ status, body }: Answer, method: string, path: string, answered: Set<Route>): void {
  if (status >= 400) {
    expect(problem.parse(body).status).toBe(status);
    return;
  }
  const route = routeOf(method, path);
  if (route === undefined) return;
  answered.add(route);
  if (route.answer === null) expect({ status, body }).toEqual({ status: 204, body: null });
  else (route.answer as z.ZodType).parse(body);
}

function routeOf(method: string, path: string): Route | undefined {
  const [asked = ""] = path.split("?");
  return ROUTES.find(
    (route) =>
      route.method.toUpperCase() === method && new RegExp(`^${route.path.replace(/\{\w+\}/g, "[^/]+")}$`).test(asked),
  );
}

/** A user who has chosen the password. */
export async function person(
  { scratch, clock }: Served,
  name: string,
  role: "admin" | "reader",
  archives: readonly ArchiveId[] = [],
): Promise<void> {
  const chance = { now: clock.now, random: randomBytes };
  const { secret } = await createUser(scratch.pool, { name, role, archives }, chance);
  await takeUp(scratch.pool, secret, PASSWORD, chance);
}

export interface Stocked {
  readonly id: ArchiveId;
  readonly mailbox: MailboxId;
  readonly message: number;
}

/** An archive with mail in one mailbox, below a parent that is none; a revision for each message. */
export async function stocked(
  { scratch: { pool }, clock }: Served,
  name: string,
  mail: readonly Buffer[],
): Promise<Stocked> {
  const { id } = await ensureArchive(pool, name);
  const writer = await openImport(pool, id, () => clock.now);
  const path = ["Parent", "Work"];
  const ids = await writer.mailboxes([
    { path, role: null, subscribed: true },
    { path: ["INBOX"], role: null, subscribed: true },
  ]);
  const mailbox = ids.get(pathKey(path)) as MailboxId;
  for (const [nth, bytes] of mail.entries())
    await writer.add([
      {
        mailboxId: mailbox,
        bytes,
        digests: digestsOf(bytes),
        // Also what is alike but for its line ends is there, each by itself.
        ordinal: nth + 1,
        flags: ["\\Seen"],
        internalDate: 1_700_000_000_000,
      },
    ]);
  const { revision } = await resolveRevision(pool, id, { kind: "now" });
  const [first] = await messagesAt(pool, mailbox, revision);
  expect((await mailboxesAt(pool, id, revision)).map((one) => one.path.join("/")).sort()).toContain("Parent/Work");
  return { id, mailbox, message: first?.id ?? 0 };
}
