// packetboat approve: shows exactly what a halted run holds back (G1), asks, and lets that through, and nothing else.
import { approvalExpires, approveRun, getRun, type HeldMailbox, heldBy, type RunDetails } from "@packetboat/archive";
import { formatUids } from "@packetboat/core";
import { askWorkers } from "@packetboat/database";
import { harmless, instant, plural, type Screen } from "@packetboat/terminal";
import type { Command } from "commander";
import { withExamples, withReporting } from "../command-help.ts";
import { heldLines, heldSum } from "../display/held.ts";
import type { Host, ReportingOptions } from "../host.ts";
import { openHouse } from "../house.ts";
import { askConsent } from "../runs/consent.ts";
import { readRunId } from "../runs/run-id.ts";

interface Options extends ReportingOptions {
  readonly yes?: boolean;
}

export function define(command: Command, host: Host): void {
  command
    .description(
      "Lets through exactly what a halted run holds back. The next run proves each of them again and applies it.\n" +
        "An approval is used once and expires after 7 days. Earlier revisions of the archive stay readable.",
    )
    .argument("RUN", "the run's number; packetboat runs lists them")
    .option("-y, --yes", "do not ask");
  withReporting(command);
  withExamples(command, [
    { line: "runs 42", what: "what run 42 did and holds back" },
    { line: "approve 42", what: "lists it and asks" },
    { line: "approve 42 --yes", what: "without asking" },
  ]);
  command.action(async (text: string, options: Options) => {
    const id = readRunId(text);
    const screen = host.screen(options);
    const database = await openHouse(host, screen);
    const run = await getRun(database.pool, id);
    const held = run.held > 0 && run.approvalUsedAt === null ? await heldBy(database.pool, id) : [];
    // Nothing held, or used up: approveRun says so, and where to look instead.
    if (held.length > 0) {
      tellHeld(screen, run, held, host.now());
      await askConsent(host, `Let this through (${heldSum(held)})?`, options.yes === true);
    }
    const now = host.now();
    const approved = await approveRun(database.pool, id, now);
    const expires = approvalExpires(now);
    const workers = await askWorkers(database.pool, { kind: "pass", id: run.linkId });
    screen.data({
      version: 1,
      run: id,
      archive: run.archive,
      account: run.account,
      approved,
      held: held.map(({ uids, ...mailbox }) => ({ ...mailbox, uids: formatUids(uids) })),
      expires: new Date(expires).toISOString(),
    });
    const next = `The next run of ${harmless(run.archive)} applies it, until ${instant(expires)}.`;
    screen.line(`Approved: ${plural(approved, "message")}. ${workers > 0 ? "A worker applies it now." : next}`);
  });
}

function tellHeld(screen: Screen, run: RunDetails, held: readonly HeldMailbox[], now: number): void {
  const name = run.account === run.archive ? run.archive : `${run.account} → ${run.archive}`;
  screen.line(
    screen.bold(`Run ${run.id} of ${instant(run.startedAt)}, ${harmless(name)}, holds back ${heldSum(held)}:`),
  );
  for (const line of heldLines(held)) screen.line(line);
  for (const { text } of run.report?.halts ?? []) screen.line(`  ${harmless(text)}`);
  if (run.approvedAt === null) return;
  const expires = approvalExpires(run.approvedAt);
  screen.line(
    expires < now
      ? `It was approved on ${instant(run.approvedAt)}, but no run came until ${instant(expires)}, when that expired.`
      : `It was approved already, on ${instant(run.approvedAt)}; approving again renews that.`,
  );
}
