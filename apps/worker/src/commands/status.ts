// packetboat status: what is up to date, what is overdue and why; exit code 1 when anything is, so that a monitor can ask.
import { type LinkStatus, linkStatuses } from "@packetboat/archive";
import { duration, instant, plural, type Screen, tableLines } from "@packetboat/terminal";
import type { Command } from "commander";
import { withExamples, withReporting } from "../command-help.ts";
import { EXIT } from "../exit-codes.ts";
import type { Host, ReportingOptions } from "../host.ts";
import { openHouse } from "../house.ts";
import { readCount } from "../runs/count.ts";
import { type LinkHealth, linkHealth } from "../runs/health.ts";

interface Options extends ReportingOptions {
  readonly overdueAfter: string;
}

export function define(command: Command, host: Host): void {
  command
    .description(
      "Says what is up to date and what is overdue. Exit code 1 when anything is overdue, halted or failing.",
    )
    .option("--overdue-after HOURS", "how long a link may go without a good run", "26");
  withReporting(command, "print only what is not well");
  withExamples(command, [
    { line: "status", what: "all links" },
    { line: "status --quiet || mail -s backup you@example.com", what: "for a monitor" },
  ]);
  command.action(async (options: Options) => {
    const limit = readCount("--overdue-after", options.overdueAfter, 8_760) * 3_600_000;
    const screen = host.screen(options);
    const database = await openHouse(host, screen);
    const now = host.now();
    const statuses = (await linkStatuses(database.pool)).map((status) => ({
      status,
      health: linkHealth(status, now, limit),
    }));
    print(screen, statuses, now);
    host.end(
      statuses.some(({ health }) => health.state !== "ok" && health.state !== "running") ? EXIT.failed : EXIT.done,
    );
  });
}

interface Judged {
  readonly status: LinkStatus;
  readonly health: LinkHealth;
}

function print(screen: Screen, judged: readonly Judged[], now: number): void {
  screen.data({ version: 1, links: judged.map(plain) });
  if (judged.length === 0) {
    screen.line("There is nothing to watch over yet. packetboat backup URL is where to begin.");
    return;
  }
  const columns = ["archive", "account", "state", "last good run", "mailboxes"].map((title) => ({
    title,
    align: title === "mailboxes" ? ("right" as const) : ("left" as const),
  }));
  const ago = (time: number | null) => (time === null ? "never" : `${instant(time)} (${duration(now - time)} ago)`);
  const rows = judged.map(({ status, health }) => [
    status.link.archive,
    status.link.account,
    health.state,
    ago(status.lastGoodAt),
    String(status.mailboxes),
  ]);
  for (const line of tableLines(columns, rows)) screen.line(line);
  for (const { status, health } of judged) {
    for (const reason of health.reasons) {
      const line = `${status.link.archive}: ${reason}`;
      if (screen.quiet && health.state !== "ok") screen.warning(line);
      else screen.line(`  ${line}`);
    }
  }
  const well = judged.filter(({ health }) => health.state === "ok" || health.state === "running").length;
  screen.line(
    well === judged.length
      ? screen.good("All is up to date.")
      : screen.bad(`${plural(judged.length - well, "link")} not well.`),
  );
}

const iso = (time: number | null) => (time === null ? null : new Date(time).toISOString());

function plain({ status, health }: Judged) {
  const { link, lastRun } = status;
  return {
    link: link.id,
    archive: link.archive,
    account: link.account,
    state: health.state,
    reasons: health.reasons,
    lastGood: iso(status.lastGoodAt),
    lastRun: lastRun === null ? null : { run: lastRun.id, outcome: lastRun.outcome, started: iso(lastRun.startedAt) },
    mailboxes: status.mailboxes,
    completeSince: iso(status.completeSince),
    notFetched: status.notFetched,
    held: status.held,
  };
}
