// The cases of `pnpm bench` in which mail goes to a server: migrations and mirrors against mbsync from account to account and interimap. Each
// run begins with an empty target, or with two equal accounts that were changed before the clock started.
import { type Dovecot, startProxy } from "@packetboat/testkit";
import { account, type Bench, change, OURS, type Ratio, ratio } from "./cases.ts";
import { type Contestant, contest, measure } from "./measure.ts";
import { homeIn } from "./ours.ts";
import { type Account, interimap, mbsyncBetween, mbsyncPull, mbsyncPush } from "./peers.ts";

/** An account of its own for each run: nobody ever migrates to the same empty account twice. */
function emptyAccounts(dovecot: Dovecot, name: string, port = dovecot.port): () => Account {
  let next = 0;
  return () => ({ port, user: `${name}-${next++}` });
}

/** small10k to an empty account; ours keeps a durable archive in between, mbsync its state only. */
async function migrate(bench: Bench): Promise<readonly Ratio[]> {
  const from = await account(bench, "small10k", "small10k");
  return await migrateFrom(bench, from, bench.dovecot.port, "migrate", "migrate small10k to an empty account", 1);
}

/** The same with 40 ms round trip to both servers. */
async function migrateFar(bench: Bench): Promise<readonly Ratio[]> {
  const from = await account(bench, "small10k", "small10k");
  await using proxy = await startProxy({ host: "127.0.0.1", port: from.port });
  proxy.latency(40);
  const what = "migrate small10k, 40 ms round trip to both";
  return await migrateFrom(bench, { port: proxy.port, user: from.user }, proxy.port, "migrate-far", what, 1);
}

async function migrateFrom(
  bench: Bench,
  from: Account,
  port: number,
  name: string,
  what: string,
  target: number,
): Promise<readonly Ratio[]> {
  const home = homeIn(bench.work, name, false);
  const mine = emptyAccounts(bench.dovecot, `${name}-ours`, port);
  const theirs = emptyAccounts(bench.dovecot, `${name}-theirs`, port);
  const ours: Contestant = { name: OURS, before: () => home.fresh(), program: () => home.migrate(from, mine()) };
  const peer: Contestant = { name: "mbsync", program: await mbsyncBetween(bench.work, name, from, theirs) };
  const figures = await contest([ours, peer], bench.times);
  return [ratio(what, figures, peer.name, target)];
}

/** Only the sending, at 40 ms: small10k from the archive and from a Maildir, both filled before the clock starts. */
async function appendFar(bench: Bench): Promise<readonly Ratio[]> {
  const from = await account(bench, "small10k", "small10k");
  await using proxy = await startProxy({ host: "127.0.0.1", port: from.port });
  proxy.latency(40);
  const home = homeIn(bench.work, "append", true);
  await home.fresh();
  for (const program of [home.backup(from), (await mbsyncPull(bench.work, from, true, true)).program()])
    await measure(program);
  const mine = emptyAccounts(bench.dovecot, "append-ours", proxy.port);
  const theirs = emptyAccounts(bench.dovecot, "append-theirs", proxy.port);
  const peer: Contestant = { name: "mbsync", program: await mbsyncPush(bench.work, from, theirs) };
  const figures = await contest([{ name: OURS, program: () => home.push(from.user, mine()) }, peer], bench.times);
  home.run("database", "stop");
  return [ratio("append, small10k to an empty account, 40 ms round trip", figures, peer.name, 1)];
}

/** Two equal accounts of 100,000 messages, nothing changed. */
async function mirrorNoChange(bench: Bench): Promise<readonly Ratio[]> {
  const from = await account(bench, "big100k", "big100k");
  const to = { port: bench.dovecot.port, user: "mirror100k" };
  const home = homeIn(bench.work, "mirror", true);
  await home.fresh();
  const peer = await interimap(bench.work, { port: bench.dovecot.port, user: "inter100k" }, from);
  for (const program of [home.mirror(from, to), home.mirror(from, to), peer.program()]) await measure(program);
  const figures = await contest([{ name: OURS, program: () => home.mirror(from, to) }, peer], bench.times);
  home.run("database", "stop");
  return [ratio("mirror, big100k, nothing changed", figures, peer.name, 3)];
}

/** What the 1 % of a pull is, on each side before each run: 100 flag changes, 100 new, 100 expunged in INBOX. */
async function mirrorOnePercent(bench: Bench): Promise<readonly Ratio[]> {
  const [a, b] = [await account(bench, "mirror-a", "small10k"), { port: bench.dovecot.port, user: "mirror-b" }];
  const [c, d] = [await account(bench, "mirror-c", "small10k"), { port: bench.dovecot.port, user: "mirror-d" }];
  const home = homeIn(bench.work, "mirror-percent", true);
  await home.fresh();
  const between = await mbsyncBetween(bench.work, "percent", c, () => d, true);
  for (const program of [home.mirror(a, b), between()]) await measure(program);
  let round = 0;
  const both =
    (...users: readonly string[]) =>
    async () => {
      for (const user of users) await change(bench, user, round++);
    };
  const figures = await contest(
    [
      { name: OURS, before: both(a.user, b.user), program: () => home.mirror(a, b) },
      { name: "mbsync", before: both(c.user, d.user), program: between },
    ],
    bench.times,
  );
  home.run("database", "stop");
  return [ratio("mirror, 1 % changed on each side, small10k", figures, "mbsync", 3)];
}

export const TWO_WAY: Readonly<Record<string, (bench: Bench) => Promise<readonly Ratio[]>>> = {
  migrate,
  "migrate-far": migrateFar,
  "append-far": appendFar,
  "mirror-no-change": mirrorNoChange,
  "mirror-one-percent": mirrorOnePercent,
};
