// What jobs are handed, with no server behind: restores change the archive, and whoever would be asked cannot be reached. The real one carries
// restores out, against Dovecot, in the worker's tests.
import { MailError } from "@packetboat/core";
import { openScreen } from "@packetboat/terminal";
import type { RestoreHost } from "../src/host.ts";

const unreachable = async (): Promise<never> => {
  throw new MailError("UNREACHABLE", "The server cannot be reached.");
};

export function hostWithout(now: () => number): Pick<RestoreHost, "now" | "screen" | "unattended"> {
  const silent = { write: () => true };
  return {
    now,
    screen: () => openScreen({ stdout: silent, stderr: silent }, { color: "never", json: false, quiet: true }),
    unattended: (signal) => ({ signal, now, appendLimit: unreachable, rounds: unreachable, destination: unreachable }),
  };
}
