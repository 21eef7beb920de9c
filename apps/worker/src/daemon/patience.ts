// What a worker does while its database is away: says so, waits a while, longer each time. Started before Postgres, it waits as long as it
// takes. It must never wait for what time does not mend: a refused login, a database that is too old.
import type { ErrorCode, MailError } from "@packetboat/core";
import type { Screen } from "@packetboat/terminal";
import type { Host } from "../host.ts";
import { pause } from "../runs/pause.ts";

const FIRST_MS = 1_000;
export const LONGEST_MS = 30_000;

const AWAY: ReadonlySet<ErrorCode> = new Set(["DATABASE_UNREACHABLE", "DATABASE_LOST"]);

/** Whether it comes back by itself. */
export const isAway = ({ code }: MailError): boolean => AWAY.has(code);

export interface Patience {
  /** Tells of the failure and waits: a second, then twice as long each time, up to half a minute. Ends early when the worker is to stop. */
  readonly endure: (error: MailError) => Promise<void>;
  /** The next wait is a short one again. */
  readonly renew: () => void;
}

export function openPatience(host: Host, screen: Screen): Patience {
  let nextMs = FIRST_MS;
  return {
    endure: async (error) => {
      const pauseMs = nextMs;
      nextMs = Math.min(LONGEST_MS, nextMs * 2);
      (await host.log()).warn({ err: error, pauseMs }, "the database is away, or cannot be written to");
      screen.warning(`${sentenceOf(error)} Trying again in ${pauseMs / 1_000} s.`);
      await pause(pauseMs, host.signal);
    },
    renew: () => {
      nextMs = FIRST_MS;
    },
  };
}

/** What the error says ends in "run it again": a worker does that by itself. */
const sentenceOf = ({ code, message }: MailError): string =>
  code === "DATABASE_LOST" ? "The connection to the database was lost; what was committed is safe." : message;
