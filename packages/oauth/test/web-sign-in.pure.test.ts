// Which providers of sign-ins are taken for the page, and what is said when one fails.
import { MailError } from "@packetboat/core";
import { describe, expect, it } from "vitest";
import { answerError } from "../src/answer-errors.ts";
import { openWebSignIn } from "../src/index.ts";

const provider = (issuer: string) =>
  ({ issuer, clientId: "id", clientSecret: null, name: "Example", asks: "nothing" }) as const;

describe("the issuer", () => {
  it.each([
    "https://login.example.com",
    "https://login.example.com/realms/a",
    "http://127.0.0.1:3000",
    "http://[::1]:3000",
  ])("%s is taken, and not asked before somebody signs in", (issuer) =>
    expect(openWebSignIn(provider(issuer)).name).toBe("Example"),
  );
  it.each([
    ["login.example.com", /no address/],
    ["https://me:secret@login.example.com", /no address/],
    ["https://login.example.com?a", /no address/],
    ["http://login.example.com", /must be https/],
    ["http://127.0.0.1.example.com", /must be https/],
    ["ftp://login.example.com", /must be https/],
  ])("%s is not", (issuer, sentence) => expect(() => openWebSignIn(provider(issuer))).toThrow(sentence));
});

describe("what is said", () => {
  const coded = (code: string, cause?: unknown) => Object.assign(new Error("id_token=hunter2", { cause }), { code });
  it.each([
    [Object.assign(new Error("hunter2"), { error: "access_denied", status: 200 }), "NOT_ALLOWED", /said no/],
    [
      Object.assign(new Error("hunter2"), { error: "invalid_grant", status: 400 }),
      "NOT_ALLOWED",
      /expired or was used/,
    ],
    [
      Object.assign(new Error("hunter2"), { error: "invalid_client", status: 401 }),
      "NOT_ALLOWED",
      /\(invalid_client\)/,
    ],
    [Object.assign(new Error("hunter2"), { error: "server_error", status: 400 }), "UNREACHABLE", /difficulty/],
    [Object.assign(new Error("hunter2"), { error: "hunter2, spelt out", status: 403 }), "NOT_ALLOWED", /\(403\)/],
    [coded("OAUTH_INVALID_RESPONSE"), "NOT_ALLOWED", /was not taken/],
    [coded("OAUTH_JWT_CLAIM_COMPARISON_FAILED"), "NOT_ALLOWED", /was not taken/],
    [coded("OAUTH_JWT_TIMESTAMP_CHECK_FAILED"), "NOT_ALLOWED", /was not taken/],
    [coded("OAUTH_RESPONSE_IS_NOT_CONFORM", new Response(null, { status: 503 })), "UNREACHABLE", /difficulty/],
    [coded("OAUTH_RESPONSE_IS_NOT_JSON"), "UNREACHABLE", /--oidc-issuer/],
    [coded("OAUTH_TIMEOUT"), "TIMED_OUT", /in time/],
    [new TypeError("fetch failed", { cause: { code: "ECONNREFUSED" } }), "UNREACHABLE", /cannot be reached/],
  ])("case %#", (thrown, code, sentence) => {
    const error = answerError(thrown, "Example");
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(sentence)]);
    expect(JSON.stringify([error.message, error.context, String(error.cause)])).not.toContain("hunter2");
  });
  it("what is ours already stays", () => {
    const own = new MailError("BUG", "x");
    expect(answerError(own, "Example")).toBe(own);
  });
});
