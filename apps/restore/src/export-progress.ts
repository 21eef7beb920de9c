// How far an export, or an import, is, on stderr: redrawn in place on a terminal, a plain line every few seconds elsewhere, nothing with --quiet.
// It must never hold up the export, nor keep the process alive.
import { bytes, count, duration, fit, percent, plural, type Screen } from "@packetboat/terminal";

const REDRAW_MS = 100;
const PLAIN_MS = 5_000;

export interface Amount {
  readonly messages: number;
  readonly bytes: number;
}

/** Null: not known before. */
export interface Whole {
  readonly messages: number | null;
  readonly bytes: number | null;
}

/** Gives the line of an export, or an import, that has run for `elapsed` milliseconds. Pure. */
export function progressLine(done: Amount, all: Whole, elapsed: number, verb = "exporting"): string {
  const seconds = elapsed / 1000;
  const speed = seconds < 1 ? [] : [`${bytes(done.bytes / seconds)}/s`];
  const rest = (all.bytes ?? 0) - done.bytes;
  const left = seconds < 1 || done.bytes === 0 || rest <= 0 ? [] : [`${duration((rest / done.bytes) * elapsed)} left`];
  const messages =
    all.messages === null
      ? plural(done.messages, "message")
      : `${count(done.messages)} of ${plural(all.messages, "message")}`;
  const share = all.bytes === null ? verb : `${verb} ${percent(done.bytes, all.bytes).padStart(5)}`;
  return `${share}  ${[messages, bytes(done.bytes), ...speed, ...left].join("  ")}`;
}

export interface ExportDisplay {
  readonly advance: (done: Amount) => void;
  /** Wipes the line; the result follows. */
  readonly stop: () => void;
}

/** Starts the display. `write` puts text on stderr as it is. */
export function startDisplay(
  screen: Screen,
  all: Whole,
  now: () => number,
  write: (text: string) => void,
  verb = "exporting",
): ExportDisplay {
  if (screen.quiet) return { advance: () => undefined, stop: () => undefined };
  const started = now();
  let done: Amount = { messages: 0, bytes: 0 };
  const inPlace = screen.stderrIsTerminal;
  let drawn = false;
  const draw = (): void => {
    const line = progressLine(done, all, now() - started, verb);
    if (!inPlace) {
      screen.progress(line);
      return;
    }
    // One column less than there is: some terminals wrap a line that fills them. The end of the old line is erased.
    write(`\r${fit(line, screen.columns() - 1)}\u001b[K`);
    drawn = true;
  };
  const timer = setInterval(draw, inPlace ? REDRAW_MS : PLAIN_MS);
  timer.unref();
  return {
    advance: ({ messages, bytes: size }) => {
      done = { messages, bytes: size };
    },
    stop: () => {
      clearInterval(timer);
      if (drawn) write("\r\u001b[K");
    },
  };
}
