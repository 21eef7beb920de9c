// Shows the progress of a run on stderr: redrawn in place on a terminal, a plain line every few seconds elsewhere, nothing with --quiet.
// log-update is loaded on a terminal only. It must never hold up the run, nor keep the process alive.
import type { Screen } from "@packetboat/terminal";
import { advance, liveLines, type ProgressEvent, plainLine, startProgress } from "./progress.ts";

const REDRAW_MS = 100;
const PLAIN_MS = 5_000;

export interface Live {
  readonly event: (event: ProgressEvent) => void;
  /** Wipes the display; the report follows. */
  readonly stop: () => void;
}

/** Starts a display for one account. */
export async function startLive(screen: Screen, label: string, now: () => number): Promise<Live> {
  let state = startProgress(label, now());
  const show = screen.quiet ? null : screen.stderrIsTerminal ? await redrawn(screen) : plain(screen);
  if (show === null) return { event: () => undefined, stop: () => undefined };
  const timer = setInterval(() => show.draw(state, now()), show.every);
  timer.unref();
  return {
    event: (event) => {
      state = advance(state, event, now());
    },
    stop: () => {
      clearInterval(timer);
      show.wipe();
    },
  };
}

interface Display {
  readonly every: number;
  readonly draw: (state: ReturnType<typeof startProgress>, now: number) => void;
  readonly wipe: () => void;
}

async function redrawn(screen: Screen): Promise<Display> {
  const { createLogUpdate } = await import("log-update");
  const update = createLogUpdate(process.stderr);
  return {
    every: REDRAW_MS,
    // One column less than there is: some terminals wrap a line that fills them.
    draw: (state, now) => update(liveLines(state, now, screen.columns() - 1).join("\n")),
    wipe: () => {
      update.clear();
      update.done();
    },
  };
}

function plain(screen: Screen): Display {
  return { every: PLAIN_MS, draw: (state, now) => screen.progress(plainLine(state, now)), wipe: () => undefined };
}
