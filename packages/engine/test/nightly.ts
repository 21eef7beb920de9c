// An account on a real server behind a counting proxy, backed up into an archive on a scratch database by the engine's own runs: what the
// suites on real servers start from. What is compared comes from outside: raw bytes of the test's own IMAP client, counts of the proxy, SQL.
// It must never read the archive through the code that wrote it.
import { createHash } from "node:crypto";
import { createAccount, createLink, ensureArchive, openArchive } from "@packetboat/archive";
import type { Link, Policy, RunReport } from "@packetboat/core";
import { acquireLease } from "@packetboat/database";
import { type ScratchDatabase, scratchDatabase } from "@packetboat/database/testing";
import { type ConnectOptions, connectRemote } from "@packetboat/imap";
import {
  type CountingProxy,
  fromWireName,
  orSkip,
  PASSWORD,
  parseValues,
  quoted,
  startProxy,
  type TestServer,
  type Untagged,
  WireClient,
  type WireMessage,
} from "@packetboat/testkit";
import { afterAll, beforeAll, expect } from "vitest";
import { type RunEvent, type RunResult, runLink } from "../src/index.ts";

/** Everything that is backed up of an account, in a form to compare: `sha256 instant flags` of each message, by mailbox, sorted. */
export type Held = Record<string, HeldMailbox>;
export interface HeldMailbox {
  readonly role: string | null;
  readonly subscribed: boolean;
  readonly messages: readonly string[];
}

export interface RunChoices {
  readonly policy?: Partial<Policy>;
  readonly connect?: Partial<ConnectOptions>;
  readonly dryRun?: boolean;
  /** Milliseconds since 1970. Default: the real time. */
  readonly now?: number;
  readonly onEvent?: (event: RunEvent) => void | Promise<void>;
  /** Past the proxy, straight to the server. Default: false. */
  readonly direct?: boolean;
}

export interface Nightly extends AsyncDisposable {
  readonly user: string;
  readonly scratch: ScratchDatabase;
  readonly proxy: CountingProxy;
  readonly link: Link;
  /** Another client of the same account. */
  readonly hands: WireClient;
  /** One pass as a command makes it: own lease, own connection. Gives what the engine gives. */
  readonly pass: (choices?: RunChoices) => Promise<RunResult>;
  /** The same, its report; throws what made it fail. The proxy's counts begin anew. */
  readonly run: (choices?: RunChoices) => Promise<RunReport>;
  /** The account as the other client sees it. */
  readonly onServer: () => Promise<Held>;
  /** The archive by SQL. Default: the newest revision. */
  readonly inArchive: (revision?: number) => Promise<Held>;
  readonly rows: <Row extends object>(sql: string, values?: unknown[]) => Promise<Row[]>;
}

export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** A small message that no server changes. */
export const letter = (n: number | string, size = 400): Buffer =>
  Buffer.from(
    `Message-ID: <${n}@example.com>\r\nFrom: a@example.com\r\nSubject: number ${n}\r\n\r\n${"line of text\r\n".repeat(Math.ceil(size / 14))}`,
  );

const line = (digest: string, instant: number | null, flags: readonly string[]): string =>
  `${digest} ${instant} ${flags
    .map((flag) => flag.toLowerCase())
    .sort()
    .join(" ")}`;

/** The instant of an INTERNALDATE as servers write it. */
function instantOf(internalDate: string): number {
  return Date.parse(internalDate.trim().replace(/^(\d+)-(\w+)-(\d+)/, "$1 $2 $3"));
}

/** A row of a witnessed message. */
const seenLine = (message: WireMessage): string =>
  line(sha256(message.bytes), instantOf(message.internalDate), message.flags);

const ROLES = ["drafts", "sent", "trash", "junk", "archive", "all", "flagged"];

/** LIST with everything that travels, by a client that knows nothing of the engine. */
async function onServer(client: WireClient): Promise<Held> {
  const extended = (await client.capabilities()).includes("LIST-EXTENDED");
  const wanted = extended ? new Set<string>() : new Set((await client.list("LSUB")).map(({ name }) => name));
  const spaces = (await client.must("NAMESPACE")).untagged.filter(({ name }) => name === "NAMESPACE");
  const personal = personalPrefix(spaces);
  const held: Held = {};
  for (const pattern of ["*", ...spaces.flatMap(foreignPrefixes).map((prefix) => `${prefix}*`)]) {
    const answer = await client.must(`LIST "" ${quoted(pattern)}${extended ? " RETURN (SUBSCRIBED SPECIAL-USE)" : ""}`);
    for (const one of answer.untagged.filter(({ name }) => name === "LIST")) {
      const [list, separator, wire] = parseValues(one.parts);
      const attributes = (Array.isArray(list) ? list : []).map((value) => String(value).toLowerCase().slice(1));
      if (attributes.includes("noselect") || attributes.includes("nonexistent")) continue;
      const name = fromWireName(String(wire));
      const below = name.startsWith(personal) ? name.slice(personal.length) : name;
      const path = below.split(String(separator)).join("/");
      held[path] = {
        role: path === "INBOX" ? "inbox" : (ROLES.find((role) => attributes.includes(role)) ?? null),
        subscribed: extended ? attributes.includes("subscribed") : wanted.has(name),
        messages: await messagesOf(client, name),
      };
    }
  }
  return held;
}

/** What every name of the user begins with, INBOX aside. */
function personalPrefix(spaces: readonly Untagged[]): string {
  const [first] = spaces.flatMap((one) => parseValues(one.parts).slice(0, 1));
  const [entry] = Array.isArray(first) ? first : [];
  return Array.isArray(entry) ? fromWireName(String(entry[0])) : "";
}

function foreignPrefixes(one: Untagged): string[] {
  const [, ...foreign] = parseValues(one.parts);
  return foreign.flatMap((space) =>
    Array.isArray(space)
      ? space.flatMap((entry) => (Array.isArray(entry) && entry[0] ? [fromWireName(String(entry[0]))] : []))
      : [],
  );
}

async function messagesOf(client: WireClient, name: string): Promise<readonly string[]> {
  const { exists } = await client.select(name, "EXAMINE");
  return exists === 0 ? [] : (await client.fetch()).map(seenLine).sort();
}

const ARCHIVED = `select array_to_string(b.path, '/') as path, b.role, b.subscribed,
    coalesce(json_agg(json_build_array(encode(blob.sha256, 'hex'), (extract(epoch from m.internal_date) * 1000)::bigint, v.flags))
      filter (where v.message_id is not null), '[]') as messages
  from mailbox_version b
  left join message_version v on v.mailbox_id = b.mailbox_id and v.from_revision <= $2 and v.to_revision > $2
  left join message m on m.id = v.message_id left join blob on blob.id = m.blob_id
  where b.archive_id = $1 and b.from_revision <= $2 and b.to_revision > $2 group by b.mailbox_id, b.path, b.role, b.subscribed`;

type ArchivedRow = {
  path: string;
  role: string | null;
  subscribed: boolean;
  messages: [string, number | null, string[]][];
};

/** Opens an account of a server for a test: an archive of its own, a proxy of its own. */
export async function openNightly(server: TestServer, user: string): Promise<Nightly> {
  const scratch = await scratchDatabase();
  const proxy = await startProxy({ port: server.port });
  const hands = await WireClient.login({ port: server.port }, user, PASSWORD);
  const { pool } = scratch;
  const account = await createAccount(pool, { user, host: "127.0.0.1", port: server.port }, {});
  const archive = await ensureArchive(pool, user);
  const rights = { pull: true, push: false };
  const made = await createLink(pool, { accountId: account.id, archiveId: archive.id, rights });
  const rows = async <Row extends object>(sql: string, values: unknown[] = []): Promise<Row[]> =>
    (await pool.query<Row & Record<string, unknown>>(sql, values)).rows;
  const revisionNow = async (): Promise<number> =>
    Number((await rows<{ revision: bigint }>("select revision from archive where id = $1", [archive.id]))[0]?.revision);

  const pass = async (choices: RunChoices = {}): Promise<RunResult> => {
    const link: Link = { ...made, policy: { ...made.policy, ...choices.policy } };
    const now = () => choices.now ?? Date.now();
    await using lease = await acquireLease(scratch.database, { accountId: account.id, holder: "test" });
    const port = choices.direct ? server.port : proxy.port;
    const auth = { kind: "password", password: PASSWORD } as const;
    const door = { host: "127.0.0.1", port, security: "none", user, auth } as const;
    const remote = await connectRemote({ ...door, ...choices.connect });
    try {
      const run = runLink({
        remote,
        writer: null,
        archive: await openArchive({ pool, link, lease, now }),
        link,
        names: { archive: made.archive, account: made.account },
        archiveIsPushed: false,
        dryRun: choices.dryRun ?? false,
        now,
        signal: lease.lost,
      });
      for (;;) {
        const step = await run.next();
        if (step.done) return step.value;
        await choices.onEvent?.(step.value);
      }
    } finally {
      await remote.close();
    }
  };

  const dispose = async (): Promise<void> => {
    await hands.logout();
    await proxy.stop();
    await scratch.close();
  };
  return {
    user,
    scratch,
    proxy,
    link: made,
    hands,
    pass,
    rows,
    run: async (choices) => {
      proxy.reset();
      const result = await pass(choices);
      if (result.error) throw result.error;
      return result.report;
    },
    onServer: async () => {
      await using client = await WireClient.login({ port: server.port }, user, PASSWORD);
      return await onServer(client);
    },
    inArchive: async (revision) => {
      const found = await rows<ArchivedRow>(ARCHIVED, [archive.id, revision ?? (await revisionNow())]);
      return Object.fromEntries(
        found.map(({ path, role, subscribed, messages }) => [
          path,
          { role, subscribed, messages: messages.map(([digest, date, flags]) => line(digest, date, flags)).sort() },
        ]),
      );
    },
    [Symbol.asyncDispose]: dispose,
  };
}

/** Remembers what the server showed after each run, and compares every revision of the archive with it. */
export interface Memory {
  /** After a run: the archive is the server, now; and so it has to stay readable. */
  readonly remember: (report: RunReport) => Promise<void>;
  /** Every remembered revision reads as the server was then. */
  readonly recall: () => Promise<void>;
}

export function openMemory(nightly: Nightly): Memory {
  const shown = new Map<number, Held>();
  return {
    remember: async (report) => {
      const held = await nightly.onServer();
      expect(await nightly.inArchive()).toEqual(held);
      shown.set(report.revisionAfter, held);
    },
    recall: async () => {
      for (const [revision, held] of shown)
        expect(await nightly.inArchive(revision), `revision ${revision}`).toEqual(held);
    },
  };
}

/** Commands that open or read a mailbox: with nothing changed there are none (I1). */
export function readingCommands(proxy: CountingProxy): string[] {
  return Object.entries(proxy.counts().commands)
    .filter(([name]) => /SELECT|EXAMINE|FETCH|SEARCH|STATUS/.test(name))
    .map(([name, count]) => `${count} ${name}`);
}

/** Starts a server for the tests of a `describe`; gives the way to it, which skips the test where there is none. */
export function withServer<Server extends TestServer>(
  start: () => Promise<Server>,
): (context: { skip: (note: string) => void }) => Server {
  let server: Server | undefined;
  let skipped = "";
  beforeAll(async () => {
    server = await orSkip((note) => {
      skipped = note;
    }, start);
  });
  afterAll(async () => {
    await server?.stop();
  });
  return (context) => {
    if (!server) context.skip(skipped);
    if (!server) throw new Error("skipped");
    return server;
  };
}
