// What is found in messages, and that none keeps the others from being read: the whole corpus, and messages made to be in the way.
import { corpusDirectory, corpusMessages, ServerUnavailable } from "@packetboat/testkit";
import { afterAll, describe, expect, it, test } from "vitest";
import { type ContentReader, openReader } from "../src/index.ts";

// What takes too long is a test of its own: here a busy machine may take its time.
const reader = openReader({ threads: 2, limitMs: 60_000 });
afterAll(() => reader.close());

const mail = (...lines: readonly string[]): Buffer => Buffer.from(lines.join("\r\n"));
const read = (bytes: Buffer, by: ContentReader = reader) => by.read(bytes);

const head = ["From: Ann Ångström <ann@example.com>", "To: bob@example.org", "Subject: Crème and order #7"];

describe("content", () => {
  test("of an ordinary message", async () => {
    const bytes = mail(
      ...head,
      "Cc: =?utf-8?B?WmnDqQ==?= <z@example.net>",
      "Date: Mon, 6 May 2024 10:00:00 +0200",
      'Content-Type: multipart/mixed; boundary="b"',
      "",
      "--b",
      "Content-Type: multipart/alternative; boundary=c",
      "",
      "--c",
      "Content-Type: text/plain",
      "",
      "see below",
      "--c",
      "Content-Type: text/html; charset=utf-8",
      "",
      "<html><head><title>no</title><style>p{}</style></head><p>Invoice <b>to</b>tal: 東京</p><script>evil()</script>",
      "--c--",
      "--b",
      'Content-Type: application/pdf; name="Rechnung März.pdf"',
      "Content-Disposition: attachment; filename*=utf-8''Rechnung%20M%C3%A4rz.pdf",
      "Content-Transfer-Encoding: base64",
      "",
      "AAAA",
      "--b--",
    );
    const content = await read(bytes);
    expect(content).toMatchObject({
      state: "whole",
      reason: null,
      sentAt: Date.UTC(2024, 4, 6, 8),
      shown: {
        subject: "Crème and order #7",
        from: [{ name: "Ann Ångström", address: "ann@example.com" }],
        cc: [{ name: "Zié", address: "z@example.net" }],
        attachments: [{ name: "Rechnung März.pdf", type: "application/pdf", size: 3 }],
      },
      searched: {
        subject: " creme and order 7 ",
        from: "ann angstrom <ann@example.com>",
        to: "<bob@example.org>",
        files: "rechnung marz.pdf",
        attached: true,
      },
    });
    expect(content.searched.words).toMatch(/ see below invoice total 東京 京 $/);
    expect(content.searched.names).toMatch(/ angstrom .* marz /);
  });

  it.each([
    ["a picture within the text", "image/png", "inline", "Content-ID: <a>", false],
    ["a signature", "application/pgp-signature", "attachment", "X: y", false],
    ["a picture by itself", "image/png", "attachment", "X: y", true],
  ])("%s is an attachment or not", async (_, type, disposition, more, attached) => {
    const bytes = mail(
      ...head,
      "Content-Type: multipart/mixed; boundary=b",
      "",
      "--b",
      `Content-Type: ${type}; name=x.png`,
      `Content-Disposition: ${disposition}`,
      more,
      "",
      "x",
      "--b--",
    );
    expect((await read(bytes)).searched).toMatchObject({ attached, files: "x.png" });
  });

  test.each([
    ["names no boundary", "multipart/mixed", ["what somebody wrote"]],
    [
      "has an empty one",
      'multipart/mixed; boundary=""',
      ["--", "Content-Type: text/plain", "", "what somebody wrote", "----"],
    ],
    ["names one that never comes", "multipart/alternative; boundary=x", ["what somebody wrote"]],
  ])("of a multipart that %s is what stands there, and so it is shown", async (_, type, body) => {
    const bytes = mail(...head, `Content-Type: ${type}`, "", ...body);
    const content = await read(bytes);
    expect(content).toMatchObject({ state: "whole", shown: { subject: "Crème and order #7" } });
    expect(content.searched.words).toContain(" what somebody wrote ");
    const opened = await reader.open(bytes);
    expect(opened.text).toContain("what somebody wrote");
    expect(opened.from).toEqual([{ name: "Ann Ångström", address: "ann@example.com" }]);
  });

  test("of what mailparser refuses is what headers and texts hold", async () => {
    const parts = Array.from(
      { length: 5_000 },
      (_, i) => `--b\r\nContent-Type: text/plain\r\n\r\npart number ${i}\r\n`,
    );
    const bytes = mail(...head, 'Content-Type: multipart/mixed; boundary="b"', "", `${parts.join("")}--b--`);
    const content = await read(bytes);
    expect(content).toMatchObject({ state: "partly", reason: "parser", shown: { subject: "Crème and order #7" } });
    expect(content.searched.words).toContain(" part number 4999 ");
  });

  test("is cut where it is longer than what is kept", async () => {
    const bytes = mail(...head, "", Array.from({ length: 200_000 }, (_, i) => `word${i}`).join(" "));
    const content = await read(bytes);
    expect(content).toMatchObject({ state: "cut", reason: null });
    expect(Buffer.byteLength(content.searched.words)).toBeLessThanOrEqual(512 * 1_024);
    expect(content.searched.words).toMatch(/ word0 .* word\d+ $/);
  });

  test("of a message larger than what is looked at is of its beginning", async () => {
    const bytes = Buffer.concat([
      mail(...head, "", "early", ""),
      Buffer.alloc(26 * 1_048_576, `${"x".repeat(70)}\r\n`),
    ]);
    expect(await read(bytes)).toMatchObject({
      state: "cut",
      reason: "size",
      searched: { subject: " creme and order 7 " },
    });
  });

  test.each([
    ["nothing", mail("")],
    ["no header", mail("", "text")],
    ["bytes", Buffer.from(Array.from({ length: 5_000 }, (_, i) => (i * 7919) % 256))],
    ["NUL", mail("Subject: a\0b", "", "c\0d")],
  ])("of %s is something", async (_, bytes) => {
    expect(JSON.stringify(await read(bytes))).not.toContain("\\u0000");
  });
});

describe("a message that is in the way", () => {
  // A parser that never comes back is made of what takes it long: HTML nested so deep that reading it goes with the square.
  const slow = mail(...head, "Content-Type: text/html", "", `<p>slow${"<b>".repeat(340_000)}`);
  const good = mail("Subject: good", "", "good");

  test("costs its time and no more, and is read in our own way", async () => {
    await using short = openReader({ threads: 1, limitMs: 1_000 });
    // The first message of a thread is a slow one by itself.
    await read(good, short);
    const all = await Promise.all([good, slow, good, good].map((bytes) => read(bytes, short)));
    expect(all.map(({ state, reason }) => reason ?? state)).toEqual(["whole", "time", "whole", "whole"]);
    expect(all[1]?.searched).toMatchObject({
      subject: " creme and order 7 ",
      words: expect.stringContaining(" slow "),
    });
    expect(await short.open(slow)).toMatchObject({ reason: "time", text: expect.stringContaining("slow") });
  });

  test("costs its memory and no more", async () => {
    await using small = openReader({ threads: 1, memoryMb: 24 });
    const bomb = mail(...head, "Content-Type: text/html", "", `<p>big</p>${"<i>x</i>".repeat(130_000)}`);
    const all = await Promise.all([good, bomb, good].map((bytes) => read(bytes, small)));
    expect(all.map(({ reason }) => reason)).toEqual([null, "memory", null]);
    expect(all[1]?.searched.words).toContain(" big ");
  });
});

const hasCorpus = (): boolean => {
  try {
    return corpusDirectory() !== "";
  } catch (error) {
    if (error instanceof ServerUnavailable) return false;
    throw error;
  }
};

test("of each message of the corpus is had", async ({ skip }) => {
  skip(!hasCorpus(), "no mail corpus");
  const states = new Map<string, string>();
  const reading: Promise<void>[] = [];
  for await (const { name, bytes } of corpusMessages()) {
    reading.push(
      reader.read(bytes).then(({ state, reason, searched, shown }) => {
        states.set(name, reason ?? state);
        const text = JSON.stringify([searched, shown]);
        expect(text, name).not.toContain("\\u0000");
        expect(text.isWellFormed(), name).toBe(true);
      }),
    );
  }
  await Promise.all(reading);
  expect(states.size).toBeGreaterThan(300);
  expect([...states].filter(([, state]) => state !== "whole")).toEqual([["made/parts-3000.eml", "parser"]]);
}, 60_000);
