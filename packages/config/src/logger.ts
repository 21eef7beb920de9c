// The log of a command: silent unless PACKETBOAT_LOG asks, to stderr or to a file. pino is loaded only then. What is logged are
// sentences with ids (runId, linkId, mailboxId, uid). It must never hold bodies, subjects, addresses or secrets: `redact` is the net below.
import type { LogLevel } from "./environment.ts";

export type LogFields = Readonly<Record<string, unknown>>;

/** What rooms may be given; pino's own shape. */
export interface Logger {
  error(fields: LogFields, sentence: string): void;
  warn(fields: LogFields, sentence: string): void;
  info(fields: LogFields, sentence: string): void;
  debug(fields: LogFields, sentence: string): void;
  trace(fields: LogFields, sentence: string): void;
}

const nothing = (): void => {};
export const SILENT: Logger = { error: nothing, warn: nothing, info: nothing, debug: nothing, trace: nothing };

/** Keys whose values never reach a log, at the top and one level below. */
const SECRET_KEYS = [
  "password",
  "pass",
  "secret",
  "token",
  "accessToken",
  "refreshToken",
  "clientSecret",
  "authorization",
  "url",
  "user",
  "subject",
  "body",
  "bytes",
  "source",
];

/** Gives a logger. Loads pino unless the level is `silent`. Lines are JSON, written at once, so that a crash loses none. */
export async function openLogger(level: LogLevel, file: string | null): Promise<Logger> {
  if (level === "silent") return SILENT;
  const { default: pino } = await import("pino");
  const logger: Logger = pino(
    {
      level,
      base: { pid: process.pid },
      redact: { paths: SECRET_KEYS.flatMap((key) => [key, `*.${key}`]), censor: "[redacted]" },
      serializers: { err: plainError },
    },
    pino.destination({ dest: file ?? 2, sync: true, mkdir: true, mode: 0o600 }),
  );
  return logger;
}

/** An error as fields: code, sentence, stack and the chain of causes, at most 8 deep. */
export function plainError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? error.code : undefined;
  const context = "context" in error ? error.context : undefined;
  return {
    name: error.name,
    ...(code === undefined ? {} : { code }),
    message: error.message,
    ...(context === undefined ? {} : { context: JSON.parse(JSON.stringify(context, bigintAsText)) }),
    stack: error.stack,
    ...(error.cause === undefined || depth >= 8 ? {} : { cause: plainError(error.cause, depth + 1) }),
  };
}

function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}
