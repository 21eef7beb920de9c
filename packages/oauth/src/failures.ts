// The one mapping from what a provider or the way to it answered to the errors of the house. It must never pass on a provider's own words
// or the library's error: there are tokens, codes and addresses in them. A code of a fixed form and a status are all that is kept.
import { type ErrorContext, isMailError, MailError } from "@packetboat/core";

/** What failed, as far as anybody may know. */
export type Failure =
  | { readonly kind: "answered"; readonly error: string; readonly status: number }
  | { readonly kind: "timeout" }
  | { readonly kind: "unreachable"; readonly code: string }
  | { readonly kind: "odd"; readonly code: string; readonly status: number | null };

interface Structured {
  readonly code?: unknown;
  readonly error?: unknown;
  readonly status?: unknown;
  readonly cause?: unknown;
}

const fieldsOf = (value: unknown): Structured => (typeof value === "object" && value !== null ? value : {});

/** Codes are words; anything else may be anything. */
const word = (value: unknown): string => (typeof value === "string" && /^[A-Za-z0-9_]{1,60}$/.test(value) ? value : "");

/** Reads what the library threw. */
export function failureOf(thrown: unknown): Failure {
  const { code, error, status, cause } = fieldsOf(thrown);
  if (typeof error === "string") return { kind: "answered", error: word(error), status: Number(status) || 400 };
  if (code === "OAUTH_TIMEOUT" || fieldsOf(thrown).code === 23) return { kind: "timeout" };
  const below = fieldsOf(cause);
  // fetch says no more than "fetch failed"; what failed lies below.
  if (thrown instanceof TypeError && thrown.message === "fetch failed")
    return { kind: "unreachable", code: word(below.code) };
  if (thrown instanceof DOMException && thrown.name === "TimeoutError") return { kind: "timeout" };
  const answered = cause instanceof Response ? cause.status : null;
  return { kind: "odd", code: word(code), status: answered };
}

/** Nobody can do anything about these but wait. */
const LATER = new Set(["temporarily_unavailable", "server_error", "slow_down"]);
/** The client is at fault, not the sign-in. */
const CLIENT = new Set(["invalid_client", "unauthorized_client", "unsupported_grant_type"]);

const AGAIN = "sign in again with packetboat account login ACCOUNT";

/** Gives the error of a sign-in, or of its renewal, at a provider. */
export function providerError(thrown: unknown, provider: string, during: "sign-in" | "renewal"): MailError {
  if (isMailError(thrown)) return thrown;
  const failure = failureOf(thrown);
  switch (failure.kind) {
    case "timeout":
      return new MailError("TIMED_OUT", `${provider} did not answer in time: try again later.`);
    case "unreachable":
      return new MailError("UNREACHABLE", `${provider} cannot be reached: check the network, or try again later.`, {
        context: { code: failure.code },
      });
    case "answered":
      return answeredError(failure, provider, during);
    case "odd":
      return oddError(failure, provider);
  }
}

function answeredError(
  { error, status }: Extract<Failure, { kind: "answered" }>,
  provider: string,
  during: "sign-in" | "renewal",
): MailError {
  const context: ErrorContext = { error, status };
  if (status === 429) return throttled(provider, context);
  if (status >= 500 || LATER.has(error)) return unwell(provider, context);
  if (CLIENT.has(error))
    return new MailError(
      "SIGN_IN_EXPIRED",
      `${provider} refuses the client id or its secret (${error}): check both where you got them, then ${AGAIN}.`,
      { context },
    );
  if (error === "access_denied")
    return new MailError("SIGN_IN_EXPIRED", `The sign-in was refused at ${provider}. Nothing was kept.`, { context });
  if (error === "expired_token")
    return new MailError("SIGN_IN_EXPIRED", `The code was not used in time. Run this again for a new one.`, {
      context,
    });
  if (during === "sign-in")
    return new MailError(
      "SIGN_IN_EXPIRED",
      `${provider} did not allow the sign-in (${error || status}): check client id, scopes and redirect address. Nothing was kept.`,
      { context },
    );
  return new MailError(
    "SIGN_IN_EXPIRED",
    `${provider} no longer accepts the sign-in of this account, it was revoked or has expired: ${AGAIN}.`,
    { context },
  );
}

function oddError({ code, status }: Extract<Failure, { kind: "odd" }>, provider: string): MailError {
  const context: ErrorContext = { code, status };
  if (status === 429) return throttled(provider, context);
  if (status !== null && status >= 500) return unwell(provider, context);
  return new MailError(
    "UNREACHABLE",
    `What answers at ${provider} is not a provider of tokens (${code === "" ? "unknown" : code}): check its address, or try again later.`,
    { context },
  );
}

function throttled(provider: string, context: ErrorContext): MailError {
  return new MailError("THROTTLED", `${provider} asks for a pause: wait some minutes, then run again.`, { context });
}

function unwell(provider: string, context: ErrorContext): MailError {
  return new MailError("UNREACHABLE", `${provider} has a difficulty of its own: try again later.`, { context });
}
