// What the remote contract is written with: the server under test, looks collected into one answer, bodies collected by UID. It must
// never know which server it is; what servers differ in is a trait.
import type {
  CompleteMarks,
  Fetched,
  ListedMailbox,
  Look,
  MailboxPath,
  Marks,
  ObservedMessage,
  Remote,
  RemoteIdentity,
  Role,
  UidSet,
} from "@packetboat/core";
import { inRanges, members } from "../simulator/uids.ts";
import type { UserHands } from "./hands.ts";

/** What servers differ in, so that each test asks only what can be had. */
export interface RemoteTraits {
  /** Mailboxes that get these roles when they are created. Default: none. */
  readonly roles?: readonly { readonly path: MailboxPath; readonly role: Role }[];
  /** A parent that was never created is shown by LIST. Default: false. */
  readonly showsParents?: boolean;
  /** Messages without INTERNALDATE can be made (`append` with null). Default: false. */
  readonly missingDates?: boolean;
  /** Characters that segments cannot hold, beside the delimiter. Default: none. */
  readonly forbidden?: string;
  /** Shapes of messages that APPEND refuses. Default: none. */
  readonly refuses?: readonly string[];
  /** RENAME makes it another mailbox: UIDVALIDITY and UIDs begin anew. Default: false. */
  readonly renumbersOnRename?: boolean;
  /** Tests wait for the server rather than for the processor: they run beside each other. Default: false. */
  readonly waits?: boolean;
}

/** One empty account: INBOX, and whatever the server makes by itself. */
export interface RemoteUnderTest extends AsyncDisposable {
  /** A new session of the code under test; the contract closes it. */
  remote(): Promise<Remote>;
  readonly user: UserHands;
}

/** A test over one session; skipped where the server cannot run. */
export type OnRemote = (
  run: (remote: Remote, user: UserHands, under: RemoteUnderTest) => Promise<void>,
) => (context: { readonly skip: (note: string) => void }) => Promise<void>;

export const INBOX: MailboxPath = ["INBOX"];
export const DATE = Date.UTC(2023, 10, 5, 23, 59, 58);

/** A small message of its own for each text. */
export function mail(text: string): string {
  return `From: a@example.org\r\nSubject: ${text}\r\nMessage-ID: <${text}@example.org>\r\n\r\nBody of ${text}.\r\n`;
}

/** That many messages, every second of them seen. */
export function many(count: number): readonly { readonly bytes: string; readonly flags: readonly string[] }[] {
  return Array.from({ length: count }, (_, i) => ({ bytes: mail(`m${i}`), flags: i % 2 ? ["\\Seen"] : [] }));
}

/** Finds a mailbox in LIST; throws when it is not there. */
export async function listed(remote: Remote, path: MailboxPath): Promise<ListedMailbox> {
  const found = await maybeListed(remote, path);
  if (found === undefined) throw new Error(`LIST does not show ${path.join("/")}`);
  return found;
}

export async function maybeListed(remote: Remote, path: MailboxPath): Promise<ListedMailbox | undefined> {
  const key = JSON.stringify(path);
  return (await remote.list()).find((mailbox) => JSON.stringify(mailbox.path) === key);
}

/** All parts of one look. */
export interface Looked {
  readonly marks: Marks;
  readonly messages: readonly ObservedMessage[];
  readonly pages: readonly number[];
  readonly listed: UidSet | null;
  readonly arrived: UidSet;
  readonly vanished: UidSet;
}

/** Reads a look to its end. Throws when parts come in another order than ObservationPart says, or after the end. */
export async function look(
  remote: Remote,
  mailbox: ListedMailbox,
  how: Look,
  afterMarks: () => Promise<void> = async () => {},
): Promise<Looked> {
  let marks: Marks | null = null;
  let end: Omit<Looked, "marks" | "messages" | "pages"> | null = null;
  const messages: ObservedMessage[] = [];
  const pages: number[] = [];
  for await (const part of remote.observe(mailbox, how)) {
    if (end !== null) throw new Error(`a part after the end: ${part.kind}`);
    if ((part.kind === "marks") !== (marks === null)) throw new Error(`${part.kind} out of order`);
    if (part.kind === "marks") {
      marks = part.marks;
      await afterMarks();
    } else if (part.kind === "messages") {
      messages.push(...part.messages);
      pages.push(part.messages.length);
    } else end = { listed: part.listed, arrived: part.arrived, vanished: part.vanished };
  }
  if (marks === null || end === null) throw new Error("a look without marks or without end");
  return { marks, messages, pages, ...end };
}

/** Marks that a delta can start from; `messages` is what the base holds. Throws where the server gives none. */
export function complete(marks: Marks): CompleteMarks {
  const { uidValidity, uidNext, highestModseq, messages } = marks;
  if (uidValidity === null || uidNext === null || messages === null) throw new Error("incomplete marks");
  return { uidValidity, uidNext, highestModseq: highestModseq ?? 1n, messages };
}

/** Who is there after a delta, concluded as a planner does from what was known before. */
export function present(known: readonly number[], delta: Looked): readonly number[] {
  if (delta.listed !== null) return [...members(delta.listed)];
  const stay = known.filter((uid) => !inRanges(delta.vanished, uid));
  return [...new Set<number>([...stay, ...members(delta.arrived)])].sort((a, b) => a - b);
}

export async function bodies(remote: Remote, mailbox: ListedMailbox, uids: UidSet): Promise<Map<number, Fetched>> {
  const { status } = mailbox;
  const out = new Map<number, Fetched>();
  for await (const fetched of remote.fetch(mailbox, status?.uidValidity ?? null, uids)) {
    if (out.has(fetched.uid)) throw new Error(`UID ${fetched.uid} came twice`);
    out.set(fetched.uid, fetched);
  }
  return out;
}

export async function identities(
  remote: Remote,
  mailbox: ListedMailbox,
  uids: UidSet,
  fingerprint = true,
): Promise<RemoteIdentity[]> {
  const out: RemoteIdentity[] = [];
  for await (const page of remote.identify(mailbox, mailbox.status?.uidValidity ?? null, uids, { fingerprint })) {
    if (page.length > 1_000) throw new Error(`a page of ${page.length}`);
    out.push(...page);
  }
  return out;
}
