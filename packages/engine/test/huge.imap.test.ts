// Huge messages before a real Dovecot: one of 100 MB passes within its memory, one over the limit is refused by name and everything else
// goes on. Memory is that of a process of its own, from its start to its end.
import { createHash, randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { readBodies } from "@packetboat/archive";
import { asId, type MessageId } from "@packetboat/core";
import { mustRun, startDovecot } from "@packetboat/testkit";
import { describe, expect, test } from "vitest";
import { letter, openNightly, sha256, withServer } from "./nightly.ts";

const MB = 1_048_576;
const SCRIPT = fileURLToPath(new URL("./commands/pull.ts", import.meta.url));

/** An attachment as mail has it: base64 in lines, which no compression makes small. */
function huge(bytes: number): Buffer {
  const lines = randomBytes(Math.floor((bytes / 78) * 57))
    .toString("base64")
    .replace(/.{76}/g, "$&\r\n");
  return Buffer.from(`Subject: huge\r\nContent-Transfer-Encoding: base64\r\n\r\n${lines}\r\n`, "latin1");
}

describe("Dovecot", () => {
  const running = withServer(() => startDovecot());

  test("I4 C1 trap 29: a message of 100 MB passes within 350 MB and four times its size", async (context) => {
    const server = running(context);
    await using nightly = await openNightly(server, "alice");
    const message = huge(100 * MB);
    for (let n = 0; n < 20; n++) await nightly.hands.append("INBOX", letter(n));
    await nightly.hands.append("INBOX", message);
    await nightly.hands.append("INBOX", letter("after"));
    const words = [SCRIPT, nightly.scratch.url, String(nightly.link.id), String(server.port), "alice"];
    const said = (await mustRun([process.execPath, ...words])).toString("utf8");
    const result: { outcome: string; memory: number; totals: { stored: number } } = JSON.parse(said);
    expect(result).toMatchObject({ outcome: "ok", totals: { stored: 22 } });
    console.info(`a message of ${Math.round(message.length / MB)} MB: peak ${result.memory} MB`);
    expect(result.memory).toBeLessThanOrEqual(350 + 4 * (message.length / MB));

    const [row] = await nightly.rows<{ id: bigint }>(
      "select m.id from message m join blob b on b.id = m.blob_id where b.size > $1",
      [MB],
    );
    const hash = createHash("sha256");
    for await (const body of readBodies(nightly.scratch.pool, nightly.link.archiveId, [asId<MessageId>(row?.id ?? 0)]))
      for await (const chunk of body.chunks) hash.update(chunk);
    expect(hash.digest("hex")).toBe(sha256(message));
  });

  test("C6 S3 traps 24, 29: one over the limit is refused by name and not downloaded, the others come; every run tries it, and with room it comes", async (context) => {
    await using nightly = await openNightly(running(context), "bob");
    const { hands, proxy } = nightly;
    const message = huge(32 * MB);
    await hands.create("Work");
    for (let n = 0; n < 10; n++) await hands.append("INBOX", letter(n));
    const big = await hands.append("INBOX", message);
    for (let n = 10; n < 20; n++) await hands.append("INBOX", letter(n));
    await hands.append("Work", letter("work"));
    const connect = { limits: { messageBytes: MB } };
    for (const attempts of [1, 2]) {
      const report = await nightly.run({ connect });
      expect(report).toMatchObject({ outcome: "partial", totals: { stored: attempts === 1 ? 21 : 0, failed: 1 } });
      expect(report.failures).toMatchObject([{ mailbox: "INBOX", uid: big?.uid, code: "MESSAGE_TOO_LARGE" }]);
      // Not downloaded: when we hang up, so much at most is on its way, 8 MB in the proxy and the buffers of two sockets.
      expect(proxy.counts().bytesFromServer).toBeLessThan(24 * MB);
      const pending = await nightly.rows("select uid::int, kind, reason, attempts, bytes::int from pending");
      expect(pending).toEqual([
        { uid: big?.uid, kind: "fetch", reason: "MESSAGE_TOO_LARGE", attempts, bytes: message.length },
      ]);
    }
    const report = await nightly.run();
    expect(report).toMatchObject({ outcome: "ok", failures: [], totals: { stored: 1 } });
    expect(proxy.counts().bodies).toBe(1);
    expect(await nightly.inArchive()).toEqual(await nightly.onServer());
    expect(await nightly.rows("select from pending")).toEqual([]);
  });
});
