// The cases `search` and `index` of `pnpm bench`: messages written by the normal writer, indexed by the program, then searched as its users do. Sizes of each
// part are read from Postgres. Cold is the first answer after the server was started anew; the system's own cache of files stays.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type SearchRequest, searchMessages } from "@packetboat/archive";
import { asId, type Revision } from "@packetboat/core";
import { type Database, openDatabase } from "@packetboat/database";
import { queryOf } from "@packetboat/search";
import type { Bench, Ratio } from "./cases.ts";
import { corpusMail } from "./corpus-mail.ts";
import { measure, median } from "./measure.ts";
import { homeIn, PACKETBOAT } from "./ours.ts";
import { searchMail } from "./search-mail.ts";
import { type Written, writeArchive } from "./written-archive.ts";

const LIMIT_MS = 200;

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

/** What indexing what is written takes, and simpleParser for the same messages. The database stays up. */
async function indexing(
  home: ReturnType<typeof homeIn>,
  mail: "search" | "index",
  messages: number,
): Promise<readonly Ratio[]> {
  home.run("database", "start");
  const served = home.databaseProcessor();
  const ours = await measure({ argv: [PACKETBOAT, "index", "--quiet"], env: home.env });
  const processor = ours.processor + home.databaseProcessor() - served;
  const rate = fileURLToPath(new URL("mailparser-rate.ts", import.meta.url));
  const parsed = spawnSync(process.execPath, [rate, mail, String(messages)], { encoding: "utf8" });
  const theirs = JSON.parse(parsed.stdout) as { readonly seconds: number; readonly processor: number };
  const peer = "simpleParser, two threads";
  const what = `indexing ${messages} messages${mail === "index" ? " of the corpus" : ""}`;
  return [
    // Of plain text a parser has least to do: docs/decisions/0017-rate-of-indexing.md. V8's own threads are counted with ours and not with theirs.
    { what, ours: ours.seconds, peer, theirs: theirs.seconds, target: mail === "index" ? 1.43 : null, unit: "s" },
    { what: "the same, processor time", ours: processor, peer, theirs: theirs.processor, target: null, unit: "s" },
    { what: "indexing, peak memory", ours: ours.peakMb, peer: "limit", theirs: 700, target: 1, unit: "MB" },
  ];
}

/** Mail as people get it: what is hard to read is a part of it. */
async function index(bench: Bench): Promise<readonly Ratio[]> {
  const { messages } = bench;
  const home = homeIn(bench.work, "index", true);
  await home.fresh();
  const database = await openDatabase({ url: "", home: home.path, env: {} });
  await writeArchive(database, corpusMail(messages));
  await database.close();
  const rows = await indexing(home, "index", messages);
  home.run("database", "stop");
  return rows;
}

async function search(bench: Bench): Promise<readonly Ratio[]> {
  const { messages } = bench;
  const home = homeIn(bench.work, "search", true);
  await home.fresh();
  const open = (): Promise<Database> => openDatabase({ url: "", home: home.path, env: {} });
  let database = await open();
  const written = await writeArchive(database, searchMail(messages));
  await database.close();
  const rates = await indexing(home, "search", messages);
  database = await open();
  await database.pool.query("analyze");
  const size = await sizes(database, written);
  return [...rates, size, ...(await speeds(database, open, written, bench.times))];
}

export const SEARCH: Readonly<Record<string, (bench: Bench) => Promise<readonly Ratio[]>>> = { search, index };
