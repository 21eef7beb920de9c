// When the provider is asked again, and what its answers and its silence are called.
import { expect, it } from "vitest";
import { failureOf, providerError } from "../src/failures.ts";
import { afterPoll, firstInterval } from "../src/polling.ts";

const answered = (error: string) => ({ kind: "answered", error }) as const;

it.each([
  [undefined, 5],
  [0, 5],
  [-3, 5],
  [7, 7],
  [86_400, 60],
])("told %s: begins with %s s", (told, seconds) => {
  expect(firstInterval(told)).toBe(seconds);
});

it.each([
  [answered("authorization_pending"), 5, { next: "ask", intervalSeconds: 5 }],
  [answered("slow_down"), 5, { next: "ask", intervalSeconds: 10 }],
  [answered("slow_down"), 60, { next: "ask", intervalSeconds: 65 }],
  [{ kind: "silence" } as const, 5, { next: "ask", intervalSeconds: 10 }],
  [{ kind: "silence" } as const, 40, { next: "ask", intervalSeconds: 60 }],
  [{ kind: "silence" } as const, 65, { next: "ask", intervalSeconds: 65 }],
  [answered("access_denied"), 5, { next: "fail" }],
  [answered("expired_token"), 5, { next: "fail" }],
  [answered(""), 5, { next: "fail" }],
])("%j after %s s: %j", (answer, interval, next) => {
  expect(afterPoll(answer, interval)).toEqual(next);
});

const fetchFailed = (code: string) =>
  new TypeError("fetch failed", { cause: Object.assign(new Error(code), { code }) });
const oauth = (error: string, status = 400) =>
  Object.assign(new Error("x"), { error, status, error_description: "you@x" });
const odd = (code: string, cause?: unknown) => Object.assign(new Error("x", { cause }), { code });

it.each([
  [oauth("invalid_grant"), "SIGN_IN_EXPIRED", "never", /no longer accepts the sign-in/],
  [oauth("interaction_required"), "SIGN_IN_EXPIRED", "never", /no longer accepts/],
  [oauth("invalid_client", 401), "SIGN_IN_EXPIRED", "never", /client id or its secret/],
  [oauth("temporarily_unavailable"), "UNREACHABLE", "later", /try again later/],
  [oauth("server_error", 503), "UNREACHABLE", "later", /try again later/],
  [oauth("too_many", 429), "THROTTLED", "later", /pause/],
  [fetchFailed("ECONNREFUSED"), "UNREACHABLE", "later", /cannot be reached/],
  [odd("OAUTH_TIMEOUT"), "TIMED_OUT", "later", /in time/],
  [odd("OAUTH_RESPONSE_IS_NOT_CONFORM", new Response("", { status: 502 })), "UNREACHABLE", "later", /difficulty/],
  [odd("OAUTH_RESPONSE_IS_NOT_JSON", new Response("<html>")), "UNREACHABLE", "later", /not a provider of tokens/],
])("a renewal that fails, case %#: %s %s", (thrown, code, retry, sentence) => {
  const error = providerError(thrown, "Example", "renewal");
  expect(error).toMatchObject({ code, retry, scope: "account" });
  expect(error.message).toMatch(sentence);
  expect(error.cause).toBeUndefined();
});

it("nothing of a provider's own words is kept", () => {
  const thrown = oauth("see https://evil.example/?you@example.com");
  expect(failureOf(thrown)).toEqual({ kind: "answered", error: "", status: 400 });
  const { message, context } = providerError(thrown, "Example", "sign-in");
  expect(message + JSON.stringify(context)).not.toMatch(/you@|evil/);
});
