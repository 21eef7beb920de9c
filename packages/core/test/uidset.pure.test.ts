// UID sets against plain sets of numbers: every operation, on sets with gaps, single UIDs, long ranges and the largest UID.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  clipUids,
  eachUid,
  formatUids,
  hasUid,
  intersectUids,
  parseUids,
  subtractUids,
  type UidSet,
  uidChunks,
  uidCount,
  uidSet,
  unionUids,
} from "../src/index.ts";

const numbers = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 50 });
const plain = (set: UidSet): number[] => [...eachUid(set)];
const ascending = (of: Iterable<number>): number[] => [...new Set(of)].sort((a, b) => a - b);

/** Sorted, disjoint, not touching: the form that everything else relies on. */
function expectNormal(set: UidSet): void {
  for (const [index, [from, to]] of set.entries()) {
    expect(from).toBeLessThanOrEqual(to);
    const before = set[index - 1];
    if (before) expect(from).toBeGreaterThan(before[1] + 1);
  }
}

describe("UID sets", () => {
  it("I4 are sets of numbers, whatever the order and repetition", () => {
    fc.assert(
      fc.property(numbers, numbers, fc.integer({ min: 1, max: 60 }), (a, b, uid) => {
        const [x, y] = [uidSet(a), uidSet(b)];
        const [p, q] = [new Set(a), new Set(b)];
        for (const set of [x, unionUids(x, y), subtractUids(x, y), intersectUids(x, y)]) expectNormal(set);
        expect(plain(x)).toEqual(ascending(a));
        expect(uidCount(x)).toBe(p.size);
        expect(hasUid(x, uid)).toBe(p.has(uid));
        expect(plain(unionUids(x, y))).toEqual(ascending([...p, ...q]));
        expect(plain(subtractUids(x, y))).toEqual(ascending(a.filter((one) => !q.has(one))));
        expect(plain(intersectUids(x, y))).toEqual(ascending(a.filter((one) => q.has(one))));
      }),
    );
  });

  it("I4 are clipped and cut without loss", () => {
    const bound = fc.integer({ min: 1, max: 60 });
    fc.assert(
      fc.property(numbers, bound, bound, fc.integer({ min: 1, max: 9 }), (a, from, to, size) => {
        const set = uidSet(a);
        expect(plain(clipUids(set, from, to))).toEqual(ascending(a.filter((uid) => uid >= from && uid <= to)));
        const chunks = [...uidChunks(set, size)];
        expect(chunks.flatMap(plain)).toEqual(plain(set));
        for (const [index, chunk] of chunks.entries()) {
          expectNormal(chunk);
          if (index < chunks.length - 1) expect(uidCount(chunk)).toBe(size);
          else expect(uidCount(chunk)).toBeLessThanOrEqual(size);
        }
      }),
    );
  });

  it("speak IMAP and read it back", () => {
    expect(formatUids(uidSet([1, 2, 3, 5, 9, 10]))).toBe("1:3,5,9:10");
    fc.assert(
      fc.property(numbers, (a) => {
        expect(parseUids(formatUids(uidSet(a)))).toEqual(uidSet(a));
      }),
    );
  });

  it("trap 9: the largest UID is a UID", () => {
    const all: UidSet = [[1, 4294967295]];
    expect(uidCount(all)).toBe(4294967295);
    expect(hasUid(all, 4294967295)).toBe(true);
    expect(subtractUids(all, [[4294967295, 4294967295]])).toEqual([[1, 4294967294]]);
    expect(parseUids("4294967295")).toEqual([[4294967295, 4294967295]]);
  });

  it("trap 29: a server's nonsense is left out, never thrown on", () => {
    expect(parseUids("")).toEqual([]);
    expect(parseUids("0,*,5:*,-1,4294967296,99999999999,x,3:1,2, 7 ")).toEqual([
      [1, 3],
      [7, 7],
    ]);
    fc.assert(
      fc.property(fc.string(), (text) => {
        expectNormal(parseUids(text));
      }),
    );
  });

  it("I4 a million consecutive UIDs are one range", () => {
    const set = uidSet(Array.from({ length: 1_000_000 }, (_, n) => n + 1));
    expect(set).toEqual([[1, 1_000_000]]);
  });
});
