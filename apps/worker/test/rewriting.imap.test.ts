// verify --deep of an account whose server rewrites what is appended (C5): what Cyrus makes of raw 8-bit headers is told apart, is no
// difference, and does not come back as new.
import { type Cyrus, type Dovecot, orSkip, startCyrus, startDovecot, WireClient } from "@packetboat/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Program, program } from "./program.ts";

let cli: Program;
let from: Dovecot | undefined;
let to: Cyrus | undefined;

beforeAll(async () => {
  cli = await program();
  from = await orSkip(
    () => undefined,
    () => startDovecot(),
  );
  if (from !== undefined)
    to = await orSkip(
      () => undefined,
      () => startCyrus({ users: ["bob"] }),
    );
}, 60_000);
afterAll(async () => {
  await from?.stop();
  await to?.stop();
  await cli[Symbol.asyncDispose]();
});

it("C5: what the server made of it when it was sent is told apart, and nothing comes back as new", async (context) => {
  if (from === undefined || to === undefined) return context.skip("skipped: no Dovecot, or no Cyrus");
  const urls = [`imap://alice:pass@127.0.0.1:${from.port}?tls=none`, `imap://bob:pass@127.0.0.1:${to.port}?tls=none`];
  await using alice = await WireClient.login({ port: from.port }, "alice");
  for (let n = 0; n < 14; n++) {
    const subject = n % 2 ? "gr\xfc\xdfe" : "plain";
    const text = `Subject: ${subject} ${n}\r\nMessage-ID: <${n}@example.org>\r\n\r\nText ${n}.\r\n`;
    await alice.append("INBOX", Buffer.from(text, "latin1"), { date: "21-Nov-2025 10:00:00 +0000" });
  }
  await cli.must(["mirror", ...urls, "--archive", "both"]);
  expect(await cli.must(["mirror", ...urls, "--archive", "both"])).toMatch(/no change/);
  await using bob = await WireClient.login({ port: to.port }, "bob");
  expect(await bob.select("INBOX", "EXAMINE")).toMatchObject({ exists: 14 });
  const verified = await cli.run(["verify", "both", "--deep", "--password-command", "echo pass"]);
  expect(verified.stdout).toMatch(/INBOX: 7 messages rewritten by the server when sent there/);
  expect(verified).toMatchObject({ code: 0 });
});
