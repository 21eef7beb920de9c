// Reads what imapflow rejects with when a server said NO or BAD: its shape is imapflow's own affair and known here alone.
// It must never take a broken connection or a throttle for a refusal.
import { Refused } from "./errors.ts";
import { type Answer, responseCode, textOf } from "./tokens.ts";

/** Reads imapflow's rejection of a NO or BAD; null for any other error. */
export function refusalOf(error: unknown): Refused | null {
  if (typeof error !== "object" || error === null) return null;
  const { responseStatus, responseText, response, code } = error as Record<string, unknown>;
  if ((responseStatus !== "NO" && responseStatus !== "BAD") || code === "ETHROTTLE") return null;
  const answer = typeof response === "object" && response !== null ? (response as Answer) : undefined;
  const words =
    typeof responseText === "string"
      ? responseText
      : (answer?.attributes ?? []).map((token) => textOf(token) ?? "").join(" ");
  return new Refused(responseStatus, responseCode(answer)?.name ?? null, words);
}
