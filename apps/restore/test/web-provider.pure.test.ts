// What the options say of a provider of sign-ins, and what a browser keeps of one that it began.
import { describe, expect, it } from "vitest";
import { callsItself, keptIn, readKept, readProvider } from "../src/web-provider.ts";

const WORDS = { oidcIssuer: "https://login.example.com/realm", oidcClientId: "packetboat" };

describe("the options", () => {
  it("none: no provider; issuer and client id are enough", () => {
    expect(readProvider({})).toBeNull();
    expect(readProvider(WORDS)).toEqual({
      issuer: "https://login.example.com/realm",
      clientId: "packetboat",
      name: "login.example.com",
      asks: "nothing",
    });
    expect(readProvider({ ...WORDS, oidcName: "Example", oidcMatch: "email" })).toMatchObject({
      name: "Example",
      asks: "email",
    });
  });

  it.each([
    [{ oidcClientId: "packetboat" }, /--oidc-issuer URL is missing/],
    [{ oidcMatch: "email" }, /--oidc-issuer URL is missing/],
    [{ oidcIssuer: "https://login.example.com" }, /--oidc-client-id ID is missing/],
    [{ ...WORDS, oidcMatch: "any" }, /--oidc-match is/],
    [{ ...WORDS, oidcName: " " }, /--oidc-name is/],
    [{ ...WORDS, oidcIssuer: "login" }, /--oidc-name is/],
  ])("%j: %s", (words, sentence) => expect(() => readProvider(words)).toThrow(sentence));
});

it("an address names a user before a name does, and nothing does where nothing was asked for", () => {
  const identity = { issuer: "i", subject: "s", email: null, name: null };
  expect(callsItself(identity)).toBeNull();
  expect(callsItself({ ...identity, name: "ann" })).toBe("ann");
  expect(callsItself({ ...identity, email: "ann@example.com" })).toBe("ann@example.com");
});

describe("what a browser keeps", () => {
  const begun = { state: "s".repeat(43), nonce: "n".repeat(43), verifier: "v".repeat(43) };
  it.each([null, "i".repeat(43)])("with the link %s comes back as it was", (invitation) => {
    const keeping = { begun, invitation, at: 1_000 };
    expect(readKept(keptIn(keeping), 1_500, 500)).toEqual(keeping);
    expect(readKept(keptIn(keeping), 1_501, 500)).toBeNull();
    expect(readKept(keptIn(keeping), 999, 500)).toBeNull();
  });
  it.each([null, "", "x", "a.b.c.1", `${"s".repeat(43)}.${"n".repeat(43)}.${"v".repeat(43)}.now`])(
    "%s is none",
    (text) => expect(readKept(text, 1, 1)).toBeNull(),
  );
});
