// The exit code of `migrate --final`: whether the mail is there the comparison decides, and what is graver stays.
import { type ErrorCode, MailError, type RunOutcome, type RunReport } from "@packetboat/core";
import { expect, it } from "vitest";
import type { FinalReport } from "../src/display/final.ts";
import { finalExitCode, refuseLoneOptions } from "../src/runs/final-end.ts";

const run = (outcome: RunOutcome, code: ErrorCode | null = null, link = 1) =>
  ({ link, outcome, error: code === null ? null : { code, text: "" } }) as RunReport;
const compared = (exitCode: 0 | 3) => ({ exitCode }) as FinalReport;
const stopped = (code: ErrorCode) => new MailError(code, "");

it.each<[string, readonly RunReport[], Parameters<typeof finalExitCode>[1], number]>([
  ["all proved", [run("ok")], compared(0), 0],
  ["not all", [run("ok")], compared(3), 3],
  ["in part, and yet all is there", [run("partial")], compared(0), 0],
  ["an earlier round failed, the last did not", [run("failed", "CONNECTION_LOST"), run("ok")], compared(0), 0],
  ["halted", [run("halted"), run("ok", null, 2)], compared(0), 5],
  ["not compared, because a run failed", [run("failed", "UNREACHABLE"), run("ok", null, 2)], null, 6],
  ["not compared for whatever reason", [run("ok")], null, 3],
  ["a server that went away meanwhile", [run("ok")], stopped("CONNECTION_LOST"), 6],
  ["stopped meanwhile", [run("ok")], stopped("INTERRUPTED"), 130],
])("%s", (_, reports, outcome, code) => expect(finalExitCode(reports, outcome)).toBe(code));

it("refuses options that mean nothing together", () => {
  for (const options of [{ deep: true }, { verbose: true }, { final: true, dryRun: true }])
    expect(() => refuseLoneOptions(options)).toThrow(/--final/);
  for (const options of [{}, { dryRun: true }, { final: true, deep: true, verbose: true }]) refuseLoneOptions(options);
});
