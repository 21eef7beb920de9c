// What a suite gets when a real server cannot run on this machine (macOS, no apt, no namespaces), and the one way to turn
// that into a skipped suite. It must never hide a failure: with CI=true a server that cannot run is a failed test.

/** A real server (or the mail corpus) cannot be had here. `reason` is one sentence for the line of the skipped suite. */
export class ServerUnavailable extends Error {
  readonly reason: string;
  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.name = "ServerUnavailable";
    this.reason = reason;
  }
}

/**
 * Runs `start` and gives what it gives; when it throws ServerUnavailable, calls `skip` with a line instead and gives undefined.
 * With CI=true nothing is skipped: the error is thrown. `skip` is vitest's `context.skip`, or any function that takes a note.
 */
export async function orSkip<T>(skip: (note: string) => void, start: () => Promise<T>): Promise<T | undefined> {
  try {
    return await start();
  } catch (error) {
    if (!(error instanceof ServerUnavailable) || process.env.CI === "true") throw error;
    skip(`skipped: ${error.reason}`);
    return undefined;
  }
}
