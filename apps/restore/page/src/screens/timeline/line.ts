// How a time line maps places to moments and back. Pure. A moment is one of the stops, by its index; the last is now. It must never point at a moment
// that is not a stop, and a place further to the right must never mean an earlier one.

export interface Stop {
  readonly revision: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** False: in the middle of a run, such as half of a first pull. Only a pointer stops there. */
  readonly isWhole: boolean;
}

export interface Span {
  /** Milliseconds since 1970. */
  readonly begin: number;
  readonly end: number;
}

/** Where a time is on the line: 0 is its begin, 1 its end. */
function placeOf(time: number, { begin, end }: Span): number {
  return end <= begin ? 1 : Math.max(0, Math.min(1, (time - begin) / (end - begin)));
}

/** The place of a stop; of the last one, which is now, the end. */
export function placeOfStop(index: number, stops: readonly Stop[], span: Span): number {
  const stop = stops[index];
  return stop === undefined || index >= stops.length - 1 ? 1 : placeOf(stop.time, span);
}

/** The stop that is nearest to a place; of those as near the latest. -1: there is none. */
export function stopNear(place: number, stops: readonly Stop[], span: Span): number {
  let low = 0;
  let high = stops.length - 1;
  // The last one that is not to the right of the place.
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (placeOfStop(middle, stops, span) <= place) low = middle;
    else high = middle - 1;
  }
  const next = low + 1;
  if (next >= stops.length) return stops.length - 1;
  const [left, right] = [placeOfStop(low, stops, span), placeOfStop(next, stops, span)];
  let found = place - left < right - place ? low : next;
  while (found < stops.length - 1 && placeOfStop(found + 1, stops, span) === placeOfStop(found, stops, span)) found++;
  return found;
}

/**
 * Where a hand rests that cannot point finer than `reach`, a part of the line: the last stop that near behind one. A first backup makes many in a
 * minute, and of those the whole one is meant. Now is never meant but where it is pointed at.
 */
export function restingStop(index: number, stops: readonly Stop[], span: Span, reach: number): number {
  const place = placeOfStop(index, stops, span);
  let found = index;
  while (found < stops.length - 2 && placeOfStop(found + 1, stops, span) <= place + reach) found++;
  return found;
}

/** The stop that a moment in an address means: the last one up to that revision. No revision is now. */
export function stopOf(revision: number | null, stops: readonly Stop[]): number {
  if (revision === null) return stops.length - 1;
  let found = 0;
  for (const [index, stop] of stops.entries()) if (stop.revision <= revision) found = index;
  return found;
}

/**
 * Where a key leads to from a stop: it steps over what was in the middle of a run, of which a first pull makes hundreds. Null: it is not a key of a
 * time line.
 */
export function stopByKey(key: string, index: number, stops: readonly Pick<Stop, "isWhole">[]): number | null {
  const last = stops.length - 1;
  const reached = [...stops.keys()].filter((at) => at === last || stops[at]?.isWhole === true);
  const page = Math.max(2, Math.round(reached.length / 10));
  const steps: Readonly<Record<string, number>> = {
    ArrowLeft: -1,
    ArrowDown: -1,
    ArrowRight: 1,
    ArrowUp: 1,
    PageDown: -page,
    PageUp: page,
    Home: -reached.length,
    End: reached.length,
  };
  const step = steps[key];
  if (step === undefined || stops.length === 0) return null;
  const ahead = step < 0 ? reached.filter((at) => at < index).reverse() : reached.filter((at) => at > index);
  return ahead[Math.min(Math.abs(step), ahead.length) - 1] ?? index;
}

/**
 * Heights of bars, 0 to 1, by the square root: a first backup brings years of mail at once, and a day on which ten messages vanished must still be
 * seen beside it. Whatever is not nothing can be seen.
 */
export function heightsOf(values: readonly number[], most: number): readonly number[] {
  return values.map((value) => (value <= 0 || most <= 0 ? 0 : Math.max(0.12, Math.sqrt(value / most))));
}
