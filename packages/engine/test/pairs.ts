// Two accounts on real servers and one archive in memory, kept in step by rounds as the command line makes them: all pull, then all push,
// over connections through counting proxies. Another client, which knows nothing of the engine, loads them and looks at them.
import {
  asId,
  canonicalForm,
  DEFAULT_POLICY,
  type Link,
  type MailboxPath,
  type RunReport,
  samePath,
  showPath,
} from "@packetboat/core";
import { connectWriter } from "@packetboat/imap";
import {
  type CorpusMessage,
  type CountingProxy,
  MemoryArchive,
  PASSWORD,
  startProxy,
  type TestServer,
  WireClient,
  WireRefused,
  withCrlf,
} from "@packetboat/testkit";
import { type LinkRun, openCompany, openRun, type RunResult } from "../src/index.ts";
import { sha256 } from "./nightly.ts";
import { NOON } from "./pass.ts";

const MOST_ROUNDS = 5;
/** What changes a server, or may: an opening to write takes \Recent from whoever reads there. */
const CHANGING =
  /^(SELECT|APPEND|CREATE|DELETE|RENAME|SUBSCRIBE|UNSUBSCRIBE|EXPUNGE|CLOSE|(UID )?(STORE|COPY|MOVE|EXPUNGE))$/;

/** A message as the other client sees it. */
export interface Seen {
  readonly uid: number;
  /** Milliseconds since 1970. Every message of these tests has an instant of its own, which is its name. */
  readonly at: number;
  readonly sha256: string;
  readonly canonical: string;
  readonly flags: string;
}

export interface SeenMailbox {
  readonly name: string;
  readonly path: MailboxPath;
  readonly subscribed: boolean;
  readonly uidValidity: number;
  readonly messages: readonly Seen[];
}

/** One account of a pair. */
export class End {
  readonly name: string;
  readonly user: string;
  readonly server: TestServer;
  readonly proxy: CountingProxy;
  readonly hands: WireClient;
  readonly delimiter: string;
  readonly prefix: string;

  private constructor(
    name: string,
    user: string,
    server: TestServer,
    proxy: CountingProxy,
    hands: WireClient,
    inbox: string,
  ) {
    this.name = name;
    this.user = user;
    this.server = server;
    this.proxy = proxy;
    this.hands = hands;
    this.delimiter = inbox;
    this.prefix = server.kind === "courier" ? "INBOX." : "";
  }

  static async open(name: string, server: TestServer, user: string): Promise<End> {
    const proxy = await startProxy({ port: server.port });
    const hands = await WireClient.login(server, user, PASSWORD);
    const separator = (await hands.list()).find((one) => one.name === "INBOX")?.separator ?? "/";
    return new End(name, user, server, proxy, hands, separator);
  }

  /** The server's name of a path. */
  nameOf(path: MailboxPath): string {
    return samePath(path, ["INBOX"]) ? "INBOX" : this.prefix + path.join(this.delimiter);
  }

  /** Everything, by a new connection: what one that was open before would still hide shows too. */
  async look(): Promise<readonly SeenMailbox[]> {
    await using client = await WireClient.login(this.server, this.user, PASSWORD);
    const subscribed = new Set((await client.list("LSUB")).map(({ name }) => name));
    const seen: SeenMailbox[] = [];
    for (const { name, attributes } of await client.list()) {
      if (attributes.some((attribute) => /noselect|nonexistent/i.test(attribute))) continue;
      const { exists, uidValidity } = await client.select(name, "EXAMINE");
      const messages = exists === 0 ? [] : (await client.fetch()).map(seenOf);
      const bare = name.startsWith(this.prefix) ? name.slice(this.prefix.length) : name;
      const path = name === "INBOX" ? ["INBOX"] : bare.split(this.delimiter);
      seen.push({ name, path, subscribed: subscribed.has(name), uidValidity, messages });
    }
    return seen.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Commands since the proxy was reset that change something, or may. */
  changing(): readonly string[] {
    return this.proxy.transcript().flatMap(({ name, line }) => (CHANGING.test(name) ? [line] : []));
  }

  async close(): Promise<void> {
    await this.hands.logout();
    await this.proxy.stop();
  }
}

function seenOf({ uid, flags, internalDate, bytes }: Awaited<ReturnType<WireClient["fetch"]>>[number]): Seen {
  const at = Date.parse(internalDate.trim().replace(/^(\d+)-(\w+)-(\d+)/, "$1 $2 $3"));
  const shown = flags.map((flag) => flag.toLowerCase()).sort();
  return { uid, at, sha256: sha256(bytes), canonical: sha256(canonicalForm(bytes)), flags: shown.join(" ") };
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** INTERNALDATE of an instant, as somebody `minutes` east of Greenwich writes it. */
export function dateText(at: number, minutes = 0): string {
  const there = new Date(at + minutes * 60_000);
  const two = (n: number): string => String(n).padStart(2, "0");
  const zone = `${minutes < 0 ? "-" : "+"}${two(Math.floor(Math.abs(minutes) / 60))}${two(Math.abs(minutes) % 60)}`;
  const time = [there.getUTCHours(), there.getUTCMinutes(), there.getUTCSeconds()].map(two).join(":");
  return `${two(there.getUTCDate())}-${MONTHS[there.getUTCMonth()]}-${there.getUTCFullYear()} ${time} ${zone}`;
}

/** Appends a message as it is, else with CRLF, as people's programs do; false when the server wants neither. */
export async function append(
  end: End,
  path: MailboxPath,
  message: CorpusMessage,
  at: number,
  flags: readonly string[],
): Promise<boolean> {
  const options = { flags, date: dateText(at, at % 3 === 0 ? -450 : 60) };
  for (const bytes of [message.bytes, withCrlf(message.bytes)]) {
    try {
      await end.hands.append(end.nameOf(path), bytes, options);
      return true;
    } catch (error) {
      if (!(error instanceof WireRefused)) throw error;
    }
  }
  return false;
}

/** Two accounts that are to be equal. */
export class Pair implements AsyncDisposable {
  readonly ends: readonly [End, End];
  now = NOON;
  readonly memory = new MemoryArchive({ now: () => this.now });

  constructor(a: End, b: End) {
    this.ends = [a, b];
  }

  /** One round: both pull, then both push. Throws what made a run fail. */
  async round(): Promise<readonly RunReport[]> {
    this.now += 3_600_000;
    const writers = await Promise.all(
      this.ends.map(({ proxy, user }) =>
        connectWriter({
          host: "127.0.0.1",
          port: proxy.port,
          security: "none",
          user,
          auth: { kind: "password", password: PASSWORD },
        }),
      ),
    );
    try {
      const runs: LinkRun[] = [];
      const company = openCompany();
      for (const [i, writer] of writers.entries()) {
        const { name } = this.ends[i] as End;
        const link: Link = {
          id: asId(i + 1),
          accountId: asId(i + 1),
          archiveId: asId(1),
          rights: { pull: true, push: true },
          policy: { ...DEFAULT_POLICY, removals: "mirror" },
        };
        const run = await openRun({
          remote: writer,
          writer,
          archive: this.memory.open(name),
          link,
          names: { archive: "test", account: name },
          archiveIsPushed: true,
          dryRun: false,
          now: () => this.now,
          signal: new AbortController().signal,
          company,
        });
        runs.push(run);
      }
      // At the same time, as the command line does it.
      await Promise.all(runs.map((run) => walked(run.pull())));
      for (const run of runs) await run.remove();
      await Promise.all(runs.map((run) => walked(run.push())));
      const results: RunResult[] = [];
      for (const run of runs) results.push(await run.finish());
      for (const { error } of results) if (error) throw error;
      this.applied = results.some((result) => result.applied || result.again);
      return results.map(({ report }) => report);
    } finally {
      await Promise.all(writers.map((writer) => writer.close()));
    }
  }

  /** Whether the last round applied something. */
  applied = false;

  /** Rounds until one applies nothing, at most five. Gives the reports of each. */
  async settle(): Promise<readonly (readonly RunReport[])[]> {
    const rounds: (readonly RunReport[])[] = [];
    do rounds.push(await this.round());
    while (this.applied && rounds.length < MOST_ROUNDS);
    return rounds;
  }

  /** What `approve` does with every run of these that was halted. */
  approve(reports: readonly RunReport[]): void {
    for (const { run, halts } of reports) if (halts.length > 0) this.memory.approve(asId(run ?? 0), this.now);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.ends) await end.close();
  }
}

async function walked(half: AsyncGenerator): Promise<void> {
  for await (const _ of half);
}

/** How two looks differ, in lines; `mapped`: paths of the first whose name the second cannot hold. `named`: messages by their instant. */
export function differences(
  a: readonly SeenMailbox[],
  b: readonly SeenMailbox[],
  mapped: ReadonlyMap<string, string>,
  named: ReadonlyMap<number, string>,
): readonly string[] {
  const lines: string[] = [];
  const theirs = new Map(b.map((mailbox) => [showPath(mailbox.path), mailbox]));
  for (const mine of a) {
    const path = mapped.get(showPath(mine.path)) ?? showPath(mine.path);
    const other = theirs.get(path);
    theirs.delete(path);
    if (other === undefined) lines.push(`only on A: ${showPath(mine.path)}`);
    else lines.push(...differencesIn(path, mine, other, named));
  }
  return [...lines, ...[...theirs.keys()].map((path) => `only on B: ${path}`)].sort();
}

function differencesIn(path: string, a: SeenMailbox, b: SeenMailbox, named: ReadonlyMap<number, string>): string[] {
  const lines: string[] = [];
  if (a.subscribed !== b.subscribed) lines.push(`subscribed ${a.subscribed} ${b.subscribed}: ${path}`);
  const [mine, theirs] = [a, b].map(({ messages }) => Map.groupBy(messages, ({ at }) => at)) as [
    Map<number, Seen[]>,
    Map<number, Seen[]>,
  ];
  for (const at of new Set([...mine.keys(), ...theirs.keys()])) {
    const [left, right] = [mine.get(at) ?? [], theirs.get(at) ?? []];
    const name = named.get(at) ?? `${at} in ${path}`;
    const text = (of: readonly Seen[], key: (one: Seen) => string): string => of.map(key).sort().join("; ");
    if (left.length !== right.length) lines.push(`${left.length} ${right.length}: ${name}`);
    else if (text(left, (one) => one.canonical) !== text(right, (one) => one.canonical)) lines.push(`altered: ${name}`);
    if (left.length !== right.length) continue;
    const [here, there] = [left, right].map((of) => text(of, ({ flags }) => flags));
    if (here !== there) lines.push(`flags [${here}] [${there}]: ${name}`);
  }
  return lines;
}
