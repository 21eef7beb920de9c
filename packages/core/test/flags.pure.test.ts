// Flags: normal form and three-way merge, by table and by property. The model is sets of lower-case names, without our code.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  MAX_FLAG_LENGTH,
  MAX_FLAGS,
  mergeFlags,
  normalFlags,
  sameFlags,
  unionFlags,
  withoutFlags,
} from "../src/index.ts";

const flag = fc.constantFrom(
  "\\Seen",
  "\\SEEN",
  "\\Flagged",
  "\\Deleted",
  "\\Recent",
  "\\recent",
  "$Work",
  "$work",
  "Junk",
  "é",
);
const flags = fc.array(flag, { maxLength: 8 }).map(normalFlags);
const keys = (of: readonly string[]): Set<string> => new Set(of.map((one) => one.toLowerCase()));
const sorted = (of: Iterable<string>): string[] => [...of].sort();

describe("normal form", () => {
  it("F3 keeps the case first seen, system flags in their own", () => {
    expect(normalFlags(["$Work", "$WORK", "\\sEEN", "\\Seen"])).toEqual(["$Work", "\\Seen"]);
    expect(sameFlags(normalFlags(["$work"]), normalFlags(["$WORK"]))).toBe(true);
    expect(unionFlags(normalFlags(["$Work"]), normalFlags(["$WORK", "a"]))).toEqual(["$Work", "a"]);
    expect(withoutFlags(normalFlags(["$Work", "b"]), normalFlags(["$WORK"]))).toEqual(["b"]);
  });

  it("F2 trap 16: \\Recent never gets through, in no case and no position", () => {
    expect(normalFlags(["\\Recent", "\\RECENT", "\\Seen"])).toEqual(["\\Seen"]);
    expect(mergeFlags([], [], normalFlags(["\\Recent"]), true).archive).toEqual([]);
  });

  it("trap 29: hostile flags are dropped, not thrown on", () => {
    expect(normalFlags(["", "a\0b", "x".repeat(MAX_FLAG_LENGTH + 1), "ok"])).toEqual(["ok"]);
    expect(normalFlags(Array.from({ length: 5 * MAX_FLAGS }, (_, n) => `k${n}`))).toHaveLength(MAX_FLAGS);
  });

  it("F3 the normal form is its own normal form and does not depend on the order, but for the case", () => {
    fc.assert(
      fc.property(fc.array(flag), (raw) => {
        const once = normalFlags(raw);
        expect(normalFlags(once)).toEqual(once);
        expect(sorted(keys(normalFlags(raw.toReversed())))).toEqual(sorted(keys(once)));
        expect(keys(once).size).toBe(once.length);
      }),
    );
  });
});

describe("merge", () => {
  // base, archive, remote → archive after it, to add on the server, to remove there
  const TABLE: readonly (readonly [string, string, string, string, string, string])[] = [
    ["", "", "", "", "", ""],
    ["", "", "S", "S", "", ""],
    ["", "S", "", "S", "S", ""],
    ["S", "S", "", "", "", ""],
    ["S", "", "S", "", "", "S"],
    ["S", "", "", "", "", ""],
    ["S", "SF", "", "F", "F", ""],
    ["S", "", "SF", "F", "", "S"],
    ["", "F", "S", "FS", "F", ""],
    ["SF", "S", "F", "", "", "F"],
  ];
  const list = (text: string): readonly string[] => normalFlags([...text]);
  for (const [base, archive, remote, after, add, remove] of TABLE) {
    it(`F1 ${base || "-"} | ${archive || "-"} | ${remote || "-"} → ${after || "-"} +${add} -${remove}`, () => {
      expect(mergeFlags(list(base), list(archive), list(remote), true)).toEqual({
        archive: list(after),
        add: list(add),
        remove: list(remove),
      });
    });
  }

  it("F1 P1 no flag intent is lost: what one side changed since the base is so afterwards", () => {
    fc.assert(
      fc.property(flags, flags, flags, (base, archive, remote) => {
        const [b, a, r] = [keys(base), keys(archive), keys(remote)];
        const after = keys(mergeFlags(base, archive, remote, true).archive);
        for (const one of new Set([...b, ...a, ...r])) {
          const changed = a.has(one) !== b.has(one) || r.has(one) !== b.has(one);
          expect(after.has(one), one).toBe(changed ? !b.has(one) : b.has(one));
        }
      }),
    );
  });

  it("F1 merges commute, and what would be sent makes the server equal", () => {
    fc.assert(
      fc.property(flags, flags, flags, (base, archive, remote) => {
        const one = mergeFlags(base, archive, remote, true);
        expect(sorted(keys(mergeFlags(base, remote, archive, true).archive))).toEqual(sorted(keys(one.archive)));
        const taken = keys(one.remove);
        const sent = [...keys([...remote, ...one.add])].filter((key) => !taken.has(key));
        expect(sorted(sent)).toEqual(sorted(keys(one.archive)));
        expect(sameFlags(mergeFlags(remote, one.archive, remote, true).archive, one.archive)).toBe(true);
      }),
    );
  });

  it("F2 trap 17: a keyword that the server never showed is not removed from the archive", () => {
    expect(mergeFlags([], ["$Work"], [], true)).toEqual({ archive: ["$Work"], add: ["$Work"], remove: [] });
  });

  it("P7 without pull the server's changes stay out of the archive", () => {
    fc.assert(
      fc.property(flags, flags, flags, (base, archive, remote) => {
        expect(mergeFlags(base, archive, remote, false).archive).toEqual(archive);
      }),
    );
  });
});
