// A provider of tokens for suites: the npm package oidc-provider on a loopback port, with sign-in by code and by browser, refresh tokens that
// are good once, introspection for mail servers; and the person who signs in on its pages. It must never be reachable from elsewhere.
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import type { Configuration, KoaContextWithOIDC } from "oidc-provider";

/** A running provider. Any user name may sign in. */
export interface IdentityProvider extends AsyncDisposable {
  readonly issuer: string;
  /** A client without a secret, as of a program that anybody may read. */
  readonly clientId: string;
  /** A client with one. */
  readonly confidential: { readonly clientId: string; readonly clientSecret: string };
  /** Where a mail server asks whether a token is good, with its own name and password in it. */
  readonly introspection: string;
  /** Access tokens given out from now on last so long. At the beginning: 3,600. */
  readonly lasts: (seconds: number) => void;
  /** While it is ill, it answers 503 to whoever wants tokens; what it gave out stays good. */
  readonly ill: (isIll: boolean) => void;
  /** Tokens that were given out for a user, by what: device_code, authorization_code, refresh_token. */
  readonly given: (user: string) => Readonly<Record<string, number>>;
  /** Every token that was ever given out, and every code: what must not be found anywhere in the clear. */
  readonly secrets: () => readonly string[];
  /** All access tokens of a user are no longer good; refresh tokens are. */
  readonly spoil: (user: string) => Promise<void>;
  /** The user takes back what was allowed: nothing is good any longer. */
  readonly revoke: (user: string) => Promise<void>;
  /** How many refresh tokens of a user are good. */
  readonly renewable: (user: string) => Promise<number>;
  /** Does what a person does with a page and its forms until there is nothing left to fill in; gives the last page's text. */
  readonly visit: (url: string, user: string, code?: string) => Promise<string>;
  /** The same for a page that is sent back elsewhere: gives the address that the browser is sent to, without going there. */
  readonly sentBack: (url: string, user: string) => Promise<URL>;
  /** What the provider says of a user from now on. At the beginning: an address at example.com that is verified, and the name. */
  readonly says: (user: string, claims: Readonly<Record<string, string | boolean>>) => void;
  /** Codes that were given out and not used yet are over. */
  readonly endCodes: () => Promise<void>;
}

const CLIENT = "packetboat";
const DEVICE = "urn:ietf:params:oauth:grant-type:device_code";

/** Starts one. */
export async function startIdentityProvider(): Promise<IdentityProvider> {
  let handler: RequestListener = (_, response) => response.end();
  const server = createServer((request, response) => handler(request, response));
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let lifetime = 3_600;
  const secret = () => randomBytes(24).toString("hex");
  const passwords = { confidential: secret(), mailServer: secret() };
  const { Provider } = await import("oidc-provider");
  const said = new Map<string, Readonly<Record<string, string | boolean>>>();
  const claimsOf = (user: string) =>
    said.get(user) ?? { email: `${user}@example.com`, email_verified: true, preferred_username: user };
  const provider = new Provider(
    issuer,
    configuration(passwords, () => lifetime, claimsOf),
  );
  const codes = new Set<string>();
  provider.on("authorization_code.saved", ({ jti }) => codes.add(jti));
  let isIll = false;
  const well = provider.callback();
  handler = (request, response) => {
    if (
      isIll &&
      request.url?.startsWith("/token") === true &&
      request.method === "POST" &&
      !request.url.includes("introspection")
    )
      response.writeHead(503).end();
    else well(request, response);
  };
  const ledger = ledgerOf();
  provider.on("grant.success", (context) => ledger.note(context));
  const stop = async () => {
    await new Promise((closed) => {
      server.close(closed);
      server.closeAllConnections();
    });
  };
  return {
    issuer,
    clientId: CLIENT,
    confidential: { clientId: `${CLIENT}-confidential`, clientSecret: passwords.confidential },
    introspection: `http://mail-server:${passwords.mailServer}@${issuer.slice("http://".length)}/token/introspection`,
    lasts: (seconds) => {
      lifetime = seconds;
    },
    ill: (now) => {
      isIll = now;
    },
    given: ledger.given,
    secrets: ledger.secrets,
    spoil: async (user) => {
      for (const token of ledger.accessTokens(user)) await (await provider.AccessToken.find(token))?.destroy();
    },
    revoke: async (user) => {
      for (const grant of ledger.grants(user)) await (await provider.Grant.find(grant))?.destroy();
    },
    renewable: async (user) => {
      const found = await Promise.all(ledger.refreshTokens(user).map((token) => provider.RefreshToken.find(token)));
      return found.filter((token) => token?.isValid === true).length;
    },
    visit: async (url, user, code) => (await walk(url, user, () => true, code)).text,
    sentBack: async (url, user) => new URL((await walk(url, user, (next) => next.startsWith(`${issuer}/`))).url),
    says: (user, claims) => void said.set(user, claims),
    endCodes: async () => {
      for (const code of codes) await (await provider.AuthorizationCode.find(code))?.destroy();
      codes.clear();
    },
    [Symbol.asyncDispose]: stop,
  };
}

function configuration(
  passwords: { readonly confidential: string; readonly mailServer: string },
  lifetime: () => number,
  claimsOf: (user: string) => Readonly<Record<string, string | boolean>>,
): Configuration {
  const key = generateKeyPairSync("rsa", { modulusLength: 2_048 }).privateKey.export({ format: "jwk" });
  const grants = ["authorization_code", "refresh_token", DEVICE];
  const program = {
    application_type: "native",
    redirect_uris: ["http://127.0.0.1/", "http://127.0.0.1/signed-in"],
    grant_types: grants,
  } as const;
  return {
    clients: [
      { ...program, client_id: CLIENT, token_endpoint_auth_method: "none" },
      {
        ...program,
        client_id: `${CLIENT}-confidential`,
        client_secret: passwords.confidential,
        token_endpoint_auth_method: "client_secret_post",
      },
      {
        client_id: "mail-server",
        client_secret: passwords.mailServer,
        redirect_uris: [],
        response_types: [],
        grant_types: [],
      },
    ],
    jwks: { keys: [{ ...key, use: "sig", alg: "RS256", kid: "1" } as never] },
    cookies: { keys: [randomBytes(16).toString("hex")] },
    features: {
      devInteractions: { enabled: true },
      deviceFlow: { enabled: true },
      introspection: { enabled: true },
      revocation: { enabled: true },
    },
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["preferred_username"] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...claimsOf(id) }) }),
    issueRefreshToken: async () => true,
    rotateRefreshToken: true,
    ttl: {
      AccessToken: () => lifetime(),
      AuthorizationCode: 600,
      DeviceCode: 600,
      Grant: 86_400,
      IdToken: 3_600,
      Interaction: 600,
      RefreshToken: 86_400,
      Session: 86_400,
    },
  };
}

interface Entry {
  readonly user: string;
  readonly kind: string;
  readonly grant: string;
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  readonly secrets: readonly string[];
}

/** What was given out, as the provider's events tell it. */
function ledgerOf() {
  const entries: Entry[] = [];
  const of = (user: string) => entries.filter((entry) => entry.user === user);
  return {
    note: ({ oidc, body }: KoaContextWithOIDC) => {
      const answer = body as { readonly access_token: string; readonly refresh_token: string };
      const { device_code: device, code, grant_type: kind = "" } = (oidc.params ?? {}) as Record<string, string>;
      entries.push({
        user: oidc.entities.Account?.accountId ?? "",
        kind: kind.split(":").at(-1) ?? "",
        grant: oidc.entities.Grant?.jti ?? "",
        accessToken: answer.access_token,
        refreshToken: answer.refresh_token,
        secrets: [answer.access_token, answer.refresh_token, device, code].filter((text) => text !== undefined),
      });
    },
    given: (user: string) => {
      const counts: Record<string, number> = {};
      for (const { kind } of of(user)) counts[kind] = (counts[kind] ?? 0) + 1;
      return counts;
    },
    secrets: () => entries.flatMap(({ secrets }) => secrets),
    accessTokens: (user: string) => of(user).map(({ accessToken }) => accessToken),
    refreshTokens: (user: string) => of(user).flatMap(({ refreshToken }) => refreshToken ?? []),
    grants: (user: string) => new Set(of(user).map(({ grant }) => grant)),
  };
}

const PAGES = 20;

/** Goes on as a person would, as long as the next address is one to go to; gives the last one, with its text where it was gone to. */
async function walk(
  url: string,
  user: string,
  isOnTheWay: (next: string) => boolean,
  code?: string,
): Promise<{ readonly url: string; readonly text: string }> {
  const cookies = new Map<string, string>();
  const known: Readonly<Record<string, string | undefined>> = { login: user, password: "any", user_code: code };
  let next: { readonly url: string; readonly body: URLSearchParams | null } = { url, body: null };
  for (let pages = 0; pages < PAGES; pages += 1) {
    const answer = await fetch(next.url, {
      method: next.body === null ? "GET" : "POST",
      body: next.body,
      redirect: "manual",
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") },
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === "") cookies.delete(name);
      else cookies.set(name, value);
    }
    const text = await answer.text();
    const target = answer.headers.get("location");
    const form = target === null ? formIn(text, known) : null;
    if (target === null && form === null) return { url: next.url, text };
    next = { url: new URL(target ?? form?.action ?? "", next.url).href, body: form?.body ?? null };
    if (!isOnTheWay(next.url)) return { url: next.url, text: "" };
  }
  throw new Error(`more than ${PAGES} pages after ${url}`);
}

/** The form of a page as a person would send it off; null: there is none. */
function formIn(text: string, known: Readonly<Record<string, string | undefined>>) {
  const [, head = "", inner = ""] = /<form([^>]*)>([\s\S]*?)<\/form>/i.exec(text) ?? [];
  const attribute = (tag: string, name: string) => new RegExp(`\\b${name}="([^"]*)"`, "i").exec(tag)?.[1];
  const action = attribute(head, "action");
  if (action === undefined) return null;
  const body = new URLSearchParams();
  for (const [tag] of inner.matchAll(/<input[^>]*>/gi)) {
    const name = attribute(tag, "name");
    if (name !== undefined) body.set(name, known[name] ?? attribute(tag, "value") ?? "");
  }
  return { action, body };
}
