// mbox files as others write them, in all four dialects, truncated and lying: where each message ends, and what its bytes are.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fromLine, quoted } from "../src/from-lines.ts";
import type { SourceKind } from "../src/index.ts";
import { splitMbox } from "../src/read/mbox-split.ts";
import { readAll } from "./reading.ts";

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "pb-mbox-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const DATED = "From a@b.example Tue Feb  3 04:05:06 2026\n";
const HEAD = "Subject: x\n\n";

async function messagesIn(text: string, kind: SourceKind = "mbox"): Promise<readonly string[]> {
  const path = join(root, "some.mbox");
  await writeFile(path, text, "latin1");
  return (await readAll(path, kind)).messages.map(({ bytes }) => bytes.toString("latin1"));
}

describe("where a message ends", () => {
  it.each<readonly [string, string, readonly string[]]>([
    ["at a From_ line below an empty one", `${DATED}${HEAD}a\n\n${DATED}${HEAD}b\n\n`, [`${HEAD}a\n`, `${HEAD}b\n`]],
    [
      "with CRLF",
      `${DATED}${HEAD}a\n\n${DATED}${HEAD}b\n\n`.replaceAll("\n", "\r\n"),
      [`${HEAD}a\n`, `${HEAD}b\n`].map((text) => text.replaceAll("\n", "\r\n")),
    ],
    ["at the end, whatever is missing there", `${DATED}${HEAD}a\n\n${DATED}${HEAD}b`, [`${HEAD}a\n`, `${HEAD}b`]],
    ["not at a sentence", `${DATED}${HEAD}a\n\nFrom here on\nNote: it\n\n`, [`${HEAD}a\n\nFrom here on\nNote: it\n`]],
    [
      "not at a date without a header below",
      `${DATED}${HEAD}a\n\n${DATED}and so on\n`,
      [`${HEAD}a\n\n${DATED}and so on\n`],
    ],
    [
      "at a date with its time, also without an empty line, as git writes",
      `${DATED}${HEAD}a\n${DATED}${HEAD}b\n`,
      [`${HEAD}a\n`, `${HEAD}b\n`],
    ],
    [
      "at a bare From_ line, as Thunderbird writes",
      `From \n${HEAD}a\n\nFrom - Tue Feb  3 04:05:06 2026\n${HEAD}b\n`,
      [`${HEAD}a\n`, `${HEAD}b\n`],
    ],
    [
      "when it has no byte, or no header",
      `${DATED}\n${DATED}\nbody\n\n${DATED}${HEAD}`,
      ["", "\nbody\n", "Subject: x\n"],
    ],
    ["with empty lines of its own", `${DATED}${HEAD}a\n\n\n\n${DATED}${HEAD}b\n`, [`${HEAD}a\n\n\n`, `${HEAD}b\n`]],
    ["behind a mark that an editor left", `\xef\xbb\xbf\n${DATED}${HEAD}a\n`, [`${HEAD}a\n`]],
    [
      "in our own, also below a message without a header",
      `${fromLine(null)}a\n\n${fromLine(1e12)}b\n\n`,
      ["a\n", "b\n"],
    ],
    ["in a file without a byte", "", []],
  ])("%s", async (_, text, messages) => expect(await messagesIn(text)).toEqual(messages));
});

const LOOSE = [
  "From c@d Sat, 29 Feb 2020 23:01:00 +0100\n",
  "From c@d Sat, 29 Feb 2020 23:01:00 +0100 (CET)\n",
  "From c@d Sat,  9 Feb 2019 23:01 GMT\n",
  "From g@h Thu Feb  9 23:01:22 CET 2020 remote from uucp\n",
  "From g!h Thu, 9 Feb 2020 23:01:22 remote from uucp\n",
] as const;

describe.each(LOOSE)("a form that few programs write: %j", (line) => {
  const crlf = (texts: readonly string[]) => texts.map((text) => text.replaceAll("\n", "\r\n"));
  it.each<readonly [string, string, readonly string[]]>([
    ["begins a file", `${line}${HEAD}a\n`, [`${HEAD}a\n`]],
    [
      "begins a message between an empty line and a header",
      `${line}${HEAD}a\n\n${line}${HEAD}b\n\n${DATED}${HEAD}c\n`,
      [`${HEAD}a\n`, `${HEAD}b\n`, `${HEAD}c\n`],
    ],
    ["not below a line with words", `${DATED}${HEAD}a\n${line}${HEAD}b\n`, [`${HEAD}a\n${line}${HEAD}b\n`]],
    ["not above words", `${DATED}${HEAD}a\n\n${line}b\n`, [`${HEAD}a\n\n${line}b\n`]],
    ["not above an empty line", `${DATED}${HEAD}a\n\n${line}\nb\n`, [`${HEAD}a\n\n${line}\nb\n`]],
    ["not as the last line", `${DATED}${HEAD}a\n\n${line.trimEnd()}`, [`${HEAD}a\n\n${line.trimEnd()}`]],
    [
      "not within a sentence",
      `${DATED}${HEAD}a\n\n${line.replace("From", "From all of")}${HEAD}b\n`,
      [`${HEAD}a\n\n${line.replace("From", "From all of")}${HEAD}b\n`],
    ],
  ])("%s", async (_, text, messages) => {
    expect(await messagesIn(text)).toEqual(messages);
    expect(await messagesIn(text.replaceAll("\n", "\r\n"))).toEqual(crlf(messages));
  });

  it("loses its mark in a mboxrd, and only that", async () => {
    const text = `${DATED}${HEAD}a\n\n>${line}${HEAD}>>${line}\n${line}${HEAD}b\n`;
    expect(await messagesIn(text, "mboxrd")).toEqual([`${HEAD}a\n\n${line}${HEAD}>${line}`, `${HEAD}b\n`]);
  });
});

const clHead = (bytes: number) => `Content-Length: ${bytes}\n\n`;
const BODY = `a\n\n${DATED}${HEAD}inner\n`;

describe("Content-Length", () => {
  const next = `\n${DATED}${HEAD}b\n`;
  it.each<readonly [string, number, readonly string[]]>([
    ["that is right holds together what looks like two", BODY.length, [clHead(BODY.length) + BODY, `${HEAD}b\n`]],
    ["that is too small is a lie", 5, [`${clHead(5)}a\n`, `${HEAD}inner\n`, `${HEAD}b\n`]],
    [
      "that leads into a line is a lie",
      BODY.length + 9,
      [`${clHead(BODY.length + 9)}a\n`, `${HEAD}inner\n`, `${HEAD}b\n`],
    ],
    ["beyond the end is a lie", 1e9, [`${clHead(1e9)}a\n`, `${HEAD}inner\n`, `${HEAD}b\n`]],
    ["beyond all measure is a lie", 1e15, [`${clHead(1e15)}a\n`, `${HEAD}inner\n`, `${HEAD}b\n`]],
  ])("%s", async (_, stated, messages) => {
    expect(await messagesIn(`${DATED}${clHead(stated)}${BODY}${next}`)).toEqual(messages);
  });

  it("does not count where the dialect has none", async () => {
    expect(await messagesIn(`${DATED}${clHead(BODY.length)}${BODY}${next}`, "mboxrd")).toHaveLength(3);
  });
});

describe("marks before From_ lines", () => {
  const text = ">From a\n>>From b\nFrom c\n";
  const cl = `Content-Length: ${text.length}\n\n`;
  it.each<readonly [SourceKind, string, string]>([
    ["mbox", HEAD, "From a\n>From b\nFrom c\n"],
    ["mboxrd", HEAD, "From a\n>From b\nFrom c\n"],
    ["mboxo", HEAD, "From a\n>>From b\nFrom c\n"],
    ["mboxcl", cl, "From a\n>>From b\nFrom c\n"],
    ["mboxcl2", cl, text],
    // A line without a mark: nothing was marked here.
    ["mbox", cl, text],
  ])("of %s below %j", async (kind, head, body) => {
    expect(await messagesIn(`${DATED}${head}${text}\n`, kind)).toEqual([head + body]);
  });

  it("of a mboxcl are taken off when nothing in the file speaks against it", async () => {
    const body = ">From a\n>>From b\n";
    const head = `Content-Length: ${body.length}\n\n`;
    expect(await messagesIn(`${DATED}${head}${body}\n`)).toEqual([`${head}From a\n>>From b\n`]);
  });
});

it("flags are read where mutt, Dovecot and Thunderbird keep them, and the bytes stay as they are", async () => {
  const path = join(root, "flags.mbox");
  const head =
    "Status: RO\nX-Status: AF\nX-Keywords: $Later, a(b x\nX-Mozilla-Status: 1002\nstatus: \n D\n\nStatus: D\n";
  await writeFile(path, `${DATED}${head}\n`);
  const { messages } = await readAll(path);
  expect(messages[0]).toMatchObject({
    flags: ["$Forwarded", "$Later", "\\Answered", "\\Flagged", "\\Seen", "x"],
    internalDate: Date.UTC(2026, 1, 3, 4, 5, 6),
  });
  expect(messages[0]?.bytes.toString()).toBe(head);
});

it("Gmail's labels are mailboxes and flags", async () => {
  const path = join(root, "takeout.mbox");
  const labels = '=?UTF-8?Q?Inbox,Unread,"a, b/c",=E2=98?= =?UTF-8?Q?=AF,Starred,Category_Promotions?=';
  await writeFile(
    path,
    `${DATED}X-GM-THRID: 1\nX-Gmail-Labels: ${labels}\n\nx\n\n${DATED}X-Gmail-Labels: Archived,Opened\n\ny\n`,
  );
  const { what, messages } = await readAll(path);
  expect(what).toBe("Google Takeout mbox");
  expect(messages.map(({ mailboxes, flags }) => ({ mailboxes, flags }))).toEqual([
    { mailboxes: [["INBOX"], ["a, b", "c"], ["☯"]], flags: ["\\Flagged"] },
    { mailboxes: [["Archive"]], flags: ["\\Seen"] },
  ]);
});

it("what is no mbox, and bytes before the first message, are named", async () => {
  const path = join(root, "none.mbox");
  await writeFile(path, "nothing\nof the kind\n");
  expect((await readAll(path, "mbox")).failures).toMatchObject([{ reason: "damaged", place: "none.mbox" }]);
  await writeFile(path, `the end of a message\n\n${DATED}${HEAD}a\n`);
  const { messages, failures } = await readAll(path, "mbox");
  expect([messages.length, failures.length]).toEqual([1, 1]);
});

async function* sliced(bytes: Buffer, sizes: readonly number[]) {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function split(bytes: Buffer, sizes: readonly number[], most?: number) {
  const parts: string[] = [];
  const options = { size: bytes.length, ...(most === undefined ? {} : { most }) };
  for await (const part of splitMbox(sliced(bytes, sizes), options))
    parts.push(part.kind === "message" ? part.bytes.toString("latin1") : part.kind);
  return parts;
}

it("a message that is too large is passed over, and the next one is whole", async () => {
  const large = `${HEAD}${"From me\nFrom you \n\n".repeat(30_000)}`;
  const mbox = Buffer.from(`${DATED}${HEAD}a\n\n${DATED}${large}\n${DATED}${HEAD}b\n\n${DATED}${large}`);
  expect(await split(mbox, [10_000], 100_000)).toEqual([`${HEAD}a\n`, "tooLarge", `${HEAD}b\n`, "tooLarge"]);
});

const ENDS = LOOSE.map((line) => line.trimEnd());

it("messages of ours come back, however the bytes are cut", async () => {
  const line = fc.constantFrom(
    "From ",
    ">From x",
    "a: b",
    "",
    "\r",
    "Content-Length: 3",
    DATED.trimEnd(),
    ...ENDS,
    "x",
  );
  const message = fc.array(line, { maxLength: 6 }).map((lines) => `${lines.join("\n")}\n`);
  await fc.assert(
    fc.asyncProperty(
      fc.array(message, { maxLength: 5 }),
      fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 1, maxLength: 4 }),
      async (messages, sizes) => {
        const mbox = Buffer.concat(
          messages.flatMap((text, i) => [
            Buffer.from(fromLine(i * 1000 + 1000)),
            quoted(Buffer.from(text)),
            Buffer.from("\n"),
          ]),
        );
        const parts: string[] = [];
        for await (const part of splitMbox(sliced(mbox, sizes), { size: mbox.length, lengths: false }))
          if (part.kind === "message") parts.push(part.bytes.toString());
        expect(parts).toEqual(messages.map((text) => quoted(Buffer.from(text)).toString()));
      },
    ),
  );
});

it("any bytes are read to their end", async () => {
  const piece = fc.constantFrom(
    DATED,
    ...LOOSE,
    HEAD,
    "From ",
    "\n",
    "\r\n",
    "x",
    "Content-Length: 7\n",
    "Content-Length: 99999999999\n",
    "\0",
    ">",
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 40 }), fc.integer({ min: 1, max: 300 }), async (pieces, size) => {
      const bytes = Buffer.from(pieces.join(""), "latin1");
      expect(await split(bytes, [size], 100)).toEqual(await split(bytes, [100_000], 100));
    }),
  );
});
