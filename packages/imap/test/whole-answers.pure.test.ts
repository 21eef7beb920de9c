// FETCH answers that are cut out of what was read: the same answers, in the same order, as imapflow's own stream gives, however the bytes arrive.
import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { ImapFlow } from "imapflow";
import { describe, expect, it } from "vitest";
import { type AnswerStream, cutAnswer, type ResponseData, takeWholeAnswers } from "../src/whole-answers.ts";

const LIMITS = { maxLineLength: 100, maxLiteralSize: 50 };
const bytes = (text: string): Buffer => Buffer.from(text, "latin1");
const shown = ({ payload, literals }: ResponseData): readonly string[] =>
  [payload, ...literals].map((part) => part.toString("latin1"));

describe("an answer that lies whole in a piece", () => {
  it.each([
    ["without a literal", "* 1 FETCH (UID 1)\r\n", ["* 1 FETCH (UID 1)"]],
    ["with LF alone", "* 1 FETCH (UID 1)\n", ["* 1 FETCH (UID 1)"]],
    ["with one literal", "* 1 FETCH (BODY[] {3}\r\na\r\n)\r\n", ["* 1 FETCH (BODY[] {3}\r\n)", "a\r\n"]],
    ["with an empty one", "* 1 FETCH (BODY[] {0}\r\n)\r\n", ["* 1 FETCH (BODY[] {0}\r\n)", ""]],
    ["with two", "* 1 FETCH (A {1}\r\nx B {1}\r\ny)\r\n", ["* 1 FETCH (A {1}\r\n B {1}\r\n)", "x", "y"]],
    ["with what is no literal", "* 1 FETCH (FLAGS (a{} {x} {1}2))\r\n", ["* 1 FETCH (FLAGS (a{} {x} {1}2))"]],
  ])("%s", (_what, raw, parts) => {
    const cut = cutAnswer(bytes(`before${raw}* 2 FETCH (UID 2)\r\n`), 6, LIMITS);
    expect(cut?.next).toBe(6 + raw.length);
    expect(cut === null ? null : shown(cut.answer)).toEqual(parts);
  });

  it.each([
    ["another line", "* 1 EXISTS\r\n"],
    ["a tagged line", "A1 OK FETCH (done)\r\n"],
    ["half a line", "* 1 FETCH (UID 1"],
    ["half a literal", "* 1 FETCH (BODY[] {3}\r\nab"],
    ["nothing behind a literal", "* 1 FETCH (BODY[] {3}\r\nabc"],
    ["half a line behind a literal", "* 1 FETCH (BODY[] {3}\r\nabc)"],
    ["a longer literal than is allowed", `* 1 FETCH (BODY[] {51}\r\n${"x".repeat(51)})\r\n`],
    ["a longer line than is allowed", `* 1 FETCH (${"x".repeat(100)})\r\n`],
    ["a literal with many digits", "* 1 FETCH (BODY[] {0000000003}\r\nabc)\r\n"],
  ])("%s is left to imapflow", (_what, raw) => {
    expect(cutAnswer(bytes(raw), 0, LIMITS)).toBeNull();
  });
});

const word = fc.constantFrom("a", "{3}", "\r\n", "* 9 FETCH (UID 9)\r\n", "\n", "A1 OK\r\n", ")", "}");
const literal = fc.array(word, { maxLength: 6 }).map((words) => `{${words.join("").length}}\r\n${words.join("")}`);
const answer = fc.oneof(
  { weight: 4, arbitrary: literal.map((body) => `* 7 FETCH (UID 8 BODY[] ${body})\r\n`) },
  fc.tuple(literal, literal).map(([a, b]) => `* 7 FETCH (BODY[HEADER] ${a} BODY[] ${b} UID 1)\r\n`),
  fc.constantFrom("* 7 FETCH (UID 8 FLAGS ())\r\n", "* 12 EXISTS\r\n", "A1 OK done\r\n", "* LIST () NIL {2}\r\nxy\r\n"),
);

/** What a stream of imapflow gives of these pieces; with `short`, what is taken the short way and the rest in one list. */
async function readThrough(
  pieces: readonly Buffer[],
  short: boolean,
  waits: readonly boolean[],
): Promise<{ all: string[][]; taken: number }> {
  const { streamer } = new ImapFlow({
    host: "localhost",
    port: 1,
    auth: { user: "u", pass: "p" },
    logger: false,
  }) as unknown as {
    streamer: AnswerStream &
      Omit<NodeJS.ReadWriteStream, "read"> & { read(): (ResponseData & { next(): void }) | null };
  };
  const all: string[][] = [];
  let taken = 0;
  let parked = 0;
  if (short)
    takeWholeAnswers(
      streamer,
      () => true,
      (one) => {
        taken++;
        if (waits[taken % waits.length] !== true) {
          all.push([...shown(one)]);
          return true;
        }
        return setImmediate().then(() => {
          all.push([...shown(one)]);
          return true;
        });
      },
      (isParked) => {
        parked += isParked ? 1 : -1;
      },
    );
  streamer.on("readable", () => {
    for (let one = streamer.read(); one !== null; one = streamer.read()) {
      all.push([...shown(one)]);
      one.next();
    }
  });
  for (const piece of pieces) await new Promise<void>((resolve) => streamer.write(piece, () => resolve()));
  expect(parked).toBe(0);
  return { all, taken };
}

describe("a stream that takes whole answers", () => {
  it("gives what imapflow's own way gives, in its order, however the bytes are cut", async () => {
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(answer, { minLength: 1, maxLength: 12 }),
        fc.array(fc.nat({ max: 400 }), { maxLength: 8 }),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
        async (answers, cuts, waits) => {
          const raw = bytes(answers.join(""));
          const places = [...new Set([0, ...cuts.filter((at) => at < raw.length), raw.length])].sort((a, b) => a - b);
          const pieces = places.slice(1).map((end, i) => raw.subarray(places[i], end));
          const itsOwn = await readThrough(pieces, false, waits);
          const short = await readThrough(pieces, true, waits);
          taken += short.taken;
          expect(short.all).toEqual(itsOwn.all);
          expect(short.all).toHaveLength(answers.length);
        },
      ),
      { numRuns: 300 },
    );
    expect(taken).toBeGreaterThan(300);
  });

  it("reads no further when a taker says that the connection ends", async () => {
    const { streamer } = new ImapFlow({
      host: "localhost",
      port: 1,
      auth: { user: "u", pass: "p" },
      logger: false,
    }) as unknown as {
      streamer: AnswerStream & NodeJS.ReadWriteStream;
    };
    let taken = 0;
    takeWholeAnswers(
      streamer,
      () => true,
      () => {
        taken++;
        return Promise.resolve(false);
      },
      () => undefined,
    );
    await new Promise<void>((resolve) =>
      streamer.write(bytes("* 1 FETCH (UID 1)\r\n* 2 FETCH (UID 2)\r\n"), () => resolve()),
    );
    expect(taken).toBe(1);
  });
});
