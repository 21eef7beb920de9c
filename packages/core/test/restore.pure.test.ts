// Undo as a table: every message that was somewhere or nowhere, and is somewhere or nowhere; and which mailboxes come back under which names.
import { describe, expect, it, test } from "vitest";
import {
  asId,
  type Flags,
  type MailboxId,
  type MailboxPath,
  planRestore,
  planRestoreMailboxes,
  type RestoreMailbox,
  type RestoreRow,
  type Revision,
  showPath,
} from "../src/index.ts";

const [X, Y] = [asId<MailboxId>(11), asId<MailboxId>(12)];

type Side = "nowhere" | "in X" | "in X, flagged" | "in Y";

const FLAGGED: Flags = ["\\Flagged"];
const PLACES: Readonly<Record<Side, { readonly mailboxId: MailboxId; readonly flags: Flags } | null>> = {
  nowhere: null,
  "in X": { mailboxId: X, flags: [] },
  "in X, flagged": { mailboxId: X, flags: FLAGGED },
  "in Y": { mailboxId: Y, flags: [] },
};

// Then, now: what is done. `new` stands for what is removed, unless what is new is kept.
const TABLE: Readonly<Record<Side, Readonly<Record<Side, string>>>> = {
  nowhere: { nowhere: "-", "in X": "new", "in X, flagged": "new", "in Y": "new" },
  "in X": { nowhere: "revive in 11 []", "in X": "-", "in X, flagged": "flags []", "in Y": "move to 11 []" },
  "in X, flagged": {
    nowhere: "revive in 11 [\\Flagged]",
    "in X": "flags [\\Flagged]",
    "in X, flagged": "-",
    "in Y": "move to 11 [\\Flagged]",
  },
  "in Y": { nowhere: "revive in 12 []", "in X": "move to 12 []", "in X, flagged": "move to 12 []", "in Y": "-" },
};

function row(was: Side, now: Side): RestoreRow {
  const live = PLACES[now];
  return {
    messageId: asId(7),
    was: PLACES[was],
    now: live === null ? null : { ...live, since: 5 as Revision },
  };
}

function tell(one: RestoreRow, keepNew: boolean, homeOf: (id: MailboxId) => MailboxId = (id) => id): string {
  const op = planRestore(one, { homeOf, keepNew });
  if (op === null) return "-";
  if ("since" in op) expect(op.since).toBe(5);
  if (op.kind === "removeMessage") return "new";
  const flags = `[${op.flags.join(" ")}]`;
  if (op.kind === "setFlags") return `flags ${flags}`;
  return `${op.kind === "moveMessage" ? "move to" : "revive in"} ${op.mailboxId} ${flags}`;
}

describe("M2 M10 what becomes of a message", () => {
  const sides = Object.keys(PLACES) as Side[];
  for (const was of sides)
    for (const now of sides)
      test(`${was}, now ${now}`, () => {
        const expected = TABLE[was][now];
        expect(tell(row(was, now), false)).toBe(expected);
        expect(tell(row(was, now), true)).toBe(expected === "new" ? "-" : expected);
      });

  it("goes to the mailbox that stands in for its own", () => {
    expect(tell(row("in X", "nowhere"), false, () => Y)).toBe("revive in 12 []");
    expect(tell(row("in X", "in Y"), false, () => Y)).toBe("-");
    expect(tell(row("in X", "in X"), false, () => Y)).toBe("move to 12 []");
  });
});

const segments = (name: string): MailboxPath => name.split("/");
const shape = (name: string | null, subscribed = false) =>
  name === null ? null : { path: segments(name), role: null, subscribed };

/** A mailbox by its name then and its name now. */
function box(id: number, was: string | null, now: string | null): RestoreMailbox {
  return { id: asId<MailboxId>(id), was: shape(was), now: shape(now) };
}

function plan(boxes: readonly RestoreMailbox[], selected = boxes.map(({ id }) => Number(id)), keepNew = false) {
  const made = planRestoreMailboxes(boxes, new Set(selected.map((id) => asId<MailboxId>(id))), keepNew);
  return {
    changes: made.changes.map((op) => `${op.mailboxId} ${showPath(op.path)}`),
    back: made.back.map((op) => `${op.mailboxId} ${showPath(op.path)}`),
    revivals: [...made.revivals.values()].map((op) => `${op.mailboxId} ${showPath(op.path)}`),
    removals: made.removals.map((op) => Number(op.mailboxId)),
    homes: boxes.filter(({ id }) => made.homeOf(id) !== id).map(({ id }) => `${id} in ${made.homeOf(id)}`),
    emptied: made.emptied.map(Number),
  };
}

const NOTHING = { changes: [], back: [], revivals: [], removals: [], homes: [], emptied: [] };

describe("B1 what becomes of mailboxes", () => {
  it("leaves those alone that are as they were, and INBOX in any case", () => {
    expect(plan([box(1, "INBOX", "INBOX"), box(2, "Work", "Work"), box(3, null, null)])).toEqual(NOTHING);
    expect(plan([box(1, null, "INBOX")])).toEqual(NOTHING);
  });

  it("brings back what was removed, gives old names back, removes what is new, children first", () => {
    expect(
      plan([box(1, "Gone", null), box(2, "Old", "New"), box(3, null, "Late"), box(4, null, "Late/Child")]),
    ).toEqual({
      ...NOTHING,
      changes: ["2 Old"],
      back: ["1 Gone"],
      revivals: ["1 Gone"],
      removals: [4, 3],
    });
    expect(plan([box(3, null, "Late")], [3], true).removals).toEqual([]);
  });

  it("swaps names back in one go", () => {
    const swapped = [box(1, "A", "B"), box(2, "B", "A")];
    expect(plan(swapped)).toEqual({ ...NOTHING, changes: ["1 A", "2 B"] });
    // Only one of them is meant: its name is not free, it keeps the one that it has.
    expect(plan(swapped, [1])).toEqual(NOTHING);
  });

  it("B2 lets a mailbox that was made anew under the old name take the mail, so that no server sees two of one name", () => {
    expect(plan([box(1, "Work", null), box(2, null, "Work")])).toEqual({ ...NOTHING, homes: ["1 in 2"] });
    expect(plan([box(1, "Work", "Office"), box(2, null, "Work")])).toEqual({
      ...NOTHING,
      homes: ["1 in 2"],
      emptied: [1],
      removals: [1],
    });
    expect(plan([box(1, "INBOX", null), box(2, "Other", "INBOX")]).homes).toEqual(["1 in 2"]);
  });

  it("B2 and so on along a chain of names", () => {
    expect(plan([box(1, "A", "D"), box(2, "B", "A"), box(3, null, "B")])).toEqual({
      ...NOTHING,
      homes: ["1 in 2", "2 in 3"],
      emptied: [2, 1],
      removals: [1],
    });
  });

  it("B2 a name that another mailbox keeps is given with a number", () => {
    const boxes = [box(1, "A", null), box(2, "B", "A")];
    expect(plan(boxes)).toEqual({ ...NOTHING, changes: ["2 B"], back: ["1 A"], revivals: ["1 A"] });
    expect(plan(boxes, [1])).toEqual({ ...NOTHING, back: ["1 A (2)"], revivals: ["1 A (2)"] });
  });

  it("keeps ready what is not selected, should mail go back to it, and changes nothing else of it", () => {
    const boxes = [box(1, "Gone", null), box(2, "Old", "New"), box(3, null, "Late")];
    expect(plan(boxes, [])).toEqual({ ...NOTHING, revivals: ["1 Gone"] });
  });

  it("gives subscriptions back, and leaves roles to the servers (B3)", () => {
    const one: RestoreMailbox = {
      id: asId(1),
      was: { path: ["A"], role: "archive", subscribed: true },
      now: { path: ["A"], role: null, subscribed: false },
    };
    expect(planRestoreMailboxes([one], new Set([one.id]), false).changes).toEqual([
      { kind: "changeMailbox", mailboxId: 1, path: ["A"], role: null, subscribed: true },
    ]);
  });
});
