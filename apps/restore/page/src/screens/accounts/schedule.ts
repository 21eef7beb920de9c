// When a link runs, as people choose it and as cron writes it. Pure. What somebody wrote elsewhere and is none of the choices stays as it is.
import { schedules } from "../../texts/accounts.ts";

export type ScheduleKind = "night" | "hour" | "quarter" | "custom" | "never";

export const SCHEDULE_KINDS: readonly ScheduleKind[] = ["night", "hour", "quarter", "custom", "never"];

export interface ScheduleChoice {
  readonly kind: ScheduleKind;
  /** HH:MM, for every night. */
  readonly time: string;
  /** For other times. */
  readonly cron: string;
  readonly watch: boolean;
}

interface Known {
  readonly cron: string | null;
  readonly watch: boolean;
}

export const FIRST_CHOICE: ScheduleChoice = { kind: "night", time: "03:00", cron: "30 6,18 * * *", watch: false };

const two = (n: string): string => n.padStart(2, "0");

/** Gives the choice that a schedule is; null: none. */
export function choiceOf(known: Known | null): ScheduleChoice {
  const { cron = null, watch = false } = known ?? {};
  if (cron === null) return { ...FIRST_CHOICE, kind: "never", watch };
  if (cron === "0 * * * *") return { ...FIRST_CHOICE, kind: "hour", watch };
  if (cron === "*/15 * * * *") return { ...FIRST_CHOICE, kind: "quarter", watch };
  const [, minute, hour] = /^([1-5]?\d) (1?\d|2[0-3]) \* \* \*$/.exec(cron) ?? [];
  if (minute !== undefined && hour !== undefined)
    return { ...FIRST_CHOICE, kind: "night", time: `${two(hour)}:${two(minute)}`, watch };
  return { ...FIRST_CHOICE, kind: "custom", cron, watch };
}

/** Gives what a choice is in cron; null: at no fixed time. */
export function cronOf({ kind, time, cron }: ScheduleChoice): string | null {
  switch (kind) {
    case "hour":
      return "0 * * * *";
    case "quarter":
      return "*/15 * * * *";
    case "custom":
      return cron.trim();
    case "night": {
      const [, hour = "3", minute = "0"] = /^(\d{1,2}):(\d{2})$/.exec(time) ?? [];
      return `${Number(minute)} ${Number(hour)} * * *`;
    }
    case "never":
      return null;
  }
}

/** every night at 03:00, and as soon as something changes */
export function scheduleWords(known: Known | null): string {
  const choice = choiceOf(known);
  const { words } = schedules;
  if (choice.kind === "never") return choice.watch ? words.onlyWatch : words.never;
  const when =
    choice.kind === "night"
      ? words.night(choice.time)
      : choice.kind === "custom"
        ? words.custom(choice.cron)
        : words[choice.kind];
  return choice.watch ? `${when}, ${words.watch}` : when;
}
