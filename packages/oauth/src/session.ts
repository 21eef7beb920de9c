// The one door to openid-client: a provider as the library wants it, its answers as plain tokens, a renewal. It must never follow a provider
// to an address that was not checked, nor end a request for tokens half-way: what the provider has given out would be lost.
import { MailError } from "@packetboat/core";
import {
  allowInsecureRequests,
  ClientSecretBasic,
  ClientSecretPost,
  Configuration,
  discovery,
  None,
  refreshTokenGrant,
  type TokenEndpointResponse,
  tokenRevocation,
} from "openid-client";
import { providerError } from "./failures.ts";
import { completed, type Draft, type Provider } from "./provider.ts";

/** Tokens as they were given out. */
export interface Granted {
  readonly accessToken: string;
  /** Null: none was given; at a renewal the earlier one stays valid then. */
  readonly refreshToken: string | null;
  /** Null: not told. */
  readonly lifetimeSeconds: number | null;
}

/** A provider and the secret of the client, null for one without. */
export interface Session {
  readonly provider: Provider;
  readonly clientSecret: string | null;
}

const TIMEOUT_SECONDS = 30;

/** The library's own idea of the provider. */
export function configurationOf({ provider, clientSecret }: Session): Configuration {
  const auth =
    clientSecret === null
      ? None()
      : provider.clientAuth === "basic"
        ? ClientSecretBasic(clientSecret)
        : ClientSecretPost(clientSecret);
  const server = {
    issuer: provider.issuer,
    token_endpoint: provider.tokenEndpoint,
    ...(provider.authorizationEndpoint === null ? {} : { authorization_endpoint: provider.authorizationEndpoint }),
    ...(provider.deviceEndpoint === null ? {} : { device_authorization_endpoint: provider.deviceEndpoint }),
    ...(provider.revocationEndpoint === null ? {} : { revocation_endpoint: provider.revocationEndpoint }),
  };
  const configuration = new Configuration(server, provider.clientId, undefined, auth);
  configuration.timeout = TIMEOUT_SECONDS;
  // Every address was checked when the provider was made or read: http is only this machine's.
  allowInsecureRequests(configuration);
  return configuration;
}

/** Asks the issuer for what is not known of it. Throws UNREACHABLE, TIMED_OUT, CONFIG_INVALID. */
export async function discovered(draft: Draft): Promise<Provider> {
  const { tokenEndpoint } = draft;
  if (tokenEndpoint !== null) return { ...draft, tokenEndpoint };
  const options = { execute: [allowInsecureRequests], timeout: TIMEOUT_SECONDS };
  try {
    const found = await discovery(new URL(draft.issuer), draft.clientId, undefined, None(), options);
    return completed(draft, found.serverMetadata());
  } catch (error) {
    throw providerError(error, draft.name, "sign-in");
  }
}

/** The library's answer as tokens. */
export function grantedOf(answer: TokenEndpointResponse): Granted {
  const { access_token, refresh_token, expires_in } = answer;
  return {
    accessToken: access_token,
    refreshToken: refresh_token ?? null,
    lifetimeSeconds: typeof expires_in === "number" && expires_in > 0 ? expires_in : null,
  };
}

/** A sign-in that cannot be renewed ends within the hour: it is not worth keeping. */
export function mustRenew(granted: Granted, provider: Provider): Granted & { readonly refreshToken: string } {
  const { refreshToken } = granted;
  if (refreshToken !== null) return { ...granted, refreshToken };
  throw new MailError(
    "CONFIG_INVALID",
    `${provider.name} gave no refresh token, so the sign-in would end within the hour: ask for it, mostly with --scope offline_access beside the others. Nothing was kept.`,
  );
}

/**
 * Gets a new access token. It takes no signal on purpose. Throws SIGN_IN_EXPIRED when only a person can go on; UNREACHABLE, TIMED_OUT and
 * THROTTLED when a later try may do.
 */
export async function renew(session: Session, refreshToken: string): Promise<Granted> {
  try {
    return grantedOf(await refreshTokenGrant(configurationOf(session), refreshToken));
  } catch (error) {
    throw providerError(error, session.provider.name, "renewal");
  }
}

/** A person waits for it. */
const REVOCATION_SECONDS = 10;

/**
 * Gives a refresh token back: with it ends what it was given for. False: this provider takes none back. Throws UNREACHABLE, TIMED_OUT,
 * THROTTLED, SIGN_IN_EXPIRED.
 */
export async function revoke(session: Session, refreshToken: string): Promise<boolean> {
  if (session.provider.revocationEndpoint === null) return false;
  const configuration = configurationOf(session);
  configuration.timeout = REVOCATION_SECONDS;
  try {
    await tokenRevocation(configuration, refreshToken, { token_type_hint: "refresh_token" });
    return true;
  } catch (error) {
    throw providerError(error, session.provider.name, "renewal");
  }
}
