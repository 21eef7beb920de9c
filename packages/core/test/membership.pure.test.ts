// The membership table against a second one, written by hand from the meaning of each cell. Both are total by type: a cell that is
// missing here does not compile, and one that differs fails by name.
import { describe, expect, it } from "vitest";
import {
  type InArchive,
  type InBase,
  type Membership,
  membership,
  type OnServer,
  type Removals,
  type Rights,
} from "../src/index.ts";

type Cell = `${InBase} ${InArchive} ${OnServer}`;
type RightsName = "pull" | "push" | "pull+push" | "nothing";
type ByRemovals = Readonly<Record<Removals, Membership>>;

const RIGHTS: Readonly<Record<RightsName, Rights>> = {
  pull: { pull: true, push: false },
  push: { pull: false, push: true },
  "pull+push": { pull: true, push: true },
  nothing: { pull: false, push: false },
};

const all = (one: Membership): ByRemovals => ({ mirror: one, trash: one, never: one });
const always = (one: Membership): Readonly<Record<RightsName, ByRemovals>> => ({
  pull: all(one),
  push: all(one),
  "pull+push": all(one),
  nothing: all(one),
});
/** M7: only what is removed on the server is ruled by `removals`. */
const carried: ByRemovals = { mirror: "remove", trash: "trash", never: "leave" };

const EXPECTED: Readonly<Record<Cell, Readonly<Record<RightsName, ByRemovals>>>> = {
  "none none absent": always("leave"),
  "none none present": { pull: all("pull"), push: all("leave"), "pull+push": all("pull"), nothing: all("leave") },
  "none live absent": { pull: all("leave"), push: all("push"), "pull+push": all("push"), nothing: all("leave") },
  "none live present": always("meet"),
  "bound live present": always("merge"),
  "bound live absent": {
    pull: all("tombstone"),
    push: all("markGone"),
    "pull+push": all("tombstone"),
    nothing: all("markGone"),
  },
  "bound none present": { pull: all("leave"), push: carried, "pull+push": carried, nothing: all("leave") },
  "bound none absent": always("dropBase"),
  "gone live present": always("rebind"),
  "gone live absent": always("leave"),
  "gone none present": { pull: all("pull"), push: all("leave"), "pull+push": all("pull"), nothing: all("leave") },
  "gone none absent": always("dropBase"),
};

describe("membership", () => {
  const cells = Object.keys(EXPECTED) as Cell[];
  for (const cell of cells) {
    it(`M7 every right and policy of: ${cell}`, () => {
      const [base, archive, server] = cell.split(" ") as [InBase, InArchive, OnServer];
      for (const [name, byRemovals] of Object.entries(EXPECTED[cell]) as [RightsName, ByRemovals][]) {
        for (const removals of ["mirror", "trash", "never"] as const) {
          expect(membership(base, archive, server, RIGHTS[name], removals), `${name}, ${removals}`).toBe(
            byRemovals[removals],
          );
        }
      }
    });
  }

  it("P7 without push no cell touches the server", () => {
    const touching: readonly Membership[] = ["push", "remove", "trash"];
    for (const cell of cells) {
      const [base, archive, server] = cell.split(" ") as [InBase, InArchive, OnServer];
      for (const removals of ["mirror", "trash", "never"] as const) {
        expect(touching).not.toContain(membership(base, archive, server, RIGHTS.pull, removals));
      }
    }
  });

  it("M1 no cell removes anything without a base row", () => {
    const removing: readonly Membership[] = ["tombstone", "remove", "trash", "dropBase", "markGone"];
    for (const archive of ["live", "none"] as const) {
      for (const server of ["present", "absent"] as const) {
        for (const rights of Object.values(RIGHTS)) {
          for (const removals of ["mirror", "trash", "never"] as const) {
            expect(removing).not.toContain(membership("none", archive, server, rights, removals));
          }
        }
      }
    }
  });
});
