// Which provider, which addresses, which way: what the options and the host of the mail server decide.
import { describe, expect, it } from "vitest";
import {
  chooseProvider,
  chooseWay,
  completed,
  type Draft,
  type ProviderOptions,
  readProvider,
} from "../src/provider.ts";

const options = (more: Partial<ProviderOptions> = {}): ProviderOptions => ({
  clientId: "id",
  scopes: [],
  hasSecret: false,
  ...more,
});
const ISSUER = "https://login.example.com";

describe("chooseProvider", () => {
  it.each([
    ["imap.gmail.com", {}, "Google"],
    ["imap.googlemail.com", {}, "Google"],
    ["outlook.office365.com", {}, "Microsoft"],
    ["imap-mail.outlook.com", {}, "Microsoft"],
    ["mail.example.com", { provider: "microsoft" }, "Microsoft"],
    ["imap.gmail.com", { issuer: `${ISSUER}:8443/realm` }, "login.example.com:8443"],
    ["imap.gmail.com", { tokenEndpoint: `${ISSUER}/token` }, "login.example.com"],
  ])("%s %j: %s", (host, more, name) => {
    expect(chooseProvider(options(more), host).name).toBe(name);
  });

  it("asks Google for what gives a refresh token each time, Microsoft for one", () => {
    const google = chooseProvider(options({ hasSecret: true }), "imap.gmail.com");
    expect(google).toMatchObject({ clientAuth: "post", asks: { access_type: "offline", prompt: "consent" } });
    expect(chooseProvider(options(), "outlook.office365.com")).toMatchObject({
      clientAuth: "none",
      scopes: ["https://outlook.office.com/IMAP.AccessAsUser.All", "offline_access"],
    });
  });

  it("scopes that were given take the place of the others", () => {
    expect(chooseProvider(options({ scopes: ["mail"], issuer: ISSUER }), "x").scopes).toEqual(["mail"]);
  });

  it.each([
    [{ clientId: undefined }, "imap.gmail.com", /client id/],
    [{}, "mail.example.com", /--provider google or microsoft/],
    [{ provider: "yahoo" }, "imap.gmail.com", /none of google or microsoft/],
    [{ provider: "constructor" }, "imap.gmail.com", /none of/],
    [{ provider: "google", issuer: ISSUER }, "imap.gmail.com", /not both/],
    [{ issuer: "login.example.com" }, "x", /--issuer is no address/],
    [{ issuer: "https://me:secret@login.example.com" }, "x", /--issuer is no address/],
    [{ issuer: "http://login.example.com" }, "x", /--issuer must be https/],
    [{ issuer: "http://127.0.0.1.example.com" }, "x", /must be https/],
    [{ issuer: ISSUER, deviceEndpoint: "http://login.example.com/device" }, "x", /device endpoint must be https/],
    [{ issuer: ISSUER, authorizationEndpoint: "ftp://login.example.com" }, "x", /authorization endpoint must be https/],
  ])("%j at %s: %s", (more, host, sentence) => {
    expect(() => chooseProvider(options(more), host)).toThrow(sentence);
  });

  it.each(["http://127.0.0.1:3000", "http://localhost:3000", "http://[::1]:3000"])("%s is this machine", (issuer) => {
    expect(chooseProvider(options({ issuer }), "x").issuer).toBe(issuer);
  });
});

describe("completed", () => {
  const draft = chooseProvider(options({ issuer: ISSUER, hasSecret: true }), "x");
  const metadata = { issuer: ISSUER, token_endpoint: `${ISSUER}/token`, authorization_endpoint: `${ISSUER}/auth` };

  it("takes what the issuer says, and leaves what a person gave", () => {
    const mine: Draft = { ...draft, authorizationEndpoint: `${ISSUER}/other` };
    expect(completed(mine, metadata)).toMatchObject({
      tokenEndpoint: `${ISSUER}/token`,
      authorizationEndpoint: `${ISSUER}/other`,
      deviceEndpoint: null,
      revocationEndpoint: null,
    });
  });

  it.each([
    [undefined, "basic"],
    [["client_secret_basic"], "basic"],
    [["client_secret_basic", "client_secret_post"], "post"],
  ])("%j: the secret goes by %s", (methods, clientAuth) => {
    const found = completed(draft, { ...metadata, token_endpoint_auth_methods_supported: methods });
    expect(found.clientAuth).toBe(clientAuth);
  });

  it("an issuer may not send tokens over http, nor give none", () => {
    const http = { ...metadata, token_endpoint: "http://login.example.com/token" };
    expect(() => completed(draft, http)).toThrow(/token endpoint must be https/);
    expect(() => completed(draft, { issuer: ISSUER })).toThrow(/--token-endpoint/);
  });

  it("comes back from the database as it went in; what is none is none", () => {
    const provider = completed(draft, metadata);
    expect(readProvider(JSON.parse(JSON.stringify(provider)))).toEqual(provider);
    for (const other of [null, 7, {}, { ...provider, tokenEndpoint: "" }]) expect(readProvider(other)).toBeNull();
    expect(() => readProvider({ ...provider, tokenEndpoint: "http://example.com" })).toThrow(/must be https/);
  });
});

describe("chooseWay", () => {
  const made = completed(chooseProvider(options({ issuer: ISSUER }), "x"), { issuer: ISSUER, token_endpoint: ISSUER });
  const both = { ...made, deviceEndpoint: `${ISSUER}/device`, authorizationEndpoint: `${ISSUER}/auth` };

  it.each([
    [both, null, "device"],
    [both, "browser", "browser"],
    [{ ...both, deviceEndpoint: null }, null, "browser"],
    [{ ...both, authorizationEndpoint: null }, null, "device"],
  ] as const)("case %#: %s gives %s", (provider, wanted, way) => {
    expect(chooseWay(provider, wanted)).toBe(way);
  });

  it("says what is missing", () => {
    expect(() => chooseWay(made, null)).toThrow(/--device-endpoint URL or --authorization-endpoint URL/);
    expect(() => chooseWay(made, "browser")).toThrow(/--authorization-endpoint URL/);
    expect(() => chooseWay({ ...both, deviceEndpoint: null }, "device")).toThrow(/leave out --device\./);
  });
});
