// Single rules through a whole run: what only shows when planner, engine, archive and server come together. One simulated account each.
import { type Fault, MemoryArchive, ServerModel, simulatedRemote } from "@packetboat/testkit";
import { describe, expect, test } from "vitest";
import type { RunEvent } from "../src/index.ts";
import { NOON, type PassOptions, pass } from "./pass.ts";

/** An account with so many messages in each mailbox, backed up once. `run` makes one more pass with a connection of its own. */
async function account(mailboxes: Readonly<Record<string, number>>, objectId = false) {
  const model = new ServerModel();
  let now = NOON;
  const memory = new MemoryArchive({ now: () => now });
  const capabilities = { condstore: true, qresync: true, move: true, uidplus: true, objectId, specialUse: true };
  for (const [name, count] of Object.entries(mailboxes)) {
    if (name !== "INBOX") model.create(name);
    for (let n = 0; n < count; n++) {
      model.append(name, `Subject: ${name} ${n}\r\n\r\nbody\r\n`, { internalDate: 1_700_000_000_000 + n * 1_000 });
    }
  }
  const run = async ({ faults = [], ...options }: PassOptions & { readonly faults?: readonly Fault[] } = {}) => {
    now += 3_600_000;
    const remote = simulatedRemote(model, { capabilities, faults });
    const result = await pass(remote, memory.open(), { now, ...options });
    if (result.error) throw result.error;
    return { report: result.report, bodies: remote.counts().bodies };
  };
  const held = (): Record<string, number> =>
    Object.fromEntries(memory.snapshot().map(({ path, messages }) => [path.join("/"), messages.length]));
  await run();
  return { model, memory, run, held };
}

const uidsOf = (model: ServerModel, name: string): number[] => [...model.get(name).messages.keys()];

describe("guards", () => {
  test("G1 a small mailbox that is emptied is not everything, while others were not even looked at", async () => {
    const { model, run, held } = await account({ INBOX: 30, Small: 12 });
    model.expunge("Small", uidsOf(model, "Small"));
    expect((await run()).report.halts).toEqual([]);
    expect(held()).toEqual({ INBOX: 30, Small: 0 });
  });

  test("G1 trap 41 everything at once is held; new mail does not lift it; approve lets it through once", async () => {
    const { model, memory, run, held } = await account({ INBOX: 12, Work: 4 });
    for (const name of ["INBOX", "Work"]) model.expunge(name, uidsOf(model, name));
    const first = await run();
    expect(first.report).toMatchObject({ outcome: "halted", halts: [{ guard: "everything" }] });
    model.append("INBOX", "Subject: new\r\n\r\nnew\r\n");
    const second = await run();
    expect(second.report.halts).toMatchObject([{ guard: "everything" }]);
    expect(held()).toEqual({ INBOX: 13, Work: 4 });
    memory.approve(second.report.run as never);
    await run();
    expect(held()).toEqual({ INBOX: 1, Work: 0 });
  });

  test("G1 G3 one approval lets additions and removals through; interrupted between them it is kept, and used up when both are done", async () => {
    const { model, memory, run, held } = await account({ Box: 25, INBOX: 12 });
    model.remove("Box");
    model.create("Box");
    for (let n = 0; n < 30; n++) model.append("Box", `Subject: another ${n}\r\n\r\nbody\r\n`);
    model.expunge("INBOX", uidsOf(model, "INBOX"));
    const halted = await run();
    expect(halted.report.halts).toMatchObject([{ guard: "fewMatches", messages: 30 }, { guard: "everything" }]);
    expect(held()).toEqual({ Box: 25, INBOX: 12 });
    const approved = memory.run(halted.report.run as never);
    memory.approve(approved.id);

    await run({ dryRun: true });
    expect(approved.approvalUsed).toBe(false);

    const stop = new AbortController();
    const stopAfterBox = (event: RunEvent) => {
      if (event.kind === "mailboxDone" && event.mailbox === "Box") stop.abort();
    };
    await expect(run({ signal: stop.signal, onEvent: stopAfterBox })).rejects.toMatchObject({ code: "INTERRUPTED" });
    expect(held()).toEqual({ Box: 55, INBOX: 12 });
    expect(approved.approvalUsed).toBe(false);

    expect((await run()).report).toMatchObject({ outcome: "ok", halts: [] });
    expect(held()).toEqual({ Box: 55, INBOX: 0 });
    expect(approved.approvalUsed).toBe(true);
  });

  test("G3 an approval is used up though nothing but additions came under it, and lets nothing else through", async () => {
    const { model, memory, run, held } = await account({ Box: 25, INBOX: 1 });
    const remake = (word: string) => {
      model.remove("Box");
      model.create("Box");
      for (let n = 0; n < 20; n++) model.append("Box", `Subject: ${word} ${n}\r\n\r\nbody\r\n`);
    };
    remake("second");
    const halted = await run();
    memory.approve(halted.report.run as never);
    expect((await run()).report.outcome).toBe("ok");
    expect(held()).toEqual({ Box: 45, INBOX: 1 });
    expect(memory.run(halted.report.run as never).approvalUsed).toBe(true);
    remake("third");
    expect((await run()).report.halts).toMatchObject([{ guard: "fewMatches", messages: 20 }]);
    expect(held()).toEqual({ Box: 45, INBOX: 1 });
  });

  test("G3 M4 what waits in a mailbox that is looked at twice is told once", async () => {
    const { model, run } = await account({ Box: 20, INBOX: 2 });
    model.remove("Box");
    model.create("Box");
    for (let n = 0; n < 20; n++) model.append("Box", `Subject: another ${n}\r\n\r\nbody\r\n`);
    await run();
    model.move("INBOX", uidsOf(model, "INBOX").slice(0, 1), "Box");
    // Box gains once more after its look, so it is looked at again before anything counts as removed.
    const act = () => model.move("INBOX", uidsOf(model, "INBOX"), "Box");
    const { report } = await run({
      onEvent: (event) => event.kind === "looking" && event.mailbox === "INBOX" && act(),
    });
    expect(report.halts).toMatchObject([{ guard: "fewMatches", mailbox: "Box", messages: 20, of: 22 }]);
    expect(report.totals).toMatchObject({ removed: 0, movedIn: 2 });
  });

  test("G1 a removed mailbox counts with all its messages, moved ones apart", async () => {
    const { model, run, held } = await account({ INBOX: 3, Old: 12 });
    const [one = 0] = uidsOf(model, "Old");
    model.move("Old", [one], "INBOX");
    model.expunge("INBOX", uidsOf(model, "INBOX").slice(0, 3));
    model.remove("Old");
    expect((await run()).report.halts).toEqual([]);
    expect(held()).toEqual({ INBOX: 1 });
  });

  test("G2 a dry run writes nothing and says what it would fetch", async () => {
    const { model, memory, run } = await account({ INBOX: 3 });
    model.append("INBOX", "Subject: new\r\n\r\nnew\r\n");
    model.create("Fresh");
    const before = memory.revision();
    const { report, bodies } = await run({ dryRun: true });
    expect({ revision: memory.revision(), bodies, fetched: report.totals.fetched }).toEqual({
      revision: before,
      bodies: 0,
      fetched: 1,
    });
    expect((await run()).report.totals.stored).toBe(1);
  });

  test("G5 a rekey and a mapped name are told and are no failure", async () => {
    const { model, run } = await account({ INBOX: 3 });
    model.bumpUidValidity("INBOX");
    const { report, bodies } = await run();
    expect(report.outcome).toBe("ok");
    expect(report.notes).toMatchObject([
      {
        kind: "rekeyed",
        text: expect.stringMatching(/numbered it anew, or it was deleted and made again. 3 messages/),
      },
    ]);
    expect(bodies).toBe(0);
  });
});

describe("messages that cannot be fetched", () => {
  const unreadable = (uid: number): Fault => ({ kind: "unreadable", mailbox: "INBOX", uid });

  test("C6 S3 G5 each is counted, listed with its reason, kept as pending and tried once in every run; all others go on", async () => {
    const { model, memory, run, held } = await account({ INBOX: 3, Work: 2 });
    const waiting = () => [...memory.base().values()].flatMap(({ pending }) => [...pending.values()]);
    for (let n = 0; n < 4; n++) model.append("INBOX", `Subject: later ${n}\r\n\r\nbody\r\n`);
    model.append("Work", "Subject: work\r\n\r\nbody\r\n");
    const faults = [unreadable(5), unreadable(6)];
    const listed = [5, 6].map((uid) => {
      const detail = expect.stringContaining(`cannot give message ${uid}`);
      return { mailbox: "INBOX", uid, code: "MESSAGE_UNREADABLE", detail };
    });

    const first = await run({ faults });
    expect(first.report).toMatchObject({
      outcome: "partial",
      error: null,
      totals: { fetched: 3, stored: 3, failed: 2 },
    });
    expect(first.report.failures).toEqual(listed);
    expect(held()).toEqual({ INBOX: 5, Work: 3 });

    // Nothing else changed, and the mailbox is looked at all the same; what changed beside them crosses.
    for (const attempts of [2, 3]) {
      if (attempts === 3) model.append("INBOX", "Subject: newest\r\n\r\nbody\r\n", { flags: ["\\Seen"] });
      const { report, bodies } = await run({ faults });
      expect(report).toMatchObject({ outcome: "partial", totals: { stored: attempts - 2, failed: 2, removed: 0 } });
      expect(report.failures).toEqual(listed);
      expect(bodies).toBe(attempts === 3 ? 3 : 2);
      const row = { kind: "fetch", reason: "MESSAGE_UNREADABLE", attempts, runId: report.run };
      expect(waiting()).toMatchObject([
        { uid: 5, ...row },
        { uid: 6, ...row },
      ]);
    }
    expect(held()).toEqual({ INBOX: 6, Work: 3 });

    // A run that is not to try again lists them as they were; what is new crosses.
    model.append("INBOX", "Subject: crosses\r\n\r\nbody\r\n");
    const resting = await run({ faults, retries: false });
    expect(resting).toMatchObject({ bodies: 1, report: { outcome: "partial", totals: { stored: 1, failed: 2 } } });
    expect(resting.report.failures).toEqual(listed);
    expect(waiting()).toMatchObject([{ attempts: 3 }, { attempts: 3 }]);

    // One can be read now, the other was expunged meanwhile: nothing waits any more, and the next run costs nothing.
    model.expunge("INBOX", [6]);
    const healed = await run();
    expect(healed.report).toMatchObject({ outcome: "ok", failures: [], totals: { stored: 1, failed: 0, removed: 0 } });
    expect(waiting()).toEqual([]);
    expect(held()).toEqual({ INBOX: 8, Work: 3 });
    const idle = await run();
    expect(idle.report.mailboxes.map(({ look }) => look)).toEqual(["unchanged", "unchanged"]);
    expect(idle.bodies).toBe(0);
  });
});

describe("order and identity", () => {
  test("S5 M4 a move never leaves a revision without the message", async () => {
    const { model, memory, run } = await account({ INBOX: 6, Work: 1 });
    const before = memory.revision();
    model.move("INBOX", uidsOf(model, "INBOX").slice(0, 4), "Work");
    model.expunge("INBOX", uidsOf(model, "INBOX").slice(0, 1));
    const { bodies } = await run();
    expect(bodies).toBe(0);
    for (let revision = before; revision <= memory.revision(); revision++) {
      const messages = memory.snapshot(revision as never).flatMap((mailbox) => mailbox.messages);
      expect(messages.length).toBeGreaterThanOrEqual(6);
    }
  });

  test("C4 trap 34 a draft saved again with the same header, date and size is fetched, not taken for the old one", async () => {
    const { model, memory, run } = await account({ Drafts: 0 });
    const draft = (word: string): string => `Message-ID: <d@x>\r\nSubject: draft\r\n\r\n${word}\r\n`;
    const uid = model.append("Drafts", draft("first"), { internalDate: NOON });
    await run();
    model.expunge("Drafts", [uid]);
    model.append("Drafts", draft("later"), { internalDate: NOON });
    expect((await run()).bodies).toBe(1);
    const digests = memory.live().map((message) => message.sha256);
    expect(digests.map((digest) => memory.body(digest)?.toString())).toEqual([draft("later")]);
  });

  test("M9 trap 38 the same bytes uploaded again are one message: its flags are merged, nothing is removed", async () => {
    const { model, memory, run } = await account({ INBOX: 2 });
    const [uid = 0] = uidsOf(model, "INBOX");
    const before = memory
      .live()
      .map((message) => message.messageId)
      .sort();
    model.expunge("INBOX", [uid]);
    model.append("INBOX", "Subject: INBOX 0\r\n\r\nbody\r\n", { flags: ["\\Seen"], internalDate: 1_700_000_000_000 });
    const { report } = await run();
    expect(report.totals).toMatchObject({ removed: 0, stored: 0 });
    expect(
      memory
        .live()
        .map((message) => message.messageId)
        .sort(),
    ).toEqual(before);
    expect(memory.live().flatMap((message) => message.flags)).toEqual(["\\Seen"]);
  });
});

describe("mailboxes", () => {
  for (const objectId of [false, true]) {
    test(`B1 B5 one is removed and another takes its name, ${objectId ? "with" : "without"} MAILBOXID: followed in two runs, nothing fetched again`, async () => {
      const { model, run, held } = await account({ INBOX: 20, A: 3, B: 5 }, objectId);
      model.remove("A");
      model.rename("B", "A");
      const first = await run();
      const second = await run();
      expect(held()).toEqual({ INBOX: 20, A: 5 });
      expect([first.bodies, second.bodies]).toEqual([0, 0]);
      expect((await run()).report.notes).toEqual([]);
    });
  }

  test("B1 two swap their names: both keep their messages", async () => {
    const { model, run, held } = await account({ INBOX: 1, A: 3, B: 5 });
    model.rename("A", "tmp");
    model.rename("B", "A");
    model.rename("tmp", "B");
    expect((await run()).bodies).toBe(0);
    expect(held()).toEqual({ INBOX: 1, A: 5, B: 3 });
  });

  test("B8 out of the selection nothing is concluded; back in it, removals of that time are not followed, new mail is", async () => {
    const { model, run, held } = await account({ INBOX: 1, A: 4 });
    const policy = { exclude: ["A"] };
    await run({ policy });
    model.expunge("A", uidsOf(model, "A").slice(0, 2));
    model.append("A", "Subject: new\r\n\r\nnew\r\n");
    await run({ policy });
    expect(held()).toEqual({ INBOX: 1, A: 4 });
    const back = await run();
    expect(back.bodies).toBe(1);
    expect(back.report.notes).toMatchObject([
      {
        kind: "rekeyed",
        text: "A is in the selection again. 2 messages were matched by their headers. 2 found no partner; they stay in the archive.",
      },
    ]);
    expect(held()).toEqual({ INBOX: 1, A: 5 });
    expect((await run()).report.notes).toEqual([]);
  });
});
