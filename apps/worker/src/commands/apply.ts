// packetboat apply: what packetboat.yaml declares becomes what the database holds; a second time there is nothing to do. It must never sign in
// anywhere, remove mail, or do anything while the file has a problem or a step is refused.
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { type Declaration, loadDeclared } from "@packetboat/config";
import { MailError } from "@packetboat/core";
import type { Database } from "@packetboat/database";
import { checkSchedule } from "@packetboat/queue";
import { plural, type Screen } from "@packetboat/terminal";
import type { Command } from "commander";
import { confirmRemoval } from "../accounts/confirm.ts";
import { endSignIn } from "../accounts/farewell.ts";
import { farewellOf } from "../accounts/sign-ins.ts";
import { executeStep, readPresent } from "../apply/execute.ts";
import { planApply } from "../apply/plan.ts";
import type { ApplyPlan, Step } from "../apply/step.ts";
import { plainStep, sideLines, stepLine } from "../apply/words.ts";
import { withExamples, withReporting } from "../command-help.ts";
import type { Host, ReportingOptions } from "../host.ts";
import { openHouse } from "../house.ts";

interface Options extends ReportingOptions {
  readonly file: string;
  readonly dryRun?: boolean;
  readonly prune?: boolean;
  readonly yes?: boolean;
  readonly schema?: boolean;
  readonly sample?: boolean;
}

export function define(command: Command, host: Host): void {
  command
    .description(
      "Makes archives, accounts, links and schedules what a file declares. Again: nothing to change. What the file does not say of\n" +
        "something that it names has its default; what it does not name stays, unless --prune. Mail is never removed, nor an archive.",
    )
    .option("-f, --file FILE", "what is declared", "packetboat.yaml")
    .option("-n, --dry-run", "print what would change; exit code 0 whether or not there is anything")
    .option("--prune", "also remove accounts and links that the file does not name; their mail stays")
    .option("-y, --yes", "remove without asking")
    .option("--schema", "print the JSON Schema of the file, for editors")
    .option("--sample", "print a sample of the file, with what every key means");
  withReporting(command);
  withExamples(command, [
    { line: "apply --sample > packetboat.yaml", what: "a file to begin with" },
    { line: "apply -f packetboat.yaml --dry-run", what: "what would change" },
    { line: "apply -f packetboat.yaml", what: "changes it" },
    { line: "apply -f packetboat.yaml --prune", what: "the file is all there is" },
  ]);
  command.action(async (options: Options) => {
    if (options.schema === true || options.sample === true) return await printAbout(options);
    const screen = host.screen(options);
    const declaration = await readFileOf(host, screen, options.file);
    await apply(host, screen, declaration, options);
  });

  async function printAbout({ schema, sample }: Options): Promise<void> {
    if (schema === true && sample === true)
      throw new MailError("CONFIG_INVALID", "Give either --schema or --sample, not both.");
    const { printedSample, printedSchema } = await loadDeclared();
    host.screen({}).value((schema === true ? printedSchema() : printedSample()).trimEnd());
  }
}

/** More than this is no declaration but a wrong file. */
const MAX_BYTES = 4_000_000;

async function readFileOf(host: Host, screen: Screen, name: string): Promise<Declaration> {
  const path = resolve(name);
  const text = await readFile(path).catch((error: unknown) => {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    const way = code === "ENOENT" ? ". packetboat apply --sample prints one to begin with" : "";
    throw new MailError("CONFIG_INVALID", `The file ${name} cannot be read (${code})${way}.`, { cause: error });
  });
  if (text.length > MAX_BYTES) throw new MailError("CONFIG_INVALID", `The file ${name} is larger than 4 MB.`);
  const { readDeclaration } = await loadDeclared();
  const read = readDeclaration(text.toString("utf8"), { directory: dirname(path), checkSchedule });
  if (read.kind === "declared") return read.declaration;
  for (const { line, column, text: sentence } of read.problems)
    screen.warning(`${name}:${line}:${column}: ${sentence}`);
  (await host.log()).debug({ problems: read.problems.length }, "the declaration has problems");
  throw new MailError("CONFIG_INVALID", `${name} has ${plural(read.problems.length, "problem")}. Nothing was changed.`);
}

async function apply(host: Host, screen: Screen, declaration: Declaration, options: Options): Promise<void> {
  const database = await openHouse(host, screen);
  const plan = planApply(declaration, await readPresent(database), { prune: options.prune === true });
  if (plan.refusals.length > 0) {
    for (const refusal of plan.refusals) screen.warning(refusal);
    throw new MailError(
      "CONFIG_INVALID",
      `This cannot be done (${plural(plan.refusals.length, "reason")} above). Nothing was changed.`,
    );
  }
  for (const step of plan.steps) screen.line(stepLine(step));
  for (const line of sideLines(plan)) screen.line(line);
  const dryRun = options.dryRun === true;
  if (!dryRun) {
    await askBeforeRemovals(host, plan, options.yes === true);
    await executeAll(host, screen, database, plan.steps);
  }
  screen.data({ version: 1, dryRun, steps: plan.steps.map(plainStep), unnamed: plan.unnamed, logins: plan.logins });
  screen.line(lastLine(plan.steps.length, dryRun));
}

function lastLine(steps: number, dryRun: boolean): string {
  if (steps === 0) return "Nothing to change.";
  return dryRun ? `${plural(steps, "change")} to make. Nothing was changed.` : `${plural(steps, "change")} made.`;
}

async function askBeforeRemovals(host: Host, { steps }: ApplyPlan, yes: boolean): Promise<void> {
  const links = steps.filter(({ kind }) => kind === "remove-link").length;
  const accounts = steps.filter(({ kind }) => kind === "remove-account").length;
  if (links + accounts === 0) return;
  await confirmRemoval(host, `${plural(accounts, "account")} and ${plural(links, "link")}, but no mail`, yes);
}

async function executeAll(host: Host, screen: Screen, database: Database, steps: readonly Step[]): Promise<void> {
  for (const [done, step] of steps.entries()) {
    try {
      const farewell = step.kind === "remove-account" ? await farewellOf(host, database, step.accountId) : null;
      await executeStep(database, step, host.now());
      if (farewell !== null) await endSignIn(screen, farewell);
    } catch (error) {
      if (done > 0)
        screen.warning(`${plural(done, "change")} of ${steps.length} made; apply does the rest when it is run again.`);
      throw error;
    }
  }
}
