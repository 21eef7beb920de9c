// The same words on every command: how arguments are written, examples under --help, and the options that all reports share.
import { Command, type Help, Option } from "commander";

export interface Example {
  readonly line: string;
  readonly what: string;
}

/** Commander takes a value only after brackets; we write `--archive NAME`, in the code and in the help. */
export class HouseCommand extends Command {
  override createCommand(name?: string): HouseCommand {
    return new HouseCommand(name);
  }

  override createOption(flags: string, description?: string): Option {
    return new Option(flags.replace(/ ([A-Z][A-Z|]*)$/, " <$1>"), description);
  }

  override createHelp(): Help {
    const help = super.createHelp();
    const term = help.optionTerm.bind(help);
    return Object.assign(help, { optionTerm: (option: Option) => term(option).replace(/[<>]/g, "") });
  }
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
