// The one mapping from what imapflow, the socket, TLS or the server said to the errors of the house: by response code and structured
// fields. It must never put a server's text, an address or a secret into a message: host and port are all that is shown.
import { type ErrorContext, type Hint, type HintKind, isMailError, MailError } from "@packetboat/core";
import { pauseKind, saysInternalError, saysThrottled, statedPause } from "./provider-texts.ts";

/** A command that the server answered with NO or BAD. Callers decide what it means for what they asked. */
export class Refused extends Error {
  readonly status: "NO" | "BAD";
  /** Response code in upper case; null where the server gave none. */
  readonly code: string | null;
  /** The server's words: for provider-texts, never shown. */
  readonly text: string;

  constructor(status: "NO" | "BAD", code: string | null, text: string) {
    super(`the server answered ${status}`);
    this.name = "Refused";
    this.status = status;
    this.code = code;
    this.text = text;
  }
}

/** Where the error happened, as far as a person may see it. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly security: "tls" | "starttls" | "none";
}

/** What the connection knows about its own end. */
export interface Ending {
  /** The error that ended it, if one did. */
  readonly error: unknown;
  /** Response code and words of the server's BYE. */
  readonly bye: { readonly code: string | null; readonly text: string } | null;
  readonly aborted: boolean;
}

interface Structured {
  readonly code?: unknown;
  readonly tlsFailed?: unknown;
  readonly literalSize?: unknown;
  readonly throttleReset?: unknown;
}

const field = (error: unknown): Structured => (typeof error === "object" && error !== null ? error : {});

/** The `code` of an error of Node or imapflow; empty when it has none. */
export function codeOf(error: unknown): string {
  const { code } = field(error);
  return typeof code === "string" ? code : "";
}

const at = ({ host, port }: Endpoint): string => `${host}:${port}`;

const UNKNOWN_HOST = new Set(["ENOTFOUND", "EAI_AGAIN", "EAI_FAIL", "EAI_NODATA", "EAI_NONAME"]);
const TIMEOUTS = new Set([
  "CONNECT_TIMEOUT",
  "GREETING_TIMEOUT",
  "UPGRADE_TIMEOUT",
  "ETIMEOUT",
  "ETIMEDOUT",
  "SIGN_IN_TIMEOUT",
]);
const FLOODS = new Set(["LineTooLarge", "ResponseTooLarge", "TooManyTokens", "TooManyResponses", "StrayLines"]);
/** Node's names for certificates that it does not accept. */
const BAD_CERTIFICATE =
  /^(CERT_|UNABLE_TO_|DEPTH_ZERO_SELF_SIGNED_CERT$|SELF_SIGNED_CERT|ERR_TLS_CERT|HOSTNAME_MISMATCH|INVALID_CA|PATH_LENGTH|INVALID_PURPOSE)/;
const NO_TLS = /^(ERR_SSL_|EPROTO$|ERR_TLS_)/;
/** RFC 5530: the account or the server is busy or limited; the credentials were not judged. */
const LATER = new Set(["UNAVAILABLE", "LIMIT", "INUSE", "SERVERBUG", "OVERQUOTA"]);

function tlsRefused(endpoint: Endpoint, code: string, context: ErrorContext): MailError {
  if (BAD_CERTIFICATE.test(code)) {
    const expired =
      code === "CERT_HAS_EXPIRED" ? " (it has expired)" : code.includes("ALTNAME") ? " (it names another host)" : "";
    return new MailError(
      "TLS_REFUSED",
      `The certificate of ${at(endpoint)} cannot be trusted${expired}: check the host, or give the certificate of its authority with --ca-file.`,
      { context },
    );
  }
  const hint =
    endpoint.security === "tls"
      ? "use imap:// if this port speaks STARTTLS"
      : "use imaps:// and port 993, or ?tls=none on a network that you trust";
  return new MailError("TLS_REFUSED", `${at(endpoint)} offers no TLS that can be used: ${hint}.`, { context });
}

/** RFC 5530 and what it leaves open. */
const KINDS: ReadonlyMap<string | null, HintKind> = new Map([
  ["LIMIT", "limit"],
  ["OVERQUOTA", "limit"],
  ["UNAVAILABLE", "unavailable"],
  ["SERVERBUG", "unavailable"],
  ["INUSE", "inuse"],
]);

/** The pause that a server asks for, by its words where they are plain, else by its response code. */
function hintOf(code: string | null, text: string): Hint {
  const waitMs = statedPause(text);
  return { kind: waitMs === null ? (pauseKind(text) ?? KINDS.get(code) ?? "other") : "backoff", waitMs };
}

function throttled(endpoint: Endpoint, context: ErrorContext, { kind, waitMs }: Hint): MailError {
  const when = waitMs === null ? "wait some minutes" : `wait ${Math.ceil(waitMs / 1000)} s`;
  return new MailError("THROTTLED", `${at(endpoint)} asks for a pause: ${when}, then run again; nothing is lost.`, {
    context: { ...context, hint: kind, waitMs },
  });
}

/** Of a BYE. Dovecot ends a session that way over one message that it cannot read: a pause would not help, and the others are to be had (C6). */
function asksForPause({ code, text }: NonNullable<Ending["bye"]>, connected: boolean): boolean {
  if (connected && (code === "SERVERBUG" || saysInternalError(text))) return false;
  return LATER.has(code ?? "") || saysThrottled(text);
}

/** Why a connection could not be made or did not live. `connected`: the session had been signed in. */
export function connectionError(error: unknown, endpoint: Endpoint, ending: Ending, connected: boolean): MailError {
  if (isMailError(error)) return error;
  if (ending.aborted) return interrupted();
  const cause = codeOf(ending.error) === "" ? error : ending.error;
  const code = codeOf(cause);
  const context: ErrorContext = { code: code === "" ? null : code, bye: ending.bye?.code ?? null };
  if (code === "ETHROTTLE")
    return throttled(endpoint, context, { kind: "backoff", waitMs: Number(field(cause).throttleReset) || null });
  if (ending.bye && asksForPause(ending.bye, connected))
    return throttled(endpoint, context, hintOf(ending.bye.code, ending.bye.text));
  // Before sign-in no literal makes sense; after it a large one is a large message, which its fetch looks into.
  if (code === "NOT_IMAP" || FLOODS.has(code) || (code === "LiteralTooLarge" && !connected)) {
    return new MailError("NOT_IMAP", `What answers at ${at(endpoint)} is not an IMAP server: check host and port.`, {
      context,
    });
  }
  if (TIMEOUTS.has(code)) {
    return new MailError(
      "TIMED_OUT",
      `${at(endpoint)} did not answer in time: check host, port and TLS, then run again.`,
      { context },
    );
  }
  if (!connected) {
    if (UNKNOWN_HOST.has(code)) {
      return new MailError(
        "UNREACHABLE",
        `The host ${endpoint.host} is not known: check its spelling and your network.`,
        { context },
      );
    }
    if (BAD_CERTIFICATE.test(code) || NO_TLS.test(code) || field(cause).tlsFailed === true)
      return tlsRefused(endpoint, code, context);
    return new MailError("UNREACHABLE", `No connection to ${at(endpoint)}: check host and port, or try again later.`, {
      context,
    });
  }
  return new MailError(
    "CONNECTION_LOST",
    `The connection to ${at(endpoint)} was lost: run again, it continues where it ended.`,
    {
      context,
    },
  );
}

/** Ctrl-C. */
export function interrupted(): MailError {
  return new MailError("INTERRUPTED", "Interrupted: what was done is safe, run again to continue.");
}

/** Why a sign-in was refused: rejected, put off, or impossible (trap 27). */
export function signInError(error: Refused, endpoint: Endpoint, kind: "password" | "token"): MailError {
  const context: ErrorContext = { status: error.status, code: error.code };
  if (LATER.has(error.code ?? "") || (error.code !== "AUTHENTICATIONFAILED" && saysThrottled(error.text)))
    return throttled(endpoint, context, hintOf(error.code, error.text));
  if (error.code === "PRIVACYREQUIRED") return wantsTls(endpoint, context);
  const what =
    kind === "token"
      ? "the access token is not accepted or has expired: get a new one"
      : "check user name and password (some providers want an app password)";
  return new MailError("AUTH_REJECTED", `${at(endpoint)} refused the sign-in: ${what}.`, {
    context: { ...context, refused: kind },
  });
}

/** The server looked at a token and did not take it: another one may help. */
export function isTokenRefused(error: unknown): boolean {
  return isMailError(error) && error.code === "AUTH_REJECTED" && error.context.refused === "token";
}

/** A token that was got just now was refused like the one before it. */
export function freshTokenRefused(endpoint: Endpoint): MailError {
  return new MailError(
    "AUTH_REJECTED",
    `${at(endpoint)} refused the sign-in, also with a fresh access token: check that the address names the user who signed in, then sign in again with packetboat account login.`,
    { context: { refused: "token" } },
  );
}

/** The server takes no password over clear text. */
function wantsTls(endpoint: Endpoint, context: ErrorContext): MailError {
  return new MailError("AUTH_REJECTED", `${at(endpoint)} takes a password over TLS only: leave out ?tls=none.`, {
    context,
  });
}

/** A sign-in that the server offers no way for. */
export function noMechanism(endpoint: Endpoint, wanted: string, loginDisabled: boolean): MailError {
  if (loginDisabled && endpoint.security === "none") return wantsTls(endpoint, { wanted });
  return new MailError("AUTH_REJECTED", `${at(endpoint)} does not offer ${wanted}: choose another way with --auth.`, {
    context: { wanted },
  });
}

/** A command refused on a signed-in connection, where the caller had no better word for it. */
export function refusedError(error: Refused, endpoint: Endpoint): MailError {
  const context: ErrorContext = { status: error.status, code: error.code };
  if (LATER.has(error.code ?? "") || saysThrottled(error.text))
    return throttled(endpoint, context, hintOf(error.code, error.text));
  return new MailError("OP_REFUSED", `${at(endpoint)} refused a command: run again later.`, {
    scope: "account",
    context,
  });
}

/** A mailbox that cannot be read: the others go on (B7). */
export function mailboxUnreadable(error: Refused): MailError {
  return new MailError(
    "MAILBOX_UNREADABLE",
    "The server refuses to open this mailbox: it is tried again in the next run.",
    {
      context: { status: error.status, code: error.code },
    },
  );
}

export function mailboxGone(): MailError {
  return new MailError(
    "MAILBOX_GONE",
    "The mailbox disappeared from the server during the run: run again to see the change.",
  );
}

export function uidValidityChanged(): MailError {
  return new MailError(
    "UIDVALIDITY_CHANGED",
    "The server renumbered this mailbox during the run: run again to match it anew.",
  );
}

export function observationIncomplete(reason: string): MailError {
  return new MailError(
    "OBSERVATION_INCOMPLETE",
    "The server's listing of this mailbox is not complete, so nothing is concluded from it: it is read again in the next run.",
    { context: { reason } },
  );
}

export function messageTooLarge(limit: number, size: number | null): MailError {
  return new MailError(
    "MESSAGE_TOO_LARGE",
    `The message is larger than ${Math.floor(limit / 1_048_576)} MB and was not downloaded: it stays on the server.`,
    { context: { bytes: size } },
  );
}

export function messageUnreadable(reason: string): MailError {
  return new MailError(
    "MESSAGE_UNREADABLE",
    "The server could not hand out this message, also not on a new connection: it is tried again in the next run.",
    {
      context: { reason },
    },
  );
}
