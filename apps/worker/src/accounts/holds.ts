// What becomes of an account's hold when it was tried: a refused password holds it until a person mends it, a spent budget or a server's
// wish until its time, a success lets it go. It must never keep a person from trying.
import { findAccount, holdAccount, releaseAccount } from "@packetboat/archive";
import type { AccountAddress } from "@packetboat/config";
import { type AccountId, asMailError, type ErrorCode, type MailError, pausedUntil } from "@packetboat/core";
import type { Database } from "@packetboat/database";

/** What a server refuses until a person mends it: a password, a sign-in that cannot be renewed. */
const REFUSALS: readonly ErrorCode[] = ["AUTH_REJECTED", "SIGN_IN_EXPIRED"];

/** Whether nothing is to be tried by itself before a person has mended something: what was refused, or a secret that cannot be opened. */
export const needsAPerson = (code: ErrorCode): boolean => REFUSALS.includes(code) || code === "SECRET_UNREADABLE";

const isReason = (error: MailError, now: number): boolean =>
  needsAPerson(error.code) || pausedUntil(error, now) !== null;

/** Holds the account where the error is a reason to. */
export async function noteFailure({ pool }: Database, id: AccountId, error: MailError, now: number): Promise<void> {
  if (!isReason(error, now)) return;
  const until = needsAPerson(error.code) ? null : pausedUntil(error, now);
  await holdAccount(pool, id, { code: error.code, detail: error.message, until, now });
}

/** Signs in, and keeps what that says of the account's hold. An account that is not known has none. */
export async function notedSignIn<T>(
  database: Database,
  address: AccountAddress,
  now: () => number,
  signIn: () => Promise<T>,
): Promise<T> {
  try {
    const signedIn = await signIn();
    const account = await findAccount(database.pool, address);
    if (account !== null) await releaseAccount(database.pool, account.id, REFUSALS);
    return signedIn;
  } catch (thrown) {
    const error = asMailError(thrown);
    const account = isReason(error, now()) ? await findAccount(database.pool, address) : null;
    if (account !== null) await noteFailure(database, account.id, error, now());
    throw thrown;
  }
}
