// Who hands out the tokens of an account, as plain data: Google, Microsoft, and whoever is described by options. Pure. What a person must
// bring is the client id: providers give one to everybody who asks, and none that is printed in public code stays valid for long.
// It must never hold a secret: this data is stored and shown as it is.
import { isLoopback } from "@packetboat/config";
import { MailError } from "@packetboat/core";

/** Everything that a sign-in and its renewals need beside the secrets. Kept in the database as it is. */
export interface Provider {
  /** As it is shown: Google, Microsoft, or the host of the issuer. */
  readonly name: string;
  readonly issuer: string;
  readonly tokenEndpoint: string;
  /** Null: no sign-in by a browser on this machine. */
  readonly authorizationEndpoint: string | null;
  /** Null: no sign-in by a code that is typed elsewhere. */
  readonly deviceEndpoint: string | null;
  /** Null: the provider takes no tokens back by itself (RFC 7009). */
  readonly revocationEndpoint: string | null;
  /** Where a browser is sent back to; the port is put in when it is known. */
  readonly redirect: string;
  readonly clientId: string;
  readonly clientAuth: ClientAuth;
  readonly scopes: readonly string[];
  /** Further parameters of the page that the browser opens. */
  readonly asks: Readonly<Record<string, string>>;
}

/** How the client secret is shown to the token endpoint; `none`: there is none. */
export type ClientAuth = "none" | "post" | "basic";

/** What a command line says of a provider. */
export interface ProviderOptions {
  readonly provider?: string | undefined;
  readonly issuer?: string | undefined;
  readonly tokenEndpoint?: string | undefined;
  readonly authorizationEndpoint?: string | undefined;
  readonly deviceEndpoint?: string | undefined;
  readonly clientId?: string | undefined;
  readonly scopes: readonly string[];
  readonly hasSecret: boolean;
}

/** A provider whose endpoints may have to be asked for: it then has an issuer and no token endpoint. */
export type Draft = Omit<Provider, "tokenEndpoint"> & { readonly tokenEndpoint: string | null };

type Preset = Omit<Provider, "clientId" | "clientAuth"> & { readonly hosts: readonly string[] };

const PRESETS: Readonly<Record<string, Preset>> = {
  google: {
    name: "Google",
    hosts: ["imap.gmail.com", "imap.googlemail.com"],
    issuer: "https://accounts.google.com",
    tokenEndpoint: "https://oauth2.googleapis.com/token",
    authorizationEndpoint: "https://accounts.google.com/o/oauth2/v2/auth",
    // There is one, but Google gives no token for mail by it: only for a short list of other scopes.
    deviceEndpoint: null,
    revocationEndpoint: "https://oauth2.googleapis.com/revoke",
    redirect: "http://127.0.0.1/",
    scopes: ["https://mail.google.com/"],
    // Without both, Google gives a refresh token to the first sign-in only.
    asks: { access_type: "offline", prompt: "consent" },
  },
  microsoft: {
    name: "Microsoft",
    hosts: ["outlook.office365.com", "outlook.office.com", "imap-mail.outlook.com"],
    issuer: "https://login.microsoftonline.com/common/v2.0",
    tokenEndpoint: "https://login.microsoftonline.com/common/oauth2/v2.0/token",
    authorizationEndpoint: "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
    deviceEndpoint: "https://login.microsoftonline.com/common/oauth2/v2.0/devicecode",
    revocationEndpoint: null,
    // Microsoft lets the port differ for this name only.
    redirect: "http://localhost/",
    scopes: ["https://outlook.office.com/IMAP.AccessAsUser.All", "offline_access"],
    asks: {},
  },
};

const NAMES = Object.keys(PRESETS).join(" or ");
const invalid = (sentence: string): MailError => new MailError("CONFIG_INVALID", sentence);

/** Chooses by the options, else by the host of the mail server. Throws CONFIG_INVALID with what is missing. */
export function chooseProvider(options: ProviderOptions, host: string): Draft {
  const { clientId } = options;
  const named = options.issuer ?? options.tokenEndpoint;
  if (options.provider !== undefined && named !== undefined)
    throw invalid("Give either --provider or the provider's addresses (--issuer, --token-endpoint), not both.");
  const preset = named === undefined ? presetOf(options.provider, host) : null;
  if (clientId === undefined || clientId === "") {
    const whose = preset?.name ?? "your provider";
    throw invalid(
      `${whose} wants a client id of your own: give it with --client-id ID. docs/sign-in.md says how to get one.`,
    );
  }
  const base = preset ?? described(options);
  const draft: Draft = {
    name: base.name,
    issuer: base.issuer,
    tokenEndpoint: base.tokenEndpoint,
    authorizationEndpoint: options.authorizationEndpoint ?? base.authorizationEndpoint,
    deviceEndpoint: options.deviceEndpoint ?? base.deviceEndpoint,
    revocationEndpoint: base.revocationEndpoint,
    redirect: base.redirect,
    clientId,
    clientAuth: options.hasSecret ? "post" : "none",
    scopes: options.scopes.length > 0 ? options.scopes : base.scopes,
    asks: base.asks,
  };
  mustBeSafe(draft);
  return draft;
}

function presetOf(name: string | undefined, host: string): Preset {
  const found =
    name === undefined
      ? Object.values(PRESETS).find(({ hosts }) => hosts.includes(host))
      : Object.hasOwn(PRESETS, name)
        ? PRESETS[name]
        : undefined;
  if (found !== undefined) return found;
  if (name !== undefined) throw invalid(`--provider is none of ${NAMES}. Describe another one with --issuer URL.`);
  throw invalid(
    `Who gives out the tokens for ${host} is not known. Choose a provider (--provider ${NAMES}), or give its address (--issuer URL, or --token-endpoint URL).`,
  );
}

/** A provider by its addresses: an issuer is asked for what was not given. */
function described(options: ProviderOptions): Omit<Draft, "clientId" | "clientAuth"> {
  const { issuer, tokenEndpoint } = options;
  const address = urlOf(issuer ?? tokenEndpoint ?? "", issuer === undefined ? "--token-endpoint" : "--issuer");
  return {
    name: address.host,
    issuer: issuer ?? address.origin,
    tokenEndpoint: tokenEndpoint ?? null,
    authorizationEndpoint: null,
    deviceEndpoint: null,
    revocationEndpoint: null,
    redirect: "http://127.0.0.1/",
    // An identity is something that only an issuer's own data can be checked against.
    scopes: issuer === undefined ? ["offline_access"] : ["openid", "offline_access"],
    // OpenID Connect gives a refresh token only to who was asked.
    asks: issuer === undefined ? {} : { prompt: "consent" },
  };
}

/** What an issuer says of itself (OpenID Connect Discovery, RFC 8414), as far as it matters here. */
export interface Metadata {
  readonly issuer: string;
  readonly token_endpoint?: string | undefined;
  readonly authorization_endpoint?: string | undefined;
  readonly device_authorization_endpoint?: string | undefined;
  readonly revocation_endpoint?: string | undefined;
  readonly token_endpoint_auth_methods_supported?: readonly string[] | undefined;
}

/** Fills in what was asked for; what a person gave stays. Throws CONFIG_INVALID when the issuer gives no tokens. */
export function completed(draft: Draft, metadata: Metadata): Provider {
  const tokenEndpoint = draft.tokenEndpoint ?? metadata.token_endpoint;
  if (tokenEndpoint === undefined)
    throw invalid(`${draft.name} names no address for tokens: give it with --token-endpoint URL.`);
  // RFC 8414: what is not listed is `basic`; a provider that takes both gets the secret in the body.
  const methods = metadata.token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
  const clientAuth = draft.clientAuth === "none" ? "none" : methods.includes("client_secret_post") ? "post" : "basic";
  const provider: Provider = {
    ...draft,
    issuer: metadata.issuer,
    tokenEndpoint,
    authorizationEndpoint: draft.authorizationEndpoint ?? metadata.authorization_endpoint ?? null,
    deviceEndpoint: draft.deviceEndpoint ?? metadata.device_authorization_endpoint ?? null,
    revocationEndpoint: draft.revocationEndpoint ?? metadata.revocation_endpoint ?? null,
    clientAuth,
  };
  mustBeSafe(provider);
  return provider;
}

export type Way = "device" | "browser";

/** A code that is typed elsewhere where the provider has that, else the browser of this machine. Throws CONFIG_INVALID. */
export function chooseWay(provider: Provider, wanted: Way | null): Way {
  const device = provider.deviceEndpoint !== null;
  const browser = provider.authorizationEndpoint !== null;
  if (wanted === "device" && !device)
    throw invalid(
      `${provider.name} offers no sign-in by code for mail: leave out --device${browser ? "" : ", and give --authorization-endpoint URL"}.`,
    );
  if (wanted === "browser" && !browser)
    throw invalid(`${provider.name} has no page to sign in on: give it with --authorization-endpoint URL.`);
  if (!device && !browser)
    throw invalid(
      `Where to sign in at ${provider.name} is not known: give --device-endpoint URL or --authorization-endpoint URL.`,
    );
  return wanted ?? (device ? "device" : "browser");
}

/** True where tokens may be sent to the address: TLS, or this machine. */
function isSafe({ protocol, hostname }: URL): boolean {
  return protocol === "https:" || (protocol === "http:" && isLoopback(hostname.replace(/^\[|\]$/g, "")));
}

function urlOf(text: string, what: string): URL {
  const url = URL.parse(text);
  if (url === null || url.username !== "" || url.password !== "")
    throw invalid(`${what} is no address like https://login.example.com.`);
  if (isSafe(url)) return url;
  throw invalid(
    `${what} must be https: over http tokens could be read by others. Only this machine's own addresses may be http.`,
  );
}

function mustBeSafe(draft: Draft): void {
  urlOf(draft.issuer, "The issuer");
  if (draft.tokenEndpoint !== null) urlOf(draft.tokenEndpoint, "The token endpoint");
  if (draft.authorizationEndpoint !== null) urlOf(draft.authorizationEndpoint, "The authorization endpoint");
  if (draft.deviceEndpoint !== null) urlOf(draft.deviceEndpoint, "The device endpoint");
  if (draft.revocationEndpoint !== null) urlOf(draft.revocationEndpoint, "The revocation endpoint");
}

/** Sign-ins that were kept before revocation was known of. */
function presetRevocation(issuer: string): string | null {
  return Object.values(PRESETS).find((preset) => preset.issuer === issuer)?.revocationEndpoint ?? null;
}

/** Reads a provider back from the database. Null: it is none; an older or newer version may have written it. */
export function readProvider(value: unknown): Provider | null {
  const found = typeof value === "object" && value !== null ? (value as Partial<Record<keyof Provider, unknown>>) : {};
  const isText = (item: unknown): item is string => typeof item === "string" && item !== "";
  const { name, issuer, tokenEndpoint, redirect, clientId, clientAuth, scopes, asks } = found;
  if (!isText(name) || !isText(issuer) || !isText(tokenEndpoint) || !isText(redirect) || !isText(clientId)) return null;
  const provider: Provider = {
    name,
    issuer,
    tokenEndpoint,
    authorizationEndpoint: isText(found.authorizationEndpoint) ? found.authorizationEndpoint : null,
    deviceEndpoint: isText(found.deviceEndpoint) ? found.deviceEndpoint : null,
    revocationEndpoint: isText(found.revocationEndpoint) ? found.revocationEndpoint : presetRevocation(issuer),
    redirect,
    clientId,
    clientAuth: clientAuth === "post" || clientAuth === "basic" ? clientAuth : "none",
    scopes: Array.isArray(scopes) ? scopes.filter(isText) : [],
    asks: Object.fromEntries(Object.entries(asks ?? {}).filter(([, item]) => isText(item))),
  };
  mustBeSafe(provider);
  return provider;
}
