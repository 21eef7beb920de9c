// What a worker decides by itself: what becomes of a job after its pass, how slots are filled, which connection is used again.
import type { Hold, LinkedAccount, WatchedAccount } from "@packetboat/archive";
import { asId, DEFAULT_POLICY, type LinkId, type Policy, type Remote, type RunReport } from "@packetboat/core";
import { describe, expect, test } from "vitest";
import { keepConnections } from "../src/daemon/kept.ts";
import { beginningOf, type Ending, endingOf, isNews, type Next, nextOf, othersToPush } from "../src/daemon/next.ts";
import { shareOf } from "../src/daemon/share.ts";
import { fillSlots } from "../src/daemon/slots.ts";
import { openTroubles } from "../src/daemon/troubles.ts";
import { choiceOf, hasPatterns } from "../src/daemon/watch-choice.ts";

describe("what becomes of a job", () => {
  const next = (outcome: RunReport["outcome"], code?: string) =>
    nextOf({ outcome, error: code === undefined ? null : { code: code as never, text: "Do this." } }, 0.5);

  test.each(["ok", "partial", "halted"] as const)("%s: done", (outcome) =>
    expect(next(outcome)).toEqual({ kind: "done" }),
  );

  test.each([
    ["AUTH_REJECTED", { kind: "hold", code: "AUTH_REJECTED", detail: "Do this.", until: null }],
    ["SECRET_UNREADABLE", { kind: "hold", code: "SECRET_UNREADABLE", detail: "Do this.", until: null }],
    ["LEASE_HELD", { kind: "soon", afterMs: 15_000 }],
    ["LEASE_LOST", { kind: "soon", afterMs: 0 }],
    ["DATABASE_LOST", { kind: "soon", afterMs: 0 }],
    ["INTERRUPTED", { kind: "soon", afterMs: 0 }],
    ["UNREACHABLE", { kind: "again", code: "UNREACHABLE" }],
    ["TLS_REFUSED", { kind: "again", code: "TLS_REFUSED" }],
  ])("%s", (code, expected) => expect(next("failed", code)).toEqual(expected));

  test("INTERRUPTED for a command that waits: in a while, when that has had its turn", () =>
    expect(nextOf({ outcome: "interrupted", error: { code: "INTERRUPTED", text: "" } }, 0.5, true)).toEqual({
      kind: "soon",
      afterMs: 15_000,
    }));

  const NOW = 1_000_000;
  const linked = (until?: number | null): LinkedAccount =>
    ({ hold: until === undefined ? null : { code: "THROTTLED", until } }) as LinkedAccount;
  const later = (at: number | null, hold: Pick<Hold, "code" | "detail"> | null = null): Ending => ({
    kind: "later",
    at,
    hold,
  });

  test.each<[string, LinkedAccount | null, Ending | "pass"]>([
    ["its link is gone: done", null, { kind: "done" }],
    ["nothing holds the account: a pass", linked(), "pass"],
    ["held until a person mends it: its schedule brings it again", linked(null), later(null)],
    ["held until a time: then", linked(NOW + 1), later(NOW + 1)],
    ["the time of the hold has come: a pass", linked(NOW), "pass"],
  ])("before its pass, %s", (_, account, expected) =>
    expect(beginningOf(account, NOW)).toEqual(expected === "pass" ? { kind: "pass", linked: account } : expected),
  );

  const refused = { code: "AUTH_REJECTED", detail: "Do this." } as const;
  test.each<[string, Next, Pick<Hold, "until"> | null, Ending]>([
    ["done", { kind: "done" }, null, { kind: "done" }],
    ["soon", { kind: "soon", afterMs: 5 }, null, later(NOW + 5)],
    ["failed", { kind: "again", code: "UNREACHABLE" }, null, { kind: "again", code: "UNREACHABLE" }],
    ["failed, and rests until a time", { kind: "again", code: "BUDGET_SPENT" }, { until: NOW + 9 }, later(NOW + 9)],
    ["failed, and waits for a person", { kind: "again", code: "UNREACHABLE" }, { until: null }, later(null)],
    ["refused: held", { kind: "hold", ...refused, until: null }, null, later(null, refused)],
  ])("after its pass, %s", (_, after, held, expected) => expect(endingOf(after, held, NOW)).toEqual(expected));

  test("what it brought is due where others of the archive push", () => {
    const link = (id: number, push: boolean) => ({ id: asId<LinkId>(id), rights: { pull: true, push } });
    const links = [link(1, true), link(2, false), link(3, true)];
    expect(othersToPush(links, asId(1)).map(({ id }) => id)).toEqual([3]);
    expect(othersToPush(links, asId(2)).map(({ id }) => id)).toEqual([1, 3]);
  });

  test.each([
    ["it changed nothing", 3, 1, false],
    ["it changed the archive", 4, 1, true],
    ["nobody knows what an earlier attempt left", 3, 2, true],
  ])("news for others: %s", (_, revisionAfter, attempt, expected) =>
    expect(isNews({ revisionBefore: 3, revisionAfter }, attempt)).toBe(expected),
  );
});

describe("slots", () => {
  /** Jobs that come when they are pushed, and a run that ends when it is told. */
  function bench(slots: number, jobs: number[]) {
    const stop = new AbortController();
    const waiting: (() => void)[] = [];
    const running = new Map<number, () => void>();
    const asked: number[] = [];
    let seen: (() => void) | null = null;
    const moved = () =>
      new Promise<void>((resolve) => {
        seen = resolve;
      });
    const source = {
      take: async (most: number) => {
        asked.push(most);
        return jobs.splice(0, most);
      },
      waitForWork: (signal: AbortSignal) =>
        new Promise<void>((resolve) => {
          signal.addEventListener("abort", () => resolve(), { once: true });
          waiting.push(resolve);
          seen?.();
        }),
    };
    const run = (job: number) =>
      new Promise<void>((resolve) => {
        running.set(job, resolve);
        seen?.();
      });
    const over = fillSlots(source, slots, run, stop.signal);
    return { stop, waiting, running, asked, moved, over };
  }

  test("take no more jobs than are free, and the next one when one ends", async () => {
    const jobs = [1, 2, 3];
    const { stop, running, asked, moved, over } = bench(2, jobs);
    await moved();
    await Promise.resolve();
    expect([...running.keys()]).toEqual([1, 2]);
    expect(jobs).toEqual([3]);
    const next = moved();
    running.get(1)?.();
    await next;
    expect([...running.keys()]).toEqual([1, 2, 3]);
    expect(asked.every((most) => most <= 2)).toBe(true);
    stop.abort();
    for (const end of running.values()) end();
    await over;
  });

  test("with much to do, wait a moment for half of them and take several jobs at once", async () => {
    const taken: number[][] = [];
    const ends = new Map<number, () => void>();
    const jobs = Array.from({ length: 12 }, (_, n) => n);
    const stop = new AbortController();
    const moment = Promise.withResolvers<void>();
    const over = fillSlots(
      {
        take: async (most) => {
          const some = jobs.splice(0, most);
          taken.push(some);
          return some;
        },
        waitForWork: async () => undefined,
      },
      4,
      (job) => new Promise<void>((resolve) => ends.set(job, resolve)),
      stop.signal,
      () => moment.promise,
    );
    const turns = async (): Promise<void> => {
      for (let i = 0; i < 20; i++) await Promise.resolve();
    };
    await turns();
    ends.get(0)?.();
    await turns();
    expect(taken).toEqual([[0, 1, 2, 3]]);
    ends.get(1)?.();
    await turns();
    expect(taken).toEqual([
      [0, 1, 2, 3],
      [4, 5],
    ]);
    // A long one does not keep a free slot waiting: the moment ends.
    ends.get(2)?.();
    await turns();
    expect(taken).toHaveLength(2);
    moment.resolve();
    await turns();
    expect(taken).toEqual([[0, 1, 2, 3], [4, 5], [6]]);
    stop.abort();
    for (const end of ends.values()) end();
    await over;
  });

  test("a stop waits for those at work and takes nothing more", async () => {
    const jobs = [1];
    const { stop, running, moved, over } = bench(2, jobs);
    await moved();
    stop.abort();
    jobs.push(2);
    let ended = false;
    const watched = over.then(() => {
      ended = true;
    });
    await Promise.resolve();
    expect(ended).toBe(false);
    running.get(1)?.();
    await watched;
    expect(jobs).toEqual([2]);
  });

  test("what concerns the whole worker ends it, after those at work", async () => {
    const failing = fillSlots(
      {
        take: async () => {
          throw new Error("the database is away");
        },
        waitForWork: async () => undefined,
      },
      1,
      async () => undefined,
      new AbortController().signal,
    );
    await expect(failing).rejects.toThrow("the database is away");
  });
});

describe("kept connections", () => {
  function opener() {
    const opened: { closed: boolean; signal: AbortSignal }[] = [];
    const open = async (signal: AbortSignal) => {
      const one = { closed: false, signal };
      opened.push(one);
      const remote = {
        capabilities: {},
        close: async () => {
          one.closed = true;
        },
      } as unknown as Remote;
      return { remote, writer: null, again: () => Promise.reject(new Error("not asked")) };
    };
    return { opened, open };
  }
  const calm = () => new AbortController().signal;
  const at = (accountId: number, host = "one.example") => ({ accountId, host });

  test("the next pass goes on with the connection of the last one", async () => {
    await using kept = keepConnections({ mostPerHost: 2, keepMs: 60_000 });
    const { opened, open } = opener();
    for (let pass = 0; pass < 3; pass++) await (await kept.connect(at(1), "how", calm(), open)).remote.close();
    expect(opened).toHaveLength(1);
    expect(opened[0]?.closed).toBe(false);
  });

  test("one that was opened otherwise, or whose pass was aborted, is closed", async () => {
    await using kept = keepConnections({ mostPerHost: 2, keepMs: 60_000 });
    const { opened, open } = opener();
    await (await kept.connect(at(1), "old password", calm(), open)).remote.close();
    const stop = new AbortController();
    const second = await kept.connect(at(1), "new password", stop.signal, open);
    expect(opened.map(({ closed }) => closed)).toEqual([true, false]);
    stop.abort();
    await second.remote.close();
    expect(opened.map(({ closed }) => closed)).toEqual([true, true]);
  });

  test("an aborted pass of an earlier time does not end the connection of a later one", async () => {
    await using kept = keepConnections({ mostPerHost: 2, keepMs: 60_000 });
    const { opened, open } = opener();
    const first = new AbortController();
    await (await kept.connect(at(1), "how", first.signal, open)).remote.close();
    await kept.connect(at(1), "how", calm(), open);
    first.abort();
    expect(opened[0]?.signal.aborted).toBe(false);
  });

  test("a server is not filled with them: further ones are closed, and those that are kept stay", async () => {
    await using kept = keepConnections({ mostPerHost: 2, keepMs: 60_000 });
    const { opened, open } = opener();
    for (const account of [1, 2, 3]) await (await kept.connect(at(account), "how", calm(), open)).remote.close();
    await (await kept.connect(at(4, "two.example"), "how", calm(), open)).remote.close();
    expect(opened.map(({ closed }) => closed)).toEqual([false, false, true, false]);
    await kept.drop(1);
    await (await kept.connect(at(3), "how", calm(), open)).remote.close();
    expect(opened.map(({ closed }) => closed)).toEqual([true, false, true, false, false]);
    await kept.dropHost("one.example");
    expect(opened.map(({ closed }) => closed)).toEqual([true, true, true, false, true]);
  });
});

describe("the share of a worker in what is watched", () => {
  const account = (id: number, ...links: number[]): WatchedAccount => ({
    accountId: asId(id),
    links: links.map((link) => asId(link)),
    policies: links.map(() => DEFAULT_POLICY),
  });
  const all = [1, 2, 3, 4, 5].map((id) => account(id, id * 10));
  const watching = (...accounts: WatchedAccount[]) => new Map(accounts.map((one) => [one.accountId, one]));

  test("alone: all of it", () => expect(shareOf(all, new Map(), 1)).toEqual({ leave: [], candidates: all, room: 5 }));
  test("with others: an even part, rounded up, so that none is left over", () =>
    expect(shareOf(all, new Map(), 2)).toMatchObject({ room: 3 }));
  test("what is beyond its share, when another comes, is left", () =>
    expect(shareOf(all, watching(...all), 2)).toMatchObject({ leave: [4, 5], room: 0 }));
  test("what is not wanted any more, or has other links, is left", () =>
    expect(shareOf(all.slice(1), watching(account(1, 10), account(2, 99)), 1)).toMatchObject({
      leave: [1, 2],
      room: 4,
    }));
});

describe("the mailboxes of a watch", () => {
  const account = (...policies: Partial<Policy>[]): WatchedAccount => ({
    accountId: asId(1),
    links: policies.map((_, n) => asId(n + 1)),
    policies: policies.map((policy) => ({ ...DEFAULT_POLICY, ...policy })),
  });
  const met = ["INBOX", "INBOX.Lists", "INBOX.Work", "INBOX.Work.Old"].map((name) => ({
    linkId: asId<LinkId>(1),
    name,
    path: name === "INBOX" ? ["INBOX"] : name.split(".").slice(1),
  }));
  const chosen = (policy: Partial<Policy>) => choiceOf(account(policy), met).mailboxes;

  test("followed at once: those that are named, else those that the link is about, else INBOX alone", () => {
    expect(chosen({})).toEqual([]);
    expect(chosen({ watchMailboxes: ["Work*"] })).toEqual(["INBOX.Work", "INBOX.Work.Old"]);
    expect(chosen({ include: ["INBOX", "Lists"] })).toEqual(["INBOX.Lists"]);
    expect(chosen({ include: ["Work*"], exclude: ["Work/Old"] })).toEqual(["INBOX.Work"]);
    expect(chosen({ exclude: ["Work*"], watchMailboxes: ["Work", "Lists"] })).toEqual(["INBOX.Lists"]);
    expect([hasPatterns(account({})), hasPatterns(account({ exclude: ["Junk"] }))]).toEqual([false, true]);
  });

  test("of no concern: what no link takes part in, also where no run met it; what may be one's own concerns", () => {
    const of = (...policies: Partial<Policy>[]) => choiceOf(account(...policies), met).concerns;
    const without = of({ exclude: ["Work/*", "Junk"] });
    expect(
      ["INBOX", "INBOX.Work", "INBOX.Work.Old", "Junk", "INBOX.Junk", "New"].map((name) => without?.(name)),
    ).toEqual([true, true, false, false, true, true]);
    const only = of({ include: ["Projects/*"] });
    expect(["INBOX", "INBOX.Work", "INBOX.Projects.New", "Projects/Old", "Other"].map((name) => only?.(name))).toEqual([
      false,
      false,
      true,
      true,
      false,
    ]);
    expect(of({ include: ["Work"] }, {})).toBeUndefined();
  });
});

describe("what is said on a terminal", () => {
  const failed = (code: string, text: string) => ({ link: 3, run: 7, error: { code: code as never, text }, halts: [] });
  const well = { link: 3, run: 8, error: null, halts: [] };
  const halt = { guard: "removals", mailbox: "INBOX", messages: 200, of: 210, text: "200 of 210 are gone." } as const;

  test("a trouble once, until it is another or over", () => {
    const say = openTroubles();
    expect(say(well)).toBeNull();
    expect(say(failed("UNREACHABLE", "No connection."))).toBe("link 3: No connection.");
    expect(say(failed("UNREACHABLE", "No connection."))).toBeNull();
    expect(say(failed("LEASE_HELD", "Somebody has it."))).toBeNull();
    expect(say(failed("AUTH_REJECTED", "Give the password anew."))).toBe("link 3: Give the password anew.");
    expect(say({ ...well, link: 4 })).toBeNull();
    expect(say(well)).toBe("link 3: well again");
    expect(say({ ...well, halts: [halt] })).toBe("link 3: 200 of 210 are gone. See packetboat runs 8.");
    expect(say({ ...well, run: 9, halts: [halt] })).toBeNull();
  });
});
