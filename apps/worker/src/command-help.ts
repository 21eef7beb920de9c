// The same words on every command: examples under --help, and the options that all reports share.
import type { Command } from "commander";

export interface Example {
  readonly line: string;
  readonly what: string;
}

/** Adds examples below a command's help. */
export function withExamples(command: Command, examples: readonly Example[]): Command {
  const width = Math.max(...examples.map(({ line }) => line.length));
  const lines = examples.map(({ line, what }) =>
    width > 60 ? `  packetboat ${line}\n      ${what}` : `  packetboat ${line.padEnd(width)}   ${what}`,
  );
  return command.addHelpText("after", `\nExamples:\n${lines.join("\n")}`);
}

/** Adds --json and --quiet. */
export function withReporting(command: Command, quiet = "print nothing on success (for cron)"): Command {
  return command.option("--json", "print one JSON object on stdout").option("-q, --quiet", quiet);
}

/** Collects an option that may be given several times. */
export function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value];
}

/** A subcommand of a group such as `account`. */
export function subcommand(parent: Command, usage: string, summary: string): Command {
  const [name = "", ...rest] = usage.split(" ");
  const command = parent.command(name).summary(summary).description(summary);
  for (const argument of rest) command.argument(argument);
  return command;
}
