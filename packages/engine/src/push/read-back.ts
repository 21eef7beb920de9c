// What a server made of what was appended to it (C5): the first few messages of an account are read back, and where one has other bytes all
// are from then on, so that its own copy is known. A UID under which another message lies was a lie (S2). It must never cost a server that
// keeps bytes more than those few reads, once.
import {
  asMailError,
  type BaseOp,
  judgeReadBack,
  type MessageId,
  READ_BACK_FIRST,
  READ_BACK_MOST_BYTES,
  type SentBytes,
  type ServerCopy,
  type Uid,
  uidSet,
} from "@packetboat/core";
import { type Paired, validityOf, type Writing } from "./writing.ts";

/** A message under the UID that the server named for it. */
export interface SentAs extends SentBytes {
  readonly messageId: MessageId;
  readonly uid: Uid;
}

export interface ReadBack {
  /** Of those whose bytes are others on the server. */
  readonly copies: ReadonlyMap<MessageId, ServerCopy>;
  /** Under the UIDs named for these other messages lie. */
  readonly lies: ReadonlySet<MessageId>;
  /** What was learned of the account. */
  readonly ops: readonly BaseOp[];
}

/** Reads back what is to be read back of a batch. What cannot be read now is believed: nothing is known of it. */
export async function readBack(writing: Writing, mailbox: Paired, sent: readonly SentAs[]): Promise<ReadBack> {
  writing.habits ??= await writing.run.archive.appendHabits();
  const habits = writing.habits;
  const small = sent.filter(({ bytes }) => bytes.length <= READ_BACK_MOST_BYTES);
  const first = habits.rewrites ? sent : small.slice(0, Math.max(0, READ_BACK_FIRST - habits.readBack));
  const result = { copies: new Map<MessageId, ServerCopy>(), lies: new Set<MessageId>() };
  if (first.length === 0) return { ...result, ops: [] };
  let read = await readSome(writing, mailbox, first, result);
  const rewrites = habits.rewrites || result.copies.size > 0;
  if (rewrites && !habits.rewrites) {
    const rest = sent.filter((one) => !first.includes(one));
    read += await readSome(writing, mailbox, rest, result);
  }
  writing.habits = { readBack: habits.readBack + read, rewrites };
  const news = rewrites !== habits.rewrites || habits.readBack < READ_BACK_FIRST;
  return { ...result, ops: news && read > 0 ? [{ kind: "readBack", messages: read, rewrites }] : [] };
}

/** Gives how many could be read. */
async function readSome(
  { run }: Writing,
  mailbox: Paired,
  sent: readonly SentAs[],
  { copies, lies }: { readonly copies: Map<MessageId, ServerCopy>; readonly lies: Set<MessageId> },
): Promise<number> {
  if (sent.length === 0) return 0;
  const byUid = new Map(sent.map((one) => [one.uid, one]));
  let read = 0;
  try {
    for await (const got of run.remote.fetch(mailbox.listed, validityOf(mailbox), uidSet(byUid.keys()))) {
      const one = byUid.get(got.uid);
      if (got.kind !== "message" || one === undefined) continue;
      read++;
      const verdict = judgeReadBack(one, got);
      const { sha256, fingerprint } = got.digests;
      if (verdict === "rewritten") copies.set(one.messageId, { sha256, fingerprint, size: got.bytes.length });
      if (verdict === "another") lies.add(one.messageId);
    }
  } catch (thrown) {
    // What the server has confirmed is to be committed all the same: whatever is wrong with the line or the mailbox, the next step meets it.
    if (asMailError(thrown).code === "BUG") throw thrown;
  }
  return read;
}
