// The in-memory archive passes the contract that the Postgres archive passes, and what only it can do: leases and approvals at will.
import type { RemoteMailboxId, RunId, Uid } from "@packetboat/core";
import { describe, expect, it } from "vitest";
import { MemoryArchive } from "../src/archive/memory-archive.ts";
import { archiveContract } from "../src/contracts/archive-contract.ts";
import { ArchiveHand, bodyOf, pendingOf } from "../src/contracts/archive-fixture.ts";

function make() {
  const memory = new MemoryArchive();
  return {
    archive: memory.open(),
    inspect: {
      revision: async () => memory.revision(),
      snapshot: async (revision: number) => memory.snapshot(revision),
      body: async (sha256: string) => memory.body(sha256),
      damage: async (sha256: string) => memory.damage(sha256),
      approve: async (run: RunId, at: number) => memory.approve(run, at),
    },
    [Symbol.asyncDispose]: async () => {},
    memory,
  };
}

archiveContract("in memory", async () => make());

describe("the archive in memory", () => {
  it("S4: a view whose lease was taken writes no more", async () => {
    const { memory, archive } = make();
    const next = memory.open();
    await expect(archive.commit({ archive: [], base: [] })).rejects.toMatchObject({ code: "LEASE_LOST" });
    await expect(archive.storeBodies([bodyOf("x")])).rejects.toMatchObject({ code: "LEASE_LOST" });
    expect((await next.commit({ archive: [], base: [] })).revision).toBeNull();
  });

  it("G1: approvals let through what the run held, once, for seven days", async () => {
    const under = make();
    const hand = new ArchiveHand(under);
    const { remote } = await hand.pair(["INBOX"]);
    const { runId: run } = await hand.archive.beginRun();
    const held = { ...pendingOf(remote, 4, run), kind: "removal", reason: "HALTED" } as const;
    await hand.commit({ base: [{ kind: "pending", pending: held }] });
    await hand.commit({ base: [{ kind: "pending", pending: pendingOf(remote, 5, run) }] });
    under.memory.approve(run, 1_000);
    const approved = await hand.archive.approved(2_000);
    expect(approved).toEqual(new Map([[remote, { runId: run, uids: [[4, 4]] }]]));
    expect(await hand.archive.approved(1_001 + 7 * 86_400_000)).toEqual(new Map());
    await hand.archive.useApproval(run);
    expect(await hand.archive.approved(2_000)).toEqual(new Map());
  });

  it("refuses what no database would take, and leaves nothing behind", async () => {
    const under = make();
    const hand = new ArchiveHand(under);
    const inbox = await hand.pair(["INBOX"]);
    const row = await hand.add(inbox, 1, bodyOf("one"));
    const again = { ...row, remoteMailboxId: inbox.remote, uid: 1 as Uid, emailId: null };
    const base = [{ kind: "bind", messageId: row.messageId, binding: again }] as const;
    await expect(hand.commit({ base })).rejects.toMatchObject({ code: "BUG" });
    const nowhere = { kind: "dropMailboxBase", remoteMailboxId: 99 as RemoteMailboxId } as const;
    const flags = { kind: "setFlags", messageId: row.messageId, since: row.archive.since, flags: ["\\Seen"] } as const;
    await expect(hand.commit({ archive: [flags], base: [nowhere] })).rejects.toMatchObject({ code: "BUG" });
    expect((await hand.row(inbox.remote, 1)).archive.flags).toEqual([]);
    expect(under.memory.log()).toHaveLength(2);
  });
});
