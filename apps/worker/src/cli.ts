// From argument list to exit code: finds the command, loads it, runs it, says in one line what went wrong, leaves everything closed.
// It must never print a stack trace (the log has it) or a password that somebody typed on the command line.
import { readFileSync } from "node:fs";
import { readEnvironment } from "@packetboat/config";
import { asMailError, MailError } from "@packetboat/core";
import { type Command, CommanderError } from "commander";
import { HouseCommand } from "./command-help.ts";
import { COMMANDS } from "./command-table.ts";
import { EXIT, type ExitCode, exitCodeOfError, gravest } from "./exit-codes.ts";
import { makeHost, type OwnedHost, type Process } from "./host.ts";
import { type SignalSource, watchInterrupts } from "./interrupts.ts";
import { unwritten, writesTold, writeWhole } from "./output.ts";

/** How long an interrupted command may take to close what it opened. */
const LEAVE_LIMIT_MS = 10_000;

/** What the command line needs of the process that it runs in. */
export interface CommandProcess extends Process, SignalSource {
  readonly stdout: Process["stdout"] & { on(event: "error", listener: (error: unknown) => void): unknown };
  exit(code: ExitCode): never;
}

/** Runs one command line and gives its exit code. Everything that it opened is closed. */
export async function runCommandLine(args: readonly string[], process: CommandProcess): Promise<ExitCode> {
  const stopping = new AbortController();
  const say = (sentence: string) => process.stderr.write(`packetboat: ${sentence}\n`);
  const words = args[0] === "help" ? [...args.slice(1), "--help"] : args;
  let owned: OwnedHost | null = null;
  const output = watchOutput(process.stdout, (reason) => {
    // A run goes on, whoever reads its report.
    if (owned?.isStoppingByItself() !== true) stopping.abort(reason);
  });
  const interrupts = watchInterrupts(process, {
    first: () => {
      if (owned?.isStoppingByItself() === true)
        say("stopping after the batch in hand. Press Ctrl-C again to stop at once; both are safe.");
      stopping.abort(
        new MailError("INTERRUPTED", "Stopped. Everything stored so far is safe; run the same command again to go on."),
      );
    },
    second: () => process.exit(EXIT.interrupted),
  });
  try {
    owned = makeHost(process, readEnvironment(process.env), stopping.signal);
    const current = owned;
    const program = await programFor(words, current);
    await Promise.race([program.parseAsync(words, { from: "user" }), leftAtOnce(stopping.signal, current)]);
    await current.leave();
    return await output.judged(current.exitCode(), say);
  } catch (error) {
    // The command was left because of its output, which is told below.
    const isOfOutput = stopping.signal.reason === error && output.hasFailed();
    const code = isOfOutput ? EXIT.done : await ended(error, owned, say, args);
    await closeAll(owned);
    return await output.judged(code, say);
  } finally {
    interrupts.stop();
  }
}

interface Output {
  readonly hasFailed: () => boolean;
  /** Gives the exit code of a command that ends with `code`, and says what of its output could not be written. */
  readonly judged: (code: ExitCode, say: (sentence: string) => void) => Promise<ExitCode>;
}

/** Calls `stop` when nothing more can be written. */
function watchOutput(stdout: CommandProcess["stdout"], stop: (reason: MailError) => void): Output {
  let failure: MailError | null = null;
  let hasFailed = false;
  writeWhole(stdout);
  stdout.on("error", (error) => {
    if (hasFailed) return;
    hasFailed = true;
    failure = unwritten(error);
    // `packetboat log | head`: the reader has seen enough.
    stop(failure ?? new MailError("INTERRUPTED", "Nobody reads the output."));
  });
  return {
    hasFailed: () => hasFailed,
    judged: async (code, say) => {
      await writesTold();
      if (failure === null) return code;
      say(failure.message);
      return gravest([EXIT.failed, code]);
    },
  };
}

/** Rejects when the command is to stop and does not do so by itself. */
function leftAtOnce(signal: AbortSignal, owned: OwnedHost): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => {
      if (!owned.isStoppingByItself()) reject(signal.reason);
    });
  });
}

async function closeAll(owned: OwnedHost | null): Promise<void> {
  if (owned === null) return;
  const limit = new Promise<void>((resolve) => setTimeout(resolve, LEAVE_LIMIT_MS).unref());
  // The command has failed already, and that is what the person is told; what fails while closing is in the log.
  await Promise.race([owned.leave(), limit]).catch(async (error: unknown) => {
    (await owned.host.log()).error({ err: error }, "closing after a failure failed too");
  });
}

async function programFor(args: readonly string[], owned: OwnedHost): Promise<Command> {
  const program = new HouseCommand("packetboat")
    .description("Keeps IMAP accounts and an archive in Postgres in step.")
    .usage("COMMAND [options]")
    .helpOption("-h, --help", "how to use a command")
    .helpCommand(false)
    .version(`packetboat ${version()}`, "-V, --version", "the version")
    .configureOutput({ outputError: () => undefined })
    .exitOverride()
    .addHelpText(
      "after",
      "\nExamples:\n  packetboat backup imaps://you@mail.example.com   all mail of an account into an archive\n" +
        "  packetboat mirror URL_A URL_B                    two accounts kept equal\n" +
        "  packetboat restore list you@mail.example.com     what the archive holds\n" +
        "  packetboat COMMAND --help                        options and examples of a command",
    );
  for (const { name, summary, group, load } of COMMANDS) {
    const command = program
      .command(name)
      .summary(summary)
      .description(`${capital(summary)}.`)
      .helpGroup(group);
    command.helpCommand(false);
    if (name === args[0]) (await load()).define(command, owned.host);
  }
  return program;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function version(): string {
  const text = readFileSync(new URL("../../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

/** Says what went wrong and gives the exit code. */
async function ended(
  error: unknown,
  owned: OwnedHost | null,
  say: (sentence: string) => void,
  args: readonly string[],
): Promise<ExitCode> {
  if (error instanceof CommanderError) return usageEnded(error, say, args);
  const known = asMailError(error);
  say(withoutPasswords(oneLine(known.message)));
  if (owned !== null) (await owned.host.log()).debug({ err: error }, "the command failed");
  return exitCodeOfError(known.code);
}

function usageEnded(error: CommanderError, say: (sentence: string) => void, args: readonly string[]): ExitCode {
  if (error.exitCode === 0) return EXIT.done; // --help was asked for and printed
  if (error.code === "commander.help") return EXIT.usage; // called without a command: commander has printed the help on stderr
  const command = COMMANDS.find(({ name }) => name === args[0])?.name;
  const more = `packetboat ${command === undefined ? "" : `${command} `}--help`;
  if (args[0] !== undefined && /^imaps?:\/\//i.test(args[0])) {
    say("say what to do with this account, for example: packetboat backup URL");
  } else {
    const sentence = oneLine(error.message.replace(/^error: /, "")).replace(
      / \(Did you mean (.*)\?\)$/,
      "; did you mean $1?",
    );
    say(`${withoutPasswords(sentence)}${/[.?]$/.test(sentence) ? "" : "."} See ${more}.`);
  }
  return EXIT.usage;
}

const oneLine = (text: string): string => text.replace(/\s*[\r\n]+\s*/g, " ").trim();

/** Somebody may have typed an address with a password where none belongs. */
function withoutPasswords(text: string): string {
  return text.replace(/:(?!\/\/)[^\s:]\S*@/g, ":…@");
}
