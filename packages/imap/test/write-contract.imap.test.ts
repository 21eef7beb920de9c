// The contract of every writer, passed by the adapter against real servers: with all that makes a push fast and safe, and without it.
import {
  type Cyrus,
  PASSWORD,
  remoteWriteContract,
  startCyrus,
  startDovecot,
  type TestServer,
  type WriterTraits,
  wireHands,
} from "@packetboat/testkit";
import { writerTo } from "./remote-fixture.ts";

let users = 0;

/** One server for a whole contract, a user of its own for each test. */
function against(
  name: string,
  traits: WriterTraits,
  start: () => Promise<TestServer>,
  account: (server: TestServer, name: string) => Promise<string>,
) {
  let running: Promise<TestServer> | undefined;
  remoteWriteContract(
    name,
    traits,
    async () => {
      running ??= start();
      const server = await running;
      const user = await account(server, `writer${++users}`);
      // What Dovecot is told not to announce it does all the same.
      const hands = await wireHands(server, user, { pass: PASSWORD, multiAppend: true });
      return {
        writer: () => writerTo(server, user),
        user: hands,
        [Symbol.asyncDispose]: () => hands[Symbol.asyncDispose](),
      };
    },
    async () => (await running?.catch(() => undefined))?.stop(),
  );
}

const asIs = async (_server: TestServer, name: string): Promise<string> => name;

const DOVECOT: WriterTraits = {
  roles: [
    { path: ["Drafts"], role: "drafts" },
    { path: ["Trash"], role: "trash" },
  ],
  showsParents: true,
  forbidden: "/",
  unwelcome: { bytes: "", code: "OP_REFUSED" },
};

against("Dovecot", DOVECOT, () => startDovecot(), asIs);
against(
  "Dovecot without UIDPLUS, MOVE, CONDSTORE and MULTIAPPEND",
  DOVECOT,
  () => startDovecot({ hide: ["UIDPLUS", "MOVE", "CONDSTORE", "QRESYNC", "MULTIAPPEND", "UNSELECT"] }),
  asIs,
);
against(
  "Dovecot whose literals wait, with names cut at a dot",
  { ...DOVECOT, forbidden: "./" },
  () => startDovecot({ hide: ["LITERAL+", "ESEARCH", "IDLE"], separator: "." }),
  asIs,
);

const CYRUS: WriterTraits = {
  roles: [{ path: ["Archiv"], role: "archive" }],
  forbidden: '/"\\{}',
  refuses: ["no header at all"],
  rewrites: ["8 bit"],
  unwelcome: { bytes: "no header at all", code: "OP_REFUSED" },
};
const known = async (server: TestServer, name: string): Promise<string> => {
  if ("addUser" in server) await (server as Cyrus).addUser(name);
  return name;
};
against("Cyrus", CYRUS, () => startCyrus(), known);
