// The plan of a push: every presence of a message against where the archive has it, what flags are sent, and what becomes of mailboxes.
import { describe, expect, it, test } from "vitest";
import {
  asId,
  type Flags,
  groupStores,
  type Link,
  type MailboxBase,
  type MailboxId,
  type MailboxPath,
  type Placement,
  type PushOp,
  type PushPlaces,
  type PushRow,
  planMailboxPush,
  planPush,
  type RemoteMailboxId,
  type Removals,
  type Revision,
  type Rights,
  type Role,
  samePath,
  showPath,
  type Uid,
} from "../src/index.ts";
import { based } from "./tree.ts";
import { linkWith } from "./world.ts";

const BOTH: Rights = { pull: true, push: true };
const PUSH: Rights = { pull: false, push: true };
const PULL: Rights = { pull: true, push: false };
const [X, Y, BIN] = [1, 2, 3].map((id) => asId<RemoteMailboxId>(id)) as [
  RemoteMailboxId,
  RemoteMailboxId,
  RemoteMailboxId,
];
const [MX, MY, MBIN, FAR] = [11, 12, 13, 14].map((id) => asId<MailboxId>(id)) as [
  MailboxId,
  MailboxId,
  MailboxId,
  MailboxId,
];
const PLACES: PushPlaces = {
  homes: new Map([
    [MX, X],
    [MY, Y],
    [MBIN, BIN],
  ]),
  trash: BIN,
  shown: new Set([X, Y, BIN]),
};

const at = (remoteMailboxId: RemoteMailboxId, uid: number | null, flags: Flags = []): Placement => ({
  remoteMailboxId,
  uid: uid as Uid | null,
  flags,
  copy: null,
  unproved: false,
});

function row(where: MailboxId | null, placements: readonly Placement[], part: Partial<PushRow> = {}): PushRow {
  const live = where === null ? null : { mailboxId: where, flags: [], since: 1 as Revision };
  return {
    messageId: asId(7),
    live,
    lastMailboxId: where,
    placements,
    size: 10,
    internalDate: 0,
    canonical: "aa",
    fingerprint: "bb",
    sha256: "aa",
    unsent: null,
    ...part,
  };
}

function tell(op: PushOp): string {
  switch (op.kind) {
    case "append":
      return `append to ${op.to}`;
    case "move":
      return `move ${op.from.remoteMailboxId}/${op.from.uid} to ${op.to}`;
    case "store":
      return `store ${op.at.uid} +${op.add.join(" ")} -${op.remove.join(" ")}`;
    case "noBytes":
      return "noBytes";
    case "blocked":
      return `blocked by ${op.by}`;
    default:
      return `${op.kind} ${op.at.remoteMailboxId}/${op.at.uid}`;
  }
}

const plan = (one: PushRow, rights: Rights = BOTH, removals: Removals = "mirror", places = PLACES): string[] =>
  planPush(linkWith(rights, { removals }), one, places).map(tell);

/** Where the archive has the message, by where the server has it: every cell by hand. */
type Archive = "in X" | "in Y" | "out of sight" | "removed";
type Server = "nowhere" | "in X" | "in Y" | "in X and Y" | "gone";
const ARCHIVE: Readonly<Record<Archive, MailboxId | null>> = {
  "in X": MX,
  "in Y": MY,
  "out of sight": FAR,
  removed: null,
};
const SERVER: Readonly<Record<Server, readonly Placement[]>> = {
  nowhere: [],
  "in X": [at(X, 4)],
  "in Y": [at(Y, 5)],
  "in X and Y": [at(X, 4), at(Y, 5)],
  gone: [at(X, null)],
};
const EXPECTED: Readonly<Record<Archive, Readonly<Record<Server, readonly string[]>>>> = {
  "in X": {
    nowhere: ["append to 1"],
    "in X": [],
    "in Y": ["move 2/5 to 1"],
    "in X and Y": ["removeOriginal 2/5"],
    gone: [],
  },
  "in Y": {
    nowhere: ["append to 2"],
    "in X": ["move 1/4 to 2"],
    "in Y": [],
    "in X and Y": ["removeOriginal 1/4"],
    gone: [],
  },
  "out of sight": { nowhere: [], "in X": [], "in Y": [], "in X and Y": [], gone: [] },
  removed: {
    nowhere: [],
    "in X": ["remove 1/4"],
    "in Y": ["remove 2/5"],
    "in X and Y": ["remove 1/4", "remove 2/5"],
    gone: [],
  },
};

describe("one message", () => {
  for (const archive of Object.keys(EXPECTED) as Archive[]) {
    for (const server of Object.keys(EXPECTED[archive]) as Server[]) {
      it(`M1 M4 archive ${archive}, server ${server}`, () => {
        const one = row(ARCHIVE[archive], SERVER[server]);
        expect(plan(one)).toEqual(EXPECTED[archive][server]);
        expect(plan(one, PUSH)).toEqual(EXPECTED[archive][server]);
        expect(plan(one, PULL).filter((op) => !op.startsWith("remove") && !op.startsWith("move"))).toEqual(
          plan(one, PULL),
        );
      });
    }
  }

  test("M7 removals: never leaves it, trash moves it there once and lets it lie, and expunges what was removed from the trash itself", () => {
    expect(plan(row(null, [at(X, 4)]), BOTH, "never")).toEqual([]);
    const removed = row(null, [at(X, 4)], { lastMailboxId: MX });
    expect(plan(removed, BOTH, "trash")).toEqual(["move 1/4 to 3"]);
    expect(plan(row(null, [at(BIN, 9)], { lastMailboxId: MX }), BOTH, "trash")).toEqual([]);
    expect(plan(row(null, [at(BIN, 9)], { lastMailboxId: MBIN }), BOTH, "trash")).toEqual(["remove 3/9"]);
    expect(plan(removed, BOTH, "trash", { ...PLACES, trash: null })).toEqual(["noTrash 1/4"]);
  });

  test("B8 nothing is done in a mailbox that is out of sight; B5 what LIST does not show now waits", () => {
    const homes = new Map([[MY, Y]]);
    expect(plan(row(null, [at(X, 4)]), BOTH, "mirror", { ...PLACES, homes })).toEqual([]);
    const places = { ...PLACES, shown: new Set([Y]) };
    expect(plan(row(null, [at(X, 4)]), BOTH, "mirror", places)).toEqual(["blocked by 1"]);
    expect(plan(row(MX, []), BOTH, "mirror", places)).toEqual(["blocked by 1"]);
    expect(plan(row(MY, [at(X, 4)]), BOTH, "mirror", places)).toEqual(["blocked by 1"]);
  });

  test("M4 P2 of several places a message is moved from one that LIST shows, else from the first, in whatever order they come", () => {
    const places = { ...PLACES, shown: new Set([X, Y]) };
    for (const order of [(all: Placement[]) => all, (all: Placement[]) => all.toReversed()]) {
      expect(plan(row(MY, order([at(X, 1), at(BIN, 1)])), BOTH, "mirror", places)).toEqual(["move 1/1 to 2"]);
      expect(plan(row(MX, order([at(Y, 1), at(BIN, 1)])), BOTH, "mirror", places)).toEqual(["move 2/1 to 1"]);
      expect(plan(row(MX, order([at(Y, 1), at(BIN, 1)])))).toEqual(["move 2/1 to 1"]);
    }
    // Then the one that waits is an original like any other.
    expect(plan(row(MX, [at(X, 9), at(BIN, 1)]), BOTH, "mirror", places)).toEqual(["blocked by 3"]);
    expect(plan(row(MX, [at(X, 9), at(BIN, 1)]))).toEqual(["removeOriginal 3/1"]);
  });

  test("F1 only differences are sent, without case", () => {
    const live = { mailboxId: MX, flags: ["\\Seen", "$Work", "new"], since: 1 as Revision };
    const one = row(MX, [at(X, 4, ["\\Flagged", "$work"])], { live });
    expect(plan(one)).toEqual(["store 4 +\\Seen new -\\Flagged"]);
  });

  test("M8 an erased message can be moved and removed, never appended", () => {
    expect(plan(row(MX, [], { sha256: null }))).toEqual(["noBytes"]);
    expect(plan(row(MX, [at(Y, 5)], { sha256: null }))).toEqual(["move 2/5 to 1"]);
  });

  test("F1 equal changes of a mailbox are one group", () => {
    const ops = [1, 2, 3].flatMap((uid) => {
      const live = { mailboxId: MX, flags: uid === 3 ? ["\\Flagged"] : ["\\Seen"], since: 1 as Revision };
      return planPush(linkWith(BOTH), row(MX, [at(X, uid)], { live, messageId: asId(uid) }), PLACES);
    });
    const groups = groupStores(ops.filter((op) => op.kind === "store"));
    expect(groups.map(({ add, at: where }) => [add.join(), where.map(({ uid }) => uid)])).toEqual([
      ["\\Seen", [1, 2]],
      ["\\Flagged", [3]],
    ]);
  });
});

describe("mailboxes", () => {
  const path = (name: string): MailboxPath => name.split("/");
  const spell = (one: MailboxPath) => {
    const clean = one.map((segment) => segment.replaceAll(".", "_"));
    return { name: clean.join("."), path: clean };
  };
  const listed = (names: readonly string[]) =>
    names.map((name) => ({
      name: path(name).join("."),
      path: path(name),
      selectable: true,
      subscribed: false,
      role: null,
      namespace: "personal" as const,
      virtual: false,
      mailboxId: null,
      status: null,
    }));

  /** `pairs`: what the server calls it, and what the archive calls it now (null: removed); `before`: what the archive called it at the last push. */
  function planned(
    pairs: readonly (readonly [server: string, archive: string | null, before?: string])[],
    unpaired: readonly string[] = [],
    removals: Removals = "mirror",
    role: Role | null = null,
    policy: Partial<Link["policy"]> = {},
    rights = BOTH,
  ) {
    const bases = pairs.map(([server, , before], i): MailboxBase => {
      const pushedPath = before === undefined ? path(server) : path(before);
      return based(i + 1, server, 5, { pushedPath, path: path(server), name: path(server).join("."), role });
    });
    const live = pairs.flatMap(([, archive], i) =>
      archive === null ? [] : [{ id: asId<MailboxId>(11 + i), path: path(archive), role, subscribed: false }],
    );
    const free = unpaired.map((name, i) => ({
      id: asId<MailboxId>(50 + i),
      path: path(name),
      role: null,
      subscribed: true,
    }));
    const tree = { mailboxes: [...live, ...free], bases };
    const result = planMailboxPush(
      linkWith(rights, { removals, ...policy }),
      tree,
      listed(pairs.map(([server]) => server)),
      spell,
    );
    return {
      creates: result.creates.map(({ spelled }) => spelled.name),
      renames: result.renames.map(({ from, to }) => `${showPath(from)} > ${showPath(to.path)}`),
      removals: result.removals.map((base) => showPath(base.path)),
      notes: result.notes.map(({ kind }) => kind),
      steps: result.renames,
    };
  }

  test("B1 new ones are made, parents first; B2 a name that cannot be held is mapped and told", () => {
    const result = planned([["INBOX", "INBOX"]], ["A/B", "A", "x.y"]);
    expect(result.creates).toEqual(["A", "x_y", "A.B"]);
    expect(result.notes).toEqual(["mailboxMapped"]);
  });

  test("B2 B8 a link may have its place below others, in the archive and on the server", () => {
    const policy = { prefix: ["Work"], below: ["Old", "mail"] };
    const { creates } = planned([], ["INBOX", "Work", "Work/INBOX", "Work/A/B"], "never", null, policy);
    expect(creates).toEqual(["Old.mail.INBOX", "Old.mail.A.B"]);
    expect(planned([["Old/A", "B", "A"]], [], "never", null, { below: ["Old"] }).renames).toEqual(["Old/A > Old/B"]);
  });

  test("B3 what was paired by role keeps its name until the archive's changes; everything else takes the archive's", () => {
    expect(planned([["Sent Items", "Sent", "Sent"]], [], "mirror", "sent").renames).toEqual([]);
    expect(planned([["Sent Items", "Post", "Sent"]], [], "mirror", "sent").renames).toEqual(["Sent Items > Post"]);
    expect(planned([["Lists", "Letters", "Letters"]]).renames).toEqual(["Lists > Letters"]);
  });

  test("B2 a numbered name takes the plain one when that is free, or is given up", () => {
    expect(
      planned([
        ["Work (2)", "Work"],
        ["Work", "Old"],
      ]).renames,
    ).toEqual(["Work > Old", "Work (2) > Work"]);
    expect(planned([["Work (2)", "Work"]]).renames).toEqual(["Work (2) > Work"]);
    const crossed = planned([
      ["Work", "Work (2)"],
      ["Work (2)", "Work"],
    ]).renames;
    expect(crossed).toEqual(["Work (2) > Work (2) (2)", "Work > Work (2)", "Work (2) (2) > Work"]);
  });

  test("B1 B2 a number that somebody gave is sent; one that stands for a name which was taken, only when another wants that name", () => {
    expect(planned([["Work", "Work (2)", "Work"]]).renames).toEqual(["Work > Work (2)"]);
    expect(planned([["Work", "Work (2)", "Work (2)"]]).renames).toEqual([]);
    expect(planned([["Work", "Work (2)", "Old"]]).renames).toEqual([]);
    expect(planned([["Work", "Work (2)", "Work (2)"]], ["Work"])).toMatchObject({
      renames: ["Work > Work (2)"],
      creates: ["Work"],
    });
    // A link that only pushes gives the archive no names.
    expect(planned([["Work", "Work (2)", "Old"]], [], "never", null, {}, PUSH).renames).toEqual(["Work > Work (2)"]);
  });

  test("B2 a rename to a name that cannot be held is mapped once", () => {
    const { renames, notes } = planned([["A", "x.y"]]);
    expect(renames).toEqual(["A > x_y"]);
    expect(notes).toEqual(["mailboxMapped"]);
  });

  test("B1 children go with their parent", () => {
    expect(
      planned([
        ["A", "Z"],
        ["A/B", "Z/B"],
        ["A/B/C", "Z/B/C"],
      ]).renames,
    ).toEqual(["A > Z"]);
    expect(
      planned([
        ["A", "Z"],
        ["A/B", "Z/Q"],
      ]).renames,
    ).toEqual(["A > Z", "Z/B > Z/Q"]);
  });

  test("B1 a chain is walked from its free end, a swap steps aside first", () => {
    expect(
      planned([
        ["A", "B"],
        ["B", "C"],
      ]).renames,
    ).toEqual(["B > C", "A > B"]);
    const swap = planned([
      ["A", "B"],
      ["B", "A"],
    ]).renames;
    expect(swap).toEqual(["A > A (1)", "B > A", "A (1) > B"]);
    const taken = planned([
      ["A", "B"],
      ["B", "A"],
      ["A (1)", "A (1)"],
      ["A (2)/x", "A (2)/x"],
    ]).renames;
    expect(taken).toEqual(["A > A (3)", "B > A", "A (3) > B"]);
  });

  test("B1 a mailbox that would be taken along onto a name that is there already steps aside, and goes back to its place", () => {
    expect(
      planned([
        ["A", "Z"],
        ["A/B", "A/B"],
        ["Z/B", "Z/B"],
      ]).renames,
    ).toEqual(["A/B > B (2)", "A > Z", "B (2) > A/B"]);
    const two = ["A/B", "A/C", "Z/B", "Z/C"].map((name) => [name, name] as const);
    const steps = ["A/B > B (2)", "A/C > C (3)", "A > Z", "B (2) > A/B", "C (3) > A/C"];
    expect(planned([["A", "Z"], ...two]).renames).toEqual(steps);
  });

  test("B5 removed ones go, children first, and never where removals are never", () => {
    expect(
      planned([
        ["A", null],
        ["A/B", null],
        ["INBOX", null],
      ]).removals,
    ).toEqual(["A/B", "A"]);
    expect(planned([["A", null]], [], "never").removals).toEqual([]);
  });

  test("B1 after all steps every mailbox has the name that the archive gives it", () => {
    const pairs = [
      ["A", "B/X"],
      ["B", "A"],
      ["B/X", "C"],
      ["D", "D"],
    ] as const;
    const { steps } = planned(pairs);
    const names = new Map(pairs.map(([server]) => [server, path(server)]));
    for (const { from, to } of steps)
      for (const [server, now] of names) {
        if (samePath(now, from)) names.set(server, to.path);
        else if (now.length > from.length && samePath(now.slice(0, from.length), from))
          names.set(server, [...to.path, ...now.slice(from.length)]);
      }
    expect([...names].map(([server, now]) => [server, showPath(now)])).toEqual(
      pairs.map(([server, archive]) => [server, archive]),
    );
  });
});
