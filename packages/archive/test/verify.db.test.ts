// Verify finds each kind of damage by name, and nothing in an archive that is whole.
import type { Uid, UidSet } from "@packetboat/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ArchiveFinding, fetchAgain, verifyArchive } from "../src/index.ts";
import { add, bodyOf, type Stocked, stockedArchive } from "./stocked-archive.ts";

let stocked: Stocked;
beforeEach(async () => {
  stocked = await stockedArchive();
});
afterEach(async () => stocked[Symbol.asyncDispose]());

async function findings(): Promise<ArchiveFinding[]> {
  const found: ArchiveFinding[] = [];
  for await (const finding of verifyArchive(stocked.pool, stocked.link.archiveId)) found.push(finding);
  return found;
}
const kinds = async (): Promise<string[]> => (await findings()).map(({ kind }) => kind);
/** Damage that the constraints would refuse: triggers are what enforces them. */
const damage = async (sql: string): Promise<void> => {
  const client = await stocked.pool.connect();
  await client.query("set session_replication_role = replica");
  const { rowCount } = await client.query(sql);
  await client.query("reset session_replication_role");
  client.release();
  expect(rowCount).toBeGreaterThan(0);
};
const blobOf = (text: string): string => `sha256 = '\\x${bodyOf(text).digests.sha256}'`;

describe("verify", () => {
  it("finds nothing in an archive that is whole", async () => {
    await add(
      stocked,
      stocked.work,
      [bodyOf(Buffer.alloc(9_000_000, "Subject: large\n\nx")), bodyOf(Buffer.from("\0\n"))],
      10,
    );
    expect(await findings()).toEqual([]);
  });

  it("names a flipped byte, packed or not, at any place", async () => {
    await add(stocked, stocked.work, [bodyOf(Buffer.from(`Subject: packed\r\n\r\n${"many words ".repeat(500)}`))], 20);
    await damage("update blob set bytes = set_byte(bytes, length(bytes) / 2, get_byte(bytes, length(bytes) / 2) # 1)");
    const found = await findings();
    expect(new Set(found.map(({ kind }) => kind))).toEqual(new Set(["bytesDiffer"]));
    expect(found).toHaveLength(5);
  });

  it("names a truncated body", async () => {
    await add(stocked, stocked.work, [bodyOf(Buffer.from(`Subject: packed\r\n\r\n${"many words ".repeat(500)}`))], 20);
    await damage("update blob set bytes = substring(bytes from 1 for length(bytes) - 3)");
    expect(new Set(await kinds())).toEqual(new Set(["bodyTruncated"]));
  });

  it("names a missing part of a large body", async () => {
    await add(stocked, stocked.work, [bodyOf(Buffer.alloc(9_000_000, "Subject: large\n\nx"))], 10);
    await damage("delete from blob_part where part = 1");
    expect(await kinds()).toEqual(["bodyTruncated"]);
  });

  it("names wrong digests", async () => {
    await damage(`update blob set fingerprint = sha256 where ${blobOf("one")}`);
    expect(await kinds()).toEqual(["digestsDiffer"]);
  });

  it("names a missing body", async () => {
    await damage(`delete from blob where ${blobOf("one")}`);
    expect(await kinds()).toEqual(["bodyMissing"]);
  });

  it("names a missing message", async () => {
    await damage(`delete from message where blob_id = (select id from blob where ${blobOf("one")})`);
    expect(new Set(await kinds())).toEqual(new Set(["messageMissing", "placementWithoutMessage"]));
  });

  it("names a message whose versions are gone", async () => {
    await damage(
      `delete from message_version where message_id = (select m.id from message m join blob b on b.id = blob_id where ${blobOf("one")})`,
    );
    expect(await kinds()).toEqual(["messageMissing"]);
  });

  it("names versions that overlap", async () => {
    await damage("update message_version set to_revision = to_revision + 1 where to_revision = 4");
    expect(await kinds()).toEqual(["versionsOverlap"]);
  });

  it("names a live message in a mailbox that is gone", async () => {
    await damage("update mailbox_version set to_revision = 8 where path = array['INBOX']");
    expect(new Set(await kinds())).toEqual(new Set(["mailboxMissing"]));
  });

  it("names revisions that are not there", async () => {
    await damage("delete from revision where number = 5");
    await damage("update archive set revision = 7");
    expect(await kinds()).toEqual(["revisionUnknown", "revisionMissing"]);
  });
});

describe("fetching again what differs", () => {
  const again = (uids: UidSet) =>
    fetchAgain(stocked.pool, stocked.archive, stocked.link.id, { mailbox: stocked.inbox.remote, uids });

  it("takes the UID off its message and lets it wait to be fetched; the archive stays as it is", async () => {
    await expect(again([[1, 9]])).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    const { runId } = await stocked.archive.beginRun();
    const revision = await stocked.archive.revision();
    expect(await again([[4, 4]])).toBe(1);
    const { bound, pending } = await stocked.archive.known(stocked.inbox.remote, 1 as Uid);
    expect(bound).toEqual([[1, 2]]);
    expect(pending).toMatchObject([{ uid: 4, kind: "fetch", reason: "BLOB_MISMATCH", runId }]);
    const { canonical } = bodyOf("four").digests;
    expect(await stocked.archive.unbound(stocked.inbox.mailboxId, [canonical])).toHaveLength(1);
    expect(await stocked.archive.revision()).toBe(revision);
    expect(await again([[3, 9]])).toBe(0);
    expect(await findings()).toEqual([]);
  });

  it("S4: does nothing under a lease that somebody else holds by now", async () => {
    await stocked.archive.beginRun();
    await stocked.pool.query("update lease set token = token + 1");
    await expect(again([[1, 1]])).rejects.toMatchObject({ code: "LEASE_LOST" });
    expect((await stocked.archive.known(stocked.inbox.remote, 1 as Uid)).bound).toEqual([
      [1, 2],
      [4, 4],
    ]);
  });
});

describe("what pushes leave", () => {
  it("names an intent and an unsent row of a message that is not there", async () => {
    const { archive, inbox, work } = stocked;
    const { runId } = await archive.beginRun();
    const [one] = await add(stocked, work, [bodyOf("pushed")], 40);
    if (one === undefined) throw new Error("not added");
    const shape = { kind: "append", remoteMailboxId: inbox.remote, messageId: one.messageId } as const;
    await archive.commit({
      archive: [],
      base: [
        { kind: "intend", intents: [{ ...shape, uidValidity: null, uidNext: null, flags: [] }] },
        { kind: "unsent", unsent: { ...shape, reason: "OP_REFUSED", detail: "", attempts: 1, runId } },
        { kind: "unbind", remoteMailboxId: work.remote, uids: [[40, 40]] },
      ],
    });
    expect(await kinds()).toEqual([]);
    await damage(`delete from message_version where message_id = ${one.messageId}`);
    await damage(`delete from message where id = ${one.messageId}`);
    expect(await kinds()).toEqual(["placementWithoutMessage", "placementWithoutMessage"]);
  });
});
