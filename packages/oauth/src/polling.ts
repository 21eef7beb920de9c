// When the provider is to be asked again whether the person has signed in (RFC 8628, section 3.5). Pure. It must never ask more often
// than it was told to.

/** What the last question brought: an error's code of the provider, or no answer at all. */
export type PollAnswer = { readonly kind: "answered"; readonly error: string } | { readonly kind: "silence" };

export type AfterPoll = { readonly next: "ask"; readonly intervalSeconds: number } | { readonly next: "fail" };

const DEFAULT_INTERVAL = 5;
const SLOWER_BY = 5;
const LONGEST_INTERVAL = 60;

/** The interval to begin with, as the provider told it or did not. */
export function firstInterval(told: number | undefined): number {
  return told !== undefined && told > 0 ? Math.min(told, LONGEST_INTERVAL) : DEFAULT_INTERVAL;
}

/** Goes on while the person has not answered, slower when told so or when nobody answers; every other answer is the end. */
export function afterPoll(answer: PollAnswer, intervalSeconds: number): AfterPoll {
  if (answer.kind === "silence")
    return { next: "ask", intervalSeconds: Math.min(intervalSeconds * 2, Math.max(LONGEST_INTERVAL, intervalSeconds)) };
  switch (answer.error) {
    case "authorization_pending":
      return { next: "ask", intervalSeconds };
    case "slow_down":
      return { next: "ask", intervalSeconds: intervalSeconds + SLOWER_BY };
    default:
      return { next: "fail" };
  }
}
