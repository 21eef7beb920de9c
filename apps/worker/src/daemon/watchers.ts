// The accounts that this worker watches: its share of all that are to be watched, each held by a session lock so that no two workers hold a
// connection to one account for that. Whatever a watch notices becomes jobs. It must never watch an account that is held, nor beyond its share.
import {
  leaveWatch,
  listHolds,
  metMailboxes,
  takeWatch,
  type WatchedAccount,
  watchedAccounts,
  watchingWorkers,
} from "@packetboat/archive";
import { type AccountId, type AccountWatch, asMailError, type MailError } from "@packetboat/core";
import { Lookout } from "@packetboat/imap";
import type { JobQueue } from "@packetboat/queue";
import { needsAPerson, noteFailure } from "../accounts/holds.ts";
import { connectOptionsOf } from "../runs/members.ts";
import { entered } from "./entered.ts";
import type { Metrics } from "./metrics.ts";
import type { Workplace } from "./pass.ts";
import { shareOf } from "./share.ts";
import { choiceOf, hasPatterns, type WatchChoice } from "./watch-choice.ts";

export interface Watchers extends AsyncDisposable {
  /** Looks at what is to be watched, and at who else watches; takes and leaves accounts. Throws what the database throws. */
  readonly look: () => Promise<void>;
}

export interface WatchersOptions {
  readonly place: Workplace;
  readonly queue: JobQueue;
  readonly metrics: Metrics;
  /** Something that concerns the whole worker went wrong outside of `look`. */
  readonly onFailure: (error: MailError) => void;
}

/** After what ended a watch without a reason to hold the account: a password that nobody gave, a certificate. */
const REST_MS = 5 * 60_000;

interface Watching {
  readonly account: WatchedAccount;
  readonly watch: AccountWatch;
  choice: WatchChoice;
  /** Something changed where patterns choose: by the next look the run that followed may have met new mailboxes. */
  isStale: boolean;
}

/** Opens the session that holds the watches. Throws what the database throws. */
export async function openWatchers({ place, queue, metrics, onFailure }: WatchersOptions): Promise<Watchers> {
  const { host, database } = place;
  const session = await database.dedicated("watch");
  const lookout = new Lookout();
  const watching = new Map<AccountId, Watching>();
  /** Accounts whose watch ended by itself, and until when it is not begun again here. */
  const resting = new Map<AccountId, number>();
  const log = await host.log();

  const wake = ({ accountId, links }: WatchedAccount): void => {
    const jobs = links.map((linkId) => ({ kind: "pass", linkId, accountId }) as const);
    queue.send(jobs).catch((error: unknown) => onFailure(asMailError(error)));
  };
  const ended = async (id: AccountId, error: MailError): Promise<void> => {
    log.warn({ err: error, accountId: id }, "a watch ended");
    watching.delete(id);
    resting.set(id, host.now() + REST_MS);
    await noteFailure(database, id, error, host.now());
    await leaveWatch(session, id);
  };
  const keeper = { entrances: place.entrances, database, now: host.now };
  /** What is refused is written down before the next one may try (trap 27). */
  const around = <T>(id: AccountId, signIn: () => Promise<T>): Promise<T> =>
    entered(keeper, id, async () => {
      try {
        return await signIn();
      } catch (thrown) {
        const error = asMailError(thrown);
        if (needsAPerson(error.code)) await noteFailure(database, id, error, host.now());
        throw error;
      }
    });
  const choice = async (account: WatchedAccount): Promise<WatchChoice> =>
    choiceOf(account, hasPatterns(account) ? await metMailboxes(database.pool, account.links) : []);
  const begin = async (account: WatchedAccount): Promise<void> => {
    const id = account.accountId;
    const chosen = await choice(account);
    const watch = lookout.watch({
      connect: () => connectOptionsOf(host, database, id, host.signal),
      around: (signIn) => around(id, signIn),
      mailboxes: chosen.mailboxes,
      concerns: (name) => watching.get(id)?.choice.concerns?.(name) ?? true,
      onChange: () => {
        const one = watching.get(id);
        if (one !== undefined) one.isStale = hasPatterns(account);
        wake(account);
      },
      onTrouble: (error, retryMs) => {
        log.debug({ err: error, accountId: id, retryMs }, "a watch was lost");
      },
      onEnd: (error) => {
        ended(id, error).catch((thrown: unknown) => onFailure(asMailError(thrown)));
      },
    });
    watching.set(id, { account, watch, choice: chosen, isStale: false });
  };
  const chooseAgain = async (one: Watching): Promise<void> => {
    one.isStale = false;
    one.choice = await choice(one.account);
    one.watch.follow(one.choice.mailboxes);
  };
  const leave = async (id: AccountId): Promise<void> => {
    const one = watching.get(id);
    watching.delete(id);
    await one?.watch.close();
    await leaveWatch(session, id);
  };
  return {
    look: async () => {
      const held = new Set((await listHolds(database.pool, host.now())).map(({ accountId }) => accountId));
      for (const [id, until] of resting) if (until <= host.now()) resting.delete(id);
      const wanted = (await watchedAccounts(database.pool)).filter(
        ({ accountId }) => !held.has(accountId) && !resting.has(accountId),
      );
      const share = shareOf(
        wanted,
        new Map([...watching].map(([id, one]) => [id, one.account])),
        await watchingWorkers(session),
      );
      for (const id of share.leave) await leave(id);
      for (const one of watching.values()) if (one.isStale) await chooseAgain(one);
      let room = share.room;
      for (const account of share.candidates) {
        if (room === 0) break;
        if (!(await takeWatch(session, account.accountId))) continue;
        await begin(account);
        room--;
      }
      metrics.watching(watching.size);
    },
    [Symbol.asyncDispose]: async () => {
      await lookout.close();
      watching.clear();
      metrics.watching(0);
      await session.end().catch(() => undefined);
    },
  };
}
