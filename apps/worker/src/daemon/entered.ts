// A sign-in that a worker makes by itself: one at a time for each account, whatever worker and whatever for (a pass, a watch), and none while the
// account waits for a person. It must never keep anybody from trying who was asked to by hand: commands do not come through here.
import { type Entrances, holdOf } from "@packetboat/archive";
import { type AccountId, MailError } from "@packetboat/core";
import type { Database } from "@packetboat/database";

export interface Doorkeeper {
  readonly entrances: Entrances;
  readonly database: Pick<Database, "pool">;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Signs in; `signIn` has written down what held the account when it throws. Throws, without a try, what was refused a moment ago. */
export async function entered<T>(keeper: Doorkeeper, id: AccountId, signIn: () => Promise<T>): Promise<T> {
  return await keeper.entrances.through(id, async () => {
    const hold = await holdOf(keeper.database.pool, id, keeper.now());
    if (hold !== null && hold.until === null) throw new MailError(hold.code, hold.detail);
    return await signIn();
  });
}
