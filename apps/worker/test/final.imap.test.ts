// The final check between two real Dovecots of different formats, with the corpus of hostile mail: what another program carried over byte
// for byte is proved, and each thing done to the target afterwards is found by its name.
import type { Remote } from "@packetboat/core";
import { connectRemote } from "@packetboat/imap";
import {
  corpusDirectory,
  corpusMessages,
  type Dovecot,
  orSkip,
  PASSWORD,
  startDovecot,
  WireClient,
} from "@packetboat/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { finalReport } from "../src/display/final.ts";
import { finalCheck } from "../src/verify/final.ts";

let from: Dovecot | undefined;
let to: Dovecot | undefined;

beforeAll(async () => {
  from = await orSkip(
    () => undefined,
    async () => {
      corpusDirectory();
      return await startDovecot();
    },
  );
  if (from !== undefined) to = await startDovecot({ format: "maildir", separator: "." });
});
afterAll(async () => {
  await from?.stop();
  await to?.stop();
});

const signIn = ({ port }: Dovecot, user: string): Promise<Remote> =>
  connectRemote({
    host: "127.0.0.1",
    port,
    security: "none",
    user,
    auth: { kind: "password", password: PASSWORD },
    signal: new AbortController().signal,
  });

const PAIRS = [
  { from: "INBOX", to: "INBOX" },
  { from: "Work/Reçus", to: "Work.Reçus" },
];

async function check(a: Dovecot, b: Dovecot, deep: boolean) {
  const [source, target] = [await signIn(a, "alice"), await signIn(b, "bob")];
  try {
    const { signal } = new AbortController();
    const result = await finalCheck({ from: source, to: target, pairs: PAIRS, deep, signal, onProgress: () => {} });
    return finalReport(result, { from: "alice", to: "bob", reasons: [] });
  } finally {
    await Promise.all([source.close(), target.close()]);
  }
}

/** Carries over what alice's server gives: bytes, flags, dates. */
async function carryOver(alice: WireClient, bob: WireClient): Promise<number> {
  let carried = 0;
  for (const pair of PAIRS) {
    await alice.select(pair.from, "EXAMINE");
    const messages = await alice.fetch();
    for (const { bytes, flags, internalDate } of messages)
      await bob.append(pair.to, bytes, { flags, date: internalDate });
    carried += messages.length;
  }
  return carried;
}

it("C1 C2 C3: the corpus, carried over, is proved; then every difference has its name", async (context) => {
  if (from === undefined || to === undefined) return context.skip("skipped: no Dovecot, or no corpus");
  await using alice = await WireClient.login({ port: from.port }, "alice");
  await using bob = await WireClient.login({ port: to.port }, "bob");
  await alice.create("Work/Reçus");
  await bob.create("Work.Reçus");
  const mail = (subject: string) => Buffer.from(`Subject: ${subject}\r\n\r\nAbout ${subject}.\r\n`);
  const date = "29-Feb-2024 12:30:05 +0000";
  for (const subject of ["twin", "twin", "twin"]) await alice.append("INBOX", mail(subject), { date });
  await alice.append("INBOX", mail("flagged"), { date, flags: ["\\Seen", "$Important"] });
  for await (const { bytes, name } of corpusMessages())
    if (name !== "made/empty.eml") await alice.append("Work/Reçus", bytes, { date }); // no server takes an empty one
  const carried = await carryOver(alice, bob);
  expect(carried).toBeGreaterThan(300);
  for (const deep of [false, true]) {
    const { exitCode, totals, notCarried } = await check(from, to, deep);
    expect({ exitCode, notCarried }).toEqual({ exitCode: 0, notCarried: [] });
    expect(totals).toMatchObject({ messages: carried, present: carried, missing: 0, altered: 0, onlyOnTarget: 0 });
    expect(totals).toMatchObject({ datesDiffer: 0, flagsDiffer: 0 });
  }

  await bob.select("INBOX");
  await bob.expunge("3");
  await bob.store("4", "-FLAGS", ["$Important"]);
  await bob.append("INBOX", mail("stranger"), { date });
  const { exitCode, mailboxes } = await check(from, to, false);
  expect(exitCode).toBe(3);
  expect(mailboxes[0]).toMatchObject({
    messages: 4,
    present: 3,
    targetMessages: 4,
    missing: [[3, 3]],
    onlyOnTarget: [[5, 5]],
    flagsDiffer: [[4, 4]],
    flags: [{ flag: "$Important", lacking: 1, extra: 0, notKept: true }],
  });
});
