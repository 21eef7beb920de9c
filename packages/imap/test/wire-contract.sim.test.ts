// The contract of every remote, passed by the adapter against the testkit's own server at the wire: with all that it announces, with
// little, with odd delimiters and a prefix, and with an account whose messages have no dates.

import type { ModelOptions } from "@packetboat/testkit";
import {
  modelHands,
  type RemoteTraits,
  remoteContract,
  ServerModel,
  startWireServer,
  type WireServerOptions,
  wireHands,
} from "@packetboat/testkit";
import { remoteTo } from "./remote-fixture.ts";

const TRAITS: RemoteTraits = {
  roles: [
    { path: ["Entwürfe"], role: "drafts" },
    { path: ["Papierkorb"], role: "trash" },
  ],
  showsParents: true,
};

function wire(name: string, options: WireServerOptions, model: ModelOptions, hands: "model" | "wire"): void {
  const traits = { ...TRAITS, forbidden: model.delimiter ?? "/", missingDates: hands === "model" };
  const bare = options.hide?.includes("SPECIAL-USE") ? { ...traits, roles: [] } : traits;
  remoteContract(name, bare, async () => {
    const server = new ServerModel(model);
    const listening = await startWireServer(server, options);
    const prefix = model.namespaces?.[0]?.prefix ?? "";
    const over = hands === "wire" ? await wireHands(listening, "alice", { prefix }) : null;
    return {
      remote: () => remoteTo(listening, "alice"),
      user: over ?? modelHands(server),
      [Symbol.asyncDispose]: async () => {
        await over?.[Symbol.asyncDispose]();
        await listening.stop();
      },
    };
  });
}

wire("wire server, everything", {}, {}, "model");
wire("wire server, hands over the wire", {}, {}, "wire");
wire("wire server, CONDSTORE alone", { hide: ["QRESYNC", "OBJECTID"] }, {}, "model");
const BARE =
  "QRESYNC CONDSTORE OBJECTID ESEARCH LIST-EXTENDED LIST-STATUS SPECIAL-USE CREATE-SPECIAL-USE ENABLE NAMESPACE MOVE UIDPLUS LITERAL+ SASL-IR AUTH=PLAIN ID UNSELECT MULTIAPPEND CHILDREN";
wire("wire server, IMAP4rev1 and nothing more", { hide: BARE.split(" ") }, {}, "model");
wire(
  "wire server, prefix and dots",
  {},
  { delimiter: ".", namespaces: [{ kind: "personal", prefix: "INBOX." }] },
  "wire",
);
