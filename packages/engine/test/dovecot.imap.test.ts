// One account on a real Dovecot through its life: first pull, nothing changed, changed flags, new, moved, removed and renamed. Counted at
// the wire by a proxy and compared with what another client reads.
import { createHash } from "node:crypto";
import { connectRemote } from "@packetboat/imap";
import { MemoryArchive, orSkip, startDovecot, startProxy, WireClient } from "@packetboat/testkit";
import { describe, expect, test } from "vitest";
import { NOON, pass } from "./pass.ts";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const mail = (n: number, size = 2_000) =>
  Buffer.from(
    `Message-ID: <${n}@example.com>\r\nFrom: a@example.com\r\nSubject: number ${n}\r\n\r\n${"line of text\r\n".repeat(size / 14)}`,
  );

async function onServer(client: WireClient): Promise<Record<string, string[]>> {
  const state: Record<string, string[]> = {};
  for (const box of await client.list()) {
    if (box.attributes.some((one) => /noselect/i.test(one))) continue;
    await client.select(box.name, "EXAMINE");
    const rows = (await client.fetch().catch(() => [])).map((m) => {
      const flags = m.flags.filter((flag) => flag !== "\\Recent").sort();
      return `${sha256(m.bytes)} ${flags.join(" ")}`;
    });
    state[box.name] = rows.sort();
  }
  return state;
}

function inArchive(memory: MemoryArchive): Record<string, string[]> {
  const state: Record<string, string[]> = {};
  for (const box of memory.snapshot()) {
    state[box.path.join("/")] = box.messages.map((m) => `${m.sha256} ${[...m.flags].sort().join(" ")}`).sort();
  }
  return state;
}

describe("an account on Dovecot", () => {
  test("is pulled whole and kept current without a second download", async ({ skip }) => {
    await using dovecot = await orSkip(skip, () => startDovecot());
    if (!dovecot) return;
    const user = "journey";
    await using proxy = await startProxy({ port: dovecot.port });
    await using hands = await WireClient.login({ port: dovecot.port }, user);
    await hands.create("Work/Projects");
    await hands.create("Reçus");
    for (let i = 0; i < 30; i++) await hands.append("INBOX", mail(i), { flags: i % 2 ? ["\\Seen", "$Label1"] : [] });
    for (let i = 0; i < 10; i++) await hands.append("Reçus", mail(100 + i));
    const memory = new MemoryArchive({ now: () => NOON });
    const archive = memory.open();
    const go = async () => {
      const remote = await connectRemote({
        host: "127.0.0.1",
        port: proxy.port,
        security: "none",
        user,
        auth: { kind: "password", password: "pass" },
      });
      try {
        const result = await pass(remote, archive);
        if (result.error) throw result.error;
        return result.report;
      } finally {
        await remote.close();
      }
    };

    const first = await go();
    expect(first.totals).toMatchObject({ fetched: 40, stored: 40, failed: 0 });
    expect(inArchive(memory)).toEqual(await onServer(hands));
    expect(proxy.counts().bodies).toBe(40);

    proxy.reset();
    const second = await go(); // I1
    expect(second.revisionAfter).toBe(first.revisionAfter);
    expect(Object.keys(proxy.counts().commands).filter((name) => /SELECT|EXAMINE|FETCH|SEARCH/.test(name))).toEqual([]);

    await hands.select("INBOX");
    await hands.store("1:5", "+FLAGS", ["\\Flagged"]);
    await hands.move("6:8", "Work/Projects"); // M4
    await hands.store("9", "+FLAGS", ["\\Deleted"]);
    await hands.expunge("9");
    await hands.append("INBOX", mail(500));
    await hands.rename("Reçus", "Receipts"); // B1
    proxy.reset();
    const third = await go();
    expect(third.totals).toMatchObject({ fetched: 1, movedIn: 3, movedOut: 3, removed: 1, flagsChanged: 5 });
    expect(proxy.counts().bodies).toBe(1);
    expect(inArchive(memory)).toEqual(await onServer(hands));
    expect(memory.snapshot(first.revisionAfter as never).flatMap((box) => box.messages)).toHaveLength(40);

    proxy.reset();
    const fourth = await go();
    expect(fourth.revisionAfter).toBe(third.revisionAfter);
  });
});
