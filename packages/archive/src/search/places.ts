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

/** SQL that gives the week of a timestamptz. */
export const weekOf = (moment: string): string =>
  `coalesce(floor(extract(epoch from ${moment}) / 604800)::int, ${NO_WEEK})`;

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

/** Of some weeks, the newest first; all of them are one term. */
function stepOf(archiveId: ArchiveId, weeks: readonly number[], isWhole: boolean): Step {
  if (isWhole) return stepOfAll(archiveId);
  const datedWeeks = weeks.filter((week) => week !== NO_WEEK);
  const [newest = 0] = datedWeeks;
  const oldest = datedWeeks.at(-1) ?? 0;
  return {
    since: datedWeeks.length === 0 ? Infinity : oldest * WEEK_MS,
    before: datedWeeks.length === 0 ? -Infinity : (newest + 1) * WEEK_MS,
    undated: datedWeeks.length < weeks.length,
    terms: `(${weeks.map((week) => quoted(`@${archiveId}/${week}`)).join(" | ")})`,
  };
}

/** All of an archive's time. */
export function stepOfAll(archiveId: ArchiveId): Step {
  return { since: -Infinity, before: Infinity, undated: true, terms: quoted(`@${archiveId}`) };
}
