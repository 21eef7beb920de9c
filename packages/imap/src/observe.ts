// Looks at one mailbox: `list`, `flags` or `delta` (ObservationPart in core). Nothing is proved before `end`; what the server does not
// prove is an error, never an absence (M1). It must never believe VANISHED or a delta that the count contradicts (U2, I3, trap 10).
import {
  type CompleteMarks,
  clipUids,
  type ListedMailbox,
  type Look,
  type Marks,
  NO_UIDS,
  type ObservationPart,
  type ObservedMessage,
  parseUids,
  subtractUids,
  type UidSet,
  uidCount,
  uidSet,
  unionUids,
} from "@packetboat/core";
import type { CommandOptions } from "./door.ts";
import { observationIncomplete, Refused } from "./errors.ts";
import { examine, type Opened } from "./examine.ts";
import type { FetchRow } from "./fetch-line.ts";
import type { Gate } from "./gate.ts";
import { type Count, counting, existing, listUids } from "./listing.ts";
import { observedOf, PAGE, Pager } from "./pages.ts";
import { Stream } from "./stream.ts";
import { type Answer, isList, textOf, textsOf } from "./tokens.ts";

/** The highest UID. Asked for by its number: over `1:*` Cyrus forgets the highest expunged one (trap 9). */
const ALL_UIDS = "1:4294967295";

/** How much of a look the marks allow. Pure. */
export function lookFor(look: Look, marks: Marks): "list" | "flags" | "delta" | "nothing" {
  if (look.kind !== "delta") return look.kind;
  const { since } = look;
  // U1: other numbers, other messages.
  if (marks.uidValidity !== since.uidValidity) return "list";
  // NOMODSEQ, or modseq 0 as a start (CHANGEDSINCE 0 is illegal): flags can only be read in full.
  if (marks.highestModseq === null || since.highestModseq <= 0n) return "flags";
  // U2: backwards.
  if (marks.highestModseq < since.highestModseq || (marks.uidNext !== null && marks.uidNext < since.uidNext))
    return "flags";
  const same =
    marks.highestModseq === since.highestModseq && marks.uidNext === since.uidNext && marks.messages === since.messages;
  return same ? "nothing" : "delta";
}

/** Whether a delta explains the count: what was there, less what vanished, plus what arrived. Pure. */
function countAgrees(since: CompleteMarks, arrived: UidSet, vanished: UidSet, exists: number): boolean {
  return since.messages - uidCount(vanished) + uidCount(arrived) === exists;
}

/** Looks at a mailbox on an own, exclusive gate. Throws MAILBOX_GONE, MAILBOX_UNREADABLE, OBSERVATION_INCOMPLETE. */
export async function* observe(
  gate: Gate,
  mailbox: ListedMailbox,
  wire: string,
  look: Look,
): AsyncGenerator<ObservationPart> {
  const opened = await examine(gate, mailbox.name, wire);
  yield { kind: "marks", marks: opened.marks };
  const count: Count = { exists: opened.exists };
  const how = lookFor(look, opened.marks);
  if (how === "delta" && look.kind === "delta") {
    yield* observeDelta(gate, opened, look.since, count);
  } else if (how === "nothing") {
    yield { kind: "end", listed: null, arrived: NO_UIDS, vanished: NO_UIDS };
  } else {
    if (how === "flags") yield* observeFlags(gate, opened, count);
    yield { kind: "end", listed: await listUids(gate, count), arrived: NO_UIDS, vanished: NO_UIDS };
  }
}

/** Streams the pages of one FETCH of flags; every row goes to `each` too. */
async function* pages(
  gate: Gate,
  command: string,
  options: CommandOptions,
  each: (row: FetchRow) => void,
): AsyncGenerator<ObservationPart, number> {
  const pager = new Pager<ObservedMessage>();
  const stream = new Stream<readonly ObservedMessage[]>(PAGE);
  const onFetch = (row: FetchRow) => {
    const message = observedOf(row);
    if (message === null) return undefined;
    each(row);
    pager.add(message);
    const page = pager.next();
    return page === undefined ? undefined : stream.put(page, page.length);
  };
  const done = gate.command(command, { ...options, onFetch }).then(
    () => {
      for (const page of pager.rest()) stream.put(page, page.length);
      stream.end();
    },
    (error: unknown) => stream.fail(error),
  );
  try {
    for await (const messages of stream) yield { kind: "messages", messages };
  } finally {
    // The connection is free for another command only when this one has ended. Whoever leaves early gives up the connection instead.
    if (stream.abandoned && gate.busy) gate.destroy();
    await done;
  }
  return pager.count;
}

const items = (opened: Opened): string => (opened.modseq ? "(UID FLAGS MODSEQ)" : "(UID FLAGS)");

/** One FETCH of all flags. Throws OBSERVATION_INCOMPLETE when it showed fewer than there were. */
async function* observeFlags(gate: Gate, opened: Opened, count: Count): AsyncGenerator<ObservationPart> {
  if (opened.exists === 0) return;
  const options = { on: counting(count), maxRows: 4 * opened.exists + 10_000 };
  const changes = gate.changes;
  const shown = yield* refusable(pages(gate, `FETCH 1:* ${items(opened)}`, options, () => {}));
  // Fewer, and nobody left meanwhile: the server kept some back (trap 44).
  if (shown < opened.exists && gate.changes === changes) throw observationIncomplete("FETCH shows fewer than EXISTS");
}

/** A refused FETCH is an observation that failed, not an account that failed. */
async function* refusable<T, R>(source: AsyncGenerator<T, R>): AsyncGenerator<T, R> {
  try {
    return yield* source;
  } catch (error) {
    if (error instanceof Refused) throw observationIncomplete("FETCH was refused");
    throw error;
  }
}

/** Reads VANISHED (EARLIER): ranges as they come, never expanded (James calls all old mail vanished: trap 10). */
function readVanishedEarlier(answer: Answer): UidSet | null {
  const [tags, uids] = answer.attributes ?? [];
  if (!isList(tags) || !textsOf(tags).some((tag) => tag.toUpperCase() === "EARLIER")) return null;
  return parseUids(textOf(uids) ?? "");
}

async function* observeDelta(
  gate: Gate,
  opened: Opened,
  since: CompleteMarks,
  count: Count,
): AsyncGenerator<ObservationPart> {
  const arrivals: number[] = [];
  let claimed: UidSet = NO_UIDS;
  const changed = { ...counting(count) };
  const vanishing = changed.VANISHED;
  changed.VANISHED = (answer) => {
    const earlier = readVanishedEarlier(answer);
    if (earlier === null) vanishing(answer);
    else claimed = unionUids(claimed, earlier);
  };
  const modifier = `(CHANGEDSINCE ${since.highestModseq}${gate.qresync ? " VANISHED" : ""})`;
  // A server may ignore CHANGEDSINCE and show everything; more than that is a flood.
  const options = { on: changed, maxRows: 4 * opened.exists + 10_000 };
  yield* refusable(
    pages(gate, `UID FETCH ${ALL_UIDS} ${items(opened)} ${modifier}`, options, ({ uid }) => {
      if (uid !== undefined && uid >= since.uidNext) arrivals.push(uid);
    }),
  );
  const arrived = uidSet(arrivals);
  // Only what could be in the base; then asked for once more (M1).
  const candidates = clipUids(claimed, 1, since.uidNext - 1);
  const vanished =
    candidates.length === 0 ? NO_UIDS : subtractUids(candidates, await stillThere(gate, candidates, count));
  if (countAgrees(since, arrived, vanished, count.exists)) yield { kind: "end", listed: null, arrived, vanished };
  else yield { kind: "end", listed: await listUids(gate, count), arrived: NO_UIDS, vanished: NO_UIDS };
}

async function stillThere(gate: Gate, uids: UidSet, count: Count): Promise<UidSet> {
  try {
    return await existing(gate, uids, count);
  } catch (error) {
    // SEARCH refused: nothing is believed gone, the count will not agree, and a listing decides.
    if (error instanceof Refused) return uids;
    throw error;
  }
}
