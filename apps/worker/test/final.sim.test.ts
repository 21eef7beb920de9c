// The final check over two simulated servers: every kind of difference by its name, and no difference where there is none.
import type { ListedMailbox, MailboxBase } from "@packetboat/core";
import { type Fault, ServerModel, type SimulatedRemoteOptions, simulatedRemote } from "@packetboat/testkit";
import { describe, expect, it } from "vitest";
import { type FinalCheck, type FinalMailbox, finalCheck, mailboxPairs } from "../src/verify/final.ts";

const mail = (subject: string, body = `About ${subject}.`, eol = "\r\n"): string =>
  [`Subject: ${subject}`, `Message-ID: <${subject}@example.org>`, "", body, ""].join(eol);
const DAY = 86_400_000;
const noon = Date.UTC(2020, 1, 29, 12);

interface Two {
  readonly a: ServerModel;
  readonly b: ServerModel;
  readonly optionsA?: SimulatedRemoteOptions;
  readonly optionsB?: SimulatedRemoteOptions;
  readonly more?: Partial<FinalCheck>;
}
function check({ a, b, optionsA, optionsB, more }: Two) {
  const [from, to] = [simulatedRemote(a, optionsA), simulatedRemote(b, optionsB)];
  const { signal } = new AbortController();
  const pairs = [{ from: "INBOX", to: "INBOX" }];
  const result = finalCheck({ from, to, pairs, signal, onProgress: () => {}, ...more });
  return { result, bodies: () => [from.counts().bodies, to.counts().bodies] };
}
const faults = (...list: Fault[]): SimulatedRemoteOptions => ({ faults: list });

/** What differs, without what does not. */
function differing(mailbox: FinalMailbox | undefined): unknown {
  if (mailbox === undefined) return null;
  const { mailbox: _, target, notCompared, messages, targetMessages, present, byBytes, ...rest } = mailbox;
  return Object.fromEntries(Object.entries(rest).filter(([, value]) => value.length > 0));
}
async function inbox(two: Two): Promise<FinalMailbox> {
  const { mailboxes } = await check(two).result;
  const [first] = mailboxes;
  if (first === undefined) throw new Error("no mailbox");
  return first;
}
function twoServers(fill: (a: ServerModel, b: ServerModel) => void): { a: ServerModel; b: ServerModel } {
  const [a, b] = [new ServerModel(), new ServerModel({ delimiter: ".", firstUidValidity: 77n })];
  fill(a, b);
  return { a, b };
}

describe("who is there", () => {
  it("is equal where it is, without reading a body", async () => {
    const two = twoServers((a, b) => {
      for (const subject of ["one", "two", "three"]) a.append("INBOX", mail(subject), { flags: ["\\Seen", "$Work"] });
      for (const subject of ["three", "one", "two"]) b.append("INBOX", mail(subject), { flags: ["$work", "\\Seen"] });
    });
    const { result, bodies } = check(two);
    const { mailboxes } = await result;
    expect(mailboxes[0]).toMatchObject({
      mailbox: "INBOX",
      target: "INBOX",
      messages: 3,
      targetMessages: 3,
      present: 3,
    });
    expect(differing(mailboxes[0])).toEqual({});
    expect(bodies()).toEqual([0, 0]);
  });

  it("both empty is equal", async () => {
    const found = await inbox(twoServers(() => {}));
    expect(found).toMatchObject({ messages: 0, present: 0, notCompared: null });
    expect(differing(found)).toEqual({});
  });

  it("C3: of N alike and N - 1 on the target exactly one is missing, also beyond a page", async () => {
    const two = twoServers((a, b) => {
      for (let i = 0; i < 1_200; i++) a.append("INBOX", mail("twin"));
      for (let i = 0; i < 1_199; i++) b.append("INBOX", mail("twin"));
    });
    for (const deep of [false, true]) {
      const found = await inbox({ ...two, more: { deep } });
      expect(found).toMatchObject({ messages: 1_200, present: 1_199, targetMessages: 1_199 });
      expect(differing(found)).toEqual({ missing: [[1_200, 1_200]] });
    }
  });

  it("names what is missing and what is only on the target", async () => {
    const two = twoServers((a, b) => {
      for (const subject of ["one", "two", "three"]) a.append("INBOX", mail(subject), { internalDate: noon });
      for (const subject of ["before", "two"]) b.append("INBOX", mail(subject), { internalDate: noon });
    });
    const found = await inbox(two);
    expect(differing(found)).toEqual({
      missing: [
        [1, 1],
        [3, 3],
      ],
      onlyOnTarget: [[1, 1]],
    });
    expect(found).toMatchObject({ messages: 3, present: 1, targetMessages: 2 });
  });

  it("what is expunged while we look is nobody's loss on the source, and missing on the target", async () => {
    const fill = () =>
      twoServers((a, b) => {
        for (const subject of ["one", "two"]) a.append("INBOX", mail(subject), { internalDate: noon });
        for (const subject of ["one", "two"]) b.append("INBOX", mail(subject), { internalDate: noon });
      });
    const onPage =
      (model: ServerModel): NonNullable<SimulatedRemoteOptions["onStep"]> =>
      ({ call, at }) => {
        if (call === "identify" && at === "page") model.expunge("INBOX", [2]);
      };
    const first = fill();
    const fromSource = await inbox({ ...first, optionsA: { onStep: onPage(first.a) } });
    expect(fromSource).toMatchObject({ messages: 1, present: 1 });
    const second = fill();
    const fromTarget = await inbox({ ...second, optionsB: { onStep: onPage(second.b) } });
    expect(differing(fromTarget)).toEqual({ missing: [[2, 2]] });
  });
});

describe("the bytes", () => {
  it("C5: equal but for line ends is equal, and told apart", async () => {
    const two = twoServers((a, b) => {
      a.append("INBOX", mail("one", "line", "\n"));
      b.append("INBOX", mail("one", "line"));
      a.append("INBOX", mail("two"));
      b.append("INBOX", mail("two"));
    });
    const { result, bodies } = check(two);
    const [found] = (await result).mailboxes;
    expect(found).toMatchObject({ present: 2, byBytes: 1 });
    expect(differing(found)).toEqual({ lineEnds: [[1, 1]] });
    expect(bodies()).toEqual([1, 1]);
  });

  it("trap 31: a last line end that the target adds is one of these", async () => {
    const two = twoServers((a, b) => {
      a.append("INBOX", mail("one").slice(0, -2));
      b.append("INBOX", mail("one"));
    });
    expect(differing(await inbox(two))).toEqual({ lineEnds: [[1, 1]] });
  });

  it("a copy cut short is altered, not present: a size that differs is never passed over", async () => {
    const two = twoServers((a, b) => {
      a.append("INBOX", mail("one", "a long story"));
      b.append("INBOX", mail("one", "a long"));
    });
    const found = await inbox(two);
    expect(found).toMatchObject({ messages: 1, present: 0, targetMessages: 1 });
    expect(differing(found)).toEqual({ altered: [[1, 1]] });
  });

  it("a rewritten header is altered: same date, and same content or Message-ID; without these it is missing", async () => {
    const two = twoServers((a, b) => {
      a.append("INBOX", mail("one"), { internalDate: noon });
      b.append("INBOX", "X-Gateway: yes\r\n\r\nAbout one.\r\n", { internalDate: noon });
      a.append("INBOX", mail("two"), { internalDate: noon });
      b.append("INBOX", `X-Gateway: yes\r\n${mail("two", "Scanned.")}`, { internalDate: noon });
      a.append("INBOX", mail("three"), { internalDate: noon });
      b.append("INBOX", "X-Gateway: yes\r\n\r\nGone.\r\n", { internalDate: noon });
    });
    expect(differing(await inbox(two))).toEqual({
      altered: [[1, 2]],
      headerAltered: [[1, 1]],
      missing: [[3, 3]],
      onlyOnTarget: [[3, 3]],
    });
  });

  it("two letters of one text and one moment, each gone on one side, are two: no name is taken for another", async () => {
    const two = twoServers((a, b) => {
      a.append("INBOX", mail("805", "The same."), { internalDate: noon });
      b.append("INBOX", mail("808", "The same."), { internalDate: noon });
    });
    for (const deep of [false, true])
      expect(differing(await inbox({ ...two, more: { deep } }))).toEqual({ missing: [[1, 1]], onlyOnTarget: [[1, 1]] });
  });

  it("other bytes of the same size are found with deep, and only then", async () => {
    const two = twoServers((a, b) => {
      a.append("INBOX", mail("one", "yes"));
      b.append("INBOX", mail("one", "no!"));
      a.append("INBOX", mail("two"), { flags: ["\\Seen"] });
      b.append("INBOX", mail("two"));
    });
    expect(differing(await inbox(two))).toMatchObject({ flagsDiffer: [[2, 2]] });
    const { result, bodies } = check({ ...two, more: { deep: true } });
    const { mailboxes, bytes } = await result;
    expect(differing(mailboxes[0])).toMatchObject({ altered: [[1, 1]], flagsDiffer: [[2, 2]] });
    expect(bodies()).toEqual([2, 2]);
    expect(bytes).toBe(2 * (mail("one", "yes").length + mail("two").length));
  });

  it("sizes are a claim: where the server's are wrong the bytes decide", async () => {
    const two = twoServers((a, b) => {
      for (const model of [a, b]) model.append("INBOX", mail("one"));
    });
    const found = await inbox({ ...two, optionsB: faults({ kind: "wrongSize", mailbox: "INBOX" }) });
    expect(found).toMatchObject({ present: 1, byBytes: 1 });
    expect(differing(found)).toEqual({});
  });

  it("messages without any header are matched by their bytes", async () => {
    const two = twoServers((a, b) => {
      for (const body of ["\r\nfirst\r\n", "\r\nagain\r\n"]) a.append("INBOX", body);
      for (const body of ["\r\nother\r\n", "\r\nfirst\r\n"]) b.append("INBOX", body);
    });
    expect(differing(await inbox(two))).toEqual({ missing: [[2, 2]], onlyOnTarget: [[1, 1]] });
  });

  it("C6: what cannot be read on one of the sides is not called present, nor missing", async () => {
    const fill = () =>
      twoServers((a, b) => {
        a.append("INBOX", mail("one", "a", "\n"));
        b.append("INBOX", mail("one", "a"));
      });
    const broken = faults({ kind: "unreadable", mailbox: "INBOX", uid: 1 });
    for (const side of ["optionsA", "optionsB"] as const) {
      const found = await inbox({ ...fill(), [side]: broken });
      expect(found).toMatchObject({ messages: 1, present: 0, targetMessages: 1 });
      expect(differing(found)).toEqual({ unproved: [[1, 1]] });
    }
  });
});

describe("dates and flags", () => {
  it("a date that differs is told, and the bytes decide", async () => {
    const two = twoServers((a, b) => {
      a.append("INBOX", mail("one"), { internalDate: noon });
      b.append("INBOX", mail("one"), { internalDate: noon + DAY });
    });
    const found = await inbox(two);
    expect(found).toMatchObject({ present: 1, byBytes: 1 });
    expect(differing(found)).toEqual({ datesDiffer: [[1, 1]] });
  });

  it("C2: without a date on the source none can differ", async () => {
    const two = twoServers((a, b) => {
      a.append("INBOX", mail("one"), { internalDate: null });
      b.append("INBOX", mail("one"), { internalDate: noon });
    });
    expect(differing(await inbox(two))).toEqual({});
  });

  it("F2: a keyword that no copy has is not kept by the server; others differ", async () => {
    const two = twoServers((a, b) => {
      b.get("INBOX").permanentFlags = ["$Kept"];
      for (const model of [a, b]) {
        model.append("INBOX", mail("one"), { flags: ["$Work", "$Kept", "\\Seen"] });
        model.append("INBOX", mail("two"), { flags: ["$Work", "$Kept"] });
      }
      b.store("INBOX", [2], { remove: ["$Kept"], add: ["\\Flagged"] });
    });
    const found = await inbox(two);
    expect(found.present).toBe(2);
    expect(differing(found)).toEqual({
      flagsDiffer: [[1, 2]],
      flags: [
        { flag: "$Kept", lacking: 1, extra: 0, notKept: false },
        { flag: "$Work", lacking: 2, extra: 0, notKept: true },
        { flag: "\\Flagged", lacking: 0, extra: 1, notKept: false },
      ],
    });
  });

  it("C3: of several alike those with the same flags are paired", async () => {
    const two = twoServers((a, b) => {
      for (const flags of [[], ["\\Seen"], ["\\Flagged"]]) a.append("INBOX", mail("twin"), { flags });
      for (const flags of [["\\Flagged"], [], ["\\Seen"]]) b.append("INBOX", mail("twin"), { flags });
    });
    for (const deep of [false, true]) expect(differing(await inbox({ ...two, more: { deep } }))).toEqual({});
  });
});

describe("mailboxes", () => {
  const filled = () =>
    twoServers((a, b) => {
      a.create("Work/2024");
      a.append("Work/2024", mail("plan"));
      a.create("Empty");
      b.create("Work.2024");
      b.append("Work.2024", mail("plan"));
    });
  const kinds = (mailboxes: readonly FinalMailbox[]) =>
    mailboxes.map(({ mailbox, target, present, messages, notCompared }) =>
      [mailbox, target, `${present}/${messages}`, notCompared?.kind].filter(Boolean).join(" "),
    );

  it("are compared under their own names on each side; missing ones are named, and those that no run paired", async () => {
    const two = filled();
    const pairs = [
      { from: "Work/2024", to: "Work.2024" },
      { from: "Empty", to: null },
      { from: "Gone", to: "INBOX" },
    ];
    const { mailboxes, notCarried } = await check({ ...two, more: { pairs } }).result;
    expect(kinds(mailboxes)).toEqual([
      "Work/2024 Work/2024 1/1",
      "Empty 0/0 missingOnTarget",
      "Gone INBOX 0/0 missingOnSource",
    ]);
    expect(notCarried).toEqual([{ mailbox: "INBOX", messages: 0 }]);
    const isCarried = ({ name }: ListedMailbox) => name !== "INBOX";
    expect((await check({ ...two, more: { pairs, isCarried } }).result).notCarried).toEqual([]);
  });

  it("B5: a LIST that leaves one out is asked a second time", async () => {
    const pairs = [{ from: "Work/2024", to: "Work.2024" }];
    const optionsB = faults({ kind: "partialList", omit: ["Work.2024"] });
    expect(kinds((await check({ ...filled(), optionsB, more: { pairs } }).result).mailboxes)).toEqual([
      "Work/2024 Work/2024 1/1",
    ]);
    const always = faults({ kind: "partialList", omit: ["Work.2024"], times: 9 });
    const [found] = (await check({ ...filled(), optionsB: always, more: { pairs } }).result).mailboxes;
    expect(found).toMatchObject({ missing: [[1, 1]], notCompared: { kind: "missingOnTarget" } });
  });

  it("B7: one that cannot be opened is told, and the others are compared", async () => {
    const pairs = [
      { from: "INBOX", to: "INBOX" },
      { from: "Work/2024", to: "Work.2024" },
    ];
    const optionsB = faults({ kind: "selectRefused", mailbox: "INBOX", times: 9 });
    const { mailboxes } = await check({ ...filled(), optionsB, more: { pairs } }).result;
    expect(kinds(mailboxes)).toEqual(["INBOX INBOX 0/0 notRead", "Work/2024 Work/2024 1/1"]);
    expect(mailboxes[0]?.notCompared).toMatchObject({ code: "MAILBOX_UNREADABLE" });
  });

  it("U1: one that is renumbered meanwhile is compared again", async () => {
    const two = filled();
    let bumped = false;
    const onStep: SimulatedRemoteOptions["onStep"] = ({ call, mailbox }) => {
      if (call !== "identify" || mailbox !== "Work.2024" || bumped) return;
      bumped = true;
      two.b.bumpUidValidity("Work.2024");
    };
    const pairs = [{ from: "Work/2024", to: "Work.2024" }];
    expect(kinds((await check({ ...two, optionsB: { onStep }, more: { pairs } }).result).mailboxes)).toEqual([
      "Work/2024 Work/2024 1/1",
    ]);
  });

  it("a lost connection and a stop end the whole check", async () => {
    const lost = faults({ kind: "cut", step: 3 });
    await expect(check({ ...filled(), optionsA: lost }).result).rejects.toMatchObject({ code: "CONNECTION_LOST" });
    const stop = new AbortController();
    const onStep = () => stop.abort(new Error("stopped"));
    const { signal } = stop;
    await expect(check({ ...filled(), optionsA: { onStep }, more: { signal } }).result).rejects.toThrow("stopped");
  });

  it("B8: pairs are made of names alone, without what rests", () => {
    const base = (mailboxId: number, name: string, resting = false) => ({ mailboxId, name, resting }) as MailboxBase;
    const from = [base(1, "INBOX"), base(2, "A/B"), base(3, "New"), base(4, "Left", true), base(5, "Left there")];
    const to = [base(2, "A.B"), base(1, "INBOX"), base(5, "Left there", true), base(9, "Own")];
    expect(mailboxPairs(from, to)).toEqual([
      { from: "INBOX", to: "INBOX" },
      { from: "A/B", to: "A.B" },
      { from: "New", to: null },
    ]);
    expect(mailboxPairs(from, to, ({ name }) => name !== "New")).toHaveLength(2);
  });
});
