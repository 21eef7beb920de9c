// Signing a person in to our own page at a provider (OpenID Connect): the authorization code flow with PKCE, state and nonce, and the ID token's
// signature, issuer, audience, time and nonce proved. Who that person is here, others decide. It must never take an answer that does not belong
// to what this browser began, nor pass on a provider's own words.
import { isLoopback } from "@packetboat/config";
import { MailError } from "@packetboat/core";
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  ClientSecretBasic,
  ClientSecretPost,
  type Configuration,
  calculatePKCECodeChallenge,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
  type IDToken,
  None,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from "openid-client";
import { answerError } from "./answer-errors.ts";

/** The provider, as whoever runs the page configured it. */
export interface WebProvider {
  readonly issuer: string;
  readonly clientId: string;
  /** Null: a client without one. */
  readonly clientSecret: string | null;
  /** As people know it: "Sign in with NAME". */
  readonly name: string;
  /** Beside the identity itself: what else is asked about a person. */
  readonly asks: "nothing" | "email" | "name";
}

/** What the browser that begins must bring back. */
export interface BegunSignIn {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** Whom the provider says it is. */
export interface Identity {
  readonly issuer: string;
  /** Never given to another person by this issuer. */
  readonly subject: string;
  /** An address that the provider has verified; null: none, or not asked for. */
  readonly email: string | null;
  /** What the provider calls them; null: nothing, or not asked for. */
  readonly name: string | null;
}

export interface WebSignIn {
  readonly name: string;
  /** The provider's page for a browser. Throws UNREACHABLE, TIMED_OUT, CONFIG_INVALID. `redirect`: where it sends the browser back to. */
  readonly begin: (redirect: string) => Promise<BegunSignIn & { readonly page: string }>;
  /** `answer`: the address that the browser came back to. Throws NOT_ALLOWED with why it was not taken, and as begin does. */
  readonly finish: (answer: URL, begun: BegunSignIn) => Promise<Identity>;
}

const TIMEOUT_SECONDS = 15;
const SCOPES = { nothing: "openid", email: "openid email", name: "openid profile" } as const;

/** Throws CONFIG_INVALID where tokens could be read by others. Nothing is asked yet: a provider that is away must not keep the page from starting. */
export function openWebSignIn(provider: WebProvider): WebSignIn {
  const issuer = safeIssuer(provider.issuer);
  // Asked for once; again where that failed.
  let asked: Promise<Configuration> | null = null;
  const configuration = async (): Promise<Configuration> => {
    asked ??= known(issuer, provider);
    try {
      return await asked;
    } catch (error) {
      asked = null;
      throw answerError(error, provider.name);
    }
  };
  return {
    name: provider.name,
    async begin(redirect) {
      const begun = { state: randomState(), nonce: randomNonce(), verifier: randomPKCECodeVerifier() };
      const page = buildAuthorizationUrl(await configuration(), {
        redirect_uri: redirect,
        scope: SCOPES[provider.asks],
        state: begun.state,
        nonce: begun.nonce,
        code_challenge: await calculatePKCECodeChallenge(begun.verifier),
        code_challenge_method: "S256",
      });
      return { ...begun, page: page.href };
    },
    async finish(answer, { state, nonce, verifier }) {
      const client = await configuration();
      try {
        const checks = {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
        };
        const granted = await authorizationCodeGrant(client, answer, checks);
        const claims = granted.claims();
        if (claims === undefined)
          throw new MailError("BUG", "An ID token was proved and is not there. Please report this.");
        return await identityOf(client, claims, granted.access_token, provider.asks);
      } catch (error) {
        throw answerError(error, provider.name);
      }
    },
  };
}

async function known(issuer: URL, { clientId, clientSecret }: WebProvider): Promise<Configuration> {
  const plain = issuer.protocol === "http:" ? [allowInsecureRequests] : [];
  const options = { execute: [enableNonRepudiationChecks, ...plain], timeout: TIMEOUT_SECONDS };
  const found = await discovery(issuer, clientId, undefined, None(), options);
  if (clientSecret === null) return found;
  // What is not listed is `basic`; a provider that takes both gets the secret in the body.
  const takesPost =
    found.serverMetadata().token_endpoint_auth_methods_supported?.includes("client_secret_post") === true;
  const auth = takesPost ? ClientSecretPost(clientSecret) : ClientSecretBasic(clientSecret);
  // Asked anew: what a provider says stays with the library, which knows of particular ones what else must hold.
  return await discovery(issuer, clientId, undefined, auth, options);
}

/** Some providers put nothing but the subject into the ID token: then they are asked. */
async function identityOf(
  client: Configuration,
  claims: IDToken,
  accessToken: string,
  asks: WebProvider["asks"],
): Promise<Identity> {
  const wanted = { nothing: null, email: "email", name: "preferred_username" }[asks];
  const isAsked =
    wanted !== null && claims[wanted] === undefined && client.serverMetadata().userinfo_endpoint !== undefined;
  const told = isAsked ? await fetchUserInfo(client, accessToken, claims.sub) : claims;
  const { email, email_verified: isVerified, preferred_username: name } = told;
  return {
    issuer: claims.iss,
    subject: claims.sub,
    email: asks === "email" && isVerified === true && typeof email === "string" ? email : null,
    name: asks === "name" && typeof name === "string" ? name : null,
  };
}

function safeIssuer(text: string): URL {
  const url = URL.parse(text);
  if (url === null || url.username !== "" || url.password !== "" || url.search + url.hash !== "")
    throw new MailError("CONFIG_INVALID", "--oidc-issuer is no address like https://login.example.com.");
  const isNear = url.protocol === "http:" && isLoopback(url.hostname.replace(/^\[|\]$/g, ""));
  if (url.protocol !== "https:" && !isNear)
    throw new MailError(
      "CONFIG_INVALID",
      "--oidc-issuer must be https: over http others could sign in as anybody. Only this machine's own address may be http.",
    );
  return url;
}
