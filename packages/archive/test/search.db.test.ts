// Search: what each query finds is what a plain reading of the same messages says, whatever the query; pages join without a gap, the past is as
// it was, and what people write never becomes SQL.
import { asId, type MessageId, type Revision } from "@packetboat/core";
import { parseQuery, type Query } from "@packetboat/search";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, test, vi } from "vitest";
import {
  archivesToIndex,
  executeForget,
  indexStanding,
  lockIndexing,
  matchingMessages,
  nextToIndex,
  planForget,
  rebuildIndex,
  type SearchHit,
  type SearchRequest,
  searchMessages,
  storeIndexed,
} from "../src/index.ts";
import {
  contentOf,
  dateOf,
  type IndexedStock,
  indexWritten,
  newestRevision,
  type Written,
  writtenArchive,
} from "./indexed-archive.ts";
import { rows, sinceOf } from "./stocked-archive.ts";

const WRITTEN: readonly Written[] = [
  {
    subject: "Order 7 is late",
    from: "Ann Smith <ann@example.com>",
    to: "bob@example.org",
    text: "the parcel",
    size: 5_000,
  },
  {
    subject: "Crème brûlée",
    from: "Zoë <zoe@example.net>",
    to: "ann@example.com",
    text: "order of 7 desserts",
    flags: ["\\Seen"],
  },
  { subject: "newsletter", from: "news@lists.example.org", text: "order now, 7 of them", files: ["Rechnung März.pdf"] },
  {
    subject: "会議",
    from: "Tanaka <t@example.jp>",
    text: "東京都庁で会議",
    cc: "Ann Smith <ann@example.com>",
    box: "work",
  },
  { subject: "Re: order 7", from: "bob@example.org", text: "it's fine", flags: ["\\Seen", "$Label1"], box: "work" },
  { subject: "no date", text: "parcel parcel parcel", date: null },
  {
    subject: "quotes ' and \\ and \"",
    from: "o'neil\\ <o'neil@example.com>",
    text: "'; drop table message; -- .* [a-z]+ (?=x)",
  },
  { subject: "", text: "" },
  {
    subject: "Very old",
    date: Date.UTC(1997, 4, 6),
    text: "parcel",
    files: ["a.txt", "invoice.pdf"],
    flags: ["\\Flagged"],
  },
];

let stock: IndexedStock;
let now: Revision;

beforeAll(async () => {
  stock = await writtenArchive(WRITTEN);
  await indexWritten(stock, (id) => contentOf(WRITTEN[stock.ids.indexOf(id)] as Written), 4);
  now = await newestRevision(stock.pool);
});
afterAll(async () => stock[Symbol.asyncDispose]());

function asked(text: string): Query {
  const parsed = parseQuery(text, Date.UTC(2024, 5, 1));
  if (parsed.kind === "problem") throw new Error(parsed.problem.text);
  return parsed.query;
}

/** Numbers of WRITTEN, in the order in which they were found. */
async function found(query: string | Query, more: Partial<SearchRequest> = {}): Promise<readonly number[]> {
  return numbers((await page(query, more)).hits);
}
const numbers = (hits: readonly SearchHit[]) => hits.map(({ messageId }) => stock.ids.indexOf(messageId));
const page = (query: string | Query, more: Partial<SearchRequest> = {}) =>
  searchMessages(stock.pool, {
    archiveId: stock.link.archiveId,
    query: typeof query === "string" ? asked(query) : query,
    revision: now,
    ...more,
  });

describe("a search finds", () => {
  it.each<[string, readonly number[]]>([
    ["order", [4, 2, 1, 0]],
    ['"order 7"', [4, 0]],
    ['subject:"order 7"', [4, 0]],
    ["body:order", [2, 1]],
    ["order -newsletter", [4, 1, 0]],
    ["ord*", [4, 2, 1, 0]],
    ["creme", [1]],
    ["東京", [3]],
    ["京", [3]],
    ["庁", [3]],
    ["京東", []],
    ["from:ann", [0]],
    ["from:nn", [0]],
    ["from:zoë", [1]],
    ['from:"ann smith"', [0]],
    ["to:ann", [3, 1]],
    ["cc:ann", [3]],
    ["ann", [3, 1, 0]],
    ["from:o'neil\\", [6]],
    ["filename:pdf", [2, 8]],
    ["filename:marz", [2]],
    ["has:attachment", [2, 8]],
    ["has:attachment -filename:rechnung", [8]],
    ["in:work", [4, 3]],
    ["in:INB* is:flagged", [8]],
    ["is:read", [4, 1]],
    ["keyword:$label1", [4]],
    ["larger:4k", [0]],
    ["before:2000", [8]],
    ["since:2024-01-05 before:2024-01-07", [4]],
    ["parcel", [0, 8, 5]],
    ["parcel -since:2000", [8, 5]],
    ["from:zoe OR from:tanaka", [3, 1]],
    ["-(order OR parcel) -is:read has:attachment", []],
  ])("%s", async (text, expected) => {
    expect(await found(text)).toEqual(expected);
  });

  test("everything, what has no date last", async () => {
    expect(await found({ kind: "and", of: [] })).toEqual([7, 6, 4, 3, 2, 1, 0, 8, 5]);
  });

  test("by rank what has the word in the subject, or often, first", async () => {
    expect(await found("parcel", { sort: "rank" })).toEqual([5, 0, 8]);
    expect(await found("order", { sort: "rank" })).toEqual([4, 0, 2, 1]);
  });
});

test("what people write is never SQL, a pattern or a term of the index", async () => {
  for (const text of [
    "'; drop table message; --",
    "' | 'parcel",
    "parcel') --",
    "\\",
    "'",
    ":*",
    "a':* & 'b",
    "$1",
    "%",
    ".*",
  ]) {
    for (const field of ["any", "subject", "body"] as const)
      await found({ kind: "words", field, words: [text], open: text.length > 3 });
    for (const field of ["from", "to", "filename"] as const) await found({ kind: "piece", field, text });
    await found({ kind: "flag", flag: text });
    await found({ kind: "mailbox", pattern: text });
  }
  expect(await found("from:[a-z]+")).toEqual([]);
  expect(await found('"drop table message"')).toEqual([6]);
});

const word = fc.constantFrom("order", "7", "parcel", "of", "ann", "creme", "news", "東京", "京都", "drop", "none");
const leaf = fc.oneof<fc.Arbitrary<Query>[]>(
  fc.record({
    kind: fc.constant("words" as const),
    field: fc.constantFrom("any", "subject", "body"),
    words: fc.array(word, { minLength: 1, maxLength: 2 }),
    open: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant("piece" as const),
    field: fc.constantFrom("from", "to", "cc", "filename"),
    text: fc.constantFrom("a", "nn", "ann", "example", "@", "pdf", "o'n", "<z", "zzz"),
  }),
  fc.constant({ kind: "attachment" as const }),
  fc.constantFrom({ kind: "flag" as const, flag: "\\Seen" }, { kind: "flag" as const, flag: "$label1" }),
  fc.constantFrom({ kind: "mailbox" as const, pattern: "work" }, { kind: "mailbox" as const, pattern: "none" }),
  fc.record({
    kind: fc.constantFrom("since", "before"),
    time: fc.constantFrom(Date.UTC(2024, 0, 3), Date.UTC(2000, 0, 1)),
  }),
  fc.record({ kind: fc.constantFrom("larger", "smaller"), bytes: fc.constantFrom(100, 1_000) }),
);
const query = fc.letrec<{ query: Query }>((tie) => ({
  query: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.record({ kind: fc.constantFrom("and", "or"), of: fc.array(tie("query"), { minLength: 1, maxLength: 3 }) }),
    fc.record({ kind: fc.constant("not" as const), of: tie("query") }),
  ),
})).query;

/** The same question, asked of what was written. */
function isMeant(asked: Query, i: number): boolean {
  const written = WRITTEN[i] as Written;
  const { searched } = contentOf(written);
  const date = dateOf(written, i);
  const size = Buffer.byteLength(`Subject: ${i}\r\n\r\n`) + (written.size ?? 1);
  switch (asked.kind) {
    case "and":
      return asked.of.every((each) => isMeant(each, i));
    case "or":
      return asked.of.some((each) => isMeant(each, i));
    case "not":
      return !isMeant(asked.of, i);
    case "attachment":
      return searched.attached;
    case "words": {
      const needle = ` ${asked.words.join(" ")}${asked.open ? "" : " "}`;
      const places = {
        any: [searched.words, searched.subject, searched.names],
        subject: [searched.subject],
        body: [searched.words],
      };
      return places[asked.field].some((text) => text.includes(needle));
    }
    case "piece": {
      const { from, to, cc, bcc, files } = searched;
      return { from: [from], to: [to, cc, bcc], cc: [cc], bcc: [bcc], filename: [files] }[asked.field].some((text) =>
        text.includes(asked.text),
      );
    }
    case "flag":
      return (written.flags ?? []).some((flag) => flag.toLowerCase() === asked.flag.toLowerCase());
    case "mailbox":
      return asked.pattern === (written.box ?? "inbox");
    case "since":
      return date !== null && date >= asked.time;
    case "before":
      return date !== null && date < asked.time;
    case "larger":
      return size > asked.bytes;
    case "smaller":
      return size < asked.bytes;
  }
}

test("any query finds what a plain reading says, by date, by rank and as a selection", async () => {
  await fc.assert(
    fc.asyncProperty(query, async (some) => {
      const expected = WRITTEN.flatMap((_, i) => (isMeant(some, i) ? [i] : []));
      const byDate = await found(some);
      expect([...byDate].sort((a, b) => a - b)).toEqual(expected);
      expect([...(await found(some, { sort: "rank" }))].sort((a, b) => a - b)).toEqual(expected);
      const all: MessageId[] = [];
      for await (const ids of matchingMessages(stock.pool, {
        archiveId: stock.link.archiveId,
        query: some,
        revision: now,
      }))
        all.push(...ids);
      expect(all.map((id) => stock.ids.indexOf(id)).sort((a, b) => a - b)).toEqual(expected);
    }),
    { numRuns: process.env.PACKETBOAT_SOAK === undefined ? 60 : Number(process.env.PACKETBOAT_SOAK) },
  );
});

test.each(["date", "rank"] as const)("pages by %s join without a gap", async (sort) => {
  const whole = await page("parcel OR order OR in:work", { sort });
  expect(whole.next).toBeNull();
  const joined: number[] = [];
  let after: string | undefined;
  do {
    const part = await page("parcel OR order OR in:work", { sort, limit: 2, after });
    joined.push(...numbers(part.hits));
    after = part.next ?? undefined;
  } while (after !== undefined);
  expect(joined).toEqual(numbers(whole.hits));
  expect(joined.length).toBeGreaterThan(5);
});

test.each(["", "x", "1", "1.2.3", "1.2;drop", "9999999999999999999.1"])("the page %j is refused", async (after) => {
  await expect(page("parcel", { after })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
});

test("the past is as it was: flags, mailboxes and what was removed since", async () => {
  const mine = await writtenArchive(WRITTEN);
  await using _ = mine;
  const content = (id: MessageId) => contentOf(WRITTEN[mine.ids.indexOf(id)] as Written);
  await indexWritten(mine, content);
  const { archive, inbox, work } = mine;
  const before = await newestRevision(mine.pool);
  const [first, second] = await rows(mine, inbox, 1, 2);
  if (first === undefined || second === undefined) throw new Error("no rows");
  await archive.commit({
    archive: [
      { kind: "removeMessage", messageId: first.messageId, since: sinceOf(first) },
      {
        kind: "moveMessage",
        messageId: second.messageId,
        since: sinceOf(second),
        mailboxId: work.mailboxId,
        flags: [],
      },
    ],
    base: [{ kind: "unbind", remoteMailboxId: inbox.remote, uids: [[1, 1]] }],
  });
  const after = await newestRevision(mine.pool);
  const at = async (text: string, revision: Revision, removed = false) => {
    const request = { archiveId: mine.link.archiveId, query: asked(text), revision, removed };
    return (await searchMessages(mine.pool, request)).hits.map((hit) => [
      mine.ids.indexOf(hit.messageId),
      hit.mailbox[0],
      hit.present,
    ]);
  };
  expect(await at("order is:read in:inbox", before)).toEqual([[1, "INBOX", true]]);
  expect(await at("order is:read", after)).toEqual([[4, "Work", true]]);
  expect(await at("creme in:work", after)).toEqual([[1, "Work", true]]);
  expect(await at("late", before)).toEqual([[0, "INBOX", true]]);
  expect(await at("late", after)).toEqual([]);
  expect(await at("late", after, true)).toEqual([[0, "INBOX", false]]);
  expect(await at("late", asId<Revision>(1), true)).toEqual([]);
});

test("a body that many messages have is indexed once, and each message is found in its own time", async () => {
  const copies = Array.from(
    { length: 6 },
    (_, i): Written => ({ date: Date.UTC(2024, 0, 1 + 30 * i), box: i % 2 ? "work" : "inbox" }),
  );
  await using mine = await writtenArchive(copies);
  // All of one body: the bytes differ by their subject only where they are written.
  await mine.pool.query("update message set blob_id = (select min(blob_id) from message)");
  await indexWritten(mine, () => contentOf({ text: "same" }), 2);
  const { rows: stored } = await mine.pool.query("select places from content");
  expect(stored).toHaveLength(1);
  const request = { archiveId: mine.link.archiveId, query: asked("same"), revision: await newestRevision(mine.pool) };
  const { hits } = await searchMessages(mine.pool, request);
  expect(hits.map(({ messageId }) => mine.ids.indexOf(messageId))).toEqual([5, 4, 3, 2, 1, 0]);
  const ranked = await searchMessages(mine.pool, { ...request, sort: "rank" });
  expect(ranked.hits).toHaveLength(6);
});

test("what waits is counted, refused as a selection, and indexed by the next run; rebuilding makes all anew", async () => {
  await using mine = await writtenArchive(WRITTEN);
  const { pool, link } = mine;
  const { archiveId } = link;
  const content = (id: MessageId) => contentOf(WRITTEN[mine.ids.indexOf(id)] as Written);
  const request = { archiveId, query: asked("parcel"), revision: await newestRevision(pool) };
  expect(await indexStanding(pool, archiveId)).toMatchObject({ waiting: 9 });
  expect(await archivesToIndex(pool)).toEqual([archiveId]);
  expect((await searchMessages(pool, request)).waiting).toBe(9);
  await expect(matchingMessages(pool, request).next()).rejects.toThrow(
    /9 messages of alice are not indexed yet.*packetboat index alice/,
  );
  const batch = await nextToIndex(pool, archiveId, 3);
  const read = batch.unread.map(({ messageId, blobId }) => ({ blobId, content: content(messageId) }));
  expect(await storeIndexed(pool, batch, read)).toBe(true);
  // Somebody was quicker: the same batch is not stored twice.
  expect(await storeIndexed(pool, batch, read)).toBe(false);
  await indexWritten(mine, content);
  const weeks = await pool.query("select * from indexed_week order by week");
  expect(await indexStanding(pool, archiveId)).toMatchObject({ waiting: 0 });
  expect(await archivesToIndex(pool)).toEqual([]);
  await rebuildIndex(pool, archiveId);
  expect(await indexStanding(pool, archiveId)).toMatchObject({ waiting: 9 });
  await indexWritten(mine, () => contentOf({ text: "anew" }), 4);
  expect((await searchMessages(pool, { ...request, query: asked("anew") })).hits).toHaveLength(9);
  expect((await searchMessages(pool, request)).hits).toHaveLength(0);
  expect((await pool.query("select * from indexed_week order by week")).rows).toEqual(weeks.rows);
});

test("one indexes an archive at a time", async () => {
  const { pool, link } = stock;
  {
    await using first = await lockIndexing(pool, link.archiveId);
    expect(first).not.toBeNull();
    expect(await lockIndexing(pool, link.archiveId)).toBeNull();
  }
  await vi.waitFor(async () => {
    await using again = await lockIndexing(pool, link.archiveId);
    expect(again).not.toBeNull();
  });
});

test("forgetting takes the content with the bytes", async () => {
  await using mine = await writtenArchive(WRITTEN);
  const { pool, link } = mine;
  await indexWritten(mine, (id) => contentOf(WRITTEN[mine.ids.indexOf(id)] as Written));
  await executeForget(pool, await planForget(pool, link.archiveId, { mailbox: "Work" }));
  expect((await pool.query("select from content")).rowCount).toBe(7);
  const request = {
    archiveId: link.archiveId,
    query: asked("東京 OR fine"),
    revision: await newestRevision(pool),
    removed: true,
  };
  expect((await searchMessages(pool, request)).hits).toEqual([]);
});

test("forgetting by a query erases what it found when it was planned, and is refused while mail waits", async () => {
  await using mine = await writtenArchive(WRITTEN);
  const { pool, link } = mine;
  const selection = { query: asked("order OR parcel"), since: Date.UTC(2000, 0, 1) };
  await expect(planForget(pool, link.archiveId, selection)).rejects.toThrow(/not indexed yet/);
  await indexWritten(mine, (id) => contentOf(WRITTEN[mine.ids.indexOf(id)] as Written));
  const plan = await planForget(pool, link.archiveId, selection);
  expect(plan).toMatchObject({ messages: 4 });
  await pool.query("update content set words = ' order ', subject = ' order '");
  expect(await executeForget(pool, plan)).toMatchObject({ messages: 4 });
  const left = await pool.query<{ id: bigint }>("select message_id as id from message_version order by 1");
  expect(left.rows.map(({ id }) => mine.ids.indexOf(asId<MessageId>(id))).sort()).toEqual([3, 5, 6, 7, 8]);
});
