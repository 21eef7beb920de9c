// The tokens of a sign-in as they are sealed, and when they are to be renewed. Pure. It must never give an error the text that it read.
import { MailError } from "@packetboat/core";

/** What is sealed. */
export interface SignInSecrets {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Null: a client without a secret. */
  readonly clientSecret: string | null;
}

/** Renewed this long before it ends, so that a connection that is being opened is not overtaken. */
const MARGIN_MS = 5 * 60_000;
/** Of a token whose provider does not tell. Too long does no harm: a token that is refused is renewed. */
const ASSUMED_LIFETIME_MS = 60 * 60_000;

/** `due`: still good, and to be renewed. `over`: no longer good. */
export type TokenAge = "fresh" | "due" | "over";

/** Gives the age of a token that ends at a moment; milliseconds since 1970. */
export function ageOf(expiresAt: number, now: number): TokenAge {
  if (expiresAt - now >= MARGIN_MS) return "fresh";
  return expiresAt > now ? "due" : "over";
}

/** When a token ends that was given out now. */
export function endOf(lifetimeSeconds: number | null, now: number): number {
  return now + (lifetimeSeconds === null ? ASSUMED_LIFETIME_MS : lifetimeSeconds * 1_000);
}

export function writeSecrets({ accessToken, refreshToken, clientSecret }: SignInSecrets): string {
  return JSON.stringify({ accessToken, refreshToken, clientSecret });
}

/** Throws SECRET_UNREADABLE when another version wrote something else. */
export function readSecrets(text: string): SignInSecrets {
  const found = JSON.parse(text) as Partial<Record<keyof SignInSecrets, unknown>>;
  const { accessToken, refreshToken, clientSecret } = found;
  if (typeof accessToken === "string" && typeof refreshToken === "string")
    return { accessToken, refreshToken, clientSecret: typeof clientSecret === "string" ? clientSecret : null };
  throw new MailError(
    "SECRET_UNREADABLE",
    "The kept sign-in is of another version: sign in again with packetboat account login ACCOUNT.",
  );
}
