// Where a link in a message leads, and what about it might deceive. Pure. It must never call a link safe: it says what there is to see, and the
// reader decides before anything is opened. What is no address of the web, of mail or of a telephone is no link at all.

export type Trick =
  /** Somebody's name stands before the host: https://bank.example@evil.example */
  | "name-before-host"
  /** The host has letters beyond a to z, which may look like others. */
  | "other-letters"
  /** The host is a number. */
  | "number"
  /** Letters that are not seen or turn the reading direction. */
  | "unseen"
  /** The text of the link names another host. */
  | "other-host"
  /** Not encrypted on the way. */
  | "in-the-clear";

export interface LinkTarget {
  /** As it will be opened, in ASCII. */
  readonly url: string;
  /** The host, or whom a message would go to. */
  readonly host: string;
  readonly tricks: readonly Trick[];
}

const MOST_CHARACTERS = 8_000;
const KNOWN = new Set(["http:", "https:", "mailto:", "tel:"]);

/** Letters that are not seen, turn the reading direction, or stand for none. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u115f\u3164]/gu;
const UNSEEN_ENCODED = /%(?:e2%80%(?:8b|8c|8d|8e|8f|aa|ab|ac|ad|ae)|e2%81%a[0-9a-f]|d8%9c|ef%bb%bf)/i;

/** Takes out what is not seen: for lines that people tell senders and files by. */
export const seenText = (text: string): string => text.replace(UNSEEN, "");

/** Gives where an address leads; null: it is no link that can be opened. `text`: what the reader sees of it. */
export function linkTarget(href: string, text: string): LinkTarget | null {
  const address = href.trim();
  if (address === "" || address.length > MOST_CHARACTERS || !/^[a-z][a-z0-9+.-]*:/i.test(address.replace(UNSEEN, "")))
    return null;
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  if (!KNOWN.has(url.protocol)) return null;
  const isWeb = url.protocol === "http:" || url.protocol === "https:";
  const host = isWeb ? url.hostname : decoded(url.pathname);
  const tricks: readonly (readonly [Trick, boolean])[] = [
    ["other-host", isWeb && namesAnotherHost(text, url.hostname)],
    ["name-before-host", isWeb && url.username + url.password !== ""],
    ["other-letters", isWeb && /(^|\.)xn--/.test(url.hostname)],
    ["number", isWeb && (/^[\d.]+$/.test(url.hostname) || url.hostname.startsWith("["))],
    ["unseen", address !== address.replace(UNSEEN, "") || UNSEEN_ENCODED.test(url.href)],
    ["in-the-clear", url.protocol === "http:"],
  ];
  return { url: url.href, host: seenText(host), tricks: tricks.flatMap(([trick, is]) => (is ? [trick] : [])) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A text that looks like an address of the web, of another host than the one it leads to. */
function namesAnotherHost(text: string, host: string): boolean {
  const plain = text.replace(UNSEEN, "").trim();
  const [, named] = /^(?:https?:\/\/)?(?:[^\s/@]*@)?([^\s/?#@]+\.[^\s/?#@.]{2,})(?:[/?#]\S*)?$/i.exec(plain) ?? [];
  if (named === undefined || !URL.canParse(`https://${named}`)) return false;
  const bare = (name: string): string => name.replace(/^www\./, "").replace(/\.$/, "");
  return bare(new URL(`https://${named}`).hostname) !== bare(host);
}

/** What is shown before a link is opened stands in the address of that page, behind the #: it never reaches a server. */
export const leavingAddress = (url: string): string => `/leave#${encodeURIComponent(url)}`;

/** The link that such an address holds; null: none that can be opened. */
export function leavingTarget(hash: string): LinkTarget | null {
  return linkTarget(decoded(hash.replace(/^#/, "")), "");
}
