// A batch over several connections, where the server wants to be asked for each literal: a round trip a message then, and only more lines
// make it faster. Answers come in the order of the batch all the same. It must never be used where literals need not wait.
import type { Appended, Outgoing } from "@packetboat/core";
import { speechOf, waits } from "./append-command.ts";
import { Stream } from "./stream.ts";

/** Providers allow 10 to 15 connections in all. */
const LANES = 4;
/** Fewer waiting messages than this are not worth another connection: it takes five round trips to open. */
const WORTH_A_LANE = 20;

/** How many connections a batch is worth. `far`: the round trip is what takes the time. */
export function lanesFor(
  batch: readonly Outgoing[],
  announced: ReadonlySet<string>,
  far: boolean,
  connections: number | null,
): number {
  const speech = speechOf(announced);
  const waiting = batch.filter(({ bytes }) => waits(speech, bytes.length)).length;
  const most = connections ?? (far ? LANES : 1);
  return Math.max(1, Math.min(most, Math.floor(waiting / WORTH_A_LANE)));
}

/** Appends the parts of a batch at once, each by a call of `append`, which opens a connection of its own. */
export async function* appendInLanes(
  batch: readonly Outgoing[],
  lanes: number,
  append: (part: readonly Outgoing[]) => AsyncGenerator<Appended>,
): AsyncGenerator<Appended> {
  const size = Math.ceil(batch.length / lanes);
  let stopped = false;
  const drive = async (part: readonly Outgoing[], stream: Stream<Appended>): Promise<void> => {
    try {
      for await (const one of append(part)) {
        if (stopped) return;
        stream.put(one, 0);
      }
      stream.end();
    } catch (error) {
      stream.fail(error);
    }
  };
  const streams = Array.from({ length: lanes }, () => new Stream<Appended>(1));
  const driven = streams.map((stream, lane) => drive(batch.slice(lane * size, (lane + 1) * size), stream));
  try {
    for (const stream of streams) yield* stream;
  } finally {
    // Whoever leaves early cuts off what is under way, as with one connection.
    stopped = true;
    await Promise.all(driven);
  }
}
