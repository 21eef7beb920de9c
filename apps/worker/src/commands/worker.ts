// packetboat worker: the daemon. Runs links at their times, follows watched ones, on as many machines as share the database. It must never
// ask for anything: what needs a person is told by `status`.
import type { Command } from "commander";
import { withExamples } from "../command-help.ts";
import type { Host } from "../host.ts";
import { readCount } from "../runs/count.ts";

interface Options {
  readonly accounts: string;
  readonly keepConnections: string;
  readonly keptPerServer: string;
  readonly metricsPort?: string;
  readonly metricsHost: string;
}

const MOST_ACCOUNTS = 1_000;
const MOST_KEPT = 10_000;
const MOST_PORT = 65_535;

export function define(command: Command, host: Host): void {
  command
    .description(
      "Runs links at the times of their schedules and follows those that are watched, until it is stopped. Any number of workers may\n" +
        "share one database, on one machine or many: an account is worked on by one of them at a time. New mail is indexed for\n" +
        "restore search whenever there is nothing else to do.",
    )
    .option("--accounts N", "accounts at a time", "10")
    .option("--keep-connections MINUTES", "how long a connection waits for the next pass (0: not at all)", "10")
    .option("--kept-per-server N", "idle connections to one server at most (Dovecot has room for 1,024 in all)", "500")
    .option("--metrics-port PORT", "show /metrics, /healthz and /readyz on this port")
    .option("--metrics-host HOST", "where that port listens", host.environment.metricsHost);
  withExamples(command, [
    { line: "worker", what: "until Ctrl-C" },
    { line: "worker --accounts 50 --metrics-port 9464", what: "more at a time, seen by Prometheus" },
  ]);
  command.action(async (options: Options) => {
    host.stopsByItself();
    const slots = readCount("--accounts", options.accounts, MOST_ACCOUNTS);
    const port = options.metricsPort === undefined ? null : portOf(options.metricsPort);
    const keepMs =
      options.keepConnections === "0" ? 0 : 60_000 * readCount("--keep-connections", options.keepConnections, 28);
    const { runDaemon } = await import("../daemon/daemon.ts");
    const keptPerServer = readCount("--kept-per-server", options.keptPerServer, MOST_KEPT);
    await runDaemon(host, {
      slots,
      keepMs,
      keptPerServer,
      metrics: port === null ? null : { port, host: options.metricsHost },
    });
  });
}

/** 0: any that is free. */
const portOf = (text: string): number => (text === "0" ? 0 : readCount("--metrics-port", text, MOST_PORT));
