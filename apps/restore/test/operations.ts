// What these tests need of the operations that the command line hands in, over the same tables and with no server behind: whoever knows the
// password "right" is let in. The real ones are asked, against Dovecot, by the worker's tests.
import {
  createAccount,
  createLink,
  ensureArchive,
  findAccount,
  listAccounts,
  removeAccount,
} from "@packetboat/archive";
import { MailError } from "@packetboat/core";
import type { World } from "../src/http/route.ts";
import type { Entrance, Operations, ServerFacts, ShownProfile, SignInStep } from "../src/operations.ts";

const LIMITS = { connections: 4, commandsPerMinute: null, bytesPerSecond: null, downPerDay: 1_000, upPerDay: null };
const PROFILE: ShownProfile = { name: "unknown", tested: false, limits: LIMITS };
const FACTS: ServerFacts = {
  serverName: null,
  roundTrip: null,
  capabilities: ["IMAP4REV1"],
  quota: [{ resource: "STORAGE", used: 1, limit: 2 }],
  profile: PROFILE,
  mailboxes: [{ path: ["INBOX"], selectable: true, role: "inbox", messages: 3 }],
};

const keyOf = (address: string) => {
  const { hostname: host, username, port } = new URL(address.replace(/^imaps/, "https"));
  return { user: username, host, port: Number(port || 993) };
};

export function operationsWithout(pool: World["pool"]): Operations {
  const letIn = ({ password }: Entrance): ServerFacts => {
    if (password === undefined || password === "right") return FACTS;
    throw new MailError("AUTH_REJECTED", "mail.example.com refused the sign-in: wrong password.");
  };
  const made = async (address: string) => {
    const key = keyOf(address);
    return ((await findAccount(pool, key)) ?? (await createAccount(pool, key, {}))).id;
  };
  return {
    accounts: async () =>
      (await listAccounts(pool)).map(({ id, user, host, createdAt }) => ({
        id,
        name: `${user}@${host}`,
        address: `imaps://${user}@${host}`,
        profile: PROFILE,
        way: "none",
        signIn: { provider: "Google", clientId: "it", tokenUntil: createdAt },
        held: { code: "AUTH_REJECTED", detail: "Give the password.", since: createdAt, until: null },
        usedToday: { down: 0, up: 0 },
        createdAt,
      })),
    propose: async (text) => ({
      ...{ address: `imaps://${text}`, user: text, host: "mail.example.com", port: 993, security: "tls" },
      ...{ found: "guessed", profile: PROFILE, way: "password", page: null, known: null },
    }),
    test: async (entrance) => letIn(entrance),
    keep: async (entrance) => {
      const facts = letIn(entrance);
      return { account: "account" in entrance ? entrance.account : await made(entrance.address), facts };
    },
    signIn: async ({ address, clientId }, show, signal) => {
      if (clientId === undefined) throw new MailError("UNREACHABLE", "The provider cannot be reached.");
      const step: SignInStep = { page: "https://login.example.com/", code: "ABCD" };
      show(step);
      // The person is there at once, or never.
      if (clientId === "never")
        await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      return { account: await made(address), facts: FACTS };
    },
    remove: async (account) => ((await removeAccount(pool, account)) ? null : false),
    tie: async (accountId, { archive = "its own", include, exclude }) =>
      createLink(pool, {
        accountId,
        archiveId: (await ensureArchive(pool, archive)).id,
        rights: { pull: true, push: false },
        policy: { include, exclude },
      }),
    run: async () => "here",
    [Symbol.asyncDispose]: async () => undefined,
  };
}
