// G4 as a table: what a message was lately, in the words of the case, and whether it is left alone.
import { describe, expect, it } from "vitest";
import { asId, restlessUntil, type TracedVersion } from "../src/index.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = 1_700_000_000_000;
/** When the last version of a case began. */
const LAST = NOW - HOUR;

interface Case {
  readonly title: string;
  /**
   * One word a version, an hour apart, the last one an hour ago: the link whose run made it (`-`: none), the mailbox, and a letter for each
   * flag. "aXs": link a, mailbox X, flag s.
   */
  readonly versions: string;
  readonly alone: boolean;
  /** Hours between versions. Default: 1. */
  readonly every?: number;
  /** All by this run. Default: each version by a run of its own. */
  readonly run?: number;
}

const CASES: readonly Case[] = [
  { title: "nothing", versions: "", alone: false },
  { title: "new", versions: "aX", alone: false },
  { title: "place, four times", versions: "aX aY bX aY bX", alone: true },
  { title: "place, three times", versions: "aX aY bX aY", alone: false },
  { title: "a flag, four times", versions: "aX aXs bX aXs bX", alone: true },
  { title: "a flag in two spellings", versions: "aX aXs bX aXS bX", alone: true },
  { title: "a flag, beside others that one side changes", versions: "aX aXs bXt aXst bXu", alone: true },
  { title: "two flags by turns are no quarrel about one", versions: "aX aXs bXst aXt bX", alone: false },
  { title: "one client, as often as it likes", versions: "aX aY aX aY aX aY aX", alone: false },
  { title: "a person, twice here and then twice there", versions: "aX aXs aX bXs bX", alone: false },
  { title: "from place to place, never back", versions: "aX aY bZ aU bV", alone: false },
  { title: "round and round", versions: "aX aY bZ aX bY aZ bX", alone: false },
  { title: "three links, each undoing the one before", versions: "aX bY cX aY bX", alone: true },
  { title: "place and flag by turns, two changes of each", versions: "aX aY bYs aX bX", alone: false },
  { title: "an undo between them", versions: "aX aY bX -Y bX", alone: false },
  { title: "an undo before them", versions: "-X aY bX aY bX", alone: true },
  { title: "quiet since: one more change by one side", versions: "aX aY bX aY bX bZ", alone: true },
  { title: "in four days", versions: "aX aY bX aY bX", every: 24, alone: false },
  { title: "in exactly a day", versions: "aX aY bX aY bX", every: 8, alone: true },
  { title: "in a little more", versions: "aX aY bX aY bX", every: 8.01, alone: false },
  { title: "all by one run", versions: "aX aY bX aY bX", run: 7, alone: false },
];

function versionsOf({ versions, every = 1, run }: Case): readonly TracedVersion[] {
  const words = versions.split(" ").filter((word) => word !== "");
  return words.map((word, i) => {
    const [link = "", mailbox = "", ...flags] = word;
    const made = { link: asId<never>(link.charCodeAt(0)), run: asId<never>(run ?? i + 1) };
    return {
      mailboxId: asId<never>(mailbox.charCodeAt(0)),
      flags,
      at: LAST - (words.length - 1 - i) * every * HOUR,
      made: link === "-" ? null : made,
    };
  });
}

describe("G4: a message that two clients change to and fro", () => {
  for (const one of CASES)
    it(`${one.title}: ${one.alone ? "left alone" : "carried on"}`, () => {
      expect(restlessUntil(versionsOf(one), NOW) !== null).toBe(one.alone);
    });

  it("is left alone for a day from the fourth change on, and then tried again", () => {
    const versions = versionsOf({ title: "", versions: "aX aY bX aY bX", alone: true });
    expect(restlessUntil(versions, LAST)).toBe(LAST + DAY);
    expect(restlessUntil(versions, LAST + DAY - 1)).toBe(LAST + DAY);
    expect(restlessUntil(versions, LAST + DAY)).toBeNull();
  });
});
