// What an import adds: of each message as many as the source has and the archive has not, whatever the batches, however often.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { additions, alikeKey, asId, type Incoming, type MailboxId } from "../src/index.ts";

/** "a" and "a'" differ in line ends. */
function incoming(names: readonly string[]): readonly (Incoming & { readonly name: string })[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const canonical = name.replaceAll("'", "");
    const ordinal = (seen.get(canonical) ?? 0) + 1;
    seen.set(canonical, ordinal);
    return { name, mailboxId: asId<MailboxId>(1), digests: { sha256: name, canonical }, ordinal };
  });
}

const heldIn = (archive: readonly string[]) => (message: Incoming) => ({
  alike: archive.filter((name) => name.replaceAll("'", "") === message.digests.canonical).length,
  same: archive.filter((name) => name === message.digests.sha256).length,
});

function imported(archive: readonly string[], source: readonly string[], batch: number): readonly string[] {
  let now = archive;
  const all = incoming(source);
  for (let at = 0; at < all.length; at += batch)
    now = [...now, ...additions(all.slice(at, at + batch), heldIn(now)).map(({ name }) => name)];
  return now;
}

describe("additions", () => {
  it.each([
    ["what is new", "", "a b", "a b"],
    ["nothing that is there", "a b", "b a", "a b"],
    ["as many as there are (C3)", "a", "a a a", "a a a"],
    ["nothing where there are more", "a a a", "a", "a a a"],
    ["nothing that differs in line ends only (C4)", "a'", "a", "a'"],
    ["of two that differ in line ends both", "", "a a'", "a a'"],
    ["of two that differ in line ends the one that is not there", "a", "a a'", "a a'"],
  ])("are %s", (_, archive, source, expected) => {
    const words = (text: string) => text.split(" ").filter(Boolean);
    expect(imported(words(archive), words(source), 10)).toEqual(words(expected));
  });

  it("C3 hold for any batches: the archive has the most of both, and a second import adds nothing", () => {
    const names = fc.array(fc.constantFrom("a", "a'", "b", "c"), { maxLength: 12 });
    fc.assert(
      fc.property(
        names,
        names,
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 5 }),
        (archive, source, one, two) => {
          const first = imported(archive, source, one);
          const count = (list: readonly string[], canonical: string) =>
            list.filter((name) => name.replaceAll("'", "") === canonical).length;
          for (const canonical of ["a", "b", "c"])
            expect(count(first, canonical)).toBe(Math.max(count(archive, canonical), count(source, canonical)));
          expect(imported(first, source, two)).toEqual(first);
        },
      ),
    );
  });

  it("keep mailboxes apart", () => {
    const [message] = incoming(["a"]);
    if (message === undefined) throw new Error("one");
    const other = { ...message, mailboxId: asId<MailboxId>(2) };
    expect(alikeKey(message)).not.toBe(alikeKey(other));
    expect(additions([message, other], () => ({ alike: 0, same: 0 }))).toEqual([message, other]);
  });
});
