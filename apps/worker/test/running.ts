// A worker process in the hands of a test: what it has said, and how to end it. It must never be left running: every test awaits `ended`.
import type { Ended, RunOptions } from "./program.ts";

export interface Running {
  readonly ended: Promise<Ended>;
  /** Resolves with all that it said once that matches. */
  readonly says: (when: RegExp) => Promise<string>;
  readonly kill: (signal: NodeJS.Signals) => void;
}

/** Starts `packetboat worker` by this way of running the program. */
export function startWorker(
  run: (args: readonly string[], options: RunOptions) => Promise<Ended>,
  args: readonly string[],
  timeoutMs: number,
): Running {
  let heard = "";
  let kill: Running["kill"] = () => undefined;
  const waiting: { readonly when: RegExp; readonly tell: (said: string) => void }[] = [];
  const ended = run(["worker", ...args], {
    timeoutMs,
    onStart: (child) => {
      kill = (signal) => child.kill(signal);
    },
    hears: (said) => {
      heard = said;
      for (const { when, tell } of waiting) if (when.test(said)) tell(said);
    },
  });
  return {
    ended,
    kill: (signal) => kill(signal),
    says: (when) =>
      new Promise((resolve) => {
        if (when.test(heard)) resolve(heard);
        else waiting.push({ when, tell: resolve });
      }),
  };
}
