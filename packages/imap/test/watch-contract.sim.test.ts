// The contract of a watch, passed against the testkit's own server at the wire: with IDLE, without it, and with IMAP4rev1 alone.
import {
  modelHands,
  ServerModel,
  startWireServer,
  type WatchTraits,
  type WireServerOptions,
  watchContract,
} from "@packetboat/testkit";
import { watching } from "./watch-fixture.ts";

function wire(name: string, traits: WatchTraits, options: WireServerOptions): void {
  watchContract(name, traits, async () => {
    const model = new ServerModel();
    const server = await startWireServer(model, options);
    const { watch, must } = watching(server, "alice");
    return {
      user: modelHands(model),
      watch,
      nameOf: (path) => model.nameOf(path),
      [Symbol.asyncDispose]: async () => {
        must();
        await server.stop();
      },
    };
  });
}

wire("the wire server", { flags: true }, {});
wire("the wire server without IDLE", { flags: true }, { hide: ["IDLE"] });
wire(
  "the wire server, IMAP4rev1 and IDLE",
  { flags: false },
  { hide: ["QRESYNC", "CONDSTORE", "LIST-EXTENDED", "LIST-STATUS", "SASL-IR", "AUTH=PLAIN", "LITERAL+", "NAMESPACE"] },
);
