// packetboat approve: lets through exactly the removals that a halted run lists (G1), and nothing else.
import { approvalExpires, approveRun, getRun } from "@packetboat/archive";
import { instant, plural } from "@packetboat/terminal";
import type { Command } from "commander";
import { withExamples, withReporting } from "../command-help.ts";
import type { Host, ReportingOptions } from "../host.ts";
import { openHouse } from "../house.ts";
import { readRunId } from "../runs/run-id.ts";

export function define(command: Command, host: Host): void {
  command
    .description(
      "Lets through exactly what a halted run holds back. The next run proves each of them again and applies it.\n" +
        "An approval is used once and expires after 7 days.",
    )
    .argument("RUN", "the run's number; packetboat runs lists them");
  withReporting(command);
  withExamples(command, [
    { line: "runs 42", what: "what run 42 holds back" },
    { line: "approve 42", what: "let it through" },
  ]);
  command.action(async (text: string, options: ReportingOptions) => {
    const id = readRunId(text);
    const screen = host.screen(options);
    const database = await openHouse(host, screen);
    const now = host.now();
    const held = await approveRun(database.pool, id, now);
    const run = await getRun(database.pool, id);
    screen.data({
      run: id,
      archive: run.archive,
      approved: held,
      expires: new Date(approvalExpires(now)).toISOString(),
    });
    screen.line(
      `Approved: ${plural(held, "message")} held back by run ${id}. The next run of ${run.archive} applies it, until ${instant(approvalExpires(now))}.`,
    );
  });
}
