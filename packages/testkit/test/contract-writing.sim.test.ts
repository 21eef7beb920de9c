// The simulated remote passes the contract of writing that real servers pass, with every set of capabilities that changes what it does.
import { modelHands } from "../src/contracts/hands.ts";
import { remoteWriteContract } from "../src/contracts/remote-write-contract.ts";
import type { WriterTraits } from "../src/contracts/write-fixture.ts";
import { type ModelOptions, ServerModel } from "../src/simulator/model.ts";
import type { SimCapabilities } from "../src/simulator/session.ts";
import { type SimulatedWriterOptions, simulatedWriter } from "../src/simulator/writer.ts";

const TRAITS: WriterTraits = { showsParents: true };

function simulated(
  name: string,
  capabilities: Partial<SimCapabilities>,
  options: ModelOptions & SimulatedWriterOptions = {},
  traits: WriterTraits = TRAITS,
): void {
  remoteWriteContract(name, traits, async () => {
    const model = new ServerModel(options);
    return {
      writer: async () => simulatedWriter(model, { ...options, capabilities }),
      user: modelHands(model),
      [Symbol.asyncDispose]: async () => {},
    };
  });
}

simulated("simulated, everything", {});
simulated("simulated, five in flight", {}, { inFlight: 5 });
simulated("simulated, without UIDPLUS and MOVE", { uidplus: false, move: false });
simulated("simulated, without CONDSTORE", { condstore: false, objectId: false });
simulated("simulated, prefix and dots", {}, { delimiter: ".", namespaces: [{ kind: "personal", prefix: "INBOX." }] });
simulated(
  "simulated, a stated limit",
  {},
  { appendLimit: 100_000 },
  {
    ...TRAITS,
    refuses: ["big"],
    unwelcome: { bytes: Buffer.alloc(100_001, "x"), code: "MESSAGE_TOO_LARGE" },
  },
);
simulated(
  "simulated, a limit that is not stated",
  {},
  { faults: [{ kind: "appendRefused", mailbox: "INBOX", over: 100_000 }] },
  {
    ...TRAITS,
    refuses: ["big"],
    unwelcome: { bytes: Buffer.alloc(100_001, "x"), code: "OP_REFUSED" },
  },
);
