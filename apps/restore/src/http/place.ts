// Where the API is, and which requests come from where they say: Host, Origin, the CSRF token, the peer. Pure. Browsers send cookies for whatever
// page asks them to, and a name of anybody's may point to 127.0.0.1, so neither proves that our own page asks.
// It must never let a request through that a browser made for somebody else's page.
import { createHash } from "node:crypto";
import { isIP, isIPv6 } from "node:net";
import { MailError } from "@packetboat/core";

export interface Place {
  /** As a browser names it: `http://127.0.0.1:8420`, `https://mail.example.com`. */
  readonly origin: string;
  /** Over TLS, which a proxy before us ends. */
  readonly isSecure: boolean;
  readonly origins: ReadonlySet<string>;
  /** What a Host header may be. */
  readonly hosts: ReadonlySet<string>;
  readonly cookie: string;
}

/** Addresses that only this machine reaches. */
function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/** How a host stands in an address of the web. */
const inAddress = (host: string): string => (isIPv6(host) ? `[${host}]` : host);

/** Gives the place of a server. `url`: how it is reached from elsewhere, through a proxy. Throws CONFIG_INVALID where that is not safe. */
export function placeOf(host: string, port: number, url: string | undefined): Place {
  if (url === undefined && !isLoopback(host))
    throw new MailError(
      "CONFIG_INVALID",
      `${host} is reached from other machines, and passwords and mail would go there in the clear. Let a proxy with TLS stand before it and name it: --url https://mail.example.com`,
    );
  const near = [...new Set([host, "localhost", "127.0.0.1", "[::1]"].map((one) => `${inAddress(one)}:${port}`))];
  const local = near.map((one) => `http://${one}`);
  // The port is part of the name: cookies know no ports, so two servers on one machine would overwrite each other's.
  if (url === undefined)
    return {
      origin: `http://${inAddress(host)}:${port}`,
      isSecure: false,
      origins: new Set(local),
      hosts: new Set(near),
      cookie: `packetboat-${port}`,
    };
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || parsed.protocol !== "https:" || parsed.pathname !== "/" || parsed.search + parsed.hash !== "")
    throw new MailError("CONFIG_INVALID", "--url is an https address without a path, such as https://mail.example.com");
  return {
    origin: parsed.origin,
    isSecure: true,
    origins: new Set([parsed.origin]),
    hosts: new Set([parsed.host, ...near]),
    cookie: "__Host-packetboat",
  };
}

/** What a cookie of ours is for: a session, or a sign-in at a provider that was begun. */
export type CookieUse = "session" | "sign-in";

const cookieName = ({ cookie }: Place, use: CookieUse): string => (use === "session" ? cookie : `${cookie}-sign-in`);

/** A cookie that holds a secret until it is closed or `seconds` are over; null: takes it away. */
export function cookieLine(place: Place, secret: string | null, seconds: number, use: CookieUse = "session"): string {
  const parts = [
    `${cookieName(place, use)}=${secret ?? ""}`,
    "Path=/",
    "HttpOnly",
    "SameSite=Strict",
    `Max-Age=${secret === null ? 0 : Math.floor(seconds)}`,
    ...(place.isSecure ? ["Secure"] : []),
  ];
  return parts.join("; ");
}

/** What our cookie holds; null: it did not come. */
export function cookieOf(place: Place, header: string | undefined, use: CookieUse = "session"): string | null {
  const own = cookieName(place, use);
  for (const pair of header?.split(";") ?? []) {
    const [name, value] = pair.trim().split("=");
    if (name === own && value !== undefined && value !== "") return value;
  }
  return null;
}

/** What a page proves with that it may read our answers. It follows from the session, so nothing is kept for it. */
export const csrfOf = (secret: string): string =>
  createHash("sha256").update(`packetboat csrf ${secret}`).digest("base64url");

export interface Told {
  readonly method: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** Sec-Fetch-Site. */
  readonly site: string | undefined;
  readonly csrf: string | undefined;
  /** The session that its cookie names; null: none, or it signs in by a token, which no browser sends by itself. */
  readonly secret: string | null;
}

/** Why a request is none of ours; null: it may go on. Requests without a session are looked at too: a foreign page must not sign anybody in. */
export function forgeryOf({ method, host, origin, site, csrf, secret }: Told, place: Place): MailError | null {
  if (host === undefined || !place.hosts.has(host.toLowerCase()))
    return new MailError(
      "NOT_ALLOWED",
      `This server does not answer under that name. Use ${place.origin}, or start it with --url.`,
    );
  const isChange = method !== "GET";
  if (secret === null && !isChange) return null;
  const foreign = new MailError("NOT_ALLOWED", "Another page asked for this, so it was not done.");
  if (origin !== undefined && !place.origins.has(origin.toLowerCase())) return foreign;
  // `same-site` is another port of this machine, or a neighbour below the same domain.
  if (site !== undefined && site !== "same-origin" && site !== "none") return foreign;
  if (secret === null || !isChange || csrf === csrfOf(secret)) return null;
  return new MailError("NOT_ALLOWED", 'Send the header X-CSRF-Token with what /api/v1/me calls "csrf".');
}

/** Who is counted for failures: the address of the peer, of IPv6 its network. Behind a proxy, the last it was told of by the proxy. */
export function sourceOf(peer: string | undefined, forwarded: string | undefined, place: Place): string {
  const told = place.isSecure ? forwarded?.split(",").at(-1)?.trim() : undefined;
  const address = (told !== undefined && isIP(told) !== 0 ? told : (peer ?? "")).replace(/^::ffff:(?=\d+\.)/i, "");
  return isIPv6(address) ? networkOf(address) : address;
}

/** The first four groups: a household has at least as many addresses as these name. */
function networkOf(address: string): string {
  const [head = "", tail] = address.toLowerCase().split("%")[0]?.split("::") ?? [];
  const groups = (text: string): string[] => (text === "" ? [] : text.split(":"));
  const [front, back] = [groups(head), groups(tail ?? "")];
  const between = tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length);
  const all = [...front, ...Array.from({ length: between }, () => "0"), ...back];
  return all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}
