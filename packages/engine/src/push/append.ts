// Appends what the server lacks, in batches: intents first (S2), then the messages, then what the server answered, in one commit. While one
// batch is on the wire the next one is read from the archive, so memory holds two batches and one large message at most (I4). It must never
// send a message without its intent, nor call one sent that the server has not confirmed (S1).
import {
  type Appended,
  type BaseOp,
  commonFlags,
  MailError,
  type MessageId,
  type OpenIntent,
  type Outgoing,
  type PushOp,
  type PushRow,
  type RemoteMailboxId,
  showPath,
  type Uid,
  unionFlags,
} from "@packetboat/core";
import { commit, stopIfAsked } from "../context.ts";
import type { RunEvent } from "../events.ts";
import { count } from "../tally.ts";
import { findSent } from "./find.ts";
import { bindFound, intend, intentOf, settled } from "./intents.ts";
import { within } from "./local.ts";
import { failed } from "./unsent.ts";
import { nameOf, type Paired, pairedOf, type Writing } from "./writing.ts";

export type AppendOp = Extract<PushOp, { kind: "append" }>;

const BATCH_MESSAGES = 500;
const BATCH_BYTES = 8 * 1024 * 1024;

/** One mailbox's next messages, with their bytes. */
interface Batch {
  readonly mailbox: RemoteMailboxId;
  readonly ops: readonly AppendOp[];
  readonly outgoing: readonly Outgoing[];
  readonly damaged: readonly BaseOp[];
}

/** Collects appends by mailbox and sends them batch by batch; made for one push. */
export class Appender {
  readonly #writing: Writing;
  readonly #waiting = new Map<RemoteMailboxId, { ops: AppendOp[]; bytes: number }>();
  readonly #events: RunEvent[] = [];
  #sending: Promise<void> = Promise.resolve();

  constructor(writing: Writing) {
    this.#writing = writing;
  }

  /** Takes a message; sends its mailbox's batch when that is full. Gives what happened since it was asked last. */
  async add(op: AppendOp): Promise<readonly RunEvent[]> {
    const bucket = this.#waiting.get(op.to) ?? { ops: [], bytes: 0 };
    this.#waiting.set(op.to, bucket);
    bucket.ops.push(op);
    bucket.bytes += op.row.size;
    if (bucket.ops.length >= BATCH_MESSAGES || bucket.bytes >= BATCH_BYTES) await this.#flush(op.to, bucket.ops);
    return this.#events.splice(0);
  }

  /** Sends what is left, batch by batch, and waits for the last answer. */
  async *finish(): AsyncGenerator<RunEvent> {
    for (const [mailbox, { ops }] of [...this.#waiting]) {
      await this.#flush(mailbox, ops);
      yield* this.#events.splice(0);
    }
    await this.#sending;
    yield* this.#events.splice(0);
  }

  /** Also when a step fails: nothing writes behind our back. */
  async settle(): Promise<void> {
    await Promise.allSettled([this.#sending]);
  }

  async #flush(mailbox: RemoteMailboxId, ops: readonly AppendOp[]): Promise<void> {
    this.#waiting.delete(mailbox);
    if (ops.length === 0) return;
    const { run, unfinished } = this.#writing;
    stopIfAsked(run);
    if (this.#writing.full) {
      unfinished.add(mailbox);
      return;
    }
    const loading = loadBatch(this.#writing, mailbox, ops);
    loading.catch(() => undefined); // thrown below, once the batch before is through
    await this.#sending;
    const batch = await loading;
    this.#sending = this.#send(batch);
    this.#sending.catch(() => undefined); // thrown where it is awaited
  }

  async #send(batch: Batch): Promise<void> {
    const { run } = this.#writing;
    await commit(run, { archive: [], base: batch.damaged });
    if (batch.outgoing.length === 0) return;
    const sent = await within(this.#writing, [batch.mailbox], () => sendBatch(this.#writing, batch));
    if (sent === null) return;
    const mailbox = nameOf(this.#writing, batch.mailbox);
    this.#events.push({ kind: "sent", mailbox, ...sent });
  }
}

async function loadBatch(writing: Writing, mailbox: RemoteMailboxId, ops: readonly AppendOp[]): Promise<Batch> {
  const byId = new Map(ops.map((op) => [op.row.messageId, op]));
  const outgoing: Outgoing[] = [];
  const damaged: BaseOp[] = [];
  for await (const stored of writing.run.archive.bytes([...byId.keys()])) {
    const op = byId.get(stored.messageId);
    if (op === undefined) continue;
    const { messageId, internalDate } = op.row;
    if (stored.kind === "bytes") outgoing.push({ messageId, bytes: stored.bytes, flags: op.flags, internalDate });
    else damaged.push(failed(writing, op.row, mailbox, "append", stored.error));
  }
  return { mailbox, ops, outgoing, damaged };
}

/** Sends one batch and commits its outcome; gives what the server confirmed. A connection that breaks off leaves the rest to its intents. */
async function sendBatch(writing: Writing, batch: Batch): Promise<{ messages: number; bytes: number }> {
  const { run, writer } = writing;
  const mailbox = pairedOf(writing, batch.mailbox);
  const rows = new Map(batch.ops.map((op) => [op.row.messageId, op]));
  const intents = new Map<MessageId, OpenIntent>();
  for (const { messageId, flags } of batch.outgoing) {
    const row = rows.get(messageId)?.row;
    if (row !== undefined) intents.set(messageId, intentOf("append", mailbox, row, flags));
  }
  await commit(run, { archive: [], base: [intend([...intents.values()])] });
  const answers: Appended[] = [];
  let failure: { readonly error: unknown } | null = null;
  try {
    const validity = mailbox.base.uidValidity ?? mailbox.listed.status?.uidValidity ?? null;
    for await (const answer of writer.append(mailbox.listed, validity, batch.outgoing)) answers.push(answer);
  } catch (error) {
    failure = { error };
  }
  const done = await record(writing, mailbox, answers, intents, (id) => rows.get(id)?.row);
  if (failure !== null) throw failure.error;
  const sent = new Set(done);
  tellDateless(
    writing,
    mailbox,
    batch.outgoing.filter((one) => one.internalDate === null && sent.has(one.messageId)).length,
  );
  const bytes = new Map(batch.outgoing.map((one) => [one.messageId, one.bytes.length]));
  const sum = done.reduce((all, id) => all + (bytes.get(id) ?? 0), 0);
  count(run.tally, nameOf(writing, batch.mailbox), { appended: done.length, appendedBytes: sum });
  return { messages: done.length, bytes: sum };
}

/** C2: the report says which went without a date. */
function tellDateless({ run }: Writing, mailbox: Paired, messages: number): void {
  if (messages === 0) return;
  const name = showPath(mailbox.listed.path);
  const text = `${messages} messages went to ${name} without a date, for none is known of them.`;
  run.tally.notes.push({ kind: "noInternalDate", mailbox: name, text });
}

/** Commits what the server answered; gives the messages that it has. */
async function record(
  writing: Writing,
  mailbox: Paired,
  answers: readonly Appended[],
  intents: ReadonlyMap<MessageId, OpenIntent>,
  rowOf: (id: MessageId) => PushRow | undefined,
): Promise<readonly MessageId[]> {
  const { run } = writing;
  const remoteMailboxId = mailbox.base.id;
  const base: BaseOp[] = [];
  const done: MessageId[] = [];
  const closed: OpenIntent[] = [];
  const resent: MessageId[] = [];
  const lost: OpenIntent[] = [];
  const known = await alreadyBound(writing, mailbox, answers);
  for (const answer of answers) {
    const intent = intents.get(answer.messageId);
    const row = rowOf(answer.messageId);
    if (intent === undefined || row === undefined) continue;
    if (answer.kind === "refused") {
      base.push(...refusedOps(writing, row, remoteMailboxId, answer.error));
      closed.push(intent);
    } else if (answer.uid === null || isDoubtful(answer.uid, intent, known)) lost.push(intent);
    else {
      const { uid } = answer;
      const flags = commonFlags(intent.flags, answer.flags);
      base.push({
        kind: "bind",
        messageId: answer.messageId,
        binding: { remoteMailboxId, uid, flags, modseq: null, emailId: null },
      });
      known.add(uid);
      closed.push(intent);
      done.push(answer.messageId);
      if (row.unsent !== null) resent.push(answer.messageId);
      tellRefusedFlags(writing, mailbox, intent.flags, flags);
    }
  }
  const sent: BaseOp[] = resent.length > 0 ? [{ kind: "sent", messages: resent }] : [];
  await commit(run, { archive: [], base: [...base, ...sent, ...settled(closed)] });
  if (lost.length > 0) done.push(...(await lookFor(writing, mailbox, lost)));
  return done;
}

/** S2: an APPENDUID below the intent's UIDNEXT, or of a message that is bound, is not believed. */
function isDoubtful(uid: Uid, intent: OpenIntent, known: ReadonlySet<Uid>): boolean {
  return known.has(uid) || (intent.uidNext !== null && uid < intent.uidNext);
}

async function alreadyBound(writing: Writing, { base }: Paired, answers: readonly Appended[]): Promise<Set<Uid>> {
  const uids = answers.flatMap((answer) => (answer.kind === "appended" && answer.uid !== null ? [answer.uid] : []));
  const known = new Set<Uid>();
  if (uids.length === 0) return known;
  const lowest = Math.min(...uids) as Uid;
  const { bound } = await writing.run.archive.known(base.id, lowest);
  for (const uid of uids) if (bound.some(([low, high]) => uid >= low && uid <= high)) known.add(uid);
  return known;
}

/** The server said OK and gave no UID: it is looked for, and where nothing new is found the server has merged it with a copy (C7). */
async function lookFor(writing: Writing, mailbox: Paired, lost: readonly OpenIntent[]): Promise<readonly MessageId[]> {
  const { run } = writing;
  const { found, unsure } = await findSent(run, mailbox, lost, true);
  const missing = lost.filter((intent) => !found.some((one) => one.intent === intent));
  // What could not be read may be ours: its intent stays open, and the next run looks again.
  const rest = unsure ? [] : missing;
  if (unsure && missing.length > 0) writing.unfinished.add(mailbox.base.id);
  const closed = unsure ? found.map(({ intent }) => intent) : lost;
  const merged: BaseOp[] = rest.map(({ messageId, remoteMailboxId, flags }) => ({
    kind: "merged",
    remoteMailboxId,
    messageId,
    flags,
  }));
  const all = closed.map(({ messageId }) => messageId);
  await commit(run, {
    archive: [],
    base: [...bindFound(found), ...merged, { kind: "sent", messages: all }, ...settled(closed)],
  });
  if (rest.length > 0) {
    const name = nameOf(writing, mailbox.base.id);
    const text = `${rest.length} messages for ${name} were taken by the server and merged with copies that it has already.`;
    run.tally.notes.push({ kind: "merged", mailbox: name, text });
  }
  return all;
}

function refusedOps(writing: Writing, row: PushRow, id: RemoteMailboxId, error: MailError): readonly BaseOp[] {
  // S5: the account is full; what was not tried needs no row of its own, its mailbox's push is not finished.
  if (error.code === "QUOTA_EXCEEDED") {
    writing.full = true;
    writing.unfinished.add(id);
  }
  return [failed(writing, row, id, "append", error)];
}

/** F2: said once a mailbox; what a server drops stays in the archive and is not sent again. */
export function tellRefusedFlags(
  writing: Writing,
  mailbox: Paired,
  sent: readonly string[],
  shown: readonly string[],
): void {
  const missing = sent.filter((flag) => unionFlags(shown, [flag]).length > shown.length);
  if (missing.length === 0) return;
  const { notes } = writing.run.tally;
  const name = nameOf(writing, mailbox.base.id);
  if (notes.some((note) => note.kind === "flagsRefused" && note.mailbox === name)) return;
  const text = `${name} cannot hold some keywords on the server; they stay in the archive.`;
  notes.push({ kind: "flagsRefused", mailbox: name, text });
}

/** C6: what the server's stated limit forbids is not sent, and waits for another limit. */
export function isTooLarge(writing: Writing, { size }: PushRow): MailError | null {
  const limit = writing.writer.capabilities.appendLimit;
  if (limit === null || size <= limit) return null;
  return new MailError(
    "MESSAGE_TOO_LARGE",
    `The server takes messages of at most ${limit} bytes; this one has ${size}.`,
  );
}
