// Generated mail arrives in Dovecot exactly as generated, by import and from the cache; every message of the corpus is kept
// by both servers as bytes that do not change from one FETCH to the next.
import { expect, test } from "vitest";
import {
  corpusDirectory,
  corpusMessages,
  generateMail,
  loadProfile,
  orSkip,
  PROFILES,
  startCyrus,
  startDovecot,
  WireClient,
  type WireMessage,
  withCrlf,
} from "../src/index.ts";

const seconds = (message: WireMessage) => Date.parse(message.internalDate.trim().replaceAll("-", " "));

test("the profile tiny is in Dovecot what was generated", async (context) => {
  const server = await orSkip(context.skip, () => startDovecot());
  if (!server) return;
  await using _ = server;
  for (const user of ["first", "again"]) await loadProfile(server, user, "tiny");
  await using client = await WireClient.login(server, "again");
  for (const [mailbox] of PROFILES.tiny.mailboxes) {
    await client.select(mailbox, "EXAMINE");
    const found = new Map((await client.fetch()).map((one) => [one.bytes.toString("latin1"), one]));
    const expected = [...generateMail(PROFILES.tiny)].filter((one) => one.mailbox === mailbox);
    expect(found.size).toBe(expected.length);
    for (const message of expected) {
      const copy = found.get(message.bytes.toString("latin1"));
      expect(copy?.flags).toEqual([...message.flags].sort());
      expect(copy && seconds(copy)).toBe(message.internalDate.getTime());
    }
  }
});

test.for([
  ["dovecot", () => startDovecot({ fsync: "never" }), 1],
  ["cyrus", () => startCyrus(), 20],
] as const)("%s takes the corpus", async ([name, start, mostRefused], context) => {
  const server = await orSkip(context.skip, async () => {
    corpusDirectory();
    return await start();
  });
  if (!server) return;
  await using _ = server;
  await using client = await WireClient.login(server, "alice");
  const refused: string[] = [];
  let exact = 0;
  let all = 0;
  const uids = new Map<number, Buffer>();
  for await (const message of corpusMessages({ mboxes: true })) {
    all += 1;
    // Cyrus refuses bare CR and LF, NUL, and lines in the header that are none.
    const bytes = name === "cyrus" ? withCrlf(message.bytes) : message.bytes;
    const answer = await client.command("APPEND INBOX (\\Seen) ", bytes);
    const uid = Number(/^APPENDUID \d+ (\d+)/.exec(answer.code ?? "")?.[1]);
    if (answer.status === "OK") uids.set(uid, bytes);
    else refused.push(message.name);
  }
  await client.select("INBOX", "EXAMINE");
  const first = await client.fetch();
  expect(first.map((one) => one.uid)).toEqual([...uids.keys()]);
  for (const one of first) if (uids.get(one.uid)?.equals(one.bytes)) exact += 1;
  console.info(`${name}: ${all} messages, ${refused.length} refused, ${exact} kept byte for byte`);
  expect(refused).toContain("made/empty.eml");
  expect(refused.length).toBeLessThanOrEqual(mostRefused);
  expect(refused.length + first.length).toBe(all);
  const second = await client.fetch();
  for (const [i, one] of first.entries()) expect(second[i]?.bytes.equals(one.bytes)).toBe(true);
});
