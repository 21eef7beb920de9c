// Search: what each query finds is what a plain reading of the same messages says, whatever the query; pages join without a gap, the past is as
// it was, and what people write never becomes SQL.
import type { MessageId, Revision } from "@packetboat/core";
import type { Query } from "@packetboat/search";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { matchingMessages, type SearchHit, type SearchRequest, searchMessages } from "../src/index.ts";
import {
  asked,
  contentOf,
  dateOf,
  type IndexedStock,
  indexWritten,
  newestRevision,
  WRITTEN,
  type Written,
  writtenArchive,
} from "./indexed-archive.ts";

let stock: IndexedStock;
let now: Revision;

beforeAll(async () => {
  stock = await writtenArchive(WRITTEN);
  await indexWritten(stock, (id) => contentOf(WRITTEN[stock.ids.indexOf(id)] as Written), 4);
  now = await newestRevision(stock.pool);
});
afterAll(async () => stock[Symbol.asyncDispose]());

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
