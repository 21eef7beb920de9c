// What somebody is shown of messages that are opened, and the bytes of what hangs on them: ordinary ones, those that mailparser refuses, the
// whole corpus.
import { corpusDirectory, corpusMessages, orSkip } from "@packetboat/testkit";
import { afterAll, describe, expect, it } from "vitest";
import { openReader } from "../src/index.ts";

// What takes too long is a test of its own: here a busy machine may take its time.
const reader = openReader({ threads: 2, limitMs: 60_000 });
afterAll(() => reader.close());

const mail = (...lines: readonly string[]): Buffer => Buffer.from(lines.join("\r\n"));
const head = [
  "From: =?utf-8?q?Ann_=C3=85?= <ann@example.com>",
  "To: bob@example.org",
  "Subject: =?utf-8?q?Cr=C3=A8me?=",
];

const picture = Buffer.from("89504e470d0a1a0a", "hex");
const MIXED = [
  ...head,
  "Date: Mon, 6 May 2024 10:00:00 +0200",
  "Content-Type: multipart/mixed; boundary=b",
  "",
  "--b",
  "Content-Type: multipart/related; boundary=r",
  "",
  "--r",
  "Content-Type: multipart/alternative; boundary=a",
  "",
  "--a",
  "Content-Type: text/plain; charset=iso-8859-1",
  "Content-Transfer-Encoding: quoted-printable",
  "",
  "Sch=F6ne Gr=FC=DFe\0",
  "--a",
  "Content-Type: text/html; charset=utf-8",
  "",
  '<p onclick="evil()">Schöne <b>Grüße</b></p><img src="cid:logo@x">',
  "--a--",
  "--r",
  "Content-Type: image/png",
  "Content-ID: <logo@x>",
  "Content-Transfer-Encoding: base64",
  "",
  picture.toString("base64"),
  "--r--",
  "--b",
  "Content-Type: application/pdf",
  "Content-Disposition: attachment; filename*=utf-8''..%2F..%2FM%C3%A4rz.pdf",
  "Content-Transfer-Encoding: base64",
  "",
  Buffer.from("pdf").toString("base64"),
];

describe("opened", () => {
  it("an ordinary message: header in words, text, HTML as it was written, parts with their bytes", async () => {
    const bytes = mail(...MIXED, "--b--");
    const opened = await reader.open(bytes);
    expect(opened).toMatchObject({
      state: "whole",
      sentAt: Date.UTC(2024, 4, 6, 8),
      subject: "Crème",
      from: [{ name: "Ann Å", address: "ann@example.com" }],
      text: "Schöne Grüße",
      textOfHtml: false,
      parts: [
        { part: "m1", type: "image/png", size: 8, cid: "logo@x", within: true },
        { part: "m2", type: "application/pdf", size: 3, cid: null, within: false },
      ],
    });
    expect(opened.html).toContain('<p onclick="evil()">Schöne <b>Grüße</b></p><img src="cid:logo@x">');
    expect(await reader.part(bytes, "m1")).toEqual(new Uint8Array(picture));
    expect(Buffer.from((await reader.part(bytes, "m2")) ?? []).toString()).toBe("pdf");
    for (const none of ["m3", "m0", "m", "x1", "o9", "1", "m1e1", "../m1"])
      expect([none, await reader.part(bytes, none)]).toEqual([none, null]);
  });

  it("HTML alone: its text is made of it; a plain part beside HTML is within it", async () => {
    const html = await reader.open(mail(...head, "Content-Type: text/html", "", "<p>One</p><p>two</p>"));
    expect(html).toMatchObject({ text: "One\n\ntwo", textOfHtml: true });
    const both = mail(
      "Content-Type: multipart/mixed; boundary=b",
      "",
      "--b",
      "Content-Type: text/plain",
      "",
      "before <it>",
      "--b",
      "Content-Type: text/html",
      "",
      "<p>after</p>",
      "--b--",
    );
    expect((await reader.open(both)).html).toMatch(/before &lt;it&gt;.*<p>after<\/p>/s);
  });

  it("what mailparser refuses, in our own way, its parts by the same way", async () => {
    const many = Array.from({ length: 5_000 }, () => "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n").join("");
    const bytes = mail(...MIXED, `${many}--b--`);
    const opened = await reader.open(bytes);
    expect(opened).toMatchObject({ state: "partly", reason: "parser", subject: "Crème" });
    expect(opened.text).toContain("Schöne Grüße");
    expect(opened.html).toContain("Schöne <b>Grüße</b>");
    expect(opened.parts).toMatchObject([
      { part: "o1", cid: "logo@x", within: true },
      { part: "o2", type: "application/pdf" },
    ]);
    expect(Buffer.from((await reader.part(bytes, "o1")) ?? []).equals(picture)).toBe(true);
    // mailparser's numbers mean nothing here.
    expect(await reader.part(bytes, "m1")).toBeNull();
  });

  it("no more than what is shown, however long it is", async () => {
    const [part, html] = ["--b", "Content-Type: text/html"];
    const bytes = mail(
      ...head,
      "Content-Type: multipart/alternative; boundary=b",
      "",
      part,
      "",
      "plain",
      part,
      html,
      "",
    );
    const long = await reader.open(Buffer.concat([bytes, Buffer.from(`\r\n<p>${"y".repeat(2_200_000)}\r\n--b--`)]));
    expect([long.state, long.text, long.html?.length]).toEqual(["cut", "plain", 2 * 1_048_576]);
    const parts = "--b\r\nContent-Disposition: attachment; filename=a\r\n\r\nx\r\n".repeat(600);
    const many = await reader.open(mail(...head, "Content-Type: multipart/mixed; boundary=b", "", `${parts}--b--`));
    expect([many.state, many.parts.length]).toEqual(["cut", 500]);
  });

  it.each([
    ["end in CR alone", "", "\r"],
    ["end in CR CR LF", "", "\r\r\n"],
    ["begin with a BOM", "\ufeff", "\r\n"],
  ])("a message whose lines %s", async (_, before, end) => {
    const lines = [...head, "Content-Type: text/plain", "", "one", "two", ""];
    const opened = await reader.open(Buffer.from(before + lines.join(end)));
    expect(opened).toMatchObject({ state: "whole", subject: "Crème", text: "one\ntwo\n" });
    expect(opened.from).toEqual([{ name: "Ann Å", address: "ann@example.com" }]);
  });

  it("messages of the corpus, and each part with as many bytes as it is said to have", async ({ skip }) => {
    await orSkip(skip, async () => corpusDirectory());
    const wrong: string[] = [];
    const reading: Promise<void>[] = [];
    let parts = 0;
    let seen = 0;
    for await (const { name, bytes } of corpusMessages()) {
      // Every one of them is read for search by another test, by the same parser.
      if (seen++ % 4 !== 0 && !name.startsWith("made/")) continue;
      reading.push(
        reader.open(bytes).then(async (opened) => {
          if (!JSON.stringify(opened).isWellFormed()) wrong.push(name);
          for (const { part, size } of opened.parts.slice(0, 1)) {
            parts++;
            const found = await reader.part(bytes, part);
            if (found === null || (size !== null && found.length !== size)) wrong.push(`${name} ${part}`);
          }
        }),
      );
    }
    await Promise.all(reading);
    expect(wrong).toEqual([]);
    expect(parts).toBeGreaterThan(20);
  }, 60_000);
});
