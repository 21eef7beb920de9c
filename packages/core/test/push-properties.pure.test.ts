// Random messages against random places on a server: what must hold of every plan of a push, whatever archive, base and rights say. A failing
// seed is printed by fast-check and reproduces the case; a soak runs them with thousands of cases.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  asId,
  type Flags,
  type MailboxId,
  normalFlags,
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
  sameFlags,
  type Tree,
  type Uid,
} from "../src/index.ts";
import { based, kept, listed } from "./tree.ts";
import { BOTH, linkWith, PULL, PUSH } from "./world.ts";

const remoteId = (n: number): RemoteMailboxId => asId<RemoteMailboxId>(n);
const homeOf = (n: number): MailboxId => asId<MailboxId>(10 + n);
const MAILBOXES = [1, 2, 3];

const flags: fc.Arbitrary<Flags> = fc.subarray(["\\Seen", "\\Flagged", "$work"]).map(normalFlags);
const mailbox = fc.constantFrom(...MAILBOXES);
const removals = fc.constantFrom<Removals>("mirror", "trash", "never");
const rights = fc.constantFrom<Rights>(BOTH, PUSH);

const placement: fc.Arbitrary<Placement> = fc
  .record({ mailbox, uid: fc.option(fc.integer({ min: 1, max: 9 }), { freq: 5 }), flags, unproved: fc.boolean() })
  .map(({ mailbox: at, uid, ...rest }) => ({
    remoteMailboxId: remoteId(at),
    uid: uid as Uid | null,
    copy: null,
    ...rest,
  }));

const row: fc.Arbitrary<PushRow> = fc
  .record({
    live: fc.option(fc.record({ mailbox, flags })),
    last: mailbox,
    placements: fc.uniqueArray(placement, { maxLength: 3, selector: (one) => one.remoteMailboxId }),
    bytes: fc.boolean(),
  })
  .map(({ live, last, placements, bytes }) => ({
    messageId: asId(7),
    live: live && { mailboxId: homeOf(live.mailbox), flags: live.flags, since: 1 as Revision },
    lastMailboxId: homeOf(live?.mailbox ?? last),
    placements,
    size: 10,
    internalDate: 0,
    canonical: "aa",
    fingerprint: "bb",
    sha256: bytes ? "aa" : null,
    unsent: null,
  }));

const places: fc.Arbitrary<PushPlaces> = fc
  .record({ seen: fc.subarray(MAILBOXES), shown: fc.subarray(MAILBOXES), trash: fc.option(mailbox) })
  .map(({ seen, shown, trash }) => ({
    homes: new Map(seen.map((n) => [homeOf(n), remoteId(n)])),
    shown: new Set(shown.map(remoteId)),
    trash: trash === null ? null : remoteId(trash),
  }));

const isRemoval = (op: PushOp): boolean =>
  op.kind === "remove" || op.kind === "removeOriginal" || (op.kind === "move" && op.row.live === null);

/** The placements after every op of a plan was confirmed. */
function applied(one: PushRow, ops: readonly PushOp[]): PushRow {
  let placements = [...one.placements];
  const drop = (at: Placement): void => {
    placements = placements.filter((known) => known.remoteMailboxId !== at.remoteMailboxId);
  };
  for (const op of ops) {
    if (op.kind === "append")
      placements.push({ remoteMailboxId: op.to, uid: 99 as Uid, flags: op.flags, unproved: false, copy: null });
    else if (op.kind === "store") {
      drop(op.at);
      placements.push({ ...op.at, flags: one.live?.flags ?? [] });
    } else if (op.kind === "move") {
      drop(op.from);
      placements = placements.filter(({ remoteMailboxId }) => remoteMailboxId !== op.to);
      placements.push({ ...op.from, remoteMailboxId: op.to, uid: 99 as Uid });
    } else if (op.kind === "remove" || op.kind === "removeOriginal") drop(op.at);
  }
  return { ...one, placements };
}

describe("every plan of a push", () => {
  it("P2 is the same for the same message, in whatever order its presences come", () => {
    fc.assert(
      fc.property(row, places, rights, removals, (one, where, may, how) => {
        const link = linkWith(may, { removals: how });
        const ops = planPush(link, one, where);
        expect(planPush(link, structuredClone(one), where)).toEqual(ops);
        const told = (plan: readonly PushOp[]): string[] =>
          plan.map((op) => JSON.stringify({ ...op, row: null })).sort();
        const turned = { ...one, placements: one.placements.toReversed() };
        expect(told(planPush(link, turned, where))).toEqual(told(ops));
      }),
    );
  });

  it("P3 applied, leaves nothing to plan but flags that a move carries along, and then nothing", () => {
    fc.assert(
      fc.property(row, places, rights, removals, (one, where, may, how) => {
        const link = linkWith(may, { removals: how });
        const waits = (op: PushOp): boolean => op.kind === "blocked" || op.kind === "noBytes" || op.kind === "noTrash";
        let now = one;
        for (let n = 0; n < 3; n++) now = applied(now, planPush(link, now, where));
        expect(planPush(link, now, where).filter((op) => !waits(op))).toEqual([]);
      }),
    );
  });

  it("P7 without push there is no op for a server", () => {
    fc.assert(
      fc.property(row, places, removals, (one, where, how) => {
        expect(planPush(linkWith(PULL, { removals: how }), one, where)).toEqual([]);
      }),
    );
  });

  it("P8 M1 removes only what the base has under a UID there, and a live message only where its copy is in place", () => {
    fc.assert(
      fc.property(row, places, rights, removals, (one, where, may, how) => {
        for (const op of planPush(linkWith(may, { removals: how }), one, where)) {
          if (!isRemoval(op)) continue;
          const at = op.kind === "move" ? op.from : "at" in op ? op.at : null;
          expect(at?.uid).not.toBeNull();
          expect(one.placements).toContainEqual(at);
          if (one.live === null) expect(how).not.toBe("never");
          else {
            const home = where.homes.get(one.live.mailboxId);
            expect(one.placements.some((known) => known.remoteMailboxId === home && known.uid !== null)).toBe(true);
          }
        }
      }),
    );
  });

  it("P1 F1 sends each flag that differs, and no other", () => {
    fc.assert(
      fc.property(row, places, rights, (one, where, may) => {
        for (const op of planPush(linkWith(may), one, where)) {
          if (op.kind !== "store") continue;
          const kept = op.at.flags.filter((flag) => !op.remove.includes(flag));
          expect(sameFlags(normalFlags([...kept, ...op.add]), one.live?.flags ?? [])).toBe(true);
          expect(op.add.filter((flag) => op.at.flags.includes(flag))).toEqual([]);
        }
      }),
    );
  });
});

describe("every plan of the mailboxes of a push", () => {
  const names = fc.uniqueArray(fc.constantFrom("A", "B", "A/B", "B/A", "C"), { maxLength: 4 });
  const trees = fc.record({ server: names, archive: names }).map(({ server, archive }) => {
    const bases = server.map((name, i) => based(i + 1, name, 5));
    const live = archive.map((name, i) => kept(i + 1, name));
    return { tree: { bases, mailboxes: live } satisfies Tree, listing: server.map((name) => listed(name, 5)) };
  });
  const spell = (path: readonly string[]) => ({ name: path.join("/"), path: [...path] });

  it("P2 is the same whatever order the rows and the lines of LIST come in", () => {
    fc.assert(
      fc.property(trees, ({ tree, listing }) => {
        const link = linkWith(BOTH, { removals: "mirror" });
        const turned = { bases: tree.bases.toReversed(), mailboxes: tree.mailboxes.toReversed() };
        const plan = planMailboxPush(link, tree, listing, spell);
        const again = planMailboxPush(link, turned, listing.toReversed(), spell);
        expect({ ...again, subscriptions: [], notes: [] }).toEqual({ ...plan, subscriptions: [], notes: [] });
      }),
    );
  });
});
