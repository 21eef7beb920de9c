// Ctrl-C and its kin: the first asks the command to stop where it is safe, the second stops it at once. Nothing is lost by either:
// what is committed stays, and the database runs apart from the command. It must never end the process by itself.

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export interface InterruptHandlers {
  readonly first: () => void;
  readonly second: () => void;
}

export interface SignalSource {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  off(signal: NodeJS.Signals, listener: () => void): unknown;
}

/** Listens until `stop` is called. */
export function watchInterrupts(process: SignalSource, handlers: InterruptHandlers): { readonly stop: () => void } {
  let seen = 0;
  const onSignal = (): void => {
    seen++;
    if (seen === 1) handlers.first();
    else handlers.second();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return {
    stop: () => {
      for (const signal of SIGNALS) process.off(signal, onSignal);
    },
  };
}
