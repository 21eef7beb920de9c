// The history of an archive as a line: slices of equal length with what arrived and vanished in each, and the revisions that one can stop at. Pure.
// It must never give more stops or slices than somebody can point at, however many revisions there are, nor lose the first or the last.
import type { Tally } from "@packetboat/archive";

export interface Slice {
  /** Milliseconds since 1970: after this one, but for the first slice, which holds its begin. */
  readonly begin: number;
  /** Up to this one. */
  readonly end: number;
  readonly revisions: number;
  readonly arrived: number;
  readonly vanished: number;
}

export interface Stop {
  readonly revision: number;
  readonly madeAt: number;
  /** Its run had got through with it: the archive is as somebody may want it, and not half of a first pull. */
  readonly isWhole: boolean;
}

export interface TimeLine {
  readonly slices: readonly Slice[];
  /** The earliest first. */
  readonly stops: readonly Stop[];
  /** Revisions that are no stop. */
  readonly between: number;
}

/**
 * Gives the line from the first revision to `now`. `tallies`: ascending. Where there are more than `most` revisions, the last of each of `most`
 * equal spans of time is a stop, and the first.
 */
export function timeLineOf(tallies: readonly Tally[], now: number, count: number, most: number): TimeLine {
  const [first] = tallies;
  const last = tallies.at(-1);
  if (first === undefined || last === undefined) return { slices: [], stops: [], between: 0 };
  const begin = first.madeAt;
  // A clock that was set back must not leave what is there out of the line.
  const end = Math.max(now, last.madeAt, begin + count);
  const at = (n: number): number => begin + ((end - begin) * n) / count;
  const slices = Array.from({ length: count }, (_, n) => ({
    begin: Math.round(at(n)),
    end: Math.round(at(n + 1)),
    revisions: 0,
    arrived: 0,
    vanished: 0,
  }));
  for (const { madeAt, arrived, vanished } of tallies) {
    const slice = slices[spanOf(madeAt, begin, end, count)];
    if (slice === undefined) continue;
    slice.revisions++;
    slice.arrived += arrived;
    slice.vanished += vanished;
  }
  const ends = new Map(tallies.map(({ runId, revision }) => [runId, revision]));
  const stops = tallies.length <= most ? tallies : lastOfEach(tallies, begin, end, most);
  return {
    slices,
    stops: stops.map(({ revision, madeAt, runId }) => {
      return { revision, madeAt, isWhole: runId === null || ends.get(runId) === revision };
    }),
    between: tallies.length - stops.length,
  };
}

/** Which of `count` equal spans a time is in. */
function spanOf(time: number, begin: number, end: number, count: number): number {
  return Math.max(0, Math.min(count - 1, Math.ceil(((time - begin) / (end - begin)) * count) - 1));
}

function lastOfEach(tallies: readonly Tally[], begin: number, end: number, most: number): readonly Tally[] {
  const [first] = tallies;
  const last = new Map<number, Tally>();
  // One span is left for the first revision.
  for (const tally of tallies) last.set(spanOf(tally.madeAt, begin, end, most - 1), tally);
  const stops = [...last.entries()].sort(([a], [b]) => a - b).map(([, tally]) => tally);
  return first === undefined || stops[0] === first ? stops : [first, ...stops];
}
