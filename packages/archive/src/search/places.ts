// Where and when: the index knows of each body in which archives it is, and in which weeks it came there. So a search goes back in time in
// steps, each of them exact and none larger than what it needs, and what other archives hold costs it nothing. Pure.
import type { ArchiveId } from "@packetboat/core";
import { quoted } from "./terms.ts";

/** Seven days, in milliseconds. */
const WEEK_MS = 604_800_000;
/** The week of what has no date. */
const NO_WEEK = -2_147_483_648;
/** Messages of the first step; each further one has twice as many. */
const FIRST_STEP = 4_000;

/** Spans of weeks that are words, each four times the one before: any time is a few of them, and the index is asked for few words. */
const LEVELS = [0, 1, 2, 3, 4] as const;

/** SQL that gives the week of a timestamptz. */
export const weekOf = (moment: string): string =>
  `coalesce(floor(extract(epoch from ${moment}) / 604800)::int, ${NO_WEEK})`;

/** SQL that gives the words for when a message of an archive was received: an array. */
export function placesOf(archive: string, moment: string): string {
  const week = `floor(extract(epoch from ${moment}) / 604800)::int`;
  const words = LEVELS.map((level) => `'@' || ${archive} || '/${level}:' || (${week} >> ${2 * level})`);
  return `case when ${moment} is null then array['@' || ${archive} || '/-'] else array[${words.join(", ")}] end`;
}

export interface Week {
  readonly week: number;
  readonly messages: number;
}

/** When a message may have been received, milliseconds since 1970; infinite: no bound. */
export interface Span {
  readonly since: number;
  readonly before: number;
  /** What has no date, too. */
  readonly undated: boolean;
}

/** A part of the archive's time. */
export interface Step extends Span {
  /** What the index is asked: at least the bodies of this time. */
  readonly terms: string;
}

/** Cuts weeks, the newest first, into steps that follow one another. */
export function stepsOf(
  archiveId: ArchiveId,
  weeks: readonly Week[],
  { since, before, undated }: Span,
): readonly Step[] {
  const wanted = weeks.filter(({ week }) =>
    week === NO_WEEK ? undated : week >= Math.floor(since / WEEK_MS) && week <= Math.floor(before / WEEK_MS),
  );
  const steps: Step[] = [];
  let step: number[] = [];
  let messages = 0;
  let size = FIRST_STEP;
  const end = (): void => {
    if (step.length > 0) steps.push(stepOf(archiveId, step, step.length === weeks.length));
    step = [];
    messages = 0;
    size *= 2;
  };
  for (const each of wanted) {
    step.push(each.week);
    messages += each.messages;
    if (messages >= size) end();
  }
  end();
  return steps;
}

/** From the oldest to the newest of some weeks, the newest first; all of them are one term. */
function stepOf(archiveId: ArchiveId, weeks: readonly number[], isWhole: boolean): Step {
  if (isWhole) return stepOfAll(archiveId);
  const undated = weeks.includes(NO_WEEK);
  const dated = weeks.filter((week) => week !== NO_WEEK);
  const [newest] = dated;
  const oldest = dated.at(-1);
  const terms = undated ? [quoted(`@${archiveId}/-`)] : [];
  if (newest === undefined || oldest === undefined)
    return { since: Infinity, before: -Infinity, undated, terms: terms.join("") };
  for (const [level, span] of spansOf(oldest, newest)) terms.push(quoted(`@${archiveId}/${level}:${span}`));
  return { since: oldest * WEEK_MS, before: (newest + 1) * WEEK_MS, undated, terms: `(${terms.join(" | ")})` };
}

/** The fewest spans that together are these weeks: level and number of each. */
export function spansOf(oldest: number, newest: number): readonly (readonly [level: number, span: number])[] {
  const spans: (readonly [number, number])[] = [];
  for (let week = newest; week >= oldest; ) {
    const level = LEVELS.findLast((each) => {
      const first = (week >> (2 * each)) << (2 * each);
      return first >= oldest && week === first + 4 ** each - 1;
    });
    spans.push([level ?? 0, week >> (2 * (level ?? 0))]);
    week -= 4 ** (level ?? 0);
  }
  return spans;
}

/** All of an archive's time. */
export function stepOfAll(archiveId: ArchiveId): Step {
  return { since: -Infinity, before: Infinity, undated: true, terms: quoted(`@${archiveId}`) };
}
