// Where people may sign in to the page instead of by a password, as it was configured; and what of an identity may name a user here. Pure. The
// library behind it is loaded by the command, and only where there is a provider.
import { MailError } from "@packetboat/core";
import type { BegunSignIn, Identity, WebProvider as Known, WebSignIn } from "@packetboat/oauth";

/** How a user who is not known there yet may be found at the first sign-in. `none`: by a one-time link alone. */
export type Matching = "none" | "email" | "name";

export interface WebProvider extends WebSignIn {
  /** What may name a user; null: nothing does. */
  readonly callsItself: (identity: Identity) => string | null;
}

/** As it was typed. */
export interface ProviderWords {
  readonly oidcIssuer?: string | undefined;
  readonly oidcClientId?: string | undefined;
  readonly oidcClientSecretFile?: string | undefined;
  readonly oidcName?: string | undefined;
  readonly oidcMatch?: string | undefined;
}

/** What the options say, but for the secret; null: there is no provider. Throws CONFIG_INVALID with what is missing. */
export function readProvider(words: ProviderWords): Omit<Known, "clientSecret"> | null {
  const { oidcIssuer: issuer, oidcClientId: clientId, oidcName, oidcMatch = "none" } = words;
  if (issuer === undefined) {
    if (Object.values(words).every((word) => word === undefined)) return null;
    throw new MailError("CONFIG_INVALID", "--oidc-issuer URL is missing: the address of the provider of sign-ins.");
  }
  if (clientId === undefined || clientId === "")
    throw new MailError("CONFIG_INVALID", "--oidc-client-id ID is missing: the provider gives one to this page.");
  if (oidcMatch !== "none" && oidcMatch !== "email" && oidcMatch !== "name")
    throw new MailError("CONFIG_INVALID", "--oidc-match is none, email or name.");
  const name = (oidcName ?? URL.parse(issuer)?.hostname ?? "").trim();
  if (name === "" || name.length > 60)
    throw new MailError("CONFIG_INVALID", "--oidc-name is what people know the provider by, such as Google.");
  return { issuer, clientId, name, asks: oidcMatch === "none" ? "nothing" : oidcMatch };
}

/** `email` counts only where the provider has verified it. */
export const callsItself = ({ email, name }: Identity): string | null => email ?? name;

/** What a browser keeps between the way to the provider and back. */
export interface Keeping {
  readonly begun: BegunSignIn;
  /** A one-time link that is taken up by it; null: none. */
  readonly invitation: string | null;
  /** Milliseconds since 1970. */
  readonly at: number;
}

const WORD = /^[A-Za-z0-9_-]{20,200}$/;

/** As a cookie holds it: words, none of which is a secret to its own browser. */
export const keptIn = ({ begun: { state, nonce, verifier }, invitation, at }: Keeping): string =>
  [state, nonce, verifier, at, invitation ?? ""].join(".");

/** Null: it is none, or older than `mostMs`. */
export function readKept(text: string | null, now: number, mostMs: number): Keeping | null {
  const [state = "", nonce = "", verifier = "", at = "", invitation = ""] = text?.split(".") ?? [];
  if (![state, nonce, verifier].every((word) => WORD.test(word)) || !/^\d{1,15}$/.test(at)) return null;
  const age = now - Number(at);
  if (age < 0 || age > mostMs) return null;
  return { begun: { state, nonce, verifier }, invitation: invitation === "" ? null : invitation, at: Number(at) };
}
