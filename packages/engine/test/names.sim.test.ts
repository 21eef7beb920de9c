// Names that two people give at once (B1): in the end all accounts of a mirror call a mailbox the same, by RENAME. It must never look at how
// that came about.
import type { ServerModel } from "@packetboat/testkit";
import { describe, expect, test } from "vitest";
import { pair, still, uidOf } from "./mirrored.ts";
import { holds } from "./rounds.ts";

describe("names", () => {
  test("B1 S1 somebody renames a mailbox while its name is to be given to another", async () => {
    for (let step = 1; step <= 12; step++) {
      const { fleet, a, b } = await pair();
      b.rename("Lists", "Letters");
      b.rename("Work", "Lists");
      const act = (model: ServerModel): void => {
        if (!model.find("Letters")) model.rename("Lists", "Post");
      };
      const results = await fleet.round({ a: { script: [{ kind: "user", step, act }], crash: null } });
      expect(
        results.map(({ error }) => error),
        `renamed at step ${step}`,
      ).toEqual([null, null]);
      await fleet.settle();
      expect(holds(a)).toEqual(holds(b));
      expect(uidOf(a, "Lists", 5)).toHaveLength(1);
      await still(fleet);
    }
  });
});
