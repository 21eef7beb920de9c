// Several simulated accounts on one archive in memory, kept in step by rounds as the command line makes them: all pull, then all push,
// until a round applies nothing.
import { type Archive, asId, DEFAULT_POLICY, type Link, type Policy, type Rights } from "@packetboat/core";
import {
  type Fault,
  MemoryArchive,
  type Random,
  ServerModel,
  type SimCapabilities,
  type SimulatedWriterOptions,
  simulatedWriter,
} from "@packetboat/testkit";
import { type Company, type LinkRun, openCompany, openRun, type RunResult } from "../src/index.ts";
import { NOON } from "./pass.ts";

const BOTH: Rights = { pull: true, push: true };
export const PULL: Rights = { pull: true, push: false };
export const PUSH: Rights = { pull: false, push: true };

export interface AccountOptions {
  readonly rights?: Rights;
  readonly policy?: Partial<Policy>;
  readonly capabilities?: Partial<SimCapabilities>;
  readonly model?: ServerModel;
  readonly writer?: Partial<SimulatedWriterOptions>;
}

export interface SimAccount {
  readonly name: string;
  readonly link: Link;
  readonly model: ServerModel;
  readonly options: AccountOptions;
}

/** What goes wrong for one account in a round: the server's and the line's faults, and a crash at the k-th call of the archive. */
export interface Faults {
  readonly script: readonly Fault[];
  readonly crash: { readonly at: number; readonly afterwards: boolean } | null;
}

const NOTHING_WRONG: Faults = { script: [], crash: null };

export class Crash extends Error {}

/** Calls that give their answer piece by piece. */
const STREAMS: ReadonlySet<string | symbol> = new Set(["base", "identities", "pushRows", "bytes", "unboundIn"]);

/** The archive until the k-th call, which dies before or after it was done: a SIGKILL between two statements. */
export function dyingAt(archive: Archive, k: number, afterwards: boolean): Archive {
  let calls = 0;
  const dies = (): boolean => ++calls === k;
  return new Proxy(archive, {
    get(target, name) {
      const method = Reflect.get(target, name);
      if (typeof method !== "function") return method;
      if (STREAMS.has(name)) {
        return (...args: unknown[]) => {
          if (calls >= k || dies()) throw new Crash();
          return Reflect.apply(method, target, args);
        };
      }
      return async (...args: unknown[]) => {
        if (calls >= k) throw new Crash(); // dead stays dead
        const now = dies();
        if (now && !afterwards) throw new Crash();
        const result = await Reflect.apply(method, target, args);
        if (now) throw new Crash();
        return result;
      };
    },
  });
}

/** The archive; before its k-th call that gives its answer whole, `meanwhile` happens. */
function pausedAt(archive: Archive, k: number, meanwhile: () => Promise<void>): Archive {
  let calls = 0;
  return new Proxy(archive, {
    get(target, name) {
      const method = Reflect.get(target, name);
      if (typeof method !== "function") return method;
      if (STREAMS.has(name)) return (...args: unknown[]) => Reflect.apply(method, target, args);
      return async (...args: unknown[]) => {
        if (++calls === k) await meanwhile();
        return Reflect.apply(method, target, args);
      };
    },
  });
}

/** The side, with pauses before its calls and before each piece of an answer: so many steps of others fit in between, drawn anew each time. */
function pausing<T extends object>(side: T, random: Random): T {
  const pause = async (): Promise<void> => {
    for (let n = random.chance(0.2) ? random.below(400) : random.below(12); n > 0; n--) await Promise.resolve();
  };
  return new Proxy(side, {
    get(target, name) {
      const method = Reflect.get(target, name);
      if (typeof method !== "function") return method;
      const call = (args: unknown[]) => Reflect.apply(method, target, args);
      if (STREAMS.has(name) || REMOTE_STREAMS.has(name))
        return async function* (...args: unknown[]) {
          for await (const part of call(args)) {
            await pause();
            yield part;
          }
        };
      if (PLAIN.has(name)) return (...args: unknown[]) => call(args);
      return async (...args: unknown[]) => {
        await pause();
        const answer = await call(args);
        await pause();
        return answer;
      };
    },
  });
}

const REMOTE_STREAMS: ReadonlySet<string | symbol> = new Set(["observe", "identify", "fetch", "append", "store"]);
/** Calls that give their answer at once. */
const PLAIN: ReadonlySet<string | symbol> = new Set(["spell", "counts"]);

/** One archive with accounts that are to be equal. */
export class Fleet {
  now = NOON;
  /** With it the accounts of a round pull, and push, at the same time, in an order that it draws; else one after the other. */
  together: Random | null = null;
  readonly memory = new MemoryArchive({ now: () => this.now });
  readonly accounts: SimAccount[] = [];

  add(name: string, options: AccountOptions = {}): ServerModel {
    const id = this.accounts.length + 1;
    const rights = options.rights ?? BOTH;
    const removals = rights.pull && rights.push ? ("mirror" as const) : ("never" as const);
    const policy = { ...DEFAULT_POLICY, removals, ...options.policy };
    const link: Link = { id: asId(id), accountId: asId(id), archiveId: asId(1), rights, policy };
    const model = options.model ?? new ServerModel();
    this.accounts.push({ name, link, model, options });
    return model;
  }

  model(name: string): ServerModel {
    return this.account(name).model;
  }

  /** One round: all pull, then all remove, then all push. `faults`: by account. A crashed account gives no result. */
  async round(faults: Readonly<Record<string, Faults>> = {}, dryRun = false): Promise<readonly RunResult[]> {
    this.now += 3_600_000;
    const runs: LinkRun[] = [];
    const company = openCompany();
    for (const account of this.accounts) {
      const run = await surviving(this.begin(account, faults[account.name] ?? NOTHING_WRONG, dryRun, company));
      if (run !== null) runs.push(run);
    }
    await this.each(runs, async (run) => {
      for await (const _ of run.pull());
    });
    for (const run of runs) await run.remove();
    await this.each(runs, async (run) => {
      for await (const _ of run.push());
    });
    const results: RunResult[] = [];
    for (const run of runs) {
      const result = await surviving(run.finish());
      if (result !== null) results.push(result);
    }
    return results;
  }

  /** Rounds until one applies nothing, at most `most`; throws what went wrong in the last one. Gives the results of every round. */
  async settle(most = 5): Promise<readonly (readonly RunResult[])[]> {
    const rounds: (readonly RunResult[])[] = [];
    for (let n = 0; n < most; n++) {
      const results = await this.round();
      for (const { error } of results) if (error) throw error;
      rounds.push(results);
      if (!results.some((result) => result.applied || result.again)) break;
    }
    return rounds;
  }

  /**
   * Two commands at once: the first account's pull stands still before its k-th call of the archive while the second one pulls all it has.
   * Gives false when the first one makes fewer calls.
   */
  async pullAround(first: string, k: number, second: string): Promise<boolean> {
    let reached = false;
    const meanwhile = async (): Promise<void> => {
      reached = true;
      const other = await this.begin(this.account(second), NOTHING_WRONG, false);
      for await (const _ of other.pull());
      await other.finish();
    };
    const run = await this.begin(this.account(first), NOTHING_WRONG, false, openCompany(), (archive) =>
      pausedAt(archive, k, meanwhile),
    );
    for await (const _ of run.pull());
    await run.finish();
    return reached;
  }

  private async each(runs: readonly LinkRun[], walk: (run: LinkRun) => Promise<void>): Promise<void> {
    if (this.together !== null) await Promise.all(runs.map(walk));
    else for (const run of runs) await walk(run);
  }

  private account(name: string): SimAccount {
    const found = this.accounts.find((account) => account.name === name);
    if (found === undefined) throw new Error(`no account ${name}`);
    return found;
  }

  private async begin(
    { name, link, model, options }: SimAccount,
    { script, crash }: Faults,
    dryRun: boolean,
    company: Company = openCompany(),
    wrap: (archive: Archive) => Archive = (archive) => archive,
  ) {
    const capabilities = options.capabilities === undefined ? {} : { capabilities: options.capabilities };
    const simulated = simulatedWriter(model, { ...options.writer, ...capabilities, faults: script });
    const writer = this.together === null ? simulated : pausing(simulated, this.together);
    const opened = wrap(this.memory.open(name));
    const archive = this.together === null ? opened : pausing(opened, this.together);
    return openRun({
      remote: writer,
      writer: link.rights.push ? writer : null,
      archive: crash === null ? archive : dyingAt(archive, crash.at, crash.afterwards),
      link,
      names: { archive: "test", account: name },
      archiveIsPushed: this.accounts.some((account) => account.link.rights.push),
      dryRun,
      now: () => this.now,
      signal: new AbortController().signal,
      company,
    });
  }
}

/** Null for what a crash, or what the house tells as its error, took with it. */
async function surviving<T>(step: Promise<T>): Promise<T | null> {
  try {
    return await step;
  } catch (error) {
    if (error instanceof Crash || (error as Error).name === "MailError") return null;
    throw error;
  }
}

/** What a server holds, for comparison: by mailbox, one line a message; with subscriptions. */
export function holds(model: ServerModel, dates = true): Record<string, string[]> {
  const held: Record<string, string[]> = {};
  for (const { mailbox, path, subscribed } of model.list()) {
    if (mailbox === null) continue;
    const lines = [...mailbox.messages.values()].map(({ digests, flags, internalDate }) => {
      const shown = flags.filter((flag) => flag !== "\\Recent").map((flag) => flag.toLowerCase());
      return [digests.sha256.slice(0, 12), dates ? internalDate : "", ...shown.sort()].join(" ");
    });
    held[`${path.join("/")}${subscribed ? " *" : ""}`] = lines.sort();
  }
  return held;
}

/** The same with UIDs and UIDVALIDITY: what must not change when nothing is to be done. */
export function exactly(model: ServerModel): string {
  const lines = model.list().map(({ name, mailbox, subscribed }) => {
    if (mailbox === null) return name;
    const messages = [...mailbox.messages.values()].map(
      ({ uid, digests, flags, internalDate }) => `${uid} ${digests.sha256} ${flags.join(",")} ${internalDate}`,
    );
    return [name, subscribed, mailbox.uidValidity, ...messages].join("\n");
  });
  return lines.join("\n\n");
}
