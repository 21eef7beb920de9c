// The case `search` of `pnpm bench`: messages written by the normal writer, indexed by the program, then searched as its users do. Sizes of each
// part are read from Postgres. Cold is the first answer after the server was started anew; the system's own cache of files stays.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import {
  createAccount,
  createLink,
  ensureArchive,
  openArchive,
  type SearchRequest,
  searchMessages,
} from "@packetboat/archive";
import { type ArchiveId, asId, type Body, digestsOf, type Revision, type Uid } from "@packetboat/core";
import { acquireLease, type Database, openDatabase } from "@packetboat/database";
import { queryOf } from "@packetboat/search";
import type { Bench, Ratio } from "./cases.ts";
import { measure, median } from "./measure.ts";
import { homeIn, PACKETBOAT } from "./ours.ts";
import { searchMail } from "./search-mail.ts";

const BATCH = 500;
const LIMIT_MS = 200;

interface Written {
  readonly archiveId: ArchiveId;
  /** A third of all revisions. */
  readonly old: Revision;
  readonly textBytes: number;
}

/** Through the port of the archive, batch by batch, as a pull does. */
async function write(database: Database, messages: number): Promise<Written> {
  const { pool } = database;
  const account = await createAccount(pool, { user: "alice", host: "localhost", port: 143 }, {});
  const { id: archiveId } = await ensureArchive(pool, "search");
  const link = await createLink(pool, { accountId: account.id, archiveId, rights: { pull: true, push: false } });
  await using lease = await acquireLease(database, { accountId: link.accountId, holder: "bench" });
  const archive = await openArchive({ pool, link, lease });
  const shape = { role: null, subscribed: true } as const;
  const remote = { name: "INBOX", path: ["INBOX"], objectId: null, uidValidity: 1n };
  await archive.commit({
    archive: [{ kind: "createMailbox", path: ["INBOX"], ...shape }],
    base: [{ kind: "bindMailbox", archivePath: ["INBOX"], ...shape, ...remote }],
  });
  const { mailboxes, bases } = await archive.tree();
  const [mailbox] = mailboxes;
  const [base] = bases;
  if (mailbox === undefined || base === undefined) throw new Error("no mailbox");
  let textBytes = 0;
  let batch: Body[] = [];
  let uid = 0;
  const flush = async (): Promise<void> => {
    await archive.storeBodies(batch);
    await archive.commit({
      archive: batch.map((body) => ({
        kind: "addMessage",
        mailboxId: mailbox.id,
        sha256: body.digests.sha256,
        internalDate: body.internalDate,
        flags: body.flags,
        binding: { remoteMailboxId: base.id, uid: body.uid, flags: body.flags, modseq: null, emailId: null },
      })),
      base: [],
    });
    batch = [];
  };
  for (const { bytes, internalDate, text } of searchMail(messages)) {
    textBytes += text;
    const flags = uid % 5 === 0 ? [] : ["\\Seen"];
    const shared = { kind: "message", modseq: null, emailId: null } as const;
    batch.push({ ...shared, uid: ++uid as Uid, flags, internalDate, bytes, digests: digestsOf(bytes) });
    if (batch.length === BATCH) await flush();
  }
  await flush();
  return { archiveId, old: asId<Revision>(Math.ceil(messages / BATCH / 3)), textBytes };
}

const QUERIES: readonly (readonly [what: string, query: string, old: boolean])[] = [
  ["a word in 0.01 %", "zanzibar", false],
  ["a word in 10 %", "quarterly", false],
  ["from: and a year", "from:bebo on:2023", false],
  ["two characters of CJK", "予算", false],
  ["a phrase, has:attachment, at an old revision", '"annual budget review" has:attachment', true],
];

async function speeds(
  database: Database,
  restart: () => Promise<Database>,
  written: Written,
  times: number,
): Promise<readonly Ratio[]> {
  const rows: Ratio[] = [];
  let open = database;
  for (const [what, text, old] of QUERIES) {
    for (const sort of ["date", "rank"] as const) {
      const newest = await open.pool.query<{ revision: bigint }>("select revision from archive where id = $1", [
        written.archiveId,
      ]);
      const revision = old ? written.old : asId<Revision>(newest.rows[0]?.revision ?? 0n);
      const request: SearchRequest = { archiveId: written.archiveId, query: queryOf(text, Date.now()), revision, sort };
      await open.close();
      open = await restart();
      const timed = async (): Promise<number> => {
        const began = performance.now();
        found = (await searchMessages(open.pool, request)).hits.length;
        return performance.now() - began;
      };
      let found = 0;
      const cold = await timed();
      const warm: number[] = [];
      for (let i = 0; i < Math.max(9, times); i++) warm.push(await timed());
      const name = `${what}, by ${sort} (${found} found; first ${cold.toFixed(0)} ms)`;
      rows.push({ what: name, ours: median(warm), peer: "limit", theirs: LIMIT_MS, target: 1, unit: "ms" });
    }
  }
  await open.close();
  return rows;
}

const PARTS = `select coalesce(sum(pg_column_size(words)), 0)::float8 as words, coalesce(sum(octet_length(words)), 0)::float8 as plain,
  pg_relation_size('content_terms')::float8 as gin, pg_table_size('content')::float8 as heap,
  pg_relation_size('content_pkey')::float8 as pkey from content`;

async function sizes({ pool }: Database, { textBytes }: Written): Promise<Ratio> {
  const { rows } = await pool.query<Record<"words" | "plain" | "gin" | "heap" | "pkey", number>>(PARTS);
  const { words = 0, plain = 0, gin = 0, heap = 0, pkey = 0 } = rows[0] ?? {};
  const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
  console.log(
    `text ${mb(textBytes)}: words in the row ${mb(words)} (${mb(plain)} before compression), GIN ${mb(gin)}; the whole table ${mb(heap)}, its key ${mb(pkey)}`,
  );
  const what = "the index: words, pieces, places (no tsvector is stored)";
  return { what, ours: gin / 1e6, peer: "the text", theirs: textBytes / 1e6, target: 1, unit: "MB" };
}

async function search(bench: Bench): Promise<readonly Ratio[]> {
  const { messages } = bench;
  const home = homeIn(bench.work, "search", true);
  await home.fresh();
  const open = (): Promise<Database> => openDatabase({ url: "", home: home.path, env: {} });
  let database = await open();
  const written = await write(database, messages);
  await database.close();
  home.run("database", "start");
  const served = home.databaseProcessor();
  const indexing = await measure({ argv: [PACKETBOAT, "index", "--quiet"], env: home.env });
  const processor = indexing.processor + home.databaseProcessor() - served;
  const rate = fileURLToPath(new URL("mailparser-rate.ts", import.meta.url));
  const parsed = spawnSync(process.execPath, [rate, String(messages)], { encoding: "utf8" });
  const parsing = JSON.parse(parsed.stdout) as { readonly seconds: number; readonly processor: number };
  const peer = "simpleParser, two threads";
  const what = `indexing ${messages} messages`;
  database = await open();
  await database.pool.query("analyze");
  const size = await sizes(database, written);
  return [
    { what, ours: indexing.seconds, peer, theirs: parsing.seconds, target: 1.43, unit: "s" },
    { what: "the same, processor time", ours: processor, peer, theirs: parsing.processor, target: 1.43, unit: "s" },
    { what: "indexing, peak memory", ours: indexing.peakMb, peer: "limit", theirs: 700, target: 1, unit: "MB" },
    size,
    ...(await speeds(database, open, written, bench.times)),
  ];
}

export const SEARCH: Readonly<Record<string, (bench: Bench) => Promise<readonly Ratio[]>>> = { search };
