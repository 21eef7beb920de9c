// What a person reads: numbers, sizes, times, tables, and that no text from a server can steer the terminal.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bytes,
  count,
  duration,
  fit,
  harmless,
  openScreen,
  percent,
  plural,
  tableLines,
  widthOf,
} from "../src/index.ts";

describe("numbers", () => {
  it.each([
    [0, "0"],
    [999, "999"],
    [1000, "1,000"],
    [1234567, "1,234,567"],
  ])("%d is %s", (value, text) => expect(count(value)).toBe(text));

  it("plurals", () => {
    expect([
      plural(0, "message"),
      plural(1, "message"),
      plural(1200, "message"),
      plural(2, "mailbox"),
      plural(2, "flag change"),
    ]).toEqual(["0 messages", "1 message", "1,200 messages", "2 mailboxes", "2 flag changes"]);
  });

  it.each([
    [0, "0 bytes"],
    [1, "1 byte"],
    [999, "999 bytes"],
    [1000, "1.0 kB"],
    [9_949, "9.9 kB"],
    [9_950, "10 kB"],
    [999_949, "1000 kB"],
    [999_950, "1.0 MB"],
    [250_000_000, "250 MB"],
    [1.5e15, "1.5 PB"],
  ])("%d bytes are %s", (value, text) => expect(bytes(value)).toBe(text));

  it.each([
    [0, "0.0 s"],
    [140, "0.1 s"],
    [9_949, "9.9 s"],
    [12_300, "12 s"],
    [59_600, "1 min"],
    [200_000, "3 min 20 s"],
    [7_500_000, "2 h 5 min"],
    [273_600_000, "3 d 4 h"],
  ])("%d ms are %s", (value, text) => expect(duration(value)).toBe(text));

  it("a part is never called the whole", () => {
    expect([percent(0, 5), percent(999, 1000), percent(1000, 1000), percent(0, 0)]).toEqual([
      "0 %",
      "99 %",
      "100 %",
      "100 %",
    ]);
  });
});

it("text from a server cannot steer the terminal or break a line", () => {
  expect(harmless("a\u001b[31mb\nc\u202ed\u009b")).toBe("a\ufffd[31mb\ufffdc\ufffdd\ufffd");
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must be gone
      expect(harmless(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
    }),
  );
});

it("widths count columns, not characters", () => {
  expect([widthOf("abc"), widthOf("日本"), widthOf("e\u0301"), widthOf("📫")]).toEqual([3, 4, 1, 2]);
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 20 }), (text, columns) => {
      expect(widthOf(fit(text, columns))).toBeLessThanOrEqual(columns);
    }),
  );
});

it("tables line up", () => {
  const columns = [
    { title: "mailbox", align: "left" },
    { title: "messages", align: "right" },
  ] as const;
  expect(
    tableLines(columns, [
      ["受信箱", "7"],
      ["Work", "1,200"],
    ]),
  ).toEqual(["mailbox  messages", "受信箱          7", "Work        1,200"]);
});

it("a table is as narrow as it must be: texts are cut, the widest first, numbers never", () => {
  const columns = [
    { title: "mailbox", align: "left" },
    { title: "messages", align: "right" },
    { title: "what", align: "left" },
  ] as const;
  const rows = [["Archive/2024/A very long name", "1,234,567", "moved from somewhere"]] as const;
  expect(tableLines(columns, rows, 45)[1]).toBe("Archive/2024/A …  1,234,567  moved from some…");
  for (const within of [60, 45, 38])
    for (const line of tableLines(columns, rows, within)) expect(widthOf(line)).toBeLessThanOrEqual(within);
  // Less is no text any more.
  expect(tableLines(columns, rows, 10)[1]).toBe("Archive/202…  1,234,567  moved from …");
});

describe("the screen", () => {
  const open = (options: { json?: boolean; quiet?: boolean; color?: "auto" | "never" | "always"; tty?: boolean }) => {
    const written = { out: "", err: "" };
    const stream = (to: "out" | "err") => ({
      write: (text: string) => {
        written[to] += text;
      },
      isTTY: options.tty ?? false,
    });
    const { json = false, quiet = false, color = "auto" } = options;
    return { written, screen: openScreen({ stdout: stream("out"), stderr: stream("err") }, { json, quiet, color }) };
  };
  it.each([
    [{}, "result\nvalue\n", "progress\nwarning\n"],
    [{ json: true }, '{"uidValidity":"12345678901234567890"}\nvalue\n', "progress\nwarning\n"],
    [{ quiet: true }, "value\n", "warning\n"],
    [{ tty: true }, "\u001b[1mresult\u001b[22m\nvalue\n", "progress\nwarning\n"],
    [{ tty: true, color: "never" as const }, "result\nvalue\n", "progress\nwarning\n"],
  ])("with %j", (options, out, err) => {
    const { written, screen } = open(options);
    screen.line(screen.bold("result"));
    screen.data({ uidValidity: 12345678901234567890n });
    screen.value("value");
    screen.progress("progress");
    screen.warning("warning");
    expect(written).toEqual({ out, err });
  });
});
