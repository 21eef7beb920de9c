// What is said before a restore about what is held back and what would go: nobody may be told to let removals from a server through, nor be left
// to think that only the archive loses something.
import type { HeldMailbox, LinkInfo, LinkStatus } from "@packetboat/archive";
import { asId, DEFAULT_POLICY, type LinkId, type Revision, type RunId } from "@packetboat/core";
import { expect, it } from "vitest";
import type { InPlaceLook } from "../src/in-place.ts";
import { alsoRemoved, heldBack, noServerChanged, removes } from "../src/jobs/obstacles.ts";

const link = { account: "ann@example.com" } as LinkInfo;
const status = { link, held: 3, heldBy: asId<RunId>(7) } as LinkStatus;
const told = (...kinds: readonly HeldMailbox["kind"][]) => heldBack(status, new Set(kinds))?.text ?? "";

it("only what is gone from the server is to be let through first", () => {
  expect(told("removal")).toContain("Approve run 7");
  expect(told("removal", "serverRemoval")).toContain("do not let them through");
  for (const kinds of [["serverRemoval"], ["removal", "serverRemoval"], ["addition"], ["serverAddition"]] as const)
    expect(told(...kinds)).not.toContain("Approve");
  expect(heldBack({ ...status, held: 0 }, new Set())).toBeNull();
});

it("what would go names each place that loses it", () => {
  const plan = {
    totals: { back: 0, moved: 0, flagged: 0, removed: 2 },
    removedMailboxes: [],
  } as unknown as InPlaceLook["plan"];
  expect(removes({ plan, writing: [], lent: new Set() })?.text).toBe(
    "2 messages that came since will be removed from the archive as it is now. They stay in the archive at earlier moments.",
  );
  const told = (removals: "mirror" | "trash" | "never", isLent: boolean) => {
    const one = { ...link, id: asId<LinkId>(5), policy: { ...DEFAULT_POLICY, removals } };
    return removes({ plan, writing: [one], lent: new Set(isLent ? [one.id] : []) })?.text ?? "";
  };
  for (const [removals, isLent] of [
    ["mirror", false],
    ["trash", false],
    ["never", true],
  ] as const)
    expect(told(removals, isLent)).toContain("and the server of ann@example.com.");
  expect(told("never", false)).not.toContain("ann@example.com");
});

it("what a server loses besides what was chosen is said, with how much at most", () => {
  const of = (messages: number) =>
    alsoRemoved(link, { onlyOnServer: { messages, before: asId<Revision>(3), after: asId<Revision>(4) } });
  expect(alsoRemoved(link, { onlyOnServer: null })).toBeNull();
  expect(of(1)).toMatchObject({ code: "ALSO_REMOVED", text: expect.stringContaining("up to 1 message that") });
  expect(of(506)?.text).toContain("ann@example.com has up to 506 messages that the archive as it is now has not");
  expect(of(10_001)?.text).toContain("more than 10,000 messages");
});

it("when no server was written to, that is said, with what to do", () => {
  expect(noServerChanged({ links: [link], writing: [link] })).toEqual([]);
  expect(noServerChanged({ links: [link], writing: [] })[0]).toContain("Only the archive changed.");
  expect(noServerChanged({ links: [], writing: [] })[0]).toContain("No account is tied to this archive");
});
