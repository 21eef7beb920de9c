// Sign-in by a code that the person types on any device (RFC 8628): nothing on this machine has to be reachable. It must never ask the
// provider more often than polling.ts says, nor go on after the code has expired or the person has left.
import { setTimeout as delay } from "node:timers/promises";
import { MailError } from "@packetboat/core";
import { type DeviceAuthorizationResponse, genericGrantRequest, initiateDeviceAuthorization } from "openid-client";
import { failureOf, providerError } from "./failures.ts";
import { afterPoll, firstInterval, type PollAnswer } from "./polling.ts";
import { configurationOf, type Granted, grantedOf, mustRenew, type Session } from "./session.ts";

/** What the person is to be shown. */
export interface DeviceCode {
  readonly url: string;
  readonly code: string;
  readonly expiresInSeconds: number;
}

export interface DeviceOptions {
  readonly show: (code: DeviceCode) => void;
  /** Ctrl-C. */
  readonly signal: AbortSignal;
  /** Milliseconds; any origin. Default: performance.now. */
  readonly clock?: () => number;
}

const GRANT = "urn:ietf:params:oauth:grant-type:device_code";

/** Shows the code and waits for the person. Throws what the signal says, SIGN_IN_EXPIRED, and as renew does. */
export async function signInByDevice(
  session: Session,
  options: DeviceOptions,
): Promise<Granted & { refreshToken: string }> {
  const { provider } = session;
  const { show, signal, clock = performance.now.bind(performance) } = options;
  const configuration = configurationOf(session);
  let started: DeviceAuthorizationResponse;
  try {
    started = await initiateDeviceAuthorization(configuration, { scope: provider.scopes.join(" ") });
  } catch (error) {
    throw providerError(error, provider.name, "sign-in");
  }
  const ends = clock() + started.expires_in * 1_000;
  show({ url: started.verification_uri, code: started.user_code, expiresInSeconds: started.expires_in });
  for (let interval = firstInterval(started.interval); clock() < ends; ) {
    await delay(interval * 1_000, undefined, { signal }).catch(() => signal.throwIfAborted());
    try {
      const answer = await genericGrantRequest(configuration, GRANT, { device_code: started.device_code });
      return mustRenew(grantedOf(answer), provider);
    } catch (error) {
      const next = afterPoll(answerOf(error), interval);
      if (next.next === "fail") throw providerError(error, provider.name, "sign-in");
      interval = next.intervalSeconds;
    }
  }
  throw new MailError("SIGN_IN_EXPIRED", "The code was not used in time. Run this again for a new one.");
}

function answerOf(error: unknown): PollAnswer {
  const failure = failureOf(error);
  if (failure.kind === "timeout" || failure.kind === "unreachable") return { kind: "silence" };
  // A provider in trouble has said nothing about the person.
  const { status } = failure;
  if (status !== null && (status >= 500 || status === 429)) return { kind: "silence" };
  return { kind: "answered", error: failure.kind === "answered" ? failure.error : "" };
}
