// Reads the address of an account as a person types it: imaps://you@host[:993] or imap://you@host[:143]. Written by hand, because
// WHATWG URLs neither lower-case nor check the host of a scheme they do not know, and because users are often "you@example.com".
// It must never repeat the text it was given in an error: there may be a password in it.
import { isIP, isIPv4, isIPv6 } from "node:net";
import { domainToASCII } from "node:url";
import { MailError } from "@packetboat/core";

/** `tls`: from the first byte. `starttls`: required before anything is said. `none`: clear text, on purpose. */
export type Security = "tls" | "starttls" | "none";

/** What an account is recognised by (user, host, port), and how its connection is protected. */
export interface AccountAddress {
  readonly user: string;
  /** Lower case, ASCII; an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
  readonly security: Security;
}

export interface AccountUrl extends AccountAddress {
  /** Used for this command, never stored, never printed. Null where the URL gives none. */
  readonly password: string | null;
}

export interface AccountUrlOptions {
  /** Lets `?tls=none` through for hosts that are not loopback. Default: false. */
  readonly allowCleartext?: boolean;
}

const DEFAULT_PORT: Readonly<Record<Security, number>> = { tls: 993, starttls: 143, none: 143 };
/** Longer than any mail system allows; bounds what a name in a list or a table can be. */
const MAX_USER_LENGTH = 512;
const MAX_HOST_LENGTH = 253;
const EXAMPLE = "Write it as imaps://you@mail.example.com";

function invalid(sentence: string): MailError {
  return new MailError("CONFIG_INVALID", sentence);
}

/** Gives what the text says. Throws CONFIG_INVALID with one sentence, which never holds any part that could be a password. */
export function parseAccountUrl(text: string, options: AccountUrlOptions = {}): AccountUrl {
  const scheme = /^\s*(imaps?):\/\//i.exec(text);
  if (!scheme) throw invalid(schemeComplaint(text));
  const implicit = (scheme[1] ?? "").toLowerCase() === "imaps";
  const { authority, query } = splitAuthority(text.slice(scheme[0].length).trimEnd());
  const at = authority.lastIndexOf("@");
  if (at < 0) throw invalid(`This address names no user. ${EXAMPLE}.`);
  const { user, password } = readUserInfo(authority.slice(0, at));
  const { host, port } = readHostPort(authority.slice(at + 1));
  const security = readSecurity(query, implicit);
  if (security === "none" && !isLoopback(host) && options.allowCleartext !== true) {
    throw invalid(
      `Clear text to ${host} would show the password and all mail to the network. Use imaps://, or add --allow-cleartext if you are sure.`,
    );
  }
  return { user, host, port: port ?? DEFAULT_PORT[security], security, password };
}

function schemeComplaint(text: string): string {
  const other = /^\s*([a-z][a-z0-9+.-]{0,20}):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (other !== undefined) return `${other}:// is not a mail server that Packetboat can read. ${EXAMPLE}.`;
  if (/^\s*$/.test(text)) return `The address of the account is empty. ${EXAMPLE}.`;
  return `This is not the address of an account: imaps:// or imap:// is missing in front. ${EXAMPLE}.`;
}

function splitAuthority(rest: string): { readonly authority: string; readonly query: string } {
  const end = rest.search(/[/?#]/);
  const authority = end < 0 ? rest : rest.slice(0, end);
  const after = end < 0 ? "" : rest.slice(end);
  // "imaps://you:pa/ss@host": the @ after the cut says that the cut fell into the password.
  if (after.includes("@")) {
    throw invalid(
      "A password that holds / ? or # must be written with %2F, %3F or %23 in the address; better give it with --password-file.",
    );
  }
  if (after.includes("#")) throw invalid("An account's address has no part after #. Remove it.");
  const mark = after.indexOf("?");
  const path = mark < 0 ? after : after.slice(0, mark);
  if (path !== "" && path !== "/") {
    throw invalid(
      "An account's address ends after the host and the port. Choose mailboxes with --include and --exclude instead.",
    );
  }
  return { authority, query: mark < 0 ? "" : after.slice(mark + 1) };
}

function decoded(text: string, what: string): string {
  try {
    const plain = decodeURIComponent(text);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    if (/[\u0000-\u001f\u007f]/.test(plain))
      throw invalid(`The ${what} in the address holds a control character. Remove it.`);
    return plain;
  } catch (error) {
    if (error instanceof MailError) throw error;
    throw invalid(`The ${what} in the address holds a % that starts no code such as %40. Write a plain % as %25.`);
  }
}

function readUserInfo(info: string): { readonly user: string; readonly password: string | null } {
  const colon = info.indexOf(":");
  const user = decoded(colon < 0 ? info : info.slice(0, colon), "user");
  const password = colon < 0 ? "" : decoded(info.slice(colon + 1), "password");
  if (user === "") throw invalid(`This address names no user. ${EXAMPLE}.`);
  if (user.length > MAX_USER_LENGTH)
    throw invalid(`The user in the address is longer than ${MAX_USER_LENGTH} characters.`);
  return { user, password: password === "" ? null : password };
}

function readHostPort(text: string): { readonly host: string; readonly port: number | null } {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d*))?$/.exec(text);
  if (!match)
    throw invalid(
      "The host in the address cannot be read. Write an IPv6 address in brackets: imaps://you@[2001:db8::1].",
    );
  const host = match[1] !== undefined ? readIPv6(match[1]) : readHost(match[2] ?? "");
  const digits = match[3] ?? "";
  if (digits === "") return { host, port: null };
  const port = Number(digits);
  if (port < 1 || port > 65_535) throw invalid("The port in the address is not between 1 and 65535.");
  return { host, port };
}

function readIPv6(text: string): string {
  const host = decoded(text, "host").toLowerCase();
  if (!isIPv6(host)) throw invalid("What stands in brackets in the address is not an IPv6 address.");
  return host;
}

function readHost(text: string): string {
  const plain = decoded(text, "host");
  if (plain === "") throw invalid(`This address names no host. ${EXAMPLE}.`);
  const host = (isIPv4(plain) ? plain : domainToASCII(plain)).replace(/\.$/, "");
  if (
    host === "" ||
    host.length > MAX_HOST_LENGTH ||
    !/^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/.test(host) ||
    host.includes("..")
  ) {
    throw invalid("The host in the address is not a host name. Check its spelling.");
  }
  return host;
}

function readSecurity(query: string, implicit: boolean): Security {
  const usual: Security = implicit ? "tls" : "starttls";
  if (query === "") return usual;
  if (query !== "tls=none") {
    throw invalid(
      "The only setting after ? in an address is tls=none. Give everything else as an option of the command.",
    );
  }
  if (implicit) throw invalid("imaps:// and tls=none contradict each other. Use imap:// for clear text.");
  return "none";
}

/** True for hosts that never leave this machine: 127.0.0.0/8, ::1 and localhost. */
export function isLoopback(host: string): boolean {
  if (isIP(host) === 0) return host === "localhost" || host.endsWith(".localhost");
  return /^127\./.test(host) || host === "::1" || /^::ffff:127\./.test(host);
}

const showHost = (host: string): string => (isIPv6(host) ? `[${host.replace("%", "%25")}]` : host);

/** The address without a password, as it may be printed; reading it again gives the same account. */
export function showAccountUrl(address: AccountAddress): string {
  const user = encodeURIComponent(address.user).replaceAll("%40", "@");
  const port = address.port === DEFAULT_PORT[address.security] ? "" : `:${address.port}`;
  const scheme = address.security === "tls" ? "imaps" : "imap";
  return `${scheme}://${user}@${showHost(address.host)}${port}${address.security === "none" ? "?tls=none" : ""}`;
}

/** The account's name where nobody gave one: the user where it is an address by itself, else user@host. */
export function accountName(address: AccountAddress): string {
  return /^[^@\s]+@[^@\s]+$/.test(address.user) ? address.user : `${address.user}@${address.host}`;
}
