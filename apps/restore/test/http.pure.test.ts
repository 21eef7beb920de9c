// Where requests come from and how errors are answered: tables over what browsers, proxies and attackers send.
import { ERROR_CODES, type ErrorCode, MailError } from "@packetboat/core";
import { describe, expect, it } from "vitest";
import { cookieLine, cookieOf, csrfOf, forgeryOf, placeOf, sourceOf, type Told } from "../src/http/place.ts";
import { problemOf } from "../src/http/problem.ts";

const LOCAL = placeOf("127.0.0.1", 8420, undefined);
const PUBLIC = placeOf("0.0.0.0", 8420, "https://mail.example.com");
const SECRET = "s".repeat(43);

describe("the place", () => {
  it.each(["0.0.0.0", "::", "192.0.2.1", "127.0.0.1.evil.example", "mail.example.com"])("%s needs --url", (host) =>
    expect(() => placeOf(host, 8420, undefined)).toThrow("--url https://mail.example.com"),
  );
  it.each(["127.0.0.1", "127.0.0.2", "::1", "localhost"])("%s is this machine", (host) =>
    expect(placeOf(host, 8420, undefined).isSecure).toBe(false),
  );
  it.each([
    "http://mail.example.com",
    "https://mail.example.com/path",
    "mail.example.com",
    "javascript:1",
    "https://h/?a",
  ])("--url %s is refused", (url) =>
    expect(() => placeOf("127.0.0.1", 8420, url)).toThrow("https address without a path"),
  );

  it("a cookie of TLS is __Host- and Secure; of this machine it bears the port", () => {
    expect(cookieLine(PUBLIC, SECRET, 60.9)).toBe(
      `__Host-packetboat=${SECRET}; Path=/; HttpOnly; SameSite=Strict; Max-Age=60; Secure`,
    );
    expect(cookieLine(LOCAL, null, 60)).toBe("packetboat-8420=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    expect(cookieOf(LOCAL, `a=b; packetboat-8420=${SECRET}; packetboat-8421=no`)).toBe(SECRET);
    for (const header of [
      undefined,
      "",
      "packetboat-8420",
      "packetboat-8420=",
      "xpacketboat-8420=1",
      "__Host-packetboat=1",
    ])
      expect(cookieOf(LOCAL, header)).toBeNull();
  });
});

describe("requests of other pages", () => {
  const good: Told = {
    method: "POST",
    host: "127.0.0.1:8420",
    origin: "http://127.0.0.1:8420",
    site: "same-origin",
    csrf: csrfOf(SECRET),
    secret: SECRET,
  };
  const CASES: readonly (readonly [string, Partial<Told>, boolean])[] = [
    ["our page", {}, true],
    ["curl, which says nothing", { origin: undefined, site: undefined }, true],
    ["localhost", { host: "LOCALHOST:8420", origin: "http://localhost:8420" }, true],
    ["a token, which no browser adds", { secret: null, csrf: undefined, origin: undefined, site: undefined }, true],
    ["reading without a session", { method: "GET", secret: null, origin: "https://evil.example" }, true],
    ["reading needs no CSRF token", { method: "GET", csrf: undefined, origin: undefined }, true],
    ["typed into the address bar", { method: "GET", csrf: undefined, origin: undefined, site: "none" }, true],
    ["no host", { host: undefined }, false],
    ["a name that points here", { host: "evil.example:8420" }, false],
    ["another port", { host: "127.0.0.1:8421" }, false],
    ["a foreign origin", { origin: "https://evil.example" }, false],
    ["a sandboxed page", { origin: "null" }, false],
    ["another port of this machine", { origin: "http://127.0.0.1:8421", site: "same-site" }, false],
    ["a neighbour", { origin: undefined, site: "same-site" }, false],
    ["a foreign page reads by the cookie", { method: "GET", origin: undefined, site: "cross-site" }, false],
    ["no CSRF token", { csrf: undefined }, false],
    ["the CSRF token of another session", { csrf: csrfOf("t".repeat(43)) }, false],
    ["the session as CSRF token", { csrf: SECRET }, false],
    ["a foreign page signs in", { secret: null, csrf: undefined, origin: "https://evil.example" }, false],
  ];
  it.each(CASES)("%s", (_, told, passes) => expect(forgeryOf({ ...good, ...told }, LOCAL) === null).toBe(passes));

  it("through a proxy only the named origin asks", () => {
    const told = { ...good, host: "mail.example.com", origin: "https://mail.example.com" };
    expect(forgeryOf(told, PUBLIC)).toBeNull();
    expect(forgeryOf({ ...told, origin: "http://mail.example.com" }, PUBLIC)?.code).toBe("NOT_ALLOWED");
    expect(forgeryOf({ ...told, origin: "http://127.0.0.1:8420" }, PUBLIC)?.code).toBe("NOT_ALLOWED");
  });
});

describe("whom failures count against", () => {
  it.each([
    ["192.0.2.1", undefined, LOCAL, "192.0.2.1"],
    ["::ffff:192.0.2.1", undefined, LOCAL, "192.0.2.1"],
    ["192.0.2.1", "203.0.113.9", LOCAL, "192.0.2.1"],
    ["127.0.0.1", "203.0.113.9", PUBLIC, "203.0.113.9"],
    ["127.0.0.1", "1.2.3.4, 203.0.113.9", PUBLIC, "203.0.113.9"],
    ["127.0.0.1", "garbage", PUBLIC, "127.0.0.1"],
    ["2001:db8:1:2:3:4:5:6", undefined, LOCAL, "2001:db8:1:2"],
    ["2001:db8:1:2::9", undefined, LOCAL, "2001:db8:1:2"],
    ["2001:DB8::1%eth0", undefined, LOCAL, "2001:db8:0:0"],
    ["::1", undefined, LOCAL, "0:0:0:0"],
    [undefined, undefined, LOCAL, ""],
  ] as const)("%s told %s", (peer, forwarded, place, source) => expect(sourceOf(peer, forwarded, place)).toBe(source));
});

describe("errors", () => {
  it.each(Object.keys(ERROR_CODES))("%s: what went wrong inside stays inside", (code) => {
    const problem = problemOf(new MailError(code as ErrorCode, "postgres://you:hunter2@host is away"));
    expect(problem).toMatchObject({ type: "about:blank", code });
    if (problem.status >= 500 && code !== "BLOB_MISMATCH") expect(problem.detail).not.toContain("hunter2");
    else expect(problem.detail).toContain("hunter2");
    expect(problem.title).not.toBe("");
  });
});
