// Appends a batch: as many messages in flight as the server allows, each answered in the order of the batch. Where one of a MULTIAPPEND is
// refused none of it was stored (RFC 3502): its messages are sent again one by one. It must never send a message again for any other
// reason: what a broken connection did is not known (S2).
import {
  type Appended,
  asId,
  asMailError,
  type Flags,
  type MailError,
  normalFlags,
  type Outgoing,
  subtractUids,
  type Uid,
  uidSet,
  withoutFlags,
} from "@packetboat/core";
import { appendLimitOf } from "./announced.ts";
import { appendCommand, groupsOf, orderedUids, type Sending, type Speech, speechOf } from "./append-command.ts";
import { mailboxGone, type Refused, refusedError } from "./errors.ts";
import type { Gate } from "./gate.ts";
import { isListed } from "./list.ts";
import type { Writable } from "./select.ts";
import { isKeyword, sendableFlags } from "./sendable.ts";
import type { Completion, Sent, Series } from "./series.ts";
import { flagsOf } from "./shown-flags.ts";
import { additionRefused, messageNotTaken, namesNoMailbox, wantsPause } from "./write-errors.ts";

interface Letter extends Sending {
  readonly index: number;
}

type Result = { readonly uid: Uid | null; readonly flags: Flags } | { readonly error: MailError };

/** What ends the batch before its end: a pause is wanted, or today's budget is spent. */
class Stop {
  readonly error: MailError;
  constructor(error: MailError) {
    this.error = error;
  }
}

/** One batch on its way. */
class Appending {
  readonly #wire: string;
  readonly #opened: Writable;
  readonly #speech: Speech;
  readonly #series: Series;
  readonly #groups: readonly (readonly Letter[])[];
  /** Null: not sent any more. */
  readonly #sent: PromiseWithResolvers<Sent | null>[];
  readonly #gate: Gate;
  /** Why the rest was not sent. */
  #unsent: MailError | null = null;
  /** A message was refused for want of room. */
  #full = false;
  /** The server says that there is no such mailbox: asked of LIST when the line is free. */
  noMailbox: Refused | null = null;

  constructor(gate: Gate, wire: string, opened: Writable, letters: readonly Letter[]) {
    this.#gate = gate;
    this.#wire = wire;
    this.#opened = opened;
    const speech = speechOf(gate.capabilities);
    // What fits into a day's budget is asked for message by message.
    this.#speech = gate.isPaced ? { ...speech, multi: false } : speech;
    this.#groups = groupsOf(letters, this.#speech);
    this.#sent = this.#groups.map(() => Promise.withResolvers<Sent | null>());
    this.#series = gate.begin();
  }

  /** Writes all groups, as fast as the line takes them. Never rejects: what is lost shows in the answers. */
  async #post(): Promise<void> {
    // A server that asks for each literal sends its answer to one APPEND and its `+` to the next in two small packets, and many hold the
    // second one back until the first is acknowledged (Nagle): 40 ms a message. One after the other costs none of that.
    const turns = this.#speech.literals === "waits";
    // Nothing may stay behind in our hands while the next one waits for its turn.
    const flushes = turns || this.#gate.isPaced;
    for (const [index, group] of this.#groups.entries()) {
      const sent =
        this.#unsent === null ? await this.#sentOrNot(group, flushes || index === this.#groups.length - 1) : null;
      this.#sent[index]?.resolve(sent);
      if (turns) await sent?.done;
    }
  }

  async #sentOrNot(group: readonly Letter[], flush: boolean): Promise<Sent | null> {
    try {
      return await this.#send(group, flush);
    } catch (error) {
      // Only its turn can fail: what is lost on the line shows in the answers.
      this.#unsent = asMailError(error);
      return null;
    }
  }

  /** When its turn comes. Throws BUDGET_SPENT, THROTTLED: then nothing of it was sent. */
  async #send(group: readonly Letter[], flush: boolean): Promise<Sent> {
    await this.#gate.mayAppend(group.reduce((sum, { bytes }) => sum + bytes.length, 0));
    return await this.#series.send(appendCommand(this.#wire, group, this.#speech), flush);
  }

  /** Results in the order of the letters. Throws what ended the connection; gives Stop as its last item where the batch has to end. */
  async *results(): AsyncGenerator<readonly [Letter, Result] | Stop> {
    const posted = this.#post();
    let stop: Stop | null = null;
    for (const [index, group] of this.#groups.entries()) {
      const sent = await this.#sent[index]?.promise;
      if (sent === null) {
        stop ??= new Stop(this.#unsent ?? asMailError(this.#series.error));
        continue;
      }
      for await (const one of this.#groupResults(group, await sent?.done)) {
        if (one instanceof Stop) stop ??= one;
        else if (stop === null) yield one;
      }
    }
    await posted;
    await this.#series.end();
    if (stop !== null) yield stop;
  }

  async *#groupResults(
    group: readonly Letter[],
    completion: Completion | undefined,
  ): AsyncGenerator<readonly [Letter, Result] | Stop> {
    const [first] = group;
    if (completion === undefined || completion.kind === "lost" || first === undefined) throw this.#series.error;
    if (completion.kind === "ok") {
      const uids = this.#uids(completion, group.length);
      for (const [at, letter] of group.entries())
        yield [letter, { uid: uids === null ? null : asId<Uid>(uids[at] ?? 0), flags: letter.flags }];
    } else if (group.length === 1) {
      yield await this.#refused(first, completion.refused);
    } else if (wantsPause(completion.refused)) {
      yield new Stop(refusedError(completion.refused, this.#gate.endpoint));
    } else if (this.#full && additionRefused(completion.refused, null).code === "QUOTA_EXCEEDED") {
      // One by one was tried before in this batch: all is not sent a second time to a full account.
      const error = additionRefused(completion.refused, null);
      for (const letter of group) yield [letter, { error }];
    } else {
      const sent = await Promise.all(group.map((letter, at) => this.#send([letter], at === group.length - 1)));
      for (const [at, letter] of group.entries()) yield* this.#groupResults([letter], await sent[at]?.done);
    }
  }

  async #refused(letter: Letter, refused: Refused): Promise<readonly [Letter, Result] | Stop> {
    if (wantsPause(refused)) return new Stop(refusedError(refused, this.#gate.endpoint));
    if (namesNoMailbox(refused)) this.noMailbox = refused;
    const error = additionRefused(refused, letter.bytes.length);
    this.#full ||= error.code === "QUOTA_EXCEEDED";
    const plain = letter.flags.filter((flag) => !isKeyword(flag));
    if (error.code !== "OP_REFUSED" || plain.length === letter.flags.length) return [letter, { error }];
    // Perhaps a keyword is to blame (too long, too many): the message matters more, and the archive keeps the keyword (F2).
    const bare = { ...letter, flags: plain };
    const { done } = await this.#send([bare], true);
    const again = await done;
    if (again.kind === "lost") throw this.#series.error;
    return again.kind === "refused" ? [letter, { error }] : [bare, { uid: asUid(this.#uids(again, 1)), flags: plain }];
  }

  /** APPENDUID, believed only with this mailbox' UIDVALIDITY and as many UIDs as messages (trap 2). */
  #uids({ code, rest }: Extract<Completion, { kind: "ok" }>, count: number): readonly number[] | null {
    const { uidValidity } = this.#opened;
    if (code !== "APPENDUID" || uidValidity === null || rest[0] !== String(uidValidity)) return null;
    return orderedUids(rest[1], count);
  }
}

const isStored = (result: Result | undefined): boolean => result !== undefined && "uid" in result;
const asUid = (uids: readonly number[] | null): Uid | null => (uids?.[0] === undefined ? null : asId<Uid>(uids[0]));

/** F1: which keywords stuck, asked once for the whole batch. Without an answer no keyword counts as kept. */
async function proved(gate: Gate, results: readonly (Result | undefined)[]): Promise<(result: Result) => Result> {
  const asked = results.flatMap((result) =>
    result && "uid" in result && result.uid !== null && result.flags.some(isKeyword) ? [result.uid] : [],
  );
  const uids = uidSet(asked);
  const shown = await flagsOf(gate, uids, false);
  const unseen = subtractUids(uids, uidSet(shown.keys()));
  if (unseen.length > 0) {
    // Courier shows a session its own APPENDs only after the next NOOP.
    await gate.command("NOOP");
    for (const [uid, message] of await flagsOf(gate, unseen, false)) shown.set(uid, message);
  }
  return (result) => {
    if (!("uid" in result)) return result;
    const system = result.flags.filter((flag) => !isKeyword(flag));
    const there = result.uid === null ? undefined : shown.get(result.uid)?.flags;
    const missing = there === undefined ? result.flags : withoutFlags(result.flags, there);
    const stuck = result.flags.filter((flag) => isKeyword(flag) && !missing.includes(flag));
    return { uid: result.uid, flags: normalFlags([...system, ...stuck]) };
  };
}

/** Appends a batch to the mailbox that is open read-write on this gate. Throws MAILBOX_GONE, THROTTLED, CONNECTION_LOST. */
export async function* append(
  gate: Gate,
  wire: string,
  opened: Writable,
  batch: readonly Outgoing[],
): AsyncGenerator<Appended> {
  const limit = appendLimitOf(gate.capabilities);
  const results: (Result | undefined)[] = [];
  const letters: Letter[] = [];
  for (const [index, { bytes, flags, internalDate }] of batch.entries()) {
    if (limit !== null && bytes.length > limit) results[index] = { error: messageNotTaken(bytes.length, limit) };
    else
      letters.push({
        index,
        bytes,
        internalDate,
        flags: sendableFlags(flags, opened.permanentFlags, opened.courier),
      });
  }
  // With keywords all answers wait for what the server shows afterwards.
  const waits = letters.some(({ flags }) => flags.some(isKeyword));
  let next = 0;
  let failure: MailError | null = null;
  const ready = function* (prove: (result: Result) => Result): Generator<Appended> {
    for (let result = results[next]; result !== undefined && next < batch.length; result = results[++next]) {
      const { messageId } = batch[next] as Outgoing;
      const last = prove(result);
      yield "error" in last ? { kind: "refused", messageId, ...last } : { kind: "appended", messageId, ...last };
    }
  };
  if (letters.length > 0) {
    const appending = new Appending(gate, wire, opened, letters);
    for await (const one of appending.results()) {
      if (one instanceof Stop) failure = one.error;
      else results[one[0].index] = one[1];
      // Until one is stored, refusals wait: a mailbox that is gone refuses all of them (Dovecot: SERVERBUG).
      if (!waits && appending.noMailbox === null && results.some(isStored)) yield* ready((result) => result);
    }
    if (appending.noMailbox !== null || (failure === null && !results.some(isStored)))
      if (!(await isListed(gate, wire))) throw mailboxGone();
  }
  yield* ready(waits ? await proved(gate, results) : (result) => result);
  if (failure !== null) throw failure;
}
