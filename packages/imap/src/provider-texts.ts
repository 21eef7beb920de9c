// What servers say in words only, where no response code exists: each pattern with the server that says it. The only place in this
// room where text of a server decides anything. It must never grow a pattern for what a response code can tell.
import type { HintKind } from "@packetboat/core";

interface ProviderText {
  /** Whose words these are. */
  readonly server: string;
  readonly pattern: RegExp;
}

/** Sign-in refused for now, the credentials not judged: trying again at once makes it worse (trap 27). */
const THROTTLED: readonly ProviderText[] = [
  { server: "Gmail", pattern: /too many simultaneous connections/i },
  { server: "hMailServer, Zimbra, proxies", pattern: /too many connections/i },
  { server: "Gmail", pattern: /exceeded (command or )?bandwidth limits/i },
  { server: "Gmail", pattern: /temporary system problem|account exceeded .* limits/i },
  { server: "Microsoft 365", pattern: /user is authenticated but not connected/i },
  { server: "Microsoft 365", pattern: /request is throttled|server unavailable\. 15/i },
  { server: "Yahoo", pattern: /rate limit|server error - please try again later/i },
  { server: "Dovecot", pattern: /maximum number of connections from user/i },
  { server: "Dovecot", pattern: /temporary (authentication|internal) (failure|error)|internal error occurred/i },
  { server: "Courier", pattern: /too many (consecutive )?(protocol|login) (errors|failures|attempts)/i },
  { server: "iCloud", pattern: /please try again later|service temporarily unavailable/i },
  { server: "Tencent", pattern: /login frequency|system busy/i },
];

/** True when the server's words mean "later", not "no". */
export function saysThrottled(text: string): boolean {
  return THROTTLED.some(({ pattern }) => pattern.test(text));
}

/** Said before sign-in it puts off; said instead of an answer it is about what was asked for, such as a message that cannot be read (trap 28). */
const INTERNAL_ERROR: readonly ProviderText[] = [{ server: "Dovecot", pattern: /internal error occurred/i }];

/** True when the server ended the session because it stumbled over something of its own. */
export function saysInternalError(text: string): boolean {
  return INTERNAL_ERROR.some(({ pattern }) => pattern.test(text));
}

/** What Courier hands out, as a message, for one that it cannot read: its own words in place of somebody's mail, or nothing at all. */
const COURIER_STAND_IN = Buffer.from(
  "From: System Administrator <root@localhost>\r\nSubject: message unavailable\r\n\r\nThis message is no longer available on the server.\r\n",
);

/** True when this is not the message but what Courier says in its place. */
export function isCourierStandIn(body: Buffer): boolean {
  return body.length === 0 || body.equals(COURIER_STAND_IN);
}

/** Microsoft 365: "Suggested Backoff Time: 92415 milliseconds". */
const BACKOFF = /backoff time[:=\s]+(\d{1,12})\s*(milliseconds|ms|seconds|s)?/i;

/** What the server's words say of the length of the pause, in milliseconds; null: nothing. */
export function statedPause(text: string): number | null {
  const [, number, unit = "ms"] = BACKOFF.exec(text) ?? [];
  if (number === undefined) return null;
  return Number(number) * (/^s/i.test(unit) ? 1_000 : 1);
}

const PAUSES: readonly (ProviderText & { readonly kind: HintKind })[] = [
  { server: "Gmail", kind: "bandwidth", pattern: /bandwidth limit|account exceeded .* limits/i },
  {
    server: "Gmail, hMailServer, Dovecot",
    kind: "connections",
    pattern: /too many (simultaneous )?connections|maximum number of connections/i,
  },
  { server: "Microsoft 365", kind: "backoff", pattern: /request is throttled|authenticated but not connected/i },
  { server: "Yahoo, Tencent", kind: "limit", pattern: /rate limit|frequency/i },
];

/** What kind of pause the server's words ask for. */
export function pauseKind(text: string): HintKind | null {
  return PAUSES.find(({ pattern }) => pattern.test(text))?.kind ?? null;
}

/** A mailbox that is not there, said without [NONEXISTENT]. Believed only after LIST agrees. */
const NO_SUCH_MAILBOX: readonly ProviderText[] = [
  { server: "Dovecot", pattern: /mailbox doesn't exist/i },
  { server: "Cyrus", pattern: /mailbox does not exist/i },
  { server: "Gmail", pattern: /unknown mailbox/i },
];

/** True when the server's words mean that there is no such mailbox. */
export function saysNoMailbox(text: string): boolean {
  return NO_SUCH_MAILBOX.some(({ pattern }) => pattern.test(text));
}

/** A mailbox that is there already, said without [ALREADYEXISTS]. */
const EXISTS_ALREADY: readonly ProviderText[] = [
  { server: "Dovecot, Cyrus, Courier", pattern: /already exists/i },
  { server: "Gmail", pattern: /duplicate (folder|label) name/i },
];

/** True when the server's words mean that a mailbox of that name exists. */
export function saysExists(text: string): boolean {
  return EXISTS_ALREADY.some(({ pattern }) => pattern.test(text));
}

/** The account is full, said without [OVERQUOTA] (trap 25). */
const FULL: readonly ProviderText[] = [
  { server: "Dovecot, Cyrus, Courier", pattern: /quota exceeded|over quota|mailbox is full/i },
  { server: "Exchange", pattern: /exceeded its (storage )?quota|storage limit/i },
];

/** True when the server's words mean that there is no room in the account. */
export function saysFull(text: string): boolean {
  return FULL.some(({ pattern }) => pattern.test(text));
}

/** A message that is too large, said without [TOOBIG] (trap 24). */
const TOO_LARGE: readonly ProviderText[] = [
  {
    server: "Cyrus, Gmail, Exchange",
    pattern: /message (is )?too (large|big)|message exceeds .* size|maximum message size/i,
  },
];

/** True when the server's words mean that it takes no message of this size. */
export function saysTooLarge(text: string): boolean {
  return TOO_LARGE.some(({ pattern }) => pattern.test(text));
}

/** NetEase refuses SELECT ("Unsafe Login") to a client that did not send ID; everybody else is spared the round trip. */
const WANT_ID = /(^|\.)(163|126|188)\.com$|(^|\.)(yeah\.net|netease\.com)$/i;

/** True for a host whose server wants the client to name itself. */
export function wantsId(host: string): boolean {
  return WANT_ID.test(host);
}
