// Random interleavings of two accounts on one archive, judged by what the servers hold in the end. A failing seed prints the line of
// two-lives.ts that lives it again.
import fc from "fast-check";
import { describe, test } from "vitest";
import { judge, KINDS } from "./two-lives.ts";

/** Always the same lives: what a soak found in others is told in docs/testing.md. */
const THREE = 60;
/** Of rounds in which the accounts are at work at the same time, in each of three kinds; most of what can go wrong there does within so many. */
const TOGETHER = 50;

/** Lives that failed once, with what was wrong. */
const ONCE = [
  {
    seed: 391,
    kind: "crowd",
    why: "F1 S1 a flag whose STORE met a message that somebody had just moved was never sent",
  },
  { seed: 1645, kind: "faults", why: "S2 S3 a removal was forgotten while the move before it was not answered" },
  {
    seed: 1120,
    kind: "busy",
    why: "B1 a RENAME took a mailbox along onto a name that was there, and was refused for ever",
  },
  {
    seed: 2978,
    kind: "busy",
    why: "S2 M4 a move whose answer was lost was taken for a removal, and the message was lost",
  },
  {
    seed: 4143,
    kind: "three",
    why: "S2 a mailbox with open intents was looked at when its state came with the second look",
  },
  {
    seed: 7675,
    kind: "three",
    why: "S3 a refused removal was forgotten when the message was removed from another mailbox",
  },
  {
    seed: 9006,
    kind: "busy",
    why: "S1 M4 an original was forgotten when the flags of its copy were sent and the line broke",
  },
  {
    seed: 36268,
    kind: "busy",
    why: "B1 S2 a name that our own RENAME gave a mailbox below it was taken for somebody's wish, and never agreed on",
  },
  {
    seed: 39024,
    kind: "busy",
    why: "B2 a mailbox of the archive kept the number of a name that had become free by a rename, and one server the plain name",
  },
  {
    seed: 39024,
    kind: "togetherCrashes",
    why: "B2 a mailbox of the archive kept the number of a name that had become free by a rename, and one server the plain name",
  },
  {
    seed: 39671,
    kind: "busy",
    why: "B2 the same where the name had become free by a removal",
  },
  {
    seed: 39671,
    kind: "togetherCrashes",
    why: "B2 the same where the name had become free by a removal",
  },
] as const;

describe("random interleavings (both directions)", () => {
  test("P4 two accounts converge, nothing lost, nothing twice, then nothing is done (M1 M3 M4 M5 B1 B5 F1)", async () => {
    await fc.assert(fc.asyncProperty(fc.integer(), (seed) => judge(seed, KINDS.quiet)));
  });

  test("P4 P6 the same with faults of servers and lines (S1 S2 S3)", async () => {
    await fc.assert(fc.asyncProperty(fc.integer(), (seed) => judge(seed, KINDS.faults)));
  });

  test("P1 P4 M3 M5 S5 where both sides agree before people go on, what each of them wants comes true", async () => {
    await fc.assert(fc.asyncProperty(fc.integer(), (seed) => judge(seed, KINDS.agreed)));
  });

  test("P10 three accounts on one archive, with faults and crashes", async () => {
    for (let seed = 1; seed <= THREE; seed++) await judge(seed, KINDS.three);
  });

  for (const kind of ["together", "togetherCrashes", "togetherThree"] as const)
    test(`P4 P6 P10 S4 accounts that pull and push at the same time: ${kind}`, async () => {
      for (let seed = 1; seed <= TOGETHER; seed++) await judge(seed, KINDS[kind]);
    });

  for (const { seed, kind, why } of ONCE)
    test(`P4 judge(${seed}, KINDS.${kind}): ${why}`, async () => {
      await judge(seed, KINDS[kind]);
    });

  test("P6 the same with crashes between any two steps (S1 S2; trap 1)", async () => {
    await fc.assert(fc.asyncProperty(fc.integer(), (seed) => judge(seed, KINDS.crashes)));
  });
});
