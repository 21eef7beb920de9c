// How an OAuth2 sign-in is shown: whose it is and until when its token is good. Pure. Read with care: the column is JSON, and another
// version may have written it. It must never be given a token.
import type { AccountSignIn } from "@packetboat/archive";
import { harmless, instant } from "@packetboat/terminal";

/** `OAuth2 (Google), token until 2026-11-26 12:00, renewed 2026-11-26 11:00`. */
export function signInWords(signIn: AccountSignIn): string {
  const { expiresAt, renewedAt } = signIn;
  const name = harmless(textOf(signIn, "name") ?? "unknown provider");
  return `OAuth2 (${name}), token until ${instant(expiresAt)}, renewed ${instant(renewedAt)}`;
}

/** The same for programs. */
export function plainSignIn(signIn: AccountSignIn) {
  return {
    provider: textOf(signIn, "name"),
    clientId: textOf(signIn, "clientId"),
    tokenUntil: new Date(signIn.expiresAt).toISOString(),
    renewed: new Date(signIn.renewedAt).toISOString(),
  };
}

function textOf({ provider }: AccountSignIn, key: string): string | null {
  const found =
    typeof provider === "object" && provider !== null ? (provider as Readonly<Record<string, unknown>>) : {};
  const text = found[key];
  return typeof text === "string" ? text : null;
}
