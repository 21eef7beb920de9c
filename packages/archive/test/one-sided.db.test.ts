// What only one side has, after restores that changed the archive alone: counted while it is so and no longer, and for links whose runs do not settle it.
import { asId, type MessageId, NO_COUNTS, type Revision } from "@packetboat/core";
import { afterEach, beforeEach, expect, it } from "vitest";
import {
  executeForget,
  executeUndo,
  messagesAt,
  oneSided,
  oneSidedMarks,
  onlyOnServer,
  planForget,
  planUndo,
} from "../src/index.ts";
import type { UndoSelection } from "../src/selection.ts";
import { add, bodyOf, type Stocked, stockedArchive } from "./stocked-archive.ts";

let stocked: Stocked;
beforeEach(async () => {
  stocked = await stockedArchive();
});
afterEach(async () => stocked[Symbol.asyncDispose]());

const NONE = { onlyOnServer: null, onlyInArchive: 0 };
const told = (link: Partial<Stocked["link"]> = {}) => oneSided(stocked.pool, { ...stocked.link, ...link });

async function undo(at: number, selection: UndoSelection = {}, keepNew = false): Promise<number> {
  const request = { archiveId: stocked.link.archiveId, revision: asId<Revision>(at), selection, keepNew };
  const { revision } = await executeUndo(stocked.pool, await planUndo(stocked.pool, request));
  return Number(revision);
}

const idsAt = async (at: number): Promise<readonly MessageId[]> =>
  (await messagesAt(stocked.pool, stocked.inbox.mailboxId, asId<Revision>(at))).map(({ id }) => id);

it("M10 a restore that removed from the archive alone leaves mail that only the server has, until it is back", async () => {
  expect(await told()).toEqual(NONE);
  const marks = await oneSidedMarks(stocked.pool);
  const made = await undo(7);
  const four = (await idsAt(8)).filter((id) => id > 3);
  expect(await told()).toEqual({ ...NONE, onlyOnServer: { messages: 1, before: made - 1, after: made } });
  expect(await onlyOnServer(stocked.pool, stocked.link, asId<Revision>(made - 1))).toEqual(four);
  expect(await onlyOnServer(stocked.pool, stocked.link, asId<Revision>(7))).toEqual([]);
  expect(await oneSidedMarks(stocked.pool)).not.toEqual(marks);
  // What was removed twice is told of the time that counts.
  await undo(8);
  expect(await told()).toEqual(NONE);
  const again = await undo(7);
  expect(await told()).toMatchObject({ onlyOnServer: { messages: 1, before: again - 1 } });
  const { policy } = stocked.link;
  const both = { pull: true, push: true };
  expect(await told({ rights: both, policy: { ...policy, removals: "mirror" } })).toEqual(NONE);
  expect(await told({ rights: both })).toMatchObject({ onlyOnServer: { messages: 1 } });
  expect(await told({ rights: { pull: false, push: true } })).toEqual(NONE);
  await stocked.pool.query("update remote_mailbox set role = 'trash' where id = $1", [stocked.inbox.remote]);
  expect(await told()).toEqual(NONE);
  await stocked.pool.query("update remote_mailbox set role = null where id = $1", [stocked.inbox.remote]);
  // Erased for good it is at no earlier moment either.
  await executeForget(stocked.pool, await planForget(stocked.pool, stocked.link.archiveId, { messageIds: four }));
  expect(await told()).toEqual(NONE);
});

it("M10 what a restore brought back into the archive alone is told as long as the server has not got it", async () => {
  const three = (await idsAt(5)).at(-1) as MessageId;
  await undo(5, { messages: [three] }, true);
  expect(await told()).toEqual({ ...NONE, onlyInArchive: 1 });
  const { policy } = stocked.link;
  expect(await told({ rights: { pull: true, push: true } })).toEqual(NONE);
  for (const hidden of [{ exclude: ["INBOX"] }, { prefix: ["Elsewhere"] }])
    expect(await told({ policy: { ...policy, ...hidden } })).toEqual(NONE);
  // C7: sent, and merged there with a copy.
  await stocked.pool.query(
    "insert into placement (remote_mailbox_id, uid, message_id, flags) values ($1, null, $2, '{}')",
    [stocked.inbox.remote, three],
  );
  expect(await told()).toEqual(NONE);
});

it("what runs brought and took is no such thing", async () => {
  const { runId } = await stocked.archive.beginRun();
  await add(stocked, stocked.inbox, [bodyOf("five")], 9);
  await stocked.archive.commit({
    archive: [],
    base: [{ kind: "unbind", remoteMailboxId: stocked.inbox.remote, uids: [[9, 9]] }],
  });
  await stocked.archive.finishRun(runId, "ok", { version: 1, totals: NO_COUNTS } as never);
  expect(await told()).toEqual(NONE);
});
