// Sign-in by a browser that comes back to this machine (RFC 8252), with PKCE and a state of its own. It must never take more than one
// answer, nor let the code be used by anybody who did not ask for it.
import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  randomPKCECodeVerifier,
  randomState,
} from "openid-client";
import { providerError } from "./failures.ts";
import { openLoopback } from "./loopback.ts";
import { configurationOf, type Granted, grantedOf, mustRenew, type Session } from "./session.ts";

export interface BrowserOptions {
  /** The page that the person is to open. */
  readonly show: (url: string) => void;
  /** Whom the page may greet: the user of the mail account. */
  readonly user: string;
  /** Ctrl-C. */
  readonly signal: AbortSignal;
  /** Default: 10 minutes. */
  readonly waitMs?: number;
}

const WAIT_MS = 600_000;

/** Shows the page and waits for the browser. Throws what the signal says, SIGN_IN_EXPIRED, and as renew does. */
export async function signInByBrowser(
  session: Session,
  options: BrowserOptions,
): Promise<Granted & { refreshToken: string }> {
  const { provider } = session;
  const { show, user, signal, waitMs = WAIT_MS } = options;
  const configuration = configurationOf(session);
  const expectedState = randomState();
  const pkceCodeVerifier = randomPKCECodeVerifier();
  const challenge = await calculatePKCECodeChallenge(pkceCodeVerifier);
  await using door = await openLoopback({ redirect: provider.redirect, state: expectedState, waitMs, signal });
  const page = buildAuthorizationUrl(configuration, {
    ...provider.asks,
    redirect_uri: door.redirect,
    scope: provider.scopes.join(" "),
    state: expectedState,
    code_challenge: challenge,
    code_challenge_method: "S256",
    login_hint: user,
  });
  show(page.href);
  const answer = await door.answer;
  try {
    const granted = await authorizationCodeGrant(configuration, answer, { pkceCodeVerifier, expectedState });
    return mustRenew(grantedOf(granted), provider);
  } catch (error) {
    throw providerError(error, provider.name, "sign-in");
  }
}
