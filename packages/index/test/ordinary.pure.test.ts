// The quick way through ordinary mail finds what mailparser finds, or leaves the message to it: over the corpus, over generated mail, and over
// messages made of every piece that the quick way knows and of what stands in its way.
import { corpusDirectory, corpusMessages, generateMail, PROFILES, ServerUnavailable } from "@packetboat/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contentOf } from "../src/content-of.ts";
import { readOrdinary } from "../src/ordinary.ts";
import { readByParser } from "../src/parse.ts";

/** Whether it was ordinary. What is kept is compared: empty lines at the end of a part are not the same to both. */
async function compared(bytes: Buffer, name?: string): Promise<boolean> {
  const ordinary = readOrdinary(bytes, false);
  if (ordinary === null) return false;
  expect(contentOf(ordinary, null), name).toEqual(contentOf(await readByParser(bytes, false), null));
  return true;
}

const hasCorpus = (): boolean => {
  try {
    return corpusDirectory() !== "";
  } catch (error) {
    if (error instanceof ServerUnavailable) return false;
    throw error;
  }
};

describe("ordinary mail is read as mailparser reads it", () => {
  test("over the corpus", async ({ skip }) => {
    skip(!hasCorpus(), "no mail corpus");
    let all = 0;
    let ordinary = 0;
    for await (const { name, bytes } of corpusMessages({ mboxes: true })) {
      if (bytes.length > 2_000_000) continue;
      all++;
      // Messages of the corpus end lines with LF, CR LF, or both.
      if (await compared(bytes, name)) ordinary++;
      await compared(Buffer.from(bytes.toString("latin1").replace(/\r?\n/g, "\r\n"), "latin1"), `${name} with CRLF`);
    }
    expect(all).toBeGreaterThan(300);
    // Hostile as it is, much of it is ordinary.
    expect(ordinary / all).toBeGreaterThan(0.3);
  }, 60_000);

  test("over generated mail, of which nothing is left to it", async () => {
    for (const { bytes, index } of generateMail({ ...PROFILES.tiny, messages: 60, largest: 60_000 }))
      expect(await compared(bytes, String(index))).toBe(true);
  }, 30_000);

  test("each byte of Latin-1 and Windows", async () => {
    const all = Buffer.from(Array.from({ length: 224 }, (_, i) => i + 32));
    for (const charset of ["iso-8859-1", "ISO_8859-1", "windows-1252", "us-ascii", "utf8", "koi8-r", "gb2312"]) {
      const head = Buffer.from(`Content-Type: text/plain; charset=${charset}\r\n\r\n`);
      await compared(Buffer.concat([head, all]), charset);
      expect(await compared(Buffer.concat([head, all.subarray(0, 95)]), charset)).toBe(true);
    }
  });
});

const line = fc.constantFrom(
  ...[
    "Grüße und café",
    "plain words",
    "  indented",
    "soft break ",
    "-- ",
    "=41=\r\nB =C3=A9=",
    "=E9t=E9 \t",
    "=ZZ ==3D",
  ],
  ...[
    "--",
    "--b",
    "--b ",
    "--b--x",
    "--c--",
    "--d",
    "\r--b",
    "From me",
    "",
    "\r",
    "QUJD",
    "QUJDRA==",
    "Q=U",
    "a\0b",
    "<p>One &amp; <b>two</b></p>",
  ],
);
const end = fc.constantFrom("\r\n", "\r\n", "\r\n", "\n");
const field = fc.constantFrom(
  ...[
    "Subject: Crème",
    "Subject: =?utf-8?q?Cr=C3=A8me?=\r\n =?utf-8?b?w6k=?= x",
    "SUBJECT : odd",
    "Subject",
    "Date: Mon, 6 May 2024\r\n\t10:00 +0200",
  ],
  ...[
    "From: Ann <ann@example.com>",
    'From: "Smith, Ann" <ann@example.com> (home)',
    "From: a@xn--bcher-kva.example",
    "To: team: a@b.c, d <d@e.f>;, x@y.z",
  ],
  ...[
    "To: =?utf-8?b?WmnDqQ==?= <z@e.net>, b@e.org",
    "Cc: nobody",
    "Cc: c@d.e",
    "Reply-To: <>",
    "Received: by x\r\n\t; now",
    "Bcc: Ångström <å@e.org>",
  ],
);
const described = fc.constantFrom(
  ...[
    "",
    "",
    "Content-Type: text/plain",
    "Content-Type: text/plain; charset=iso-8859-1",
    'Content-Type: TEXT/HTML; charset="utf-8"',
  ],
  ...[
    "Content-Type: text/html",
    "Content-Type: text/plain; format=flowed; delsp=yes",
    "Content-Type: text/plain; format=Flowed; charset=us-ascii",
  ],
  ...[
    'Content-Type: application/pdf; name="a b.pdf"',
    "Content-Type: application/octet-stream; name=a.png",
    "Content-Type: image/png",
    "Content-Type: text",
  ],
  ...[
    "Content-Type: image/png\r\nContent-ID: <i>",
    "Content-Type: text/calendar",
    "Content-Type: application/pgp-signature",
    "Content-Type: text/plain; boundary=b",
  ],
  ...[
    "Content-Type: message/rfc822",
    "Content-Type: application/pdf; name*=utf-8''a%20b%3D%3Futf-8%3FQ%3Fx%3F%3D",
    "Content-Type: a/b; name==?utf-8?q?=C3=A9?=",
  ],
);
const disposed = fc.constantFrom(
  ...[
    "",
    "",
    "",
    "Content-Disposition: inline",
    "Content-Disposition: attachment",
    'Content-Disposition: attachment; filename="ü.txt"',
  ],
  ...[
    "Content-Disposition: attachment; filename*0*=utf-8''a%C3%A9; filename*1=b.pdf",
    "Content-Disposition: ATTACHMENT; filename=x.txt",
    "Content-Disposition: odd",
  ],
);
const coded = fc.constantFrom(
  ...[
    "",
    "",
    "Content-Transfer-Encoding: 8bit",
    "Content-Transfer-Encoding: quoted-printable",
    "Content-Transfer-Encoding: BASE64",
  ],
  ...["Content-Transfer-Encoding: x-odd", "Content-Transfer-Encoding: 7bit (plain)"],
);
const leaf = fc
  .tuple(described, disposed, coded, fc.array(line, { maxLength: 6 }))
  .map(([type, disposition, coding, lines]) => [
    ...[type, disposition, coding].filter((each) => each !== ""),
    "",
    ...lines,
  ]);
const multipart = (children: fc.Arbitrary<string[]>, boundary: string) =>
  fc
    .tuple(
      fc.constantFrom("mixed", "alternative", "related", "signed"),
      fc.array(children, { maxLength: 4 }),
      fc.array(line, { maxLength: 2 }),
      fc.constantFrom(`--${boundary}--`, `--${boundary}--`, `--${boundary}--`, `--${boundary}-- `, ""),
      fc.array(line, { maxLength: 2 }),
    )
    .map(([kind, parts, before, close, after]) => [
      `Content-Type: multipart/${kind}; boundary="${boundary}"`,
      "",
      ...before,
      ...parts.flatMap((part) => [`--${boundary}`, ...part]),
      close,
      ...after,
    ]);
const message = fc.tuple(
  fc.array(field, { minLength: 1, maxLength: 5 }),
  fc.oneof(leaf, multipart(fc.oneof(leaf, multipart(fc.oneof(leaf, multipart(leaf, "d")), "c")), "b")),
  end,
  fc.boolean(),
);

test("whatever a message is made of, the quick way says the same or nothing", async () => {
  let ordinary = 0;
  await fc.assert(
    fc.asyncProperty(message, async ([fields, body, lineEnd, latin]) => {
      const text = [...fields, ...body].join(lineEnd);
      if (await compared(Buffer.from(text, latin ? "latin1" : "utf8"))) ordinary++;
    }),
  );
  // About one in eight; a comparison of nothing would say nothing.
  expect(ordinary).toBeGreaterThan(0);
}, 60_000);
