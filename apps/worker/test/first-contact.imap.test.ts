// Two accounts that have little in common, as a person meets them (G3): mirror halts and says how to go on, approve shows what waits in both
// directions, and the next mirror makes them equal.
import { type Dovecot, orSkip, startDovecot } from "@packetboat/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { hands, lookInto, range } from "./accounts.ts";
import { type Program, program } from "./program.ts";

let cli: Program;
let dovecot: Dovecot | undefined;
const port = () => dovecot?.port ?? 0;
const urlOf = (user: string) => `imap://${user}:pass@127.0.0.1:${port()}?tls=none`;
const look = (user: string) => lookInto(port(), user);
const { fill } = hands(port);

beforeAll(async () => {
  cli = await program();
  dovecot = await orSkip(
    () => undefined,
    () => startDovecot(),
  );
}, 60_000);
afterAll(async () => {
  await dovecot?.stop();
  await cli[Symbol.asyncDispose]();
});

it("G3 mirror waits for approve, in both directions, and then makes them equal", async (context) => {
  if (dovecot === undefined) return context.skip("skipped: no Dovecot");
  await fill("ulla", "INBOX", range(600, 624), []);
  await fill("viktor", "INBOX", range(620, 644), []);
  const command = ["mirror", urlOf("ulla"), urlOf("viktor"), "--archive", "apart"];
  const halted = await cli.run(command);
  expect(halted.code).toBe(5);
  expect(halted.stdout).toMatch(/INBOX and the archive's INBOX share fewer than half of their messages: 25 wait/);
  expect(halted.stdout).toMatch(/25 messages of the archive wait for approval before being sent to INBOX/);
  const [ulla, viktor] = await Promise.all([look("ulla"), look("viktor")]);
  expect([ulla.holds.INBOX?.length, viktor.holds.INBOX?.length]).toEqual([25, 25]);
  const run = /packetboat approve (\d+)/.exec(halted.stdout)?.[1] ?? "";
  const words = await cli.must(["approve", run, "--yes"]);
  expect(words).toMatch(/25 messages to be added and 25 to be sent to the server/);
  await cli.must(command);
  const [one, other] = await Promise.all([look("ulla"), look("viktor")]);
  expect(one.holds).toEqual(other.holds);
  expect(one.holds.INBOX).toHaveLength(45);
  expect(await cli.must(command)).toMatch(/no change/);
});
