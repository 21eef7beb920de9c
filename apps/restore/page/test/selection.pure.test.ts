// What is selected of a list, after whatever somebody does.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chosen } from "../../src/jobs/asked.ts";
import {
  after,
  anchorOf,
  type Choosing,
  clickOf,
  countOf,
  holds,
  isNothing,
  MOST_SELECTED,
  NOTHING,
  orderOf,
  type Selection,
  spanOf,
} from "../src/screens/mail/selection.ts";

/** The list of these tests: ten rows, whose messages are numbered from 100; the last two were removed by then. */
const LIST = Array.from({ length: 10 }, (_, at) => ({ message: 100 + at, present: at < 8 }));
const rowAt = (at: number) => LIST[at] ?? { message: 0, present: false };

const toggle = (at: number): Choosing => ({ kind: "toggle", row: rowAt(at) });
/** Shift, from one row to another. */
const over = (anchor: number, to: number, most = MOST_SELECTED): Choosing => {
  const { from, to: end, isUp, isCut } = spanOf(anchor, to, most);
  const rows = LIST.slice(from, end);
  return { kind: "extend", anchor, rows: isUp ? rows.toReversed() : rows, isCut };
};
const settle: Choosing = { kind: "settle" };
const all: Choosing = { kind: "all" };
const clear: Choosing = { kind: "clear" };
const except = (at: number): Choosing => ({ kind: "except", row: rowAt(at), rows: LIST });

const done = (choosings: readonly Choosing[], most = MOST_SELECTED): Selection =>
  choosings.reduce((selection, choosing) => after(selection, choosing, most), NOTHING);
const numbersOf = (selection: Selection): readonly number[] => {
  const order = orderOf(selection) ?? [];
  return order === "all" ? [] : order;
};
const rowsOf = (selection: Selection): string =>
  LIST.flatMap((row, at) => (holds(selection, row) ? [String(at)] : [])).join("");

describe("what is selected", () => {
  it.each<[string, readonly Choosing[], string, string?]>([
    ["one", [toggle(2)], "2"],
    ["and taken off again", [toggle(2), toggle(2)], ""],
    ["several, one by one", [toggle(5), toggle(2)], "25"],
    ["from one to another", [over(2, 5)], "2345"],
    ["upwards", [over(5, 2)], "2345"],
    ["step by step, and a step back takes it back", [over(2, 3), over(2, 4), over(2, 3)], "23"],
    ["over the anchor to the other side", [over(2, 4), over(2, 1)], "12"],
    ["what was chosen before stays", [toggle(7), over(2, 4), over(2, 2)], "27"],
    ["also where Shift came over it and went back", [toggle(3), over(2, 4), over(2, 2)], "23"],
    ["a second range beside the first", [over(0, 1), settle, over(4, 5)], "0145"],
    ["a range of another anchor leaves the first one", [over(0, 1), over(4, 5)], "0145"],
    ["one of a range is taken off", [over(2, 5), toggle(3)], "245"],
    ["one that was removed is not", [toggle(8)], "", "removed"],
    ["a range has those that are there", [over(6, 9)], "67"],
    ["a range of nothing but removed ones", [over(8, 9)], "", "removed"],
    ["all", [toggle(1), all], "01234567"],
    ["all, and none of it can be taken off alone", [all, toggle(1)], "01234567", "whole"],
    ["all stays all when Shift goes over it", [all, over(1, 3)], "01234567"],
    ["all but one, where all are here", [all, except(3)], "0124567"],
    ["and one more is taken off", [all, except(3), toggle(5)], "012467"],
    ["nothing after all", [all, clear], ""],
    ["nothing after some", [toggle(1), over(2, 4), clear], ""],
    ["what was said is said until the reader goes on", [toggle(8), settle], ""],
    ["of all, too", [all, toggle(1), settle], "01234567"],
  ])("%s", (_, choosings, rows, note) => {
    const selection = done(choosings);
    expect([rowsOf(selection), selection.note]).toEqual([rows, note ?? null]);
  });

  it.each<[string, readonly Choosing[], string, string?]>([
    ["one by one", [toggle(0), toggle(1), toggle(2), toggle(3)], "012", "full"],
    ["one less makes room", [toggle(0), toggle(1), toggle(2), toggle(0), toggle(3)], "123"],
    ["a range has the nearest to where it begins", [over(1, 7, 3)], "123", "full"],
    ["upwards, too", [over(6, 0, 3)], "456", "full"],
    ["as many as there is room for beside others", [toggle(7), over(1, 3, 3)], "127", "full"],
    ["what fits is not called full", [over(1, 3, 3)], "123"],
    ["what was chosen already takes no more room", [toggle(1), toggle(2), over(1, 3, 3)], "123"],
    ["all of it, as the mailbox that it is", [toggle(1), all], "01234567"],
  ])("no more than may be, here three: %s", (_, choosings, rows, note) => {
    const selection = done(choosings, 3);
    expect([rowsOf(selection), selection.note]).toEqual([rows, note ?? null]);
  });

  it("is ordered by numbers, or as a whole", () => {
    expect(orderOf(NOTHING)).toBeUndefined();
    expect(orderOf(done([toggle(5), over(2, 3)]))).toEqual([105, 102, 103]);
    expect([orderOf(done([all])), countOf(done([all]))]).toEqual(["all", null]);
    expect([isNothing(NOTHING), isNothing(done([all])), isNothing(done([toggle(1)]))]).toEqual([true, false, false]);
  });

  it("is the same one where nothing changed", () => {
    const [some, whole] = [done([toggle(1)]), done([all])];
    expect([after(some, settle), after(whole, settle), after(NOTHING, settle)]).toEqual([some, whole, NOTHING]);
    expect(after(some, settle)).toBe(some);
    expect(after(NOTHING, settle)).toBe(NOTHING);
  });
});

it("never counts anything twice, holds what was removed, or more than may be, whatever somebody does", () => {
  const place = fc.nat({ max: 9 });
  const choosings = fc.oneof(
    place.map(toggle),
    fc.tuple(place, place).map(([anchor, to]) => over(anchor, to, 4)),
    fc.constantFrom(settle, clear),
  );
  fc.assert(
    fc.property(fc.array(choosings), (list) => {
      const selection = done(list, 4);
      const order = numbersOf(selection);
      expect(order).toHaveLength(new Set(order).size);
      expect(order).toHaveLength(countOf(selection) ?? -1);
      expect(order).toHaveLength(rowsOf(selection).length);
      expect(order.length).toBeLessThanOrEqual(4);
      expect(order).not.toContain(108);
    }),
  );
});

it("Shift goes from where it began, else from where the reader is, else from the row itself", () => {
  expect(anchorOf(done([over(2, 5)]), 5, 7)).toBe(2);
  expect(anchorOf(done([over(2, 5), settle]), 5, 7)).toBe(5);
  expect(anchorOf(done([toggle(1)]), 1, 7)).toBe(1);
  expect(anchorOf(NOTHING, -1, 7)).toBe(7);
});

it.each([
  [4, 4, { from: 4, to: 5, isUp: false, isCut: false }],
  [4, 6, { from: 4, to: 7, isUp: false, isCut: false }],
  [6, 4, { from: 4, to: 7, isUp: true, isCut: false }],
  [4, 60, { from: 4, to: 9, isUp: false, isCut: true }],
  [60, 4, { from: 56, to: 61, isUp: true, isCut: true }],
])("from row %i to row %i", (anchor, to, span) => {
  expect(spanOf(anchor, to, 5)).toEqual(span);
});

it.each([
  [{ onBox: false, shift: false, command: false }, "open"],
  [{ onBox: true, shift: false, command: false }, "toggle"],
  [{ onBox: false, shift: false, command: true }, "toggle"],
  [{ onBox: false, shift: true, command: false }, "extend"],
  [{ onBox: true, shift: true, command: false }, "extend"],
  [{ onBox: false, shift: true, command: true }, "extend"],
])("a click with %o: %s", (pressed, click) => {
  expect(clickOf(pressed)).toBe(click);
});

it("as many can be selected as an order may name", () => {
  const messages = Array.from({ length: MOST_SELECTED }, (_, at) => at + 1);
  expect(chosen.safeParse({ messages }).success).toBe(true);
  expect(chosen.safeParse({ messages: [...messages, MOST_SELECTED + 1] }).success).toBe(false);
});
