// An archive whose messages are found: contents made of plain texts, stored as a run of indexing would, without reading mail.
import { asId, digestsOf, type MessageId, type Revision } from "@packetboat/core";
import { type Content, foldLine, parseQuery, type Query, spaced, wordsOf } from "@packetboat/search";
import type { Pool } from "pg";
import { nextToIndex, storeIndexed } from "../src/index.ts";
import { openScratchArchive } from "./open-archive.ts";
import { add, type Paired, pair, type Stocked } from "./stocked-archive.ts";

/** A message as a test writes it. */
export interface Written {
  readonly subject?: string;
  readonly from?: string;
  readonly to?: string;
  readonly cc?: string;
  readonly text?: string;
  readonly files?: readonly string[];
  readonly flags?: readonly string[];
  /** Null: none. Default: a day of 2024 after the other. */
  readonly date?: number | null;
  readonly box?: "inbox" | "work";
  /** Of the body, in bytes. Default: a few. */
  readonly size?: number;
}

export function contentOf({ subject = "", from = "", to = "", cc = "", text = "", files = [] }: Written): Content {
  const address = (line: string) => (line === "" ? [] : [{ name: line, address: "" }]);
  const attachments = files.map((name) => ({ name, type: "application/pdf", size: 1 }));
  const shown = { subject, from: address(from), to: address(to), cc: address(cc), bcc: [], replyTo: [], attachments };
  const searched = {
    subject: spaced(wordsOf(subject)),
    names: spaced(wordsOf([from, to, cc, ...files].join("\n"))),
    words: spaced(wordsOf(text)),
    from: foldLine(from),
    to: foldLine(to),
    cc: foldLine(cc),
    bcc: "",
    files: foldLine(files.join(" ")),
    attached: files.length > 0,
  };
  return { state: "whole", reason: null, sentAt: null, shown, searched };
}

export interface IndexedStock extends Stocked {
  /** In the order in which they were written. */
  readonly ids: readonly MessageId[];
}

const DAY_MS = 86_400_000;
export const dateOf = (written: Written, i: number): number | null =>
  written.date === undefined ? Date.UTC(2024, 0, 1) + i * DAY_MS : written.date;

/** INBOX and Work with these messages, which are not indexed yet. Revisions 1 and 2 make the mailboxes, 3 and 4 fill them. */
export async function writtenArchive(all: readonly Written[]): Promise<IndexedStock> {
  const opened = await openScratchArchive();
  const boxes = { inbox: await pair(opened, ["INBOX"]), work: await pair(opened, ["Work"]) };
  const ids: MessageId[] = [];
  const place = async (name: "inbox" | "work", box: Paired): Promise<void> => {
    const mine = all.flatMap((written, i) => ((written.box ?? "inbox") === name ? [{ written, i }] : []));
    for (const [n, { written, i }] of mine.entries()) {
      const bytes = Buffer.from(`Subject: ${i}\r\n\r\n${"x".repeat(written.size ?? 1)}`);
      const body = { kind: "message" as const, uid: asId<never>(n + 1), flags: [], modseq: null, emailId: null };
      const [row] = await add(
        opened,
        box,
        [{ ...body, internalDate: dateOf(written, i), bytes, digests: digestsOf(bytes) }],
        n + 1,
        written.flags,
      );
      if (row === undefined) throw new Error("not added");
      ids[i] = row.messageId;
    }
  };
  await place("inbox", boxes.inbox);
  await place("work", boxes.work);
  return { ...opened, ...boxes, ids };
}

/** Indexes what waits, with these contents by message. */
export async function indexWritten(
  { pool, link }: Pick<Stocked, "pool" | "link">,
  content: (messageId: MessageId) => Content,
  limit = 1_000,
): Promise<void> {
  for (;;) {
    const batch = await nextToIndex(pool, link.archiveId, limit);
    if (batch.messages.length === 0) return;
    const read = batch.unread.map(({ messageId, blobId }) => ({ blobId, content: content(messageId) }));
    if (!(await storeIndexed(pool, batch, read))) throw new Error("somebody else indexes");
  }
}

export async function newestRevision(pool: Pool): Promise<Revision> {
  const { rows } = await pool.query<{ revision: bigint }>("select max(revision) as revision from archive");
  return asId<Revision>(rows[0]?.revision ?? 0n);
}

/** Messages of all kinds. */
export const WRITTEN: readonly Written[] = [
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

export function asked(text: string): Query {
  const parsed = parseQuery(text, Date.UTC(2024, 5, 1));
  if (parsed.kind === "problem") throw new Error(parsed.problem.text);
  return parsed.query;
}
