// The plan of `packetboat apply`: which steps, in which order and words; and that after all of them, or any first part and then the rest, there is
// nothing left to do.

import type { Declaration } from "@packetboat/config";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Present, planApply } from "../src/apply/plan.ts";
import { sideLines, stepLine } from "../src/apply/words.ts";
import { account, declaration, enacted, link, NOTHING } from "./apply-world.ts";

const NIGHTLY = { cron: "30 2 * * *", timeZone: "Europe/Zurich", spreadSeconds: 1200, watch: false };
const BASE = declaration(["all"], [account("a")], [link("a", "all", { schedule: NIGHTLY })]);

const plan = (declared: Declaration, present: Present, prune = false) => planApply(declared, present, { prune });
const made = (declared: Declaration, present: Present = NOTHING, prune = false): Present =>
  plan(declared, present, prune).steps.reduce(enacted, present);
const lines = (declared: Declaration, present: Present, prune = false) =>
  plan(declared, present, prune).steps.map(stepLine);

describe("steps", () => {
  it("for an empty database are everything, what others need first", () => {
    const declared = declaration(
      ["all"],
      [account("a", { password: { kind: "env", name: "SECRET_A" } })],
      [link("a", "all", { policy: { exclude: ["Junk*"] }, schedule: NIGHTLY })],
    );
    expect(lines(declared, NOTHING)).toEqual([
      "+ archive  all",
      "+ account  a@x.example: imaps://a@x.example@x.example, password: environment variable SECRET_A",
      "+ link     a@x.example → all: pulls a@x.example, without Junk*",
      "+ schedule a@x.example → all: cron 30 2 * * *, timeZone Europe/Zurich, spread 20 min, watch no",
    ]);
    expect(lines(declared, made(declared))).toEqual([]);
  });

  const two = { rights: { pull: true, push: true } };
  it.each([
    [
      declaration(["all"], [account("a", { limits: { downPerDay: 2_500_000, connections: 2 } })], BASE.links),
      ["~ account  a@x.example: limits.connections: default → 2; limits.downPerDay: default → 2,500 kB"],
    ],
    [
      declaration(
        ["all"],
        [account("a", { password: { kind: "command", command: "pass a" }, auth: "login" })],
        BASE.links,
      ),
      ["~ account  a@x.example: password: not kept → command pass a; auth: what the server offers → login"],
    ],
    [
      declaration(["all"], BASE.accounts, [link("a", "all", { ...two, schedule: NIGHTLY })]),
      ["~ link     a@x.example → all: push: no → yes; removals: never → mirror"],
    ],
    [
      declaration(["all"], BASE.accounts, [
        link("a", "all", { ...two, policy: { removals: "trash" }, schedule: NIGHTLY }),
      ]),
      ["~ link     a@x.example → all: push: no → yes; removals: never → trash"],
    ],
    [
      declaration(["all"], BASE.accounts, [
        link("a", "all", { policy: { completeEvery: 36 * 3_600_000, guardShare: 0.07 }, schedule: NIGHTLY }),
      ]),
      ["~ link     a@x.example → all: guardShare: 50 % → 7 %; completeEvery: 7 days → 36 h"],
    ],
    [
      declaration(["all"], BASE.accounts, [
        link("a", "all", { schedule: { ...NIGHTLY, watch: true, spreadSeconds: 0 } }),
      ]),
      ["~ schedule a@x.example → all: spread: 20 min → 0 ms; watch: no → yes"],
    ],
    [declaration(["all"], BASE.accounts, [link("a", "all")]), ["- schedule a@x.example → all"]],
    [
      declaration(["all", "more"], BASE.accounts, [...BASE.links, link("a", "more")]),
      ["+ archive  more", "+ link     a@x.example → more: pulls a@x.example"],
    ],
  ])("name what changes (%#)", (declared, expected) => {
    expect(lines(declared, made(BASE))).toEqual(expected);
    expect(lines(declared, made(declared, made(BASE)))).toEqual([]);
  });

  it("leave alone what a command keeps of an account, but not what it set", () => {
    const present = made(BASE);
    const [known] = present.accounts;
    const kept = {
      ...known!,
      hasSecret: true,
      settings: { ...known!.settings, mayKeepPassword: false, authzid: "chief" },
    };
    const { steps } = plan(BASE, { ...present, accounts: [kept] });
    expect(steps.map(stepLine)).toEqual(["~ account  a@x.example: authzid: chief → none"]);
    expect(steps[0]).toMatchObject({ settings: { mayKeepPassword: false, authzid: null } });
  });

  it("ask for a sign-in when it is new, and not again", () => {
    const declared = declaration([], [account("a", { signIn: { provider: "google", clientId: "1" } })]);
    expect(plan(declared, NOTHING).logins).toEqual(["a@x.example"]);
    expect(plan(declared, made(declared)).logins).toEqual([]);
    expect(plan(declared, made(declaration([], [account("a")]))).logins).toEqual(["a@x.example"]);
  });
});

describe("what the file does not name", () => {
  const present = made(
    declaration(
      ["all", "old"],
      [account("a"), account("b")],
      [link("a", "all"), link("a", "old"), link("b", "old", { policy: { prefix: ["b"] }, merge: true })],
    ),
  );
  const declared = declaration(["all"], [account("a")], [link("a", "all")]);

  it("stays, and is mentioned", () => {
    expect(lines(declared, present)).toEqual([]);
    expect(sideLines(plan(declared, present))).toEqual([
      "  account b@x.example is not in the file and stays; --prune removes it.",
      "  link a@x.example → old is not in the file and stays; --prune removes it.",
      "  link b@x.example → old is not in the file and stays; --prune removes it.",
      "  archive old is not in the file and stays; only packetboat archive remove removes an archive, with its mail.",
    ]);
  });

  it("goes with prune, links before their account, but never an archive", () => {
    expect(lines(declared, present, true)).toEqual([
      "- link     a@x.example → old, with what it knows of the server; the mail stays",
      "- link     b@x.example → old, with what it knows of the server; the mail stays",
      "- account  b@x.example, with its kept password",
    ]);
    expect(made(declared, present, true).archives).toEqual(["all", "old"]);
  });
});

describe("accounts are not mixed up in one place, not for a moment", () => {
  const at = (user: string, prefix: string, merge = false) =>
    link(user, "all", { policy: { prefix: prefix === "" ? [] : [prefix] }, merge });
  const accounts = [account("a"), account("b"), account("c")];
  const ties = (...links: readonly ReturnType<typeof at>[]) => declaration(["all"], accounts, links);

  it("a link moves in after the other has moved out", () => {
    const present = made(ties(at("a", "A"), at("b", "B")));
    const next = ties(at("a", "B"), at("b", "C"), at("c", "A"));
    expect(plan(next, present).steps.map((step) => ("account" in step ? step.account : ""))).toEqual([
      "b@x.example",
      "a@x.example",
      "c@x.example",
    ]);
    expect(lines(next, made(next, present))).toEqual([]);
  });

  it("is refused where it cannot be helped: two that change places, or one that the file does not name", () => {
    const present = made(ties(at("a", "A"), at("b", "B")));
    expect(plan(ties(at("a", "B"), at("b", "A")), present).refusals).toHaveLength(2);
    const alone = declaration(["all"], accounts, [at("c", "B")]);
    expect(plan(alone, present).refusals).toEqual([
      expect.stringMatching(/^The link of c@x\.example to all would mix it up with b@x\.example/),
    ]);
    expect(plan(alone, present, true).refusals).toEqual([]);
    expect(plan(declaration(["all"], accounts, [at("c", "B", true)]), present).refusals).toEqual([]);
  });

  it("a link never goes below another mailbox of the server", () => {
    const next = ties(link("a", "all", { policy: { below: ["Sub"] } }));
    expect(plan(next, made(ties(link("a", "all")))).refusals).toEqual([
      expect.stringMatching(/cannot go below .*link remove 1/),
    ]);
    expect(lines(next, made(next))).toEqual([]);
  });
});

const users = ["a", "b", "c"] as const;
const anyAccount = (user: string) =>
  fc
    .record({
      auth: fc.constantFrom(null, "plain" as const),
      password: fc.constantFrom(null, { kind: "env" as const, name: "X" }, { kind: "file" as const, path: "/x" }),
      limits: fc.constantFrom({}, { connections: 1 }, { downPerDay: 1e9, upPerDay: 5 }),
    })
    .map((more) => account(user, more));
const anyLink = (user: string, archive: string) =>
  fc
    .record({
      rights: fc.constantFrom({ pull: true, push: false }, { pull: true, push: true }, { pull: false, push: true }),
      removals: fc.constantFrom(null, "never" as const, "trash" as const),
      exclude: fc.constantFrom([], ["Junk*"]),
      schedule: fc.constantFrom(null, NIGHTLY, { ...NIGHTLY, cron: null, watch: true }),
    })
    // Each account in a place of its own, so that nothing is refused.
    .map(({ rights, removals, exclude, schedule }) =>
      link(user, archive, { rights, policy: { removals, exclude, prefix: [user] }, schedule }),
    );
/** Any accounts, each tied to some of two archives. */
const anyDeclaration = fc
  .record({
    accounts: fc.tuple(...users.map((user) => fc.option(anyAccount(user)))),
    links: fc.tuple(...users.flatMap((user) => ["one", "two"].map((archive) => fc.option(anyLink(user, archive))))),
  })
  .map(({ accounts, links }) => {
    const there = accounts.filter((each) => each !== null);
    const has = (user: string) => there.some(({ address }) => address.user === user);
    return declaration(
      ["one", "two"],
      there,
      links.filter((each) => each !== null).filter((each) => has(each.account.user)),
    );
  });

describe("whatever was there and whatever is declared", () => {
  it("a second apply has nothing to do, also after a kill at any step", () => {
    fc.assert(
      fc.property(anyDeclaration, anyDeclaration, fc.boolean(), fc.nat(), (before, declared, prune, cut) => {
        const present = made(before);
        const { steps, refusals } = plan(declared, present, prune);
        expect(refusals).toEqual([]);
        expect(lines(declared, steps.reduce(enacted, present), prune)).toEqual([]);
        const killed = steps.slice(0, cut % (steps.length + 1)).reduce(enacted, present);
        expect(lines(declared, made(declared, killed, prune), prune)).toEqual([]);
      }),
    );
  });

  it("the same file and the same database give the same plan, and without prune nothing is removed", () => {
    fc.assert(
      fc.property(anyDeclaration, anyDeclaration, (before, declared) => {
        const present = made(before);
        const first = plan(declared, present);
        expect(plan(declared, present)).toEqual(first);
        expect(first.steps.filter(({ kind }) => kind === "remove-link" || kind === "remove-account")).toEqual([]);
      }),
    );
  });
});
