// The simulated remote passes the contract that real servers pass, with every set of capabilities that changes what it does; and its
// digests, worked out apart from core's, agree with them on the whole corpus.
import { digestsOf } from "@packetboat/core";
import { describe, expect, it } from "vitest";
import { modelHands } from "../src/contracts/hands.ts";
import { remoteContract } from "../src/contracts/remote-contract.ts";
import type { RemoteTraits } from "../src/contracts/remote-fixture.ts";
import { type CorpusMessage, corpusMessages } from "../src/mail/corpus.ts";
import { orSkip } from "../src/servers/unavailable.ts";
import { judgeDigests } from "../src/simulator/digests.ts";
import { type ModelOptions, ServerModel } from "../src/simulator/model.ts";
import { simulatedRemote } from "../src/simulator/remote.ts";
import type { SimCapabilities } from "../src/simulator/session.ts";

const TRAITS: RemoteTraits = {
  roles: [
    { path: ["Entwürfe"], role: "drafts" },
    { path: ["Alles"], role: "all" },
    { path: ["Papierkorb"], role: "trash" },
  ],
  showsParents: true,
  missingDates: true,
};

function simulated(name: string, capabilities: Partial<SimCapabilities>, options: ModelOptions = {}, seed?: number) {
  remoteContract(name, { ...TRAITS, forbidden: options.delimiter ?? "/" }, async () => {
    const model = new ServerModel(options);
    return {
      remote: async () => simulatedRemote(model, { capabilities, ...(seed === undefined ? {} : { seed }) }),
      user: modelHands(model),
      [Symbol.asyncDispose]: async () => {},
    };
  });
}

simulated("simulated, QRESYNC", {});
simulated("simulated, bodies in any order", {}, {}, 42);
simulated("simulated, CONDSTORE alone", { qresync: false, objectId: false });
simulated("simulated, neither", { condstore: false, objectId: false });
simulated("simulated, prefix and dots", {}, { delimiter: ".", namespaces: [{ kind: "personal", prefix: "INBOX." }] });

describe("the judge's digests", () => {
  it("agree with core's on every message of the corpus", async (context) => {
    const messages = await orSkip(context.skip, async () => {
      const all: CorpusMessage[] = [];
      for await (const message of corpusMessages({ mboxes: true })) all.push(message);
      return all;
    });
    if (messages === undefined) return;
    for (const { bytes, name } of messages) expect(judgeDigests(bytes), name).toEqual(digestsOf(bytes));
    expect(messages.length).toBeGreaterThan(300);
  });
});
