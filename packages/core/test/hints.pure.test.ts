// What a body is known by beside its digests, and what a message that was read back after APPEND is.
import { describe, expect, it } from "vitest";
import { contentOf, digestsOf, judgeReadBack, lineEndsApart, messageIdOf } from "../src/index.ts";

it("C4: a Message-ID is a hint: read from the header alone, folded or not, never without bound", () => {
  const of = (text: string) => messageIdOf(Buffer.from(text));
  expect(of("A: b\r\nMessage-ID: <x@y>\r\n\r\n")).toBe("<x@y>");
  expect(of("message-id:\n <x@y>\n\n")).toBe("<x@y>");
  expect(of("A: b\r\n\r\nMessage-ID: <x@y>\r\n")).toBeNull();
  expect(of("Message-ID: \r\nA: b\r\n\r\n")).toBeNull();
  expect(of(`Message-ID: ${"x".repeat(2_000)}\r\n\r\n`)).toBeNull();
  expect(of("")).toBeNull();
});

it("C5: the content is what is behind the header, whatever its line ends; nothing is no content", () => {
  const of = (text: string) => contentOf(Buffer.from(text));
  expect(of("A: b\r\n\r\nc\r\n")).toBe(of("X: y\n\nc\n"));
  expect(of("A: b\r\n\r\nc\r\n")).not.toBe(of("A: b\r\n\r\nd\r\n"));
  expect([of("A: b\r\n\r\n"), of("A: b\r\n"), of("")]).toEqual([null, null, null]);
});

it("C5, trap 31: a last line end that a server adds is a line end like any other; two are not", () => {
  const of = (text: string) => lineEndsApart(Buffer.from(text), digestsOf(Buffer.from(text)).canonical);
  const closed = of("A: b\r\n\r\nc\r\n");
  expect([of("A: b\r\n\r\nc"), of("A: b\n\nc"), of("A: b\n\nc\n"), of("A: b\r\rc\r")]).toEqual(Array(4).fill(closed));
  expect(of("A: b\r\n\r\nc\r\n\r\n")).not.toBe(closed);
  expect(of("A: b\r\n\r\n")).not.toBe(closed);
});

describe("C5 S2: what was appended and is read back", () => {
  const sent = (text: string) => {
    const bytes = Buffer.from(text, "latin1");
    return { bytes, ...digestsOf(bytes) };
  };
  const shown = (text: string) => {
    const bytes = Buffer.from(text, "latin1");
    return { bytes, digests: digestsOf(bytes) };
  };
  const LETTER = "Subject: gr\xfc\xdfe\r\nMessage-ID: <x@y>\r\n\r\nhello\r\n";
  it.each([
    ["the same", LETTER, LETTER, "same"],
    ["other line ends", "A: b\n\nc\n", "A: b\r\n\r\nc\r\n", "rewritten"],
    ["a last line end, trap 31", "A: b\r\n\r\nc", "A: b\r\n\r\nc\r\n", "rewritten"],
    ["no header, and a last line end", "\r\nc", "\r\nc\r\n", "rewritten"],
    ["another body under its header", LETTER, LETTER.replace("hello", "hell"), "rewritten"],
    ["X for 8-bit characters", LETTER, LETTER.replaceAll(/[^\0-~]/g, "X"), "rewritten"],
    [
      "X in its Message-ID too",
      LETTER.replace("x@y", "x\xe9@y"),
      LETTER.replaceAll(/[^\0-~]/g, "X").replace("x@y", "xX@y"),
      "rewritten",
    ],
    ["a field more", LETTER, `X-Seen: yes\r\n${LETTER}`, "rewritten"],
    ["a field more, and no Message-ID", "A: b\r\n\r\nhello\r\n", "X: y\r\nA: b\r\n\r\nhello\r\n", "rewritten"],
    ["another message", LETTER, "Subject: other\r\nMessage-ID: <other@y>\r\n\r\nbye\r\n", "another"],
    ["another message of the same words", LETTER, LETTER.replace("x@y", "other@y"), "another"],
    ["another one without Message-IDs", "A: b\r\n\r\nhello\r\n", "A: c\r\n\r\nbye\r\n", "another"],
    ["nothing behind two headers", "A: b\r\n\r\n", "A: c\r\n\r\n", "another"],
  ])("%s", (_, before, after, verdict) => {
    expect(judgeReadBack(sent(before), shown(after))).toBe(verdict);
  });
});
