// The faults of writing do what they say: what a cut leaves done, what is refused, what a server claims and does not do; seeds repeat
// themselves. What the engine makes of it is the interleavings' affair.
import { isMailError, type ListedMailbox, type UidSet } from "@packetboat/core";
import { describe, expect, it } from "vitest";
import { listed, mail } from "../src/contracts/remote-fixture.ts";
import { appended, letters, outgoing, shownFlags, stored, targetOf } from "../src/contracts/write-fixture.ts";
import type { Fault, Point } from "../src/simulator/faults.ts";
import { ServerModel } from "../src/simulator/model.ts";
import { seededWriteFaults } from "../src/simulator/seeded-write-faults.ts";
import { type SimulatedWriter, type SimulatedWriterOptions, simulatedWriter } from "../src/simulator/writer.ts";

const mailbox = "INBOX";
const lost = { name: "MailError", code: "CONNECTION_LOST" };

/** INBOX with messages 1 to 3, and Work with one. */
function modelWithMail(): ServerModel {
  const model = new ServerModel();
  model.create("Work");
  model.append("Work", mail("work"));
  for (let i = 1; i <= 3; i++) model.append("INBOX", mail(`m${i}`));
  return model;
}

async function under(
  faults: readonly Fault[],
  run: (writer: SimulatedWriter, inbox: ListedMailbox, model: ServerModel) => Promise<void>,
  options: SimulatedWriterOptions = {},
): Promise<void> {
  const model = modelWithMail();
  // The listing comes from another session, so that steps and counted faults belong to the run.
  const inbox = await listed(simulatedWriter(model), ["INBOX"]);
  await run(simulatedWriter(model, { ...options, faults }), inbox, model);
}

const uidsIn = (model: ServerModel, name = "INBOX"): number[] => [...model.get(name).messages.keys()];
const validity = (inbox: ListedMailbox): bigint | null => inbox.status?.uidValidity ?? null;
const ALL: UidSet = [[1, 3]];

describe("cuts", () => {
  for (const { at, done } of [
    { at: "message", done: 1 },
    { at: "effect", done: 2 },
  ] as const)
    it(`S2: APPEND cut at ${at} of the second message: ${done} done, one answered`, () =>
      under([{ kind: "cutAt", call: "append", at, nth: 2 }], async (writer, inbox, model) => {
        const answers: unknown[] = [];
        const run = async (): Promise<void> => {
          for await (const one of writer.append(inbox, validity(inbox), letters(3))) answers.push(one);
        };
        await expect(run()).rejects.toMatchObject(lost);
        expect(answers).toMatchObject([{ kind: "appended", uid: 4 }]);
        expect(uidsIn(model)).toHaveLength(3 + done);
        await run();
        expect(uidsIn(model)).toHaveLength(6 + done);
      }));

  it("S2: with several in flight a cut leaves all of them done and unanswered", () =>
    under(
      [{ kind: "cutAt", call: "append", at: "effect" }],
      async (writer, inbox, model) => {
        await expect(appended(writer, inbox, letters(5))).rejects.toMatchObject(lost);
        expect(uidsIn(model)).toHaveLength(7);
        expect(writer.counts().appended).toBe(4);
      },
      { inFlight: 4 },
    ));

  it("MOVE takes effect message by message, COPY as a whole", async () => {
    await under([{ kind: "cutAt", call: "move", at: "message", nth: 3 }], async (writer, inbox, model) => {
      const to = await targetOf(writer, ["Work"]);
      await expect(writer.move(inbox, validity(inbox), ALL, to)).rejects.toMatchObject(lost);
      expect([uidsIn(model).length, uidsIn(model, "Work").length]).toEqual([1, 3]);
    });
    await under([{ kind: "cutAt", call: "copy", at: "effect" }], async (writer, inbox, model) => {
      const to = await targetOf(writer, ["Work"]);
      await expect(writer.copy(inbox, validity(inbox), ALL, to)).rejects.toMatchObject(lost);
      expect([uidsIn(model).length, uidsIn(model, "Work").length]).toEqual([3, 4]);
    });
  });

  it("M6: an expunge that is cut before EXPUNGE leaves \\Deleted on what it named, and a later one finishes it", () =>
    under([{ kind: "cutAt", call: "expunge", at: "message", nth: 2 }], async (writer, inbox, model) => {
      await expect(writer.expunge(inbox, validity(inbox), [[2, 3]])).rejects.toMatchObject(lost);
      expect([...model.get("INBOX").messages.values()].map(({ flags }) => flags.join())).toEqual([
        "",
        "\\Deleted",
        "\\Deleted",
      ]);
      expect(await writer.expunge(inbox, validity(inbox), [[2, 3]])).toEqual({ gone: [[2, 3]], error: null });
    }));

  it("CREATE, RENAME and DELETE cut at their effect are done", () =>
    under(
      (["create", "rename", "remove"] as const).map((call): Fault => ({ kind: "cutAt", call, at: "effect" })),
      async (writer, _inbox, model) => {
        await expect(writer.create("New")).rejects.toMatchObject(lost);
        await expect(writer.rename(await listed(writer, ["New"]), "Newer")).rejects.toMatchObject(lost);
        const newer = await listed(writer, ["Newer"]);
        await expect(writer.remove(newer)).rejects.toMatchObject(lost);
        expect(model.find("Newer")).toBeUndefined();
        expect(await writer.remove(newer)).toBe(true);
      },
    ));
});

describe("refusals", () => {
  it("C6, S5: a message that is too large, refused, or over quota is refused alone", () =>
    under(
      [
        { kind: "appendRefused", mailbox, over: 500 },
        { kind: "appendRefused", mailbox: "Work" },
      ],
      async (writer, inbox, model) => {
        expect(writer.capabilities.appendLimit).toBe(1_000);
        const batch = [1, 600, 2_000, 3].map((size, i) => outgoing(i + 1, "x".repeat(size)));
        const codes = (await appended(writer, inbox, batch)).map((one) => one.kind === "refused" && one.error.code);
        expect(codes).toEqual([false, "OP_REFUSED", "MESSAGE_TOO_LARGE", false]);
        const work = await listed(writer, ["Work"]);
        const kinds = (await appended(writer, work, letters(2))).map(({ kind }) => kind);
        expect(kinds).toEqual(["refused", "appended"]);
        expect(uidsIn(model, "Work")).toHaveLength(2);
      },
      { appendLimit: 1_000 },
    ));

  it("trap 25: beyond the quota APPEND and COPY are refused, until there is room", () =>
    under(
      [],
      async (writer, inbox, model) => {
        const [first] = await appended(writer, inbox, [outgoing(1, "x".repeat(700))]);
        expect(first).toMatchObject({ kind: "refused", error: { code: "QUOTA_EXCEEDED", scope: "account" } });
        expect(isMailError(first?.kind === "refused" && first.error)).toBe(true);
        const to = await targetOf(writer, ["Work"]);
        for (let i = 0; i < 2; i++) await writer.copy(inbox, validity(inbox), ALL, to);
        const full = await writer.copy(inbox, validity(inbox), ALL, to);
        expect(full).toMatchObject({ kind: "refused", error: { code: "QUOTA_EXCEEDED" } });
        model.expunge("Work", uidsIn(model, "Work"));
        expect(await writer.copy(inbox, validity(inbox), ALL, to)).toMatchObject({ kind: "done" });
      },
      { quota: 4 * mail("work").length + 6 * mail("m1").length },
    ));

  it("OVERQUOTA once, NO on STORE once, and the next is taken", () =>
    under([{ kind: "overQuota" }, { kind: "storeRefused", mailbox }], async (writer, inbox, model) => {
      const answers = await appended(writer, inbox, letters(2));
      expect(answers).toMatchObject([{ error: { code: "QUOTA_EXCEEDED" } }, { kind: "appended" }]);
      const change = { uids: ALL, add: ["\\Seen"], remove: [] };
      expect(await stored(writer, inbox, [change])).toMatchObject([
        { kind: "refused", uids: ALL, error: { code: "OP_REFUSED" } },
      ]);
      expect(model.get("INBOX").messages.get(1)?.flags).toEqual([]);
      expect(shownFlags(await stored(writer, inbox, [change])).get(1)).toEqual(["\\Seen"]);
    }));

  it("B7: refused commands concern what they name, once", () =>
    under(
      (["move", "copy", "expunge", "create", "rename", "remove", "subscribe"] as const).map(
        (call): Fault => ({ kind: "commandRefused", call }),
      ),
      async (writer, inbox, model) => {
        const refused = { code: "OP_REFUSED" };
        const to = await targetOf(writer, ["Work"]);
        for (const how of ["move", "copy"] as const)
          expect(await writer[how](inbox, validity(inbox), ALL, to)).toMatchObject({ kind: "refused", error: refused });
        expect(await writer.expunge(inbox, validity(inbox), ALL)).toMatchObject({ gone: [], error: refused });
        await expect(writer.create("New")).rejects.toMatchObject(refused);
        await expect(writer.subscribe(to.mailbox, true)).rejects.toMatchObject(refused);
        await expect(writer.rename(to.mailbox, "Elsewhere")).rejects.toMatchObject(refused);
        model.expunge("Work", [1]);
        await expect(writer.remove(to.mailbox)).rejects.toMatchObject(refused);
        expect(uidsIn(model)).toEqual([1, 2, 3]);
        expect(await writer.remove(to.mailbox)).toBe(true);
      },
    ));
});

describe("servers that lie", () => {
  it("trap 2: an APPENDUID of another UIDVALIDITY is nothing; one that is too low is passed on", () =>
    under(
      [
        { kind: "wrongAppendUid", mailbox, how: "validity" },
        { kind: "wrongAppendUid", mailbox, how: "low" },
      ],
      async (writer, inbox, model) => {
        const answers = await appended(writer, inbox, letters(3));
        expect(answers.map((one) => one.kind === "appended" && one.uid)).toEqual([null, 3, 6]);
        expect(uidsIn(model)).toEqual([1, 2, 3, 4, 5, 6]);
      },
    ));

  for (const uid of ["existing", "none"] as const)
    it(`C7: a merged APPEND is OK, adds nothing, and tells ${uid}`, () =>
      under([{ kind: "mergedAppend", mailbox, uid }], async (writer, inbox, model) => {
        const batch = [outgoing(1, mail("m2")), outgoing(2, mail("new")), outgoing(3, mail("new"))];
        const told = (await appended(writer, inbox, batch)).map((one) => one.kind === "appended" && one.uid);
        expect(told).toEqual(uid === "existing" ? [2, 4, 4] : [null, 4, null]);
        expect(uidsIn(model)).toEqual([1, 2, 3, 4]);
      }));

  it("trap 17: dropped keywords are not shown, neither appended, stored nor copied; those that are there stay", () =>
    under([{ kind: "droppedKeywords", mailbox: "Work" }], async (writer, inbox, model) => {
      model.store("Work", [1], { add: ["Old"] });
      model.store("INBOX", [1], { add: ["Mine", "\\Seen"] });
      const to = await targetOf(writer, ["Work"]);
      const [answer] = await appended(writer, to.mailbox, [outgoing(1, mail("a"), { flags: ["\\Flagged", "New"] })]);
      expect(answer).toMatchObject({ uid: 2, flags: ["\\Flagged"] });
      await writer.copy(inbox, validity(inbox), [[1, 1]], to);
      const shown = shownFlags(
        await stored(writer, to.mailbox, [{ uids: [[1, 3]], add: ["Other", "\\Draft"], remove: [] }]),
      );
      expect([...shown.values()]).toEqual([
        ["\\Draft", "Old"],
        ["\\Draft", "\\Flagged"],
        ["\\Draft", "\\Seen"],
      ]);
      expect(model.get("INBOX").messages.get(1)?.flags).toEqual(["\\Seen", "Mine"]);
    }));

  it("F2: keywords that PERMANENTFLAGS does not allow are left out", () =>
    under([], async (writer, inbox, model) => {
      model.get("INBOX").permanentFlags = ["$Known"];
      const [answer] = await appended(writer, inbox, [outgoing(1, mail("a"), { flags: ["$known", "New", "\\Seen"] })]);
      expect(answer).toMatchObject({ flags: ["$known", "\\Seen"] });
    }));

  it("C5: rewritten line ends", () =>
    under([{ kind: "rewrites" }], async (writer, inbox, model) => {
      await appended(writer, inbox, [outgoing(1, "Subject: x\n\na\r\nb\n")]);
      expect(model.get("INBOX").messages.get(4)?.bytes.toString()).toBe("Subject: x\r\n\r\na\r\nb\r\n");
    }));

  it("without UIDPLUS nothing is told of new UIDs, and without UIDVALIDITY nothing is believed (U4)", async () => {
    const run = async (writer: SimulatedWriter): Promise<void> => {
      const inbox = await listed(writer, ["INBOX"]);
      const batch = [outgoing(1, mail("a"), { flags: ["\\Seen", "Unread"] })];
      expect(await appended(writer, inbox, batch)).toMatchObject([{ uid: null, flags: ["\\Seen"] }]);
      const to = await targetOf(writer, ["Work"]);
      expect(await writer.copy(inbox, validity(inbox), ALL, to)).toEqual({ kind: "unknown" });
    };
    await under([], run, { capabilities: { uidplus: false } });
    await under(
      ["INBOX", "Work"].map((name): Fault => ({ kind: "noUidValidity", mailbox: name })),
      run,
    );
  });
});

describe("others at work", () => {
  it("an expunge between look and store, and a new UIDVALIDITY in the middle of an append", async () => {
    await under([{ kind: "user", step: 2, act: (model) => model.expunge("INBOX", [2]) }], async (writer, inbox) => {
      const shown = shownFlags(await stored(writer, inbox, [{ uids: ALL, add: ["\\Seen"], remove: [] }]));
      expect([...shown.keys()]).toEqual([1, 3]);
    });
    await under(
      [{ kind: "user", step: 4, act: (model) => model.bumpUidValidity("INBOX") }],
      async (writer, inbox, model) => {
        await expect(appended(writer, inbox, letters(3))).rejects.toMatchObject({ code: "UIDVALIDITY_CHANGED" });
        expect(uidsIn(model)).toEqual([1, 2, 3, 4]);
      },
    );
  });

  it("tells each step, counts what was done, and lets its observer end the run there", async () => {
    const points: Point[] = [];
    const onStep = (point: Point): void => {
      points.push(point);
      if (point.call === "store" && point.at === "effect") throw new Error("killed here");
    };
    await under(
      [],
      async (writer, inbox, model) => {
        await appended(writer, inbox, letters(1));
        await expect(stored(writer, inbox, [{ uids: ALL, add: ["\\Seen"], remove: ["\\Draft"] }])).rejects.toThrow(
          "killed here",
        );
        expect(model.get("INBOX").messages.get(3)?.flags).toEqual(["\\Seen"]);
        expect(writer.counts()).toMatchObject({ steps: 7, appended: 1, stored: 3, moved: 0, bodies: 0 });
      },
      { onStep },
    );
    expect(points.map(({ step, call, at }) => `${step} ${call} ${at}`)).toEqual([
      "1 append start",
      "2 append message",
      "3 append effect",
      "4 append end",
      "5 store start",
      "6 store message",
      "7 store effect",
    ]);
  });
});

describe("seeds of writing", () => {
  it("a seed gives the same script each time, and every kind of fault comes up", () => {
    const kindsOf = (lasting: boolean): string[] => {
      const kinds = new Set<string>();
      for (let seed = 0; seed < 400; seed++) {
        const script = seededWriteFaults(seed, modelWithMail(), { lasting });
        expect(JSON.stringify(seededWriteFaults(seed, modelWithMail(), { lasting }))).toBe(JSON.stringify(script));
        for (const { kind } of script) kinds.add(kind);
      }
      return [...kinds].sort();
    };
    const passing = ["cut", "cutAt", "storeRefused", "appendRefused", "overQuota", "wrongAppendUid", "commandRefused"];
    expect(kindsOf(false)).toEqual([...passing, "user"].sort());
    const lasting = ["mergedAppend", "droppedKeywords", "rewrites"];
    expect(kindsOf(true)).toEqual([...passing, "user", ...lasting].sort());
  });
});
