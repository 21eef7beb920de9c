// Who may do what, and how failures slow the next attempt: tables, in which a missing cell does not compile.
import { type ArchiveId, asId } from "@packetboat/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Attempts, attempted, type Counted, QUIET_MS, succeeded } from "../src/access/lockout.ts";
import { type Caller, mayRead, type Need, refusalOf } from "../src/access/roles.ts";
import { readName, readPassword } from "../src/access/secrets.ts";

const OWN = asId<ArchiveId>(1);
const OTHER = asId<ArchiveId>(2);

const caller = (role: "admin" | "reader", scopes?: readonly string[]): Caller => ({
  user: { id: 1, name: "ann", role, archives: role === "reader" ? [OWN] : [] },
  by: scopes === undefined ? { kind: "session", id: 1 } : { kind: "token", id: 1, scopes },
});

const CALLERS = {
  nobody: null,
  admin: caller("admin"),
  reader: caller("reader"),
  "admin's token of all": caller("admin", ["read", "status", "restore", "admin"]),
  "admin's token to read": caller("admin", ["read"]),
  "reader's token of all": caller("reader", ["read", "status", "restore", "admin"]),
  "token of nothing": caller("admin", []),
} satisfies Record<string, Caller | null>;

type Answer = "yes" | "NOT_SIGNED_IN" | "NOT_ALLOWED";
const ALLOWED: Record<keyof typeof CALLERS, Record<Need, Answer>> = (() => {
  const row = (words: string): Record<Need, Answer> => {
    const cells = words
      .split(" ")
      .map((word): Answer => (word === "yes" ? "yes" : word === "out" ? "NOT_SIGNED_IN" : "NOT_ALLOWED"));
    const [nothing = "yes", anybody = "yes", session = "yes", read = "yes", status = "yes", ...more] = cells;
    const [restore = "yes", admin = "yes", administrator = "yes"] = more;
    return { nothing, anybody, session, read, status, restore, admin, administrator };
  };
  return {
    //                              nothing anybody session read status restore admin administrator
    nobody: /*                  */ row("yes out out out out out out out"),
    admin: /*                   */ row("yes yes yes yes yes yes yes yes"),
    reader: /*                  */ row("yes yes yes yes yes yes no no"),
    "admin's token of all": /*  */ row("yes yes no yes yes yes yes yes"),
    "admin's token to read": /* */ row("yes yes no yes no no no yes"),
    "reader's token of all": /* */ row("yes yes no yes yes yes no no"),
    "token of nothing": /*      */ row("yes yes no no no no no yes"),
  };
})();

describe("what a caller may do", () => {
  it.each(Object.entries(ALLOWED))("%s", (who, needs) => {
    const answers = Object.keys(needs).map((need) => [
      need,
      refusalOf(CALLERS[who as keyof typeof CALLERS], need as Need)?.code ?? "yes",
    ]);
    expect(Object.fromEntries(answers)).toEqual(needs);
  });

  it("a reader reads the archives that were given, an admin all", () => {
    const asked = [OWN, OTHER].flatMap((id) => [mayRead(caller("reader"), id), mayRead(caller("admin"), id)]);
    expect(asked).toEqual([true, true, false, true]);
    expect(mayRead({ user: { id: 1, name: "new", role: "reader", archives: [] } }, OWN)).toBe(false);
  });
});

/** Attempts one second apart: how many are counted before one is refused. */
function countedOf(counted: Counted): number {
  let state: Attempts | null = null;
  for (let n = 0; ; n++) {
    const verdict = attempted(counted, state, n * 1_000);
    if (verdict.kind === "locked") return n;
    state = verdict.next;
  }
}

describe("failed sign-ins", () => {
  const LOCKS: Record<Counted, number> = { pair: 5, source: 30, name: 100 };
  it.each(Object.entries(LOCKS))("%s: %i are counted, then it is locked", (counted, most) => {
    expect(countedOf(counted as Counted)).toBe(most);
  });

  it("locks double from a minute to an hour, and no longer", () => {
    let state: Attempts | null = null;
    let now = 0;
    const minutes: number[] = [];
    for (let n = 0; n < 14; n++) {
      const verdict = attempted("pair", state, now);
      if (verdict.kind === "locked") throw new Error("locked longer than it said");
      state = verdict.next;
      if (state.lockedUntil === null) continue;
      expect(attempted("pair", state, state.lockedUntil - 1).kind).toBe("locked");
      minutes.push((state.lockedUntil - now) / 60_000);
      now = state.lockedUntil;
    }
    expect(minutes).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
  });

  it("a day of quiet and a success wipe out what was held", () => {
    const five: Attempts = { failures: 5, lastAt: 1_000, lockedUntil: null };
    expect(attempted("pair", five, 1_000 + QUIET_MS + 1)).toMatchObject({ next: { failures: 1 } });
    expect(succeeded("pair", five)).toBeNull();
    expect(succeeded("source", { failures: 30, lastAt: 1, lockedUntil: 9 })).toEqual({
      failures: 29,
      lastAt: 1,
      lockedUntil: null,
    });
    expect(succeeded("name", { failures: 101, lastAt: 1, lockedUntil: 9 })).toMatchObject({ lockedUntil: 9 });
  });

  it("whatever the pace, one source guesses one name fewer than 40 times on the first day", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 600_000 }), { minLength: 100, maxLength: 400 }), (gaps) => {
        let state: Attempts | null = null;
        let [now, guesses] = [0, 0];
        for (const gap of gaps) {
          now += gap;
          if (now > QUIET_MS) break;
          const verdict = attempted("pair", state, now);
          if (verdict.kind === "locked") continue;
          guesses++;
          state = verdict.next;
        }
        return guesses < 40;
      }),
    );
  });
});

describe("names and passwords", () => {
  it.each([
    [" Ann@Example.COM ", "ann@example.com"],
    ["a", "a"],
  ])("%j is the name %j", (text, name) => expect(readName(text)).toBe(name));

  it.each(["", " ", "-a", "a b", "ä", "a\n", "x".repeat(101), "a/b", "<b>"].filter((text) => text.trim() !== "a"))(
    "%j is no name",
    (text) => expect(() => readName(text)).toThrow("Choose another one"),
  );

  it("a password has twelve characters at least, of any kind", () => {
    expect(() => readPassword("eleven long")).toThrow("12 to 1000");
    expect(() => readPassword("x".repeat(1_001))).toThrow("12 to 1000");
    expect(readPassword("twelve  long")).toBe("twelve  long");
    expect(() => readPassword("🚢".repeat(11))).toThrow("12 to 1000");
  });
});
