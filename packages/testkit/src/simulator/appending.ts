// APPEND in the simulator: what the server takes, refuses, merges, rewrites and claims. It must never let one refusal stop the others.
import type { Appended, ListedMailbox, MailError, Outgoing, Uid } from "@packetboat/core";
import { failure } from "./failure.ts";
import { concerns } from "./faults.ts";
import { judgeFlags, type ServerModel, type SimMailbox } from "./model.ts";
import type { Opened, SimSession } from "./session.ts";

interface Limits {
  readonly quota?: number;
  readonly inFlight?: number;
}

/** Answers in the order of the batch; `message` passes before each is taken, `effect` before each answer arrives. */
export async function* appendTo(
  session: SimSession,
  limits: Limits,
  listed: ListedMailbox,
  uidValidity: bigint | null,
  batch: readonly Outgoing[],
): AsyncGenerator<Appended> {
  if (batch.length === 0) return;
  const opened = session.open("append", listed, uidValidity);
  const { inFlight = 1 } = limits;
  for (let at = 0; at < batch.length; at += inFlight) {
    const answers: Appended[] = [];
    for (const outgoing of batch.slice(at, at + inFlight)) {
      opened.step("message");
      const error = refusal(session, limits, opened.mailbox, outgoing.bytes.length);
      if (error) answers.push({ kind: "refused", messageId: outgoing.messageId, error });
      else answers.push(take(session, opened, outgoing));
    }
    for (const answer of answers) {
      // The answer is on its way: a new UIDVALIDITY at this moment does not change what it says.
      session.step("append", "effect", listed.name);
      yield answer;
    }
  }
  session.step("append", "end", listed.name);
}

/** OVERQUOTA where an addition of that many bytes is too much; null otherwise. */
export function quotaRefusal(session: SimSession, quota: number | undefined, bytes: number): MailError | null {
  const over = quota !== undefined && bytesOf(session.model) + bytes > quota;
  if (!over && !session.script.take("overQuota", () => true, 1)) return null;
  return failure("QUOTA_EXCEEDED", "The mailbox is full. Make room on the server, or have its limit raised.", {
    bytes,
  });
}

function bytesOf(model: ServerModel): number {
  let sum = 0;
  for (const { messages } of model.mailboxes.values()) for (const { bytes } of messages.values()) sum += bytes.length;
  return sum;
}

function refusal(session: SimSession, limits: Limits, mailbox: SimMailbox, bytes: number): MailError | null {
  const { appendLimit } = session.capabilities;
  if (appendLimit !== null && bytes > appendLimit)
    return failure("MESSAGE_TOO_LARGE", "The message is larger than the server takes.", { bytes, appendLimit });
  const bySize = session.script.take(
    "appendRefused",
    (fault) => concerns(fault, mailbox.name) && fault.over !== undefined && bytes > fault.over,
    Number.POSITIVE_INFINITY,
  );
  const byTimes = (): boolean =>
    session.script.take("appendRefused", (fault) => concerns(fault, mailbox.name) && fault.over === undefined, 1) !==
    null;
  if (bySize || byTimes())
    return failure("OP_REFUSED", "The server refused the message; it is tried again.", { bytes });
  return quotaRefusal(session, limits.quota, bytes);
}

/** Keywords are gone where the server keeps none, and says nothing. */
export function kept(session: SimSession, mailbox: SimMailbox, flags: readonly string[]): readonly string[] {
  return session.script.holds("droppedKeywords", mailbox.name) ? systemFlags(flags) : flags;
}

const systemFlags = (flags: readonly string[]): readonly string[] => flags.filter((flag) => flag.startsWith("\\"));

function take(session: SimSession, opened: Opened, outgoing: Outgoing): Appended {
  const { mailbox } = opened;
  const { messageId, internalDate } = outgoing;
  const bytes = rewritten(session, outgoing.bytes);
  const flags = judgeFlags(outgoing.flags);
  session.count.appended++;
  const merged = mergedInto(session, mailbox, bytes);
  const uid =
    merged?.uid ??
    session.model.append(mailbox.name, bytes, {
      flags: kept(session, mailbox, flags),
      // Seconds are all that IMAP can say; without a date the server takes its own clock (C2).
      ...(internalDate === null ? {} : { internalDate: Math.floor(internalDate / 1_000) * 1_000 }),
    });
  const told = merged?.told === false ? null : toldUid(session, opened, uid);
  // Keywords can be read only where it is known which message it is.
  const keywords =
    told === null ? [] : (mailbox.messages.get(told)?.flags ?? []).filter((one) => !one.startsWith("\\"));
  return { kind: "appended", messageId, uid: told, flags: judgeFlags([...systemFlags(flags), ...keywords]) };
}

function rewritten({ script }: SimSession, bytes: Buffer): Buffer {
  const fault = script.take("rewrites", () => true, Number.POSITIVE_INFINITY);
  if (fault === null) return bytes;
  return fault.what === "header" ? withPlainHeader(bytes) : withCrlf(bytes);
}

/** As Cyrus does: X for each raw 8-bit character of the header. */
function withPlainHeader(bytes: Buffer): Buffer {
  const text = bytes.toString("latin1");
  const end = text.indexOf("\r\n\r\n");
  const header = text.slice(0, end === -1 ? undefined : end).replace(/[\x80-\xff]/g, "X");
  return Buffer.from(end === -1 ? header : header + text.slice(end), "latin1");
}

/** As Dovecot does: a line feed that stands alone gets its carriage return. */
function withCrlf(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString("latin1").replace(/(?<!\r)\n/g, "\r\n"), "latin1");
}

/** C7: the message that this one is merged with, where the server does that and has it. */
function mergedInto(session: SimSession, mailbox: SimMailbox, bytes: Buffer) {
  const fault = session.script.take("mergedAppend", (one) => concerns(one, mailbox.name), Number.POSITIVE_INFINITY);
  if (fault === null) return null;
  const twin = [...mailbox.messages.values()].find((message) => message.bytes.equals(bytes));
  return twin === undefined ? null : { uid: twin.uid, told: fault.uid === "existing" };
}

/** What a good adapter makes of APPENDUID: nothing without UIDPLUS or under another UIDVALIDITY; a UID that is too low it cannot know. */
function toldUid(session: SimSession, opened: Opened, uid: number): Uid | null {
  if (!session.can.uidplus || opened.uidValidity === null) return null;
  const { mailbox, uidNext } = opened;
  const wrong = session.script.take(
    "wrongAppendUid",
    // In a mailbox that was new there is no lower UID to lie with.
    (fault) => concerns(fault, mailbox.name) && (fault.how === "validity" || uidNext > 1),
    1,
  );
  if (wrong?.how === "validity") return null;
  if (wrong?.how === "neighbour") return (uid - 1) as Uid;
  return (wrong ? uidNext - 1 : uid) as Uid;
}
