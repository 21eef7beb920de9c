// Shows the progress of runs on stderr, a line or two for each account that is at work: redrawn in place on a terminal, plain lines every few
// seconds elsewhere, nothing with --quiet. log-update is loaded on a terminal only. It must never hold up a run, nor keep the process alive.
import type { Screen } from "@packetboat/terminal";
import { advance, liveLines, type ProgressEvent, type ProgressState, plainLine, startProgress } from "./progress.ts";

const REDRAW_MS = 100;
const PLAIN_MS = 5_000;

/** One account's part of the display. */
export interface LiveRow {
  readonly event: (event: ProgressEvent) => void;
  /** It has nothing to do at the moment. */
  readonly end: () => void;
}

export interface Live {
  /** Shows an account, in this phase until it tells more. */
  readonly begin: (label: string, phase: "connecting" | "looking") => LiveRow;
  /** Wipes the display; the report follows. */
  readonly stop: () => void;
}

/** A display that shows nothing. */
export const NO_DISPLAY: Live = {
  begin: () => ({ event: () => undefined, end: () => undefined }),
  stop: () => undefined,
};

/** A display that is somebody's who is told instead of shown: `watch` hears of each change. */
export function toldLive(watch: (state: ProgressState) => void, now: () => number): Live {
  return {
    begin: (label, phase) => {
      let state: ProgressState = { ...startProgress(label, now()), phase };
      watch(state);
      return {
        event: (event) => {
          state = advance(state, event, now());
          watch(state);
        },
        end: () => undefined,
      };
    },
    stop: () => undefined,
  };
}

/** Starts a display. */
export async function startLive(screen: Screen, now: () => number): Promise<Live> {
  const show = screen.quiet ? null : screen.stderrIsTerminal ? await redrawn(screen) : plain(screen);
  if (show === null) return NO_DISPLAY;
  const rows = new Map<number, ProgressState>();
  let last = 0;
  let stopped = false;
  const timer = setInterval(() => show.draw([...rows.values()], now()), show.every);
  timer.unref();
  return {
    begin: (label, phase) => {
      const row = last++;
      rows.set(row, { ...startProgress(label, now()), phase });
      return {
        event: (event) => {
          const state = rows.get(row);
          if (state !== undefined) rows.set(row, advance(state, event, now()));
        },
        end: () => {
          rows.delete(row);
        },
      };
    },
    stop: () => {
      clearInterval(timer);
      if (!stopped) show.wipe();
      stopped = true;
    },
  };
}

interface Display {
  readonly every: number;
  readonly draw: (states: readonly ProgressState[], now: number) => void;
  readonly wipe: () => void;
}

async function redrawn(screen: Screen): Promise<Display> {
  const { createLogUpdate } = await import("log-update");
  const update = createLogUpdate(process.stderr);
  return {
    every: REDRAW_MS,
    // One column less than there is: some terminals wrap a line that fills them.
    draw: (states, now) => update(states.flatMap((state) => liveLines(state, now, screen.columns() - 1)).join("\n")),
    wipe: () => {
      update.clear();
      update.done();
    },
  };
}

function plain(screen: Screen): Display {
  return {
    every: PLAIN_MS,
    draw: (states, now) => {
      for (const state of states) screen.progress(plainLine(state, now));
    },
    wipe: () => undefined,
  };
}
