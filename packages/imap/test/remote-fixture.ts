// What the suites of this room share: a Remote to a test server, and an observation read to its end. It must never hide an error.
import type {
  CompleteMarks,
  Fetched,
  ListedMailbox,
  Look,
  Marks,
  ObservationPart,
  ObservedMessage,
  Remote,
  RemoteIdentity,
  RemoteWriter,
  UidSet,
} from "@packetboat/core";
import { PASSWORD } from "@packetboat/testkit";
import { type ConnectOptions, connectRemote, connectWriter } from "../src/index.ts";

export const as = (port: number, user: string, more: Partial<ConnectOptions>): ConnectOptions => ({
  host: "127.0.0.1",
  port,
  security: "none",
  user,
  auth: { kind: "password", password: PASSWORD },
  ...more,
});

/** Signs in to a server of the testkit, in clear text on loopback. */
export function remoteTo(
  target: { readonly port: number },
  user: string,
  more: Partial<ConnectOptions> = {},
): Promise<Remote> {
  return connectRemote(as(target.port, user, more));
}

/** The same, to write. */
export function writerTo(
  target: { readonly port: number },
  user: string,
  more: Partial<ConnectOptions> = {},
): Promise<RemoteWriter> {
  return connectWriter(as(target.port, user, more));
}

export interface Seen {
  readonly marks: Marks;
  readonly messages: readonly ObservedMessage[];
  readonly end: Extract<ObservationPart, { kind: "end" }>;
}

/** Reads an observation to its end and checks its shape: marks, pages ascending, one end. */
export async function seen(remote: Remote, mailbox: ListedMailbox, look: Look): Promise<Seen> {
  const parts: ObservationPart[] = [];
  for await (const part of remote.observe(mailbox, look)) parts.push(part);
  const [first, last] = [parts[0], parts.at(-1)];
  if (first?.kind !== "marks" || last?.kind !== "end")
    throw new Error("an observation begins with marks and ends with end");
  const pages = parts.slice(1, -1).map((part) => {
    if (part.kind !== "messages" || part.messages.length > 1_000) throw new Error("not a page");
    return part.messages;
  });
  const messages = pages.flat();
  messages.forEach((message, i) => {
    if (i > 0 && message.uid <= (messages[i - 1]?.uid ?? 0)) throw new Error("pages are not ascending");
  });
  return { marks: first.marks, messages, end: last };
}

/** Marks that a delta can start from. */
export function complete(marks: Marks): CompleteMarks {
  const { uidValidity, uidNext, highestModseq, messages } = marks;
  if (uidValidity === null || uidNext === null || highestModseq === null || messages === null)
    throw new Error("marks are not complete");
  return { uidValidity, uidNext, highestModseq, messages };
}

export async function mailboxNamed(remote: Remote, name: string): Promise<ListedMailbox> {
  const found = (await remote.list()).find((mailbox) => mailbox.name === name);
  if (!found) throw new Error(`no mailbox ${name}`);
  return found;
}

export async function fetched(remote: Remote, mailbox: ListedMailbox, uids: UidSet): Promise<Fetched[]> {
  const all: Fetched[] = [];
  for await (const one of remote.fetch(mailbox, mailbox.status?.uidValidity ?? null, uids)) all.push(one);
  return all.sort((a, b) => a.uid - b.uid);
}

export async function identified(remote: Remote, mailbox: ListedMailbox, uids: UidSet): Promise<RemoteIdentity[]> {
  const all: RemoteIdentity[] = [];
  const pages = remote.identify(mailbox, mailbox.status?.uidValidity ?? null, uids, { fingerprint: true });
  for await (const page of pages) all.push(...page);
  return all;
}

/** A small message that no server changes. */
export function mail(subject: string, body = "Hello\r\n"): Buffer {
  return Buffer.from(`From: a@example.com\r\nSubject: ${subject}\r\n\r\n${body}`, "latin1");
}
