// The contract of every remote, passed by the adapter against real servers: with QRESYNC, with CONDSTORE alone, with neither.
import {
  type Courier,
  type Cyrus,
  PASSWORD,
  type RemoteTraits,
  remoteContract,
  startCourier,
  startCyrus,
  startDovecot,
  type TestServer,
  wireHands,
} from "@packetboat/testkit";
import { remoteTo } from "./remote-fixture.ts";

let users = 0;

/** One server for a whole contract, a user of its own for each test. */
function against(
  name: string,
  traits: RemoteTraits,
  start: () => Promise<TestServer>,
  account: (server: TestServer, name: string) => Promise<string>,
  prefix = "",
) {
  let running: Promise<TestServer> | undefined;
  remoteContract(
    name,
    traits,
    async () => {
      running ??= start();
      const server = await running;
      const user = await account(server, `user${++users}`);
      const hands = await wireHands(server, user, { pass: PASSWORD, prefix });
      return {
        remote: () => remoteTo(server, user),
        user: hands,
        [Symbol.asyncDispose]: () => hands[Symbol.asyncDispose](),
      };
    },
    async () => (await running?.catch(() => undefined))?.stop(),
  );
}

const DOVECOT: RemoteTraits = {
  roles: [
    { path: ["Drafts"], role: "drafts" },
    { path: ["Trash"], role: "trash" },
  ],
  showsParents: true,
  forbidden: "/",
};
const asIs = async (_server: TestServer, name: string): Promise<string> => name;

against("Dovecot, QRESYNC", DOVECOT, () => startDovecot(), asIs);
against("Dovecot, CONDSTORE alone", DOVECOT, () => startDovecot({ hide: ["QRESYNC"] }), asIs);
against(
  "Dovecot, neither",
  DOVECOT,
  () => startDovecot({ hide: ["QRESYNC", "CONDSTORE", "LIST-STATUS", "ESEARCH"] }),
  asIs,
);

const CYRUS: RemoteTraits = {
  roles: [{ path: ["Archiv"], role: "archive" }],
  forbidden: '/"\\{}',
  refuses: ["no header at all"],
};
const known = async (server: TestServer, name: string): Promise<string> => {
  if ("addUser" in server) await (server as Cyrus | Courier).addUser(name);
  return name;
};
against("Cyrus", CYRUS, () => startCyrus(), known);

// No character beyond U+FFFF in modified UTF-7. RENAME forgets the UIDs, and DELETE sleeps two seconds so that no UIDVALIDITY comes twice.
const COURIER: RemoteTraits = { forbidden: "/📚", renumbersOnRename: true, waits: true };
against("Courier", COURIER, () => startCourier(), known, "INBOX.");
