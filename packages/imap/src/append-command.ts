// How messages are put into APPEND commands: which ones together, and the bytes of each command. Pure: append.ts sends them.
// It must never change a byte of a message (C1).
import type { Flags } from "@packetboat/core";
import { isQuotable } from "./names.ts";
import { internalDateText } from "./sendable.ts";
import type { Part } from "./series.ts";

/** What a server allows, for APPEND. */
export interface Speech {
  /** `plus`: no literal waits; `minus`: those up to 4,096 bytes do not (RFC 7888); `waits`: all wait. */
  readonly literals: "plus" | "minus" | "waits";
  /** Several messages in one command (RFC 3502). */
  readonly multi: boolean;
  /** Messages with NUL bytes as literal8 (RFC 3516). */
  readonly binary: boolean;
}

export function speechOf(announced: ReadonlySet<string>): Speech {
  const literals = announced.has("LITERAL+") ? "plus" : announced.has("LITERAL-") ? "minus" : "waits";
  return { literals, multi: announced.has("MULTIAPPEND"), binary: announced.has("BINARY") };
}

/** A message as it will be sent. */
export interface Sending {
  readonly bytes: Buffer;
  /** Only what the mailbox can keep. */
  readonly flags: Flags;
  readonly internalDate: number | null;
}

/** Most messages and bytes of one command: a refusal costs that they are sent again. */
const GROUP_MESSAGES = 100;
const GROUP_BYTES = 1024 * 1024;
/** RFC 7888 section 5. */
const MINUS_BYTES = 4_096;

/** Whether the server is to be asked before a literal of this size is sent. */
export function waits(speech: Speech, size: number): boolean {
  return speech.literals === "waits" || (speech.literals === "minus" && size > MINUS_BYTES);
}

/** An empty literal ends a MULTIAPPEND (RFC 3502), and NUL bytes are what servers refuse most: these go alone. */
function alone(speech: Speech, { bytes }: Sending): boolean {
  return waits(speech, bytes.length) || bytes.length === 0 || bytes.length > GROUP_BYTES || bytes.includes(0);
}

/** Gives the messages in their order, cut into those that one command appends. */
export function groupsOf<T extends Sending>(messages: readonly T[], speech: Speech): readonly (readonly T[])[] {
  if (!speech.multi) return messages.map((message) => [message]);
  const groups: T[][] = [];
  let open: T[] | null = null;
  let bytes = 0;
  for (const message of messages) {
    const single = alone(speech, message);
    const full = open !== null && (open.length >= GROUP_MESSAGES || bytes + message.bytes.length > GROUP_BYTES);
    if (open === null || single || full) {
      open = [];
      bytes = 0;
      groups.push(open);
    }
    open.push(message);
    bytes += message.bytes.length;
    if (single) open = null;
  }
  return groups;
}

function literal(bytes: Buffer, speech: Speech, eight: boolean): Part[] {
  const waiting = waits(speech, bytes.length);
  return [`${eight ? "~" : ""}{${bytes.length}${waiting ? "" : "+"}}\r\n`, { bytes, waits: waiting }];
}

/** A mailbox name, quoted or as a literal. */
function namePart(wire: string, speech: Speech): Part[] {
  if (isQuotable(wire)) return [`"${wire.replace(/["\\]/g, (char) => `\\${char}`)}"`];
  return literal(Buffer.from(wire, "utf8"), speech, false);
}

/** The APPEND of one group. */
export function appendCommand(wire: string, group: readonly Sending[], speech: Speech): Part[] {
  const parts: Part[] = ["APPEND ", ...namePart(wire, speech)];
  for (const { bytes, flags, internalDate } of group) {
    const date = internalDateText(internalDate);
    parts.push(` ${flags.length === 0 ? "" : `(${flags.join(" ")}) `}${date === null ? "" : `"${date}" `}`);
    parts.push(...literal(bytes, speech, speech.binary && bytes.includes(0)));
  }
  return parts;
}

/** Longest UID set of an answer that is read. */
const MAX_SET = 1_000_000;

/** Reads the UIDs of APPENDUID or COPYUID in the order they stand in, when there are exactly `count`; null otherwise. */
export function orderedUids(text: string | undefined, count: number): readonly number[] | null {
  if (text === undefined || text.length > MAX_SET) return null;
  const uids: number[] = [];
  for (const piece of text.split(",")) {
    const match = /^(\d{1,10})(?::(\d{1,10}))?$/.exec(piece);
    const [from, to] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
    // RFC 4315: 4:2 is 2:4.
    const [low, high] = [Math.min(from, to), Math.max(from, to)];
    if (!(low >= 1 && high <= 4_294_967_295) || uids.length + (high - low + 1) > count) return null;
    for (let uid = low; uid <= high; uid++) uids.push(uid);
  }
  return uids.length === count && new Set(uids).size === count ? uids : null;
}
