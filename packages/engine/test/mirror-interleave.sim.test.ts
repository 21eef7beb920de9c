// Random interleavings of two accounts on one archive, judged by what the servers hold in the end. A failing seed prints the line of
// two-lives.ts that lives it again.
import fc from "fast-check";
import { describe, test } from "vitest";
import { judge, KINDS } from "./two-lives.ts";

describe("random interleavings (both directions)", () => {
  test("P4 two accounts converge, nothing lost, nothing twice, then nothing is done (M1 M3 M4 M5 B1 B5 F1)", async () => {
    await fc.assert(fc.asyncProperty(fc.integer(), (seed) => judge(seed, KINDS.quiet)));
  });

  test("P5 P6 the same with faults of servers and lines (S1 S2 S3)", async () => {
    await fc.assert(fc.asyncProperty(fc.integer(), (seed) => judge(seed, KINDS.faults)));
  });

  test("P6 the same with crashes between any two steps (S1 S2)", async () => {
    await fc.assert(fc.asyncProperty(fc.integer(), (seed) => judge(seed, KINDS.crashes)));
  });
});
