// packetboat status: is my mail safe? What is up to date, what is overdue and why; exit code 1 when anything is, so that a monitor can ask.
import type { Command } from "commander";
import { withExamples, withReporting } from "../command-help.ts";
import { reasonLines, statusLines } from "../display/status.ts";
import { EXIT } from "../exit-codes.ts";
import type { Host, ReportingOptions } from "../host.ts";
import { openHouse } from "../house.ts";
import { readCount } from "../runs/count.ts";
import { judge, OVERDUE_HOURS, plainStanding } from "../runs/standings.ts";

interface Options extends ReportingOptions {
  readonly overdueAfter: string;
}

export function define(command: Command, host: Host): void {
  command
    .description(
      "Says what is up to date and what is overdue, and what to do about it. Exit code 1 when a link had no good run for\n" +
        "26 hours, its last run failed, or a guard holds something back.",
    )
    .option("--overdue-after HOURS", "how long a link may go without a good run", String(OVERDUE_HOURS));
  withReporting(command, "print only what is not well, on stderr");
  withExamples(command, [
    { line: "status", what: "all links" },
    { line: "status --quiet --overdue-after 50", what: "for a monitor: silent and 0 when all is well" },
  ]);
  command.action(async (options: Options) => {
    const limit = readCount("--overdue-after", options.overdueAfter, 87_600) * 3_600_000;
    const screen = host.screen(options);
    const database = await openHouse(host, screen);
    const judged = await judge(database, host.now(), limit);
    screen.data({ version: 1, links: judged.map(plainStanding) });
    for (const line of statusLines(judged, host.now(), screen, screen.width())) screen.line(line);
    const ill = judged.filter(({ health }) => !health.isWell);
    if (screen.quiet) for (const line of reasonLines(ill, screen)) screen.warning(line);
    host.end(ill.length > 0 ? EXIT.failed : EXIT.done);
  });
}
