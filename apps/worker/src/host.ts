// What a command is given of the world it runs in: environment, screen, log, the wish to stop, and the order in which to leave.
// Made once by the command line. It must never open anything by itself: what a command needs, it opens, and registers how to close it.
import { fileURLToPath } from "node:url";
import { type Environment, type Logger, openLogger } from "@packetboat/config";
import { openScreen, type Screen, type Streams } from "@packetboat/terminal";
import type { ExitCode } from "./exit-codes.ts";

/** Options that every command understands that reports anything. */
export interface ReportingOptions {
  readonly json?: boolean | undefined;
  readonly quiet?: boolean | undefined;
}

export interface Host {
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly environment: Environment;
  /** Absolute path of ./packetboat, for lines that are to be copied. */
  readonly program: string;
  /** Aborted by the first Ctrl-C, SIGTERM or SIGHUP. */
  readonly signal: AbortSignal;
  /** A person can be asked: stdin and stderr are a terminal. */
  readonly canAsk: boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly screen: (options: ReportingOptions) => Screen;
  readonly log: () => Promise<Logger>;
  /** States the exit code; the last word counts. */
  readonly end: (code: ExitCode) => void;
  /** From now on the command ends by itself, and in order, when `signal` is aborted. Default: it is left at once. */
  readonly stopsByItself: () => void;
  /** Called when the command ends, however it ends; the last one first. */
  readonly onLeave: (close: () => Promise<void>) => void;
}

/** What the command line itself keeps of a host. */
export interface OwnedHost {
  readonly host: Host;
  readonly exitCode: () => ExitCode;
  readonly isStoppingByItself: () => boolean;
  readonly leave: () => Promise<void>;
}

export interface Process {
  readonly stdin: { readonly isTTY?: boolean | undefined };
  readonly stdout: Streams["stdout"];
  readonly stderr: Streams["stderr"];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Makes the host of one command. */
export function makeHost(process: Process, environment: Environment, signal: AbortSignal): OwnedHost {
  let code: ExitCode = 0;
  let graceful = false;
  let log: Promise<Logger> | null = null;
  const closers: (() => Promise<void>)[] = [];
  const host: Host = {
    variables: process.env,
    environment,
    program: fileURLToPath(new URL("../../../packetboat", import.meta.url)),
    signal,
    canAsk: process.stdin.isTTY === true && process.stderr.isTTY === true,
    now: Date.now,
    screen: (options) =>
      openScreen(process, { color: environment.color, json: options.json === true, quiet: options.quiet === true }),
    log: () => {
      log ??= openLogger(environment.logLevel, environment.logFile);
      return log;
    },
    end: (next) => {
      code = next;
    },
    stopsByItself: () => {
      graceful = true;
    },
    onLeave: (close) => {
      closers.push(close);
    },
  };
  const leave = async (): Promise<void> => {
    let failure: unknown;
    for (let close = closers.pop(); close !== undefined; close = closers.pop()) {
      try {
        await close();
      } catch (error) {
        failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
  };
  return { host, exitCode: () => code, isStoppingByItself: () => graceful, leave };
}
