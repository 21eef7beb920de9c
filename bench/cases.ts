// The cases of `pnpm bench`: what is compared with whom, and the ratio that is aimed at. Each brings the mail, the peers and ourselves to the
// same starting point, and says in words what was measured.
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { cachedMaildir, type Dovecot, loadProfile, startProxy, WireClient } from "@packetboat/testkit";
import { type Contestant, contest, type Figure, measure } from "./measure.ts";
import { homeIn, PACKETBOAT } from "./ours.ts";
import { type Account, imapflowFetch, interimap, mbsyncPull } from "./peers.ts";

export interface Bench {
  readonly dovecot: Dovecot;
  readonly work: string;
  readonly times: number;
  /** Watched at once in the case `watch`. */
  readonly accounts: number;
  /** Of the archive whose snapshots are read, and of the one that is searched. */
  readonly messages: number;
  /** The case `watch` waits for 15 minutes, not for 2. */
  readonly long: boolean;
}

/** One line of the result: ours against a peer, with the target. */
export interface Ratio {
  readonly what: string;
  readonly ours: number;
  readonly peer: string;
  readonly theirs: number;
  /** Null: it is told, and held to nothing. */
  readonly target: number | null;
  readonly unit: string;
}

type Profile = "small10k" | "big100k";
export const OURS = "packetboat";

export async function account(bench: Bench, user: string, profile: Profile): Promise<Account> {
  const { existsSync } = await import("node:fs");
  if (!existsSync(bench.dovecot.home(user))) await loadProfile(bench.dovecot, user, profile);
  return { port: bench.dovecot.port, user };
}

export function ratio(what: string, figures: readonly Figure[], peer: string, target: number): Ratio {
  const of = (name: string) => figures.find((figure) => figure.name === name)?.seconds ?? Number.NaN;
  return { what, ours: of(OURS), peer, theirs: of(peer), target, unit: "s" };
}

/** First pull into an empty archive; the home is made before. Also memory, and for small10k the bytes stored. */
async function firstPull(bench: Bench, profile: Profile): Promise<readonly Ratio[]> {
  const from = await account(bench, profile, profile);
  const home = homeIn(bench.work, `first-${profile}`, false);
  const mbsync = await mbsyncPull(bench.work, from, true, true);
  const ours: Contestant = { name: OURS, before: () => home.fresh(), program: () => home.backup(from) };
  const figures = await contest([ours, mbsync, imapflowFetch(from)], bench.times);
  const library = profile === "small10k" ? 3 : 2;
  const what = `first pull, ${profile}`;
  const peak = figures.find((figure) => figure.name === OURS)?.peakMb ?? Number.NaN;
  return [
    ratio(what, figures, mbsync.name, 0.6),
    ratio(what, figures, "imapflow fetch alone", library),
    { what: `peak memory, first pull, ${profile}`, ours: peak, peer: "limit", theirs: 350, target: 1, unit: "MB" },
    ...(profile === "small10k" ? [await bytesStored(home)] : []),
  ];
}

async function bytesStored(home: ReturnType<typeof homeIn>): Promise<Ratio> {
  const sql = `select sum(pg_total_relation_size(c.oid)) from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'm', 'p') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')`;
  const ours = Number(await home.query(sql)) / 1e6;
  const theirs = (await bytesUnder(await cachedMaildir("small10k"))) / 1e6;
  return { what: "bytes stored, small10k", ours, peer: "Maildir", theirs, target: 0.75, unit: "MB" };
}

async function bytesUnder(dir: string): Promise<number> {
  let sum = 0;
  for (const entry of await readdir(dir, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) sum += (await stat(join(entry.parentPath, entry.name))).size;
  }
  return sum;
}

/** Nothing changed. The database stays up, as a nightly machine with a worker has it. */
async function noChange(bench: Bench): Promise<readonly Ratio[]> {
  const big = await account(bench, "big100k", "big100k");
  const small = await account(bench, "thousand", "small10k");
  const home = homeIn(bench.work, "nochange", true);
  await home.fresh();
  const inStep = await interimap(bench.work, { port: bench.dovecot.port, user: "copy100k" }, big);
  for (const program of [home.backup(big), home.backup(small), inStep.program()]) await measure(program);
  const ours = { name: OURS, program: () => home.backup(big) };
  const few = { name: "packetboat on 10,000", program: () => home.backup(small) };
  const figures = await contest([ours, few, inStep], bench.times);
  home.run("database", "stop");
  return [
    ratio("nothing changed, big100k", figures, "interimap", 3),
    ratio("nothing changed, 100,000 against 10,000 messages", figures, few.name, 1.2),
  ];
}

/** Nothing changed, 40 ms round trip: round trips are all that counts. */
async function noChangeFar(bench: Bench): Promise<readonly Ratio[]> {
  const near = await account(bench, "small10k", "small10k");
  await using proxy = await startProxy({ host: "127.0.0.1", port: near.port });
  const far = { port: proxy.port, user: near.user };
  const home = homeIn(bench.work, "far", true);
  await home.fresh();
  const mbsync = await mbsyncPull(bench.work, far, true, false);
  for (const program of [home.backup(far), mbsync.program()]) await measure(program);
  proxy.latency(40);
  const figures = await contest([{ name: OURS, program: () => home.backup(far) }, mbsync], bench.times);
  home.run("database", "stop");
  return [ratio("nothing changed, small10k, 40 ms round trip", figures, mbsync.name, 0.5)];
}

/** 100 new, 100 flag changes, 100 expunged in INBOX before each run; each contestant has an account of its own. */
async function onePercent(bench: Bench): Promise<readonly Ratio[]> {
  const mine = await account(bench, "percent-a", "small10k");
  const theirs = await account(bench, "percent-b", "small10k");
  const home = homeIn(bench.work, "percent", true);
  await home.fresh();
  const peer = await interimap(bench.work, { port: bench.dovecot.port, user: "copypercent" }, theirs);
  for (const program of [home.backup(mine), peer.program()]) await measure(program);
  let round = 0;
  const figures = await contest(
    [
      { name: OURS, before: () => change(bench, mine.user, round++), program: () => home.backup(mine) },
      { ...peer, before: () => change(bench, theirs.user, round++) },
    ],
    bench.times,
  );
  home.run("database", "stop");
  return [ratio("1 % changed, small10k", figures, "interimap", 2.5)];
}

/** 100 flag changes, 100 removals and 100 new messages in INBOX: others in each round. */
export async function change(bench: Bench, user: string, round: number): Promise<void> {
  await using client = await WireClient.login({ host: "127.0.0.1", port: bench.dovecot.port }, user);
  await client.select("INBOX");
  const uids = await client.uids();
  const step = Math.floor(uids.length / 100);
  const at = (k: number) =>
    uids
      .filter((_uid, i) => i % step === (k + 3 * round) % step)
      .slice(0, 100)
      .join(",");
  await client.store(at(1), "+FLAGS", ["\\Flagged"]);
  await client.store(at(7), "+FLAGS", ["\\Deleted"]);
  await client.expunge(at(7));
  const line = "a line of new text\r\n";
  for (let i = 0; i < 100; i++) {
    const head = `Message-ID: <new-${round}-${i}-${user}@bench.example>\r\nSubject: new ${round} ${i}\r\n\r\n`;
    await client.append("INBOX", Buffer.from(head + line.repeat(30 + ((i * 37) % 900))));
  }
}

/** How long a user waits for the first word. */
async function help(bench: Bench): Promise<readonly Ratio[]> {
  const ours = { name: OURS, program: () => ({ argv: [PACKETBOAT, "--help"] }) };
  const bare = { name: "bare node", program: () => ({ argv: [process.execPath, "-e", "0"] }) };
  const figures = await contest([ours, bare], bench.times);
  const [us] = figures;
  const limit: Ratio = {
    what: "--help",
    ours: us?.seconds ?? Number.NaN,
    peer: "limit",
    theirs: 0.35,
    target: 1,
    unit: "s",
  };
  return [limit, ratio("--help", figures, bare.name, 10)];
}

export const CASES: Readonly<Record<string, (bench: Bench) => Promise<readonly Ratio[]>>> = {
  help,
  "first-small": (bench) => firstPull(bench, "small10k"),
  "first-big": (bench) => firstPull(bench, "big100k"),
  "no-change": noChange,
  "no-change-far": noChangeFar,
  "one-percent": onePercent,
};
