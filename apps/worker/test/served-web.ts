// The real program serving the API, and an administrator who took its link up: what the suites of the API over real servers ask through. Ended
// by SIGTERM, and what it said is handed back: it must never hold a password.
import { expect } from "vitest";
import type { Ended, Program } from "./program.ts";

const ADMIN_PASSWORD = "correct horse battery";

export interface Web {
  /** Up to /api/v1. */
  readonly api: string;
  /** Of the administrator's session. */
  readonly headers: Readonly<Record<string, string>>;
  /** Asks as the administrator and expects to be answered well. */
  // biome-ignore lint/suspicious/noExplicitAny: the shapes are held by the API's own tests.
  readonly ask: (path: string, asking?: { readonly method?: string; readonly body?: unknown }) => Promise<any>;
  /** Ends it, in good order or, with SIGKILL, at once. */
  readonly stop: () => Promise<Ended>;
}

/** Serves until it is stopped. The second time its administrator is there already. */
export async function servedWeb(cli: Program, signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<Web> {
  const stopped = Promise.withResolvers<void>();
  const ready = Promise.withResolvers<string>();
  const hears = (all: string): void => {
    if (/Ctrl-C stops it/.test(all)) ready.resolve(all);
  };
  const ended = cli.run(["web", "--port", "0"], { hears, kill: { when: stopped.promise, signal } });
  const said = await Promise.race([ready.promise, ended.then(({ stdout, stderr }) => stdout + stderr)]);
  const [, api = ""] = /For programs: (\S+\/api\/v1)\//.exec(said) ?? [];
  const [, token] = /(?:\/welcome#|"token": ")([\w-]+)/.exec(said) ?? [];
  const fetched = async (path: string, method: string, headers: Readonly<Record<string, string>>, body?: unknown) => {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const type = { "content-type": "application/json" };
    const response = await fetch(`${api}${path}`, { method, headers: { ...type, ...headers }, ...sent });
    const text = await response.text();
    expect([method, path, response.status < 300 ? "ok" : text]).toEqual([method, path, "ok"]);
    return { response, value: text === "" ? null : JSON.parse(text) };
  };
  if (token !== undefined) await fetched("/invitations/take-up", "POST", {}, { token, password: ADMIN_PASSWORD });
  const signedIn = await fetched("/sign-in", "POST", {}, { name: "admin", password: ADMIN_PASSWORD });
  const cookie = signedIn.response.headers.get("set-cookie")?.split(";")[0] ?? "";
  const headers = { cookie, "x-csrf-token": String(signedIn.value.csrf) };
  return {
    api,
    headers,
    ask: async (path, { method = "GET", body } = {}) => (await fetched(path, method, headers, body)).value,
    stop: async () => {
      stopped.resolve();
      return await ended;
    },
  };
}
