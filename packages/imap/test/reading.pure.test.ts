// The pure readers of what a server sends: FETCH lines, names, LIST and STATUS, UID sets in pieces, what follows an attempt.
import { eachUid, parseUids, type UidSet, uidCount, uidSet } from "@packetboat/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseFetchLine } from "../src/fetch-line.ts";
import { parseInternalDate } from "../src/internal-date.ts";
import { afterAttempt } from "../src/isolate.ts";
import { mailboxesOf, type Namespace } from "../src/mailbox-lines.ts";
import { decodeName, encodeName } from "../src/names.ts";
import { lookFor } from "../src/observe.ts";
import { Pager } from "../src/pages.ts";
import { uidPieces } from "../src/pieces.ts";
import { Stream } from "../src/stream.ts";

const row = (line: string, ...literals: string[]) =>
  parseFetchLine(
    Buffer.from(line, "latin1"),
    literals.map((text) => Buffer.from(text, "latin1")),
  );

describe("FETCH lines", () => {
  test("what real servers send", () => {
    expect(
      row(
        "* 12 FETCH (UID 34 FLAGS (\\Seen $x) MODSEQ (917162500) RFC822.SIZE 44827 EMAILID (M6d99) BODY[] {3}\r\n)",
        "a\r\n",
      ),
    ).toEqual({
      seq: 12,
      uid: 34,
      flags: ["\\Seen", "$x"],
      modseq: 917162500n,
      size: 44827,
      emailId: "M6d99",
      body: Buffer.from("a\r\n"),
    });
    // Keywords that look like something else.
    expect(row("* 3 FETCH (FLAGS (~tilde NIL nil$ \\Seen) BODY[] NIL UID 4)")).toEqual({
      seq: 3,
      uid: 4,
      flags: ["~tilde", "NIL", "nil$", "\\Seen"],
      body: null,
    });
    expect(row("* 1 fetch (body[header] {0}\r\n uid 2 X-GM-MSGID 1278455344230334865)", "")).toEqual({
      seq: 1,
      uid: 2,
      header: Buffer.alloc(0),
      emailId: "1278455344230334865",
    });
    expect(
      row(
        '* 1 FETCH (BODY[HEADER.FIELDS (DATE "FROM")] {1}\r\n BODYSTRUCTURE (("a" NIL (x "(")) 1) UID 5 EMAILID NIL)',
        "x",
      ),
    ).toEqual({
      seq: 1,
      uid: 5,
      emailId: null,
    });
  });

  test("what is no answer, or broken, is null or has no such field", () => {
    for (const line of [
      "* 1 FETCH (UID",
      "* 1 FETCH (BODY[] {9}\r\n)",
      "* 1 EXISTS",
      '* 1 FETCH (UID 1 X "',
      "* 1 FETCH (FLAGS (a)",
      "",
    ])
      expect(row(line), line).toBeNull();
    expect(row("* 1 FETCH (UID 0)")).toEqual({ seq: 1 });
    expect(row("* 1 FETCH (UID 4294967296 MODSEQ (x) RFC822.SIZE -1 FLAGS NIL)")).toEqual({
      seq: 1,
      modseq: null,
      size: null,
      flags: [],
    });
    expect(row(`* 1 FETCH (X ${"(".repeat(1_000)}`)).toBeNull();
  });

  test("any bytes are read without a throw", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string(), (a, b) => {
        row(`* 1 FETCH (${a}`, b);
        row(`* 1 FETCH (UID 1 ${a} {3}\r\n ${b})`, b);
      }),
    );
  });

  test("a list of flags that was read before is read as it was the first time, whatever stands behind it", () => {
    const piece = fc.constantFrom("\\Seen", "$x", '"a)b"', '"c\\""', "{1}\r\n", "(", ")", " ", "NIL", "é");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), fc.array(piece, { maxLength: 4 }), (flags, behind) => {
        const line = (rest: string) => `* 1 FETCH (FLAGS (${flags.join("")}) UID 7${rest})`;
        const first = row(line(""), "l");
        expect(row(line(""), "l")).toEqual(first);
        // What follows may make the line unreadable, and nothing else.
        const longer = row(line(` X (${behind.join("")})`), "l", "m");
        if (first?.flags !== undefined && longer !== null) expect(longer.flags).toEqual(first.flags);
      }),
    );
  });

  test("trap 18: INTERNALDATE is an instant or nothing", () => {
    expect(parseInternalDate("17-Jul-1996 02:44:25 -0700")).toBe(Date.UTC(1996, 6, 17, 9, 44, 25));
    expect(parseInternalDate(" 1-Jan-1970 00:00:00 +0000")).toBe(0);
    expect(parseInternalDate("01-jan-0099 00:00:00 +0000")).toBe(new Date("0099-01-01T00:00:00Z").getTime());
    for (const bad of [
      "",
      "NIL",
      "31-Feb-2020 00:00:00 +0000",
      "01-Foo-2020 00:00:00 +0000",
      "01-Jan-2020 25:00:00 +0000",
      "2020-01-01",
    ])
      expect(parseInternalDate(bad), bad).toBeNull();
  });
});

describe("names (traps 19, 20, 21)", () => {
  test("known spellings", () => {
    for (const [text, wire] of [
      ["INBOX", "INBOX"],
      ["Büro & Co", "B&APw-ro &- Co"],
      ["~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"],
      ["😀", "&2D3eAA-"],
    ] as const) {
      expect(encodeName(text)).toBe(wire);
      expect(decodeName(wire)).toBe(text);
    }
  });

  test("invalid or unusual spellings are kept as they are, so that they name the same mailbox", () => {
    for (const wire of ["a&b", "&", "&AGE-", "&AP", "&A-", "&APw-&APw-", "caf\u00e9", "&AAA-x&"]) {
      const name = decodeName(wire);
      if (name !== wire) expect(encodeName(name), wire).toBe(wire);
    }
    expect(decodeName("&AGE-")).toBe("&AGE-");
  });

  test("every text comes back", () => {
    fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => decodeName(encodeName(text)) === text));
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("&", "-", "A", "P", "w", ",", "+", "/", "é") }), (wire) => {
        const name = decodeName(wire);
        return name === wire || encodeName(name) === wire;
      }),
    );
  });
});

describe("LIST", () => {
  const line = (wire: string, attributes: string[] = [], delimiter: string | null = "/") => ({
    wire,
    delimiter,
    attributes: new Set(attributes.map((one) => one.toLowerCase())),
  });
  const list = (lines: ReturnType<typeof line>[], namespaces: Namespace[] = []) =>
    mailboxesOf({ namespaces, lines, subscribed: null, statuses: new Map() });

  test("roles are declared, in any case, never guessed (B3)", () => {
    const { mailboxes } = list([
      line("Drafts"),
      line("Entwürfe", ["\\DRAFTS"]),
      line("Sent"),
      line("x", ["\\AllMail"]),
      line("y", ["\\Flagged"]),
    ]);
    expect(mailboxes.map(({ name, role, virtual }) => [name, role, virtual])).toEqual([
      ["Drafts", null, false],
      ["Entwürfe", "drafts", false],
      ["Sent", null, false],
      ["x", "all", true],
      ["y", "flagged", true],
    ]);
  });

  test("a personal prefix is taken off, a foreign one kept; the delimiter is the server's", () => {
    const namespaces: Namespace[] = [
      { kind: "personal", prefix: "INBOX.", delimiter: "." },
      { kind: "shared", prefix: "#shared.", delimiter: "." },
    ];
    const { mailboxes } = list(
      [line("INBOX", [], "."), line("INBOX.a/b.c", [], "."), line("#shared.x", [], "."), line("INBOX.", [], ".")],
      namespaces,
    );
    expect(mailboxes.map(({ name, path, namespace }) => [name, path, namespace])).toEqual([
      ["#shared.x", ["#shared", "x"], "shared"],
      ["INBOX", ["INBOX"], "personal"],
      ["INBOX.", ["INBOX", ""], "personal"],
      ["INBOX.a/b.c", ["a/b", "c"], "personal"],
    ]);
  });

  test("empty segments, spaces and quotes stay; names differ when spellings do (trap 20)", () => {
    const { mailboxes, wires } = list([
      line("a//b"),
      line(" a "),
      line('q"'),
      line("&"),
      line("&-"),
      line("a//b"),
      line("NoDelimiter/x", [], null),
    ]);
    expect(mailboxes.map(({ path }) => path)).toEqual([
      [" a "],
      ["&"],
      ["&"],
      ["NoDelimiter/x"],
      ["a", "", "b"],
      ['q"'],
    ]);
    expect(new Set(mailboxes.map(({ name }) => name)).size).toBe(6);
    expect(wires.get("&")).toBe("&");
    expect(wires.get("&-")).toBe("&-");
  });

  test("trap 22: \\Noselect and \\NonExistent are names, not mailboxes", () => {
    const { mailboxes } = list([line("a", ["\\NoSelect"]), line("b", ["\\NonExistent"]), line("c", ["\\HasChildren"])]);
    expect(mailboxes.map(({ selectable }) => selectable)).toEqual([false, false, true]);
  });
});

describe("looks", () => {
  const since = { uidValidity: 1n, uidNext: 10, highestModseq: 5n, messages: 3 };
  const marks = { uidValidity: 1n, uidNext: 10, highestModseq: 5n, messages: 3 };
  const delta = { kind: "delta", since } as const;
  test.for([
    ["nothing", {}],
    ["delta", { highestModseq: 6n }],
    ["delta", { messages: 2 }],
    ["delta", { uidNext: 11 }],
    ["delta", { uidNext: null }],
    ["list", { uidValidity: 2n }],
    ["list", { uidValidity: null }],
    ["flags", { highestModseq: 4n }],
    ["flags", { highestModseq: null }],
    ["flags", { uidNext: 9 }],
  ] as const)("%s for %o", ([expected, change]) => {
    expect(lookFor(delta, { ...marks, ...change })).toBe(expected);
  });
});

describe("pieces", () => {
  test("nothing is lost, nothing is twice, no command is too long", () => {
    const set = fc.array(fc.integer({ min: 1, max: 9_000_000 }), { maxLength: 3_000 }).map(uidSet);
    fc.assert(
      fc.property(set, fc.integer({ min: 1, max: 700 }), (uids, most) => {
        const pieces = [...uidPieces(uids, most)];
        expect(pieces.flatMap((piece) => [...eachUid(piece)])).toEqual([...eachUid(uids)]);
        for (const piece of pieces) {
          expect(uidCount(piece)).toBeLessThanOrEqual(most);
          expect(JSON.stringify(piece).length).toBeLessThan(20_000);
        }
      }),
      { numRuns: 40 },
    );
    expect([...uidPieces([[1, 4_294_967_295]])]).toEqual([[[1, 4_294_967_295]]]);
  });

  test("trap 28: whatever a server does to some messages, each is settled once, in a bounded number of attempts", () => {
    const uids = fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 25 });
    const bad = fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { maxLength: 6 });
    fc.assert(
      fc.property(
        uids,
        bad,
        fc.constantFrom("refused", "lost", "silent" as const),
        fc.boolean(),
        (asked, broken, how, late) => {
          const settled: number[] = [];
          const suspects = new Set<number>();
          const stack: UidSet[] = [uidSet(asked)];
          let attempts = 0;
          for (let set = stack.pop(); set !== undefined; set = stack.pop()) {
            if (++attempts > 1_000) throw new Error("no end");
            const all = [...eachUid(set)].map(Number);
            const first = all.findIndex((uid) => broken.includes(uid));
            const trouble = first !== -1;
            const answered =
              how === "lost"
                ? trouble
                  ? all.slice(0, first)
                  : all
                : how === "silent"
                  ? all.filter((uid) => !broken.includes(uid))
                  : trouble
                    ? late
                      ? all.slice(0, first)
                      : []
                    : all;
            settled.push(...answered);
            const steps = afterAttempt({
              asked: set,
              answered: uidSet(answered),
              ended: !trouble || how === "silent" ? "ok" : how,
              existing: how === "silent" ? uidSet(all.filter((uid) => broken.includes(uid))) : null,
              again: all.length === 1 && suspects.has(all[0] ?? 0),
            });
            settled.push(...[...eachUid(steps.failed)].map(Number));
            for (const uid of eachUid(steps.failed)) expect(broken).toContain(Number(uid));
            expect(uidCount(steps.gone)).toBe(0);
            if (steps.suspect !== null) suspects.add(steps.suspect);
            stack.push(...[...steps.again].reverse());
          }
          expect(settled.sort((a, b) => a - b)).toEqual([...asked].sort((a, b) => a - b));
        },
      ),
    );
  });

  test("the suspect is the first one after the last answer, not a gap before it", () => {
    const left = {
      asked: parseUids("1:20"),
      answered: parseUids("1,5,6"),
      ended: "lost",
      existing: null,
      again: false,
    } as const;
    expect(afterAttempt(left)).toMatchObject({
      suspect: 7,
      again: [
        [[7, 7]],
        [
          [2, 4],
          [8, 20],
        ],
      ],
    });
  });

  test("a message that is gone is gone, also when it was asked for alone", () => {
    const one = parseUids("7");
    expect(afterAttempt({ asked: one, answered: [], ended: "ok", existing: [], again: false })).toMatchObject({
      gone: [[7, 7]],
      again: [],
    });
    expect(afterAttempt({ asked: one, answered: [], ended: "lost", existing: null, again: false })).toMatchObject({
      again: [[[7, 7]]],
      suspect: 7,
    });
    expect(afterAttempt({ asked: one, answered: [], ended: "lost", existing: null, again: true })).toMatchObject({
      failed: [[7, 7]],
    });
  });
});

describe("pages and streams", () => {
  test("pages are ascending, of at most 1,000, and show nobody twice", () => {
    const pager = new Pager<{ uid: number }>();
    const pages: (readonly { uid: number }[])[] = [];
    for (let uid = 1; uid <= 2_500; uid++) {
      pager.add({ uid });
      if (uid % 700 === 0) pager.add({ uid: 5 });
      for (let page = pager.next(); page; page = pager.next()) pages.push(page);
    }
    pages.push(...pager.rest());
    expect(pages.map((page) => page.length)).toEqual([1_000, 1_000, 500]);
    expect(pages.flat().map(({ uid }) => uid)).toEqual(Array.from({ length: 2_500 }, (_, i) => i + 1));
  });

  test("a stream holds its producer at the bound, gives the items before the error, and frees the producer when nobody reads", async () => {
    const stream = new Stream<number>(10);
    expect(stream.put(1, 6)).toBeUndefined();
    const held = stream.put(2, 6);
    expect(held).toBeInstanceOf(Promise);
    stream.fail(new Error("at the end"));
    const got: number[] = [];
    await expect(
      (async () => {
        for await (const item of stream) got.push(item);
      })(),
    ).rejects.toThrow("at the end");
    await held;
    expect(got).toEqual([1, 2]);

    const left = new Stream<number>(1);
    const waiting = left.put(1, 5);
    for await (const _ of left) break;
    await waiting;
    expect(left.abandoned).toBe(true);
    expect(left.put(2, 5)).toBeUndefined();
  });
});
