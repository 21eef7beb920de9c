// Our own reading of what mailparser refuses: it takes what can be had of anything, and never fails.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { plainHtml } from "../src/plain-html.ts";
import { readTolerantly } from "../src/tolerant.ts";

const mail = (...lines: readonly string[]): Buffer => Buffer.from(lines.join("\r\n"), "latin1");
const read = (...lines: readonly string[]) => readTolerantly(mail(...lines), false);

describe("tolerant reading", () => {
  test("of headers: encoded words, folding, groups, quotes, parameters in pieces", () => {
    const found = read(
      "SUBJECT: =?utf-8?Q?Cr=C3=A8?=",
      " =?utf-8?B?bWU=?= and more",
      'From: "Smith, Ann" <ann@example.com>, =?iso-8859-1?Q?Zo=EB?= <zoe@example.net>',
      "To: team: bob@example.org, carl@example.org;",
      "Subject: a second one is none",
      "Date: Mon, 6 May 2024 10:00:00 +0200 (CEST)",
      "Content-Type: application/pdf; name*0*=utf-8''M%C3%A4; name*1=rz.pdf",
      "",
      "x",
    );
    expect(found).toMatchObject({
      subject: "Crème and more",
      from: [
        { name: "Smith, Ann", address: "ann@example.com" },
        { name: "Zoë", address: "zoe@example.net" },
      ],
      attachments: [{ name: "März.pdf", type: "application/pdf" }],
      text: "",
    });
    expect(found.to.map(({ address }) => address)).toContain("carl@example.org");
  });

  test("of parts: nested, decoded, text of HTML, what is attached, what is not closed", () => {
    const found = read(
      "Content-Type: multipart/mixed; boundary=outer",
      "",
      "preamble",
      "--outer",
      'Content-Type: multipart/alternative; boundary="in ner"',
      "",
      "--in ner",
      "Content-Type: text/plain; charset=iso-8859-1",
      "Content-Transfer-Encoding: quoted-printable",
      "",
      "caf=E9 is=",
      "n't",
      "--in ner",
      "Content-Type: text/html; charset=utf-8",
      "Content-Transfer-Encoding: base64",
      "",
      Buffer.from("<p>Gr&uuml;&#223;e &amp; more</p><style>p {}</style>").toString("base64"),
      "--outer",
      "Content-Type: message/rfc822",
      "",
      "Subject: inner",
      "",
      "forwarded text",
      "--outer",
      "Content-Disposition: attachment; filename=notes.txt",
      "",
      "not searched",
    );
    expect(found.text).toMatch(/café isn't/);
    expect(found.text).toMatch(/ße & more/);
    expect(found.text).toContain("forwarded text");
    expect(found.text).not.toMatch(/preamble|not searched|p \{\}/);
    expect(found.attachments.map(({ name }) => name)).toEqual(["notes.txt"]);
  });

  const line = fc.oneof(
    fc.constantFrom(
      "--b",
      "--b--",
      "",
      "Content-Type: multipart/mixed; boundary=b",
      "Content-Type: text/html",
      "\t x",
      'From: <<>>"',
      "Content-Transfer-Encoding: base64",
      "Subject: =?x?q?=?=",
      "<script",
      "<!--",
    ),
    fc.string({ maxLength: 30 }),
  );
  test("of anything is something", () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), fc.constantFrom("\r\n", "\n", "\r"), (lines, end) => {
        const found = readTolerantly(Buffer.from(lines.join(end)), false);
        expect(typeof found.text).toBe("string");
      }),
    );
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        (bytes) => typeof readTolerantly(Buffer.from(bytes), true).text === "string",
      ),
    );
  });

  test("of HTML that is nested, unclosed or one tag goes with its length", () => {
    for (const html of [
      "<div>".repeat(100_000),
      "<".repeat(200_000),
      "<style>".repeat(50_000),
      "<!--".repeat(50_000),
      "&".repeat(200_000),
    ])
      expect(plainHtml(html).length).toBeLessThanOrEqual(html.length);
  });
});
