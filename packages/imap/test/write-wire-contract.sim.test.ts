// The contract of every writer, passed by the adapter against the testkit's own server at the wire: with all that it announces, with little,
// with odd delimiters and a prefix.
import {
  type ModelOptions,
  modelHands,
  remoteWriteContract,
  ServerModel,
  startWireServer,
  type WireServerOptions,
  type WriterTraits,
} from "@packetboat/testkit";
import { writerTo } from "./remote-fixture.ts";

const TRAITS: WriterTraits = {
  roles: [
    { path: ["Entwürfe"], role: "drafts" },
    { path: ["Papierkorb"], role: "trash" },
  ],
  showsParents: true,
};

function wire(name: string, options: WireServerOptions, model: ModelOptions): void {
  remoteWriteContract(name, { ...TRAITS, forbidden: model.delimiter ?? "/" }, async () => {
    const server = new ServerModel(model);
    const listening = await startWireServer(server, options);
    return {
      writer: () => writerTo(listening, "alice"),
      user: modelHands(server),
      [Symbol.asyncDispose]: () => listening.stop(),
    };
  });
}

wire("wire server, everything", {}, {});
wire("wire server, without UIDPLUS, MOVE and MULTIAPPEND", { hide: ["UIDPLUS", "MOVE", "MULTIAPPEND"] }, {});
const BARE =
  "QRESYNC CONDSTORE OBJECTID ESEARCH LIST-EXTENDED LIST-STATUS SPECIAL-USE CREATE-SPECIAL-USE ENABLE NAMESPACE MOVE UIDPLUS LITERAL+ SASL-IR AUTH=PLAIN ID UNSELECT MULTIAPPEND CHILDREN IDLE";
wire("wire server, IMAP4rev1 and nothing more", { hide: BARE.split(" ") }, {});
wire("wire server, prefix and dots", {}, { delimiter: ".", namespaces: [{ kind: "personal", prefix: "INBOX." }] });
