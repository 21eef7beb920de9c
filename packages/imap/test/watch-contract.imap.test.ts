// The contract of a watch, passed against real servers: by NOTIFY, by IDLE and LIST-STATUS, by IDLE and STATUS, by asking alone.
import {
  type Courier,
  type Cyrus,
  PASSWORD,
  startCourier,
  startCyrus,
  startDovecot,
  type TestServer,
  type WatchTraits,
  watchContract,
  wireHands,
} from "@packetboat/testkit";
import { watching } from "./watch-fixture.ts";

let users = 0;

function against(name: string, traits: WatchTraits, start: () => Promise<TestServer>, prefix = ""): void {
  let running: Promise<TestServer> | undefined;
  watchContract(
    name,
    traits,
    async () => {
      running ??= start();
      const server = await running;
      const user = `watched${++users}`;
      if ("addUser" in server) await (server as Cyrus | Courier).addUser(user);
      const hands = await wireHands(server, user, { pass: PASSWORD, prefix });
      const { watch, must } = watching(server, user);
      return {
        user: hands,
        watch,
        nameOf: ([first = "", ...rest]) =>
          first === "INBOX" && rest.length === 0 ? "INBOX" : prefix + [first, ...rest].join("/"),
        [Symbol.asyncDispose]: async () => {
          must();
          await hands[Symbol.asyncDispose]();
        },
      };
    },
    async () => (await running?.catch(() => undefined))?.stop(),
  );
}

against("Dovecot with NOTIFY", { flags: true }, () => startDovecot({ listIndex: true }));
against("Dovecot that refuses NOTIFY", { flags: true }, () => startDovecot());
against("Dovecot without NOTIFY and IDLE", { flags: true }, () => startDovecot({ hide: ["NOTIFY", "IDLE"] }));
against("Cyrus", { flags: true }, () => startCyrus());
against("Courier", { flags: false }, () => startCourier(), "INBOX.");
