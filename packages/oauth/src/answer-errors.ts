// What went wrong when a person signed in to the page at a provider, in one sentence for that person. As failures.ts, it must never pass on a
// provider's own words or the library's error.
import { isMailError, MailError } from "@packetboat/core";
import { failureOf } from "./failures.ts";

const AGAIN = "Begin the sign-in again.";

/** The library's words for an answer that is not what was asked for: another state, issuer, nonce, audience, signature, time. */
const NOT_OURS = new Set([
  "OAUTH_INVALID_RESPONSE",
  "OAUTH_JWT_CLAIM_COMPARISON_FAILED",
  "OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED",
  "OAUTH_JWT_TIMESTAMP_CHECK_FAILED",
  "OAUTH_KEY_SELECTION_FAILED",
  "OAUTH_PARSE_ERROR",
]);

/** Gives the error of a sign-in to the page. `provider`: as people know it. */
export function answerError(thrown: unknown, provider: string): MailError {
  if (isMailError(thrown)) return thrown;
  const failure = failureOf(thrown);
  switch (failure.kind) {
    case "timeout":
      return new MailError("TIMED_OUT", `${provider} did not answer in time. Try again later.`);
    case "unreachable":
      return new MailError("UNREACHABLE", `${provider} cannot be reached. Try again later.`, {
        context: { code: failure.code },
      });
    case "answered":
      return answered(failure, provider);
    case "odd":
      return odd(failure, provider);
  }
}

function answered({ error, status }: { readonly error: string; readonly status: number }, provider: string): MailError {
  const context = { error, status };
  if (error === "access_denied")
    return new MailError("NOT_ALLOWED", `${provider} did not let you in, or you said no. ${AGAIN}`, { context });
  if (error === "invalid_grant")
    return new MailError("NOT_ALLOWED", `This sign-in has expired or was used already. ${AGAIN}`, { context });
  if (status >= 500 || error === "temporarily_unavailable" || error === "server_error")
    return new MailError("UNREACHABLE", `${provider} has a difficulty of its own. Try again later.`, { context });
  return new MailError(
    "NOT_ALLOWED",
    `${provider} does not allow this sign-in (${error || status}). Whoever runs Packetboat must check client id, secret and redirect address.`,
    { context },
  );
}

function odd({ code, status }: { readonly code: string; readonly status: number | null }, provider: string): MailError {
  const context = { code, status };
  if (status !== null && status >= 500)
    return new MailError("UNREACHABLE", `${provider} has a difficulty of its own. Try again later.`, { context });
  if (NOT_OURS.has(code))
    return new MailError(
      "NOT_ALLOWED",
      `What came back is not the answer of ${provider} to what this browser began, so it was not taken. ${AGAIN}`,
      { context },
    );
  return new MailError(
    "UNREACHABLE",
    `What answers at ${provider} is no provider of sign-ins that Packetboat understands. Whoever runs Packetboat must check --oidc-issuer.`,
    { context },
  );
}
