// What the contract of writing is made with: an account that may be written to, messages on their way, answers collected and counted. It
// must never know which server it is; what servers differ in is a trait.
import type {
  Appended,
  ErrorCode,
  FlagChange,
  ListedMailbox,
  MailboxPath,
  MessageId,
  Outgoing,
  RemoteWriter,
  Stored,
  UidSet,
} from "@packetboat/core";
import { rangesOf } from "../simulator/uids.ts";
import type { UserHands, Witnessed } from "./hands.ts";
import { DATE, listed, mail, type RemoteTraits } from "./remote-fixture.ts";

/** What servers differ in when they are written to. */
export interface WriterTraits extends RemoteTraits {
  /** Shapes of messages whose bytes APPEND changes (C5). Default: none. */
  readonly rewrites?: readonly string[];
  /** A message that APPEND refuses, alone, each time. Default: none is known, and the tests of it are left out. */
  readonly unwelcome?: { readonly bytes: string | Buffer; readonly code: ErrorCode };
}

/** One empty account: INBOX, and whatever the server makes by itself. */
export interface WriterUnderTest extends AsyncDisposable {
  /** A new session of the code under test; the contract closes it. */
  writer(): Promise<RemoteWriter>;
  readonly user: UserHands;
}

/** A test over one session; skipped where the server cannot run. */
export type OnWriter = (
  run: (writer: RemoteWriter, user: UserHands, under: WriterUnderTest) => Promise<void>,
) => (context: { readonly skip: (note: string) => void }) => Promise<void>;

/** A message on its way. Ids are given by the caller, so that answers can be told apart. */
export function outgoing(id: number, bytes: Buffer | string, as: Partial<Outgoing> = {}): Outgoing {
  const { flags = [], internalDate = DATE } = as;
  return { messageId: id as MessageId, bytes: Buffer.from(bytes), flags, internalDate };
}

/** Small messages with ids from 1. */
export function letters(count: number): readonly Outgoing[] {
  return Array.from({ length: count }, (_, i) => outgoing(i + 1, mail(`letter ${i + 1}`)));
}

const validity = (mailbox: ListedMailbox): bigint | null => mailbox.status?.uidValidity ?? null;

/** Every answer; throws when they do not come in the order of the batch, one for each. */
export async function appended(
  writer: RemoteWriter,
  mailbox: ListedMailbox,
  batch: readonly Outgoing[],
): Promise<readonly Appended[]> {
  const out: Appended[] = [];
  for await (const answer of writer.append(mailbox, validity(mailbox), batch)) {
    if (answer.messageId !== batch[out.length]?.messageId) throw new Error(`answer ${out.length + 1} is out of order`);
    out.push(answer);
  }
  if (out.length !== batch.length) throw new Error(`${out.length} answers for ${batch.length} messages`);
  return out;
}

/** Every answer of a store; throws when a page is too large or a UID is answered twice. */
export async function stored(
  writer: RemoteWriter,
  mailbox: ListedMailbox,
  changes: readonly FlagChange[],
): Promise<readonly Stored[]> {
  const out: Stored[] = [];
  for await (const page of writer.store(mailbox, validity(mailbox), changes)) {
    if (page.length > 1_000) throw new Error(`a page of ${page.length}`);
    out.push(...page);
  }
  return out;
}

/** Flags by UID, as answers of a store showed them; throws at a refusal. */
export function shownFlags(answers: readonly Stored[]): ReadonlyMap<number, readonly string[]> {
  const out = new Map<number, readonly string[]>();
  for (const answer of answers) {
    if (answer.kind !== "shown") throw new Error(`refused: ${answer.error.message}`);
    if (out.has(answer.uid)) throw new Error(`UID ${answer.uid} was answered twice`);
    out.set(answer.uid, answer.flags);
  }
  return out;
}

/** What a message is without its UID, as text that compares. */
export function likeness(message: Omit<Witnessed, "uid">): string {
  const { bytes, flags, internalDate } = message;
  return `${bytes.toString("latin1")}|${flags.join(" ")}|${internalDate}`;
}

/** Fills a mailbox by the user's hands, each message with date and flags of its own. Gives what the witness then sees. */
export async function filled(user: UserHands, path: MailboxPath, count: number): Promise<readonly Witnessed[]> {
  const flags = [["\\Seen"], ["$Label1", "\\Flagged"], [], ["\\Answered", "\\Draft"]];
  for (let i = 0; i < count; i++)
    await user.append(path, mail(`m${i}`), { flags: flags[i % 4] ?? [], internalDate: DATE + 1_000 * i });
  return await user.read(path);
}

export function setOf(messages: readonly { readonly uid: number }[]): UidSet {
  return rangesOf(messages.map(({ uid }) => uid));
}

/** A mailbox and its UIDVALIDITY as a place to move to. */
export async function targetOf(writer: RemoteWriter, path: MailboxPath) {
  const mailbox = await listed(writer, path);
  return { mailbox, uidValidity: validity(mailbox) };
}

/** Calls that need an open mailbox, each as a promise to be rejected; `to` for those that transfer. */
export function openedCalls(
  writer: RemoteWriter,
  mailbox: ListedMailbox,
  uids: UidSet,
  to: Awaited<ReturnType<typeof targetOf>>,
): Readonly<Record<string, () => Promise<unknown>>> {
  const uidValidity = validity(mailbox);
  return {
    append: () => appended(writer, mailbox, [outgoing(1, mail("never"))]),
    store: () => stored(writer, mailbox, [{ uids, add: ["\\Flagged"], remove: [] }]),
    copy: () => writer.copy(mailbox, uidValidity, uids, to),
    expunge: () => writer.expunge(mailbox, uidValidity, uids),
    ...(writer.capabilities.move ? { move: () => writer.move(mailbox, uidValidity, uids, to) } : {}),
  };
}
