// What differs between two revisions over Postgres, against the plain comparison of both snapshots; and the history of one message.
import { asId, type MailboxId, type MessageId, type Revision } from "@packetboat/core";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  differenceOf,
  differingMessages,
  executeForget,
  executeUndo,
  mailboxesAt,
  mailboxesBetween,
  mailboxPathAt,
  messageDetails,
  messagesAt,
  type Placed,
  planForget,
  planUndo,
} from "../src/index.ts";
import { add, bodyOf, type Stocked, stockedArchive } from "./stocked-archive.ts";

let stocked: Stocked;
beforeAll(async () => {
  stocked = await stockedArchive();
});
afterAll(async () => stocked[Symbol.asyncDispose]());

const revision = (n: number): Revision => asId<Revision>(n);
const newest = async (): Promise<number> =>
  Number(
    (await stocked.pool.query("select revision from archive where id = $1", [stocked.link.archiveId])).rows[0].revision,
  );

async function placesAt(at: number): Promise<ReadonlyMap<MessageId, Placed>> {
  const places = new Map<MessageId, Placed>();
  for (const { id: mailboxId } of await mailboxesAt(stocked.pool, stocked.link.archiveId, revision(at)))
    for (const { id, flags } of await messagesAt(stocked.pool, mailboxId, revision(at)))
      places.set(id, { mailboxId, flags });
  return places;
}

async function differences(from: number, to: number, only?: readonly MailboxId[]) {
  const { pool, link } = stocked;
  const between = await mailboxesBetween(pool, link.archiveId, revision(from), revision(to));
  const mailboxes = only ?? between.map(({ id }) => id);
  const request = { archiveId: link.archiveId, from: revision(from), to: revision(to), mailboxes };
  const found = [];
  for await (const page of differingMessages(pool, request)) found.push(...page);
  return found;
}

it("is what comparing both snapshots message by message gives, forwards and backwards, each message once", async () => {
  const { pool, link } = stocked;
  // Back to revision 3 and on: messages come back, so that a difference may span what went and came.
  await executeUndo(pool, await planUndo(pool, { archiveId: link.archiveId, revision: revision(3), selection: {} }));
  await add(stocked, stocked.inbox, [bodyOf("five")], 50);
  const last = await newest();
  const places = [];
  for (let at = 0; at <= last; at++) places.push(await placesAt(at));
  for (let from = 0; from <= last; from++) {
    for (const to of new Set([from, Math.min(last, from + 1), Math.min(last, from + 4), Math.max(0, from - 5)])) {
      const [was, is] = [places[from], places[to]];
      const ids = [...new Set([...(was?.keys() ?? []), ...(is?.keys() ?? [])])].sort((a, b) => a - b);
      const expected = ids.flatMap((messageId) => {
        const [before, after] = [was?.get(messageId) ?? null, is?.get(messageId) ?? null];
        const difference = differenceOf(before, after);
        return difference === null ? [] : [{ messageId, ...difference, before, after }];
      });
      const found = await differences(from, to);
      const plain = found
        .map(({ internalDate: _, size: __, subject: ___, place: ____, ...one }) => one)
        .sort((a, b) => a.messageId - b.messageId);
      expect(plain, `${from} to ${to}`).toEqual(expected);
    }
  }
});

it("goes on after any of its messages, and tells the rest in the same order", async () => {
  const { pool, link } = stocked;
  const last = revision(await newest());
  const between = await mailboxesBetween(pool, link.archiveId, revision(0), last);
  const request = { archiveId: link.archiveId, from: revision(0), to: last, mailboxes: between.map(({ id }) => id) };
  for (const way of [request, { ...request, from: last, to: revision(2) }]) {
    const all = [];
    for await (const page of differingMessages(pool, way)) all.push(...page);
    expect(all.length).toBeGreaterThan(2);
    for (const [n, { place }] of all.entries()) {
      const rest = [];
      for await (const page of differingMessages(pool, { ...way, after: place })) rest.push(...page);
      expect(rest).toEqual(all.slice(n + 1));
    }
  }
});

it("of one mailbox tells what moved out of it and into it, with date and size", async () => {
  const { inbox, work } = stocked;
  const out = await differences(4, 5, [inbox.mailboxId]);
  expect(out).toMatchObject([{ kind: "moved", after: { mailboxId: work.mailboxId }, gained: ["\\Flagged"] }]);
  expect(await differences(4, 5, [work.mailboxId])).toEqual(out.map((one) => ({ ...one, place: expect.anything() })));
  expect(out[0]?.subject).toBeNull();
  await stocked.pool.query(
    `insert into content (blob_id, version, indexed_at, state, shown, subject, names, words, from_line, to_line, cc_line, bcc_line, files,
        attached, places)
      select blob_id, 1, now(), 'read', '{"subject": "Two of them"}', '', '', '', '', '', '', '', '', false, '' from message where id = $1`,
    [out[0]?.messageId],
  );
  expect((await differences(4, 5, [inbox.mailboxId]))[0]?.subject).toBe("Two of them");
  expect(out[0]).toMatchObject({ internalDate: Date.UTC(2024, 0, 1), size: bodyOf("two").bytes.length });
});

it("goes on behind a full page, within one revision and across", async () => {
  const { inbox } = stocked;
  const before = await newest();
  const many = Array.from({ length: 1_500 }, (_, n) => bodyOf(`many ${n}`));
  await add(stocked, inbox, many.slice(0, 1_200), 1_000);
  await add(stocked, inbox, many.slice(1_200), 3_000);
  const found = await differences(before, await newest());
  expect(found.length).toBe(1_500);
  expect(new Set(found.map(({ messageId }) => messageId)).size).toBe(1_500);
});

it("a message is shown with every version, who ended it, and its mailbox by the name of the day", async () => {
  const { pool, link, work } = stocked;
  const [two] = await differences(4, 5);
  const details = await messageDetails(pool, link.archiveId, two?.messageId ?? asId(0));
  expect(details?.versions.slice(0, 2)).toMatchObject([
    { path: ["INBOX"], flags: [], begun: { revision: 3, madeAt: 3_000 }, ended: { revision: 5, madeAt: 5_000 } },
    { path: ["Work"], flags: ["\\Flagged"], begun: { revision: 5 } },
  ]);
  expect(await messageDetails(pool, link.archiveId, two?.messageId ?? asId(0), 1)).toMatchObject({ more: true });
  expect(await mailboxPathAt(pool, work.mailboxId, 7)).toEqual(["Archive", "Work"]);
  expect(await mailboxPathAt(pool, work.mailboxId, 6)).toEqual(["Work"]);
  expect(await messageDetails(pool, link.archiveId, asId(999_999))).toBeNull();
  expect(await messageDetails(pool, asId(999), two?.messageId ?? asId(0))).toBeNull();
});

it("M8 an erased message is in no difference, and has neither versions nor bytes", async () => {
  const { pool, link } = stocked;
  const [one] = await differences(3, 4);
  const plan = await planForget(pool, link.archiveId, { messageIds: [one?.messageId ?? asId(0)] });
  await executeForget(pool, plan);
  expect(await differences(3, 4)).toEqual([]);
  const details = await messageDetails(pool, link.archiveId, one?.messageId ?? asId(0));
  expect(details).toMatchObject({ versions: [], sha256: null, size: null });
});
