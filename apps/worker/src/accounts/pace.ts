// The pace of an account in this process: one limiter for all that uses it, made when its server turns out to have limits. Without limits
// nothing is made and nothing is loaded (start-up is a budget). It must never let two limiters count for the same limits of one account.
import { dayUsage, findAccount } from "@packetboat/archive";
import { type AccountAddress, accountName } from "@packetboat/config";
import { type DayUsage, isUnlimited, NOTHING_USED, type Pace, sumOf, type Used } from "@packetboat/core";
import type { Database } from "@packetboat/database";
import type { PaceFor } from "@packetboat/imap";
import type { Host } from "../host.ts";
import type { AccountSettings } from "./settings.ts";

const paces = new WeakMap<Database, Map<string, Promise<Pace>>>();

/** Gives what the imap room asks for the pace of this account. A run asks no server for its name: it is remembered from when it was asked. */
export function paceOf(
  host: Host,
  database: Database,
  address: AccountAddress,
  { limits: chosen, serverName }: Pick<AccountSettings, "limits" | "serverName">,
): PaceFor {
  return async (server) => {
    const { profileFor } = await import("@packetboat/imap");
    const { limits } = profileFor({ ...server, id: server.id ?? serverName }, chosen ?? {});
    if (isUnlimited(limits)) return null;
    const known = paces.get(database) ?? new Map<string, Promise<Pace>>();
    paces.set(database, known);
    const key = `${accountName(address)} ${JSON.stringify(limits)}`;
    const make = async (): Promise<Pace> => {
      const { accountLimiter } = await import("@packetboat/queue");
      const limiter = accountLimiter({ limits, usage: usageOf(database, address), now: host.now });
      host.onLeave(() => limiter.close());
      return limiter;
    };
    const pace = known.get(key) ?? make();
    known.set(key, pace);
    return await pace;
  };
}

/** The day's use of an account that may not be made yet: a first backup signs in before. What it uses until then is written afterwards. */
function usageOf({ pool }: Database, address: AccountAddress): DayUsage {
  let found: DayUsage | null = null;
  const waiting = new Map<string, Used>();
  return {
    async add(day, used) {
      const all = sumOf(waiting.get(day) ?? NOTHING_USED, used);
      if (found === null) {
        const account = await findAccount(pool, address);
        if (account === null) {
          waiting.set(day, all);
          return all;
        }
        found = dayUsage(pool, account.id);
      }
      waiting.delete(day);
      return await found.add(day, all);
    },
  };
}
