// The fault script of the simulated remote does what it says, and what the port promises holds all the same; seeds repeat themselves.
import { isMailError, type ListedMailbox, type Remote } from "@packetboat/core";
import { describe, expect, it } from "vitest";
import { bodies, complete, identities, listed, look, mail, present } from "../src/contracts/remote-fixture.ts";
import { seeded } from "../src/mail/random.ts";
import type { Fault, Point } from "../src/simulator/faults.ts";
import { ServerModel } from "../src/simulator/model.ts";
import { simulatedRemote } from "../src/simulator/remote.ts";
import { randomUser, seededFaults } from "../src/simulator/seeded-faults.ts";
import type { SimulatedRemoteOptions } from "../src/simulator/session.ts";

const mailbox = "INBOX";

/** INBOX with messages 1 to 5, and Work with one. */
function modelWithMail(): ServerModel {
  const model = new ServerModel();
  model.create("Work");
  model.append("Work", mail("work"));
  for (let i = 1; i <= 5; i++) model.append("INBOX", mail(`m${i}`));
  return model;
}

async function under(
  faults: readonly Fault[],
  run: (remote: Remote, inbox: ListedMailbox, model: ServerModel) => Promise<void>,
  options: SimulatedRemoteOptions = {},
): Promise<void> {
  const model = modelWithMail();
  // The listing comes from another session, so that steps and counted faults belong to the run.
  const inbox = await listed(simulatedRemote(model), ["INBOX"]);
  await run(simulatedRemote(model, { ...options, faults }), inbox, model);
}

describe("faults of the simulated remote", () => {
  it("a cut ends one call at its step, and the next call works", () =>
    under([{ kind: "cut", step: 4 }], async (remote, inbox) => {
      const seen: number[] = [];
      const run = async (): Promise<void> => {
        for await (const one of remote.fetch(inbox, inbox.status?.uidValidity ?? null, [[1, 5]])) seen.push(one.uid);
      };
      await expect(run()).rejects.toMatchObject({ code: "CONNECTION_LOST", scope: "account", retry: "now" });
      expect(seen).toEqual([1, 2]);
      await run();
      expect(seen).toEqual([1, 2, 1, 2, 3, 4, 5]);
    }));

  it("an unreadable message fails alone; one that breaks once comes at the second try", () =>
    under(
      [
        { kind: "unreadable", mailbox, uid: 2 },
        { kind: "unreadable", mailbox, uid: 4, times: 1 },
      ],
      async (remote, inbox) => {
        const all = await bodies(remote, inbox, [[1, 5]]);
        const failed = [...all.values()].filter((one) => one.kind === "failed");
        expect(failed).toMatchObject([{ uid: 2, error: { code: "MESSAGE_UNREADABLE", scope: "message" } }]);
        expect(isMailError(failed[0]?.kind === "failed" && failed[0].error)).toBe(true);
      },
    ));

  it("another client acts between listing and fetch", () =>
    under([{ kind: "user", step: 3, act: (model) => model.expunge("INBOX", [3]) }], async (remote, inbox) => {
      const all = await bodies(remote, inbox, [[1, 5]]);
      expect([...all.values()].filter((one) => one.kind === "gone").map((one) => one.uid)).toEqual([3]);
    }));

  it("U1: a new UIDVALIDITY in the middle is UIDVALIDITY_CHANGED", () =>
    under([{ kind: "user", step: 3, act: (model) => model.bumpUidValidity("INBOX") }], async (remote, inbox) => {
      await expect(bodies(remote, inbox, [[1, 5]])).rejects.toMatchObject({ code: "UIDVALIDITY_CHANGED" });
    }));

  it("a truncated listing is OBSERVATION_INCOMPLETE, once", () =>
    under([{ kind: "truncatedListing", mailbox }], async (remote, inbox) => {
      await expect(look(remote, inbox, { kind: "list" })).rejects.toMatchObject({ code: "OBSERVATION_INCOMPLETE" });
      expect(present([], await look(remote, inbox, { kind: "list" }))).toEqual([1, 2, 3, 4, 5]);
    }));

  for (const kind of ["falseVanished", "forgottenExpunges"] as const)
    it(`M1: ${kind}: only what is gone is vanished`, () =>
      under([{ kind, mailbox }], async (remote, inbox, model) => {
        const { marks } = await look(remote, inbox, { kind: "list" });
        model.expunge("INBOX", [2, 5]);
        const delta = await look(remote, inbox, { kind: "delta", since: complete(marks) });
        expect(delta).toMatchObject({
          listed: null,
          vanished: [
            [2, 2],
            [5, 5],
          ],
        });
      }));

  it("trap 22: a partial LIST leaves out mailboxes once, and STATUS still knows them", () =>
    under([{ kind: "partialList", omit: ["Work"] }], async (remote) => {
      const [inbox] = await remote.list();
      expect(await remote.list()).toHaveLength(2);
      expect(inbox?.name).toBe("INBOX");
      expect(await remote.status(await listed(remote, ["Work"]))).toMatchObject({ messages: 1 });
    }));

  it("a refused STATUS is null in LIST and an error by itself; a refused SELECT is MAILBOX_UNREADABLE", () =>
    under(
      [
        { kind: "statusRefused", mailbox: "Work", times: 2 },
        { kind: "selectRefused", mailbox },
      ],
      async (remote, inbox) => {
        const work = await listed(remote, ["Work"]);
        expect(work.status).toBeNull();
        await expect(remote.status(work)).rejects.toMatchObject({ code: "MAILBOX_UNREADABLE" });
        await expect(look(remote, inbox, { kind: "list" })).rejects.toMatchObject({ code: "MAILBOX_UNREADABLE" });
      },
    ));

  it("marks that are not given are null, and a delta without MODSEQ is a scan", () =>
    under(
      [
        { kind: "noModseq", mailbox },
        { kind: "noUidNext", mailbox },
        { kind: "noUidValidity", mailbox: "Work" },
        { kind: "wrongSize", mailbox },
      ],
      async (remote, inbox) => {
        const since = { uidValidity: inbox.status?.uidValidity ?? 0n, uidNext: 6, highestModseq: 1n, messages: 5 };
        const scan = await look(remote, inbox, { kind: "delta", since });
        expect(scan.marks).toMatchObject({ uidNext: null, highestModseq: null });
        expect(scan.messages.map((message) => message.modseq)).toEqual([null, null, null, null, null]);
        expect(present([], scan)).toEqual([1, 2, 3, 4, 5]);
        expect((await listed(remote, ["Work"])).status?.uidValidity).toBeNull();
        const [first] = await identities(remote, inbox, [[1, 1]], false);
        expect(first?.size).not.toBe(mail("m1").length);
      },
    ));

  it("U2: marks that run backwards are a complete scan", () =>
    under([], async (remote, inbox, model) => {
      const { marks } = await look(remote, inbox, { kind: "list" });
      model.rewindModseq("INBOX", 3n);
      model.store("INBOX", [1], { add: ["\\Flagged"] });
      const scan = await look(remote, inbox, { kind: "delta", since: complete(marks) });
      expect(scan.messages[0]).toMatchObject({ uid: 1, flags: ["\\Flagged"] });
      expect(present([], scan)).toEqual([1, 2, 3, 4, 5]);
    }));

  it("tells each step, and lets its observer end the run there", async () => {
    const points: Point[] = [];
    const onStep = (point: Point): void => {
      points.push(point);
      if (point.call === "fetch" && point.at === "message") throw new Error("killed here");
    };
    await under(
      [],
      async (remote, inbox) => {
        await look(remote, inbox, { kind: "flags" });
        await expect(bodies(remote, inbox, [[1, 5]])).rejects.toThrow("killed here");
      },
      { onStep },
    );
    expect(points.map(({ step, call, at }) => `${step} ${call} ${at}`)).toEqual([
      "1 observe start",
      "2 observe listing",
      "3 observe page",
      "4 fetch start",
      "5 fetch message",
    ]);
  });
});

describe("seeds", () => {
  /** A model after many random acts, as text. */
  function played(seed: number, acts: number): string {
    const model = modelWithMail();
    const random = seeded(seed);
    for (let i = 0; i < acts; i++) randomUser(model, random);
    const lines = model.list().map(({ name, mailbox: one, subscribed }) => {
      const messages = [...(one?.messages.values() ?? [])].map((m) => `${m.uid} ${m.flags} ${m.emailId} ${m.modseq}`);
      return [name, subscribed, one?.uidValidity, one?.uidNext, ...messages].join("|");
    });
    return lines.join("\n");
  }

  it("the same seed plays the same, another seed something else", () => {
    expect(played(7, 300)).toBe(played(7, 300));
    expect(played(7, 300)).not.toBe(played(8, 300));
  });

  it("whatever users do, UIDs ascend, are never given twice, and MODSEQ covers all", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const model = modelWithMail();
      const random = seeded(seed);
      for (let i = 0; i < 120; i++) randomUser(model, random);
      for (const one of model.mailboxes.values()) {
        const uids = [...one.messages.keys()];
        expect(uids).toEqual([...uids].sort((a, b) => a - b));
        expect(Math.max(0, ...uids)).toBeLessThan(one.uidNext);
        expect(one.expunged.filter(({ uid }) => one.messages.has(uid))).toEqual([]);
        for (const { modseq } of [...one.messages.values(), ...one.expunged])
          expect(modseq).toBeLessThanOrEqual(one.highestModseq);
      }
    }
  });

  it("a seed gives the same script each time, and every kind of fault comes up", () => {
    const kinds = new Set<string>();
    for (let seed = 0; seed < 400; seed++) {
      const script = seededFaults(seed, modelWithMail());
      expect(JSON.stringify(seededFaults(seed, modelWithMail()))).toBe(JSON.stringify(script));
      for (const { kind } of script) kinds.add(kind);
    }
    expect([...kinds].sort()).toEqual(
      [
        ...["cut", "throttle", "user", "unreadable", "truncatedListing", "falseVanished", "forgottenExpunges"],
        ...["partialList", "statusRefused", "selectRefused", "messagesWithoutModseq"],
      ].sort(),
    );
  });
});
