// What mail programs write into the header of a message that they keep in an mbox: Status and X-Status (mutt, Dovecot), X-Mozilla-Status
// (Thunderbird), X-Gmail-Labels (Google Takeout). Read only: flags come from them, and the bytes stay as they are. Pure; any bytes will do.
// It must never take a line of the body for one of the header.
import type { MailboxPath } from "@packetboat/core";
import { bodyStart } from "./mbox-window.ts";

const MAX_HEADER = 262_144;
const MAX_VALUE = 65_536;

/** The fields asked for, lower case, unfolded; the first of each name. */
export function keptHeaders(bytes: Buffer, names: readonly string[]): ReadonlyMap<string, string> {
  const header = bytes.toString("latin1", 0, Math.min(bodyStart(bytes) ?? bytes.length, MAX_HEADER));
  const found = new Map<string, string>();
  let name = "";
  for (const line of header.split(/\r?\n/)) {
    if (/^[ \t]/.test(line)) {
      const value = found.get(name);
      if (value !== undefined && value.length < MAX_VALUE) found.set(name, `${value} ${line.trim()}`);
      continue;
    }
    const colon = line.indexOf(":");
    const field = line.slice(0, Math.max(0, colon)).trim().toLowerCase();
    // A second field of the same name must not be added to by its folded lines.
    name = names.includes(field) && !found.has(field) ? field : "";
    if (name !== "")
      found.set(
        name,
        line
          .slice(colon + 1)
          .trim()
          .slice(0, MAX_VALUE),
      );
  }
  return found;
}

const STATUS_FIELDS = ["status", "x-status", "x-keywords", "x-mozilla-status", "x-mozilla-keys"];

export interface KeptStatus {
  readonly flags: readonly string[];
  /** Thunderbird has removed it, and not yet made the file smaller. */
  readonly isRemoved: boolean;
}

const OF_STATUS: Readonly<Record<string, string>> = { R: "\\Seen" };
const OF_X_STATUS: Readonly<Record<string, string>> = {
  A: "\\Answered",
  F: "\\Flagged",
  D: "\\Deleted",
  T: "\\Draft",
};
/** Bits of X-Mozilla-Status (nsMsgMessageFlags). */
const MOZILLA: readonly (readonly [number, string])[] = [
  [0x0001, "\\Seen"],
  [0x0002, "\\Answered"],
  [0x0004, "\\Flagged"],
  [0x1000, "$Forwarded"],
];
const MOZILLA_EXPUNGED = 0x0008;

/** The flags of a message in an mbox. */
export function keptStatus(bytes: Buffer): KeptStatus {
  const fields = keptHeaders(bytes, STATUS_FIELDS);
  const letters = (field: string, of: Readonly<Record<string, string>>): readonly string[] =>
    [...(fields.get(field) ?? "").slice(0, 32)].flatMap((letter) => of[letter] ?? []);
  const words = (field: string): readonly string[] => (fields.get(field) ?? "").split(/[ ,]+/).filter(isKeyword);
  const mozilla = /^[0-9a-f]{4}$/i.test(fields.get("x-mozilla-status") ?? "")
    ? Number.parseInt(fields.get("x-mozilla-status") ?? "", 16)
    : 0;
  return {
    flags: [
      ...letters("status", OF_STATUS),
      ...letters("x-status", OF_X_STATUS),
      ...MOZILLA.filter(([bit]) => (mozilla & bit) !== 0).map(([, flag]) => flag),
      ...words("x-keywords"),
      ...words("x-mozilla-keys"),
    ],
    isRemoved: (mozilla & MOZILLA_EXPUNGED) !== 0,
  };
}

/** Only what a server can be sent. */
const isKeyword = (word: string): boolean => /^[!#$&'+,\-./0-9:;<=>?@A-Z^_`a-z|~[\]}]{1,100}$/.test(word);

/**
 * The message without the lines that Thunderbird puts before it, which are its own notes as the From_ line is: X-Mozilla-Status,
 * X-Mozilla-Status2, X-Mozilla-Keys, in this order, at the very beginning only.
 */
export function withoutMozillaNotes(bytes: Buffer): Buffer {
  const head = bytes.toString("latin1", 0, 2_048);
  const notes =
    /^(?:X-Mozilla-Status: [0-9a-fA-F]{4}\r?\n)(?:X-Mozilla-Status2: [0-9a-fA-F]{8}\r?\n)?(?:X-Mozilla-Keys:[^\r\n]*\r?\n)?/.exec(
      head,
    );
  return notes === null ? bytes : bytes.subarray(notes[0].length);
}

/** Where a Gmail message lies, and what is set on it. */
export interface GmailPlace {
  readonly mailboxes: readonly MailboxPath[];
  readonly flags: readonly string[];
}

/** Labels of Gmail's own that are no mailboxes; the others become mailboxes of their name. */
const NO_MAILBOX = new Set(["unread", "opened", "starred", "important", "archived"]);
const OWN_NAMES: Readonly<Record<string, string>> = { inbox: "INBOX", draft: "Drafts", chat: "Chats" };
/** Where a message goes that has no label but "archived": All Mail shows it, and nothing else. */
const ARCHIVED: MailboxPath = ["Archive"];

/** Reads X-Gmail-Labels; null where the message has none. Names of the English Gmail are known; in other languages they are labels. */
export function gmailPlace(bytes: Buffer): GmailPlace | null {
  const field = keptHeaders(bytes, ["x-gmail-labels"]).get("x-gmail-labels");
  if (field === undefined) return null;
  const labels = labelsOf(decodedWords(field));
  const own = new Set(labels.map((label) => label.toLowerCase()));
  const mailboxes = labels
    .filter((label) => !NO_MAILBOX.has(label.toLowerCase()) && !label.toLowerCase().startsWith("category "))
    .map((label): MailboxPath => {
      const name = OWN_NAMES[label.toLowerCase()];
      return name === undefined ? label.split("/").map((segment) => segment || "_") : [name];
    });
  const flags = [
    ...(own.has("unread") ? [] : ["\\Seen"]),
    ...(own.has("starred") ? ["\\Flagged"] : []),
    ...(own.has("draft") || own.has("drafts") ? ["\\Draft"] : []),
    ...(own.has("important") ? ["$Important"] : []),
  ];
  return { mailboxes: mailboxes.length === 0 ? [ARCHIVED] : mailboxes, flags };
}

/** Commas separate, quotes hold together; `\'` and `\"` are quotes that are meant. */
function labelsOf(text: string): readonly string[] {
  const labels: string[] = [];
  let label = "";
  let inQuotes = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? "";
    if (character === "\\" && at + 1 < text.length) label += text[++at];
    else if (character === '"') inQuotes = !inQuotes;
    else if (character === "," && !inQuotes) {
      labels.push(label);
      label = "";
    } else label += character;
  }
  return [...new Set([...labels, label].map((each) => each.trim()).filter((each) => each !== ""))].slice(0, 1_000);
}

/** RFC 2047, as Gmail writes it: UTF-8, words that follow each other are one text, cut anywhere. */
function decodedWords(text: string): string {
  return text.replace(/=\?utf-8\?[bq]\?[^?]*\?=(?:[ \t]*=\?utf-8\?[bq]\?[^?]*\?=)*/gi, (words) => {
    const parts = [...words.matchAll(/=\?utf-8\?([bq])\?([^?]*)\?=/gi)].map(([, way = "", coded = ""]) =>
      way.toLowerCase() === "b" ? Buffer.from(coded, "base64") : quotedPrintable(coded),
    );
    return Buffer.concat(parts).toString("utf8");
  });
}

function quotedPrintable(coded: string): Buffer {
  const text = coded
    .replaceAll("_", " ")
    .replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(text, "latin1");
}
