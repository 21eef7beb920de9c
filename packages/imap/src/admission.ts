// How a connection is let in with tokens that renew themselves: one is asked for before each connection, and one that is refused although it is
// fresh is renewed once. It must never try a second time with the same token, nor a third time at all.
import type { Door } from "./door.ts";
import { freshTokenRefused, isTokenRefused } from "./errors.ts";
import type { Credentials } from "./sign-in.ts";

/** Opens with what this door signs in with. Throws what `open` throws; AUTH_REJECTED when a fresh token is refused. */
export async function admitted<T>(door: Door, open: (auth: Credentials["auth"]) => Promise<T>): Promise<T> {
  const { auth } = door;
  if (auth.kind !== "tokens") return await open(auth);
  // Asked for before the connection: a renewal must not use up the time that a server gives to sign in.
  const token = await auth.give(null);
  if (token === null) throw freshTokenRefused(door);
  try {
    return await open({ ...auth, kind: "token", token });
  } catch (error) {
    if (!isTokenRefused(error)) throw error;
    const another = await auth.give(token);
    if (another === null || another === token) throw freshTokenRefused(door);
    // Once, and on a new connection: many servers end the one on which a sign-in failed.
    return await open({ ...auth, kind: "token", token: another }).catch((again: unknown) => {
      throw isTokenRefused(again) ? freshTokenRefused(door) : again;
    });
  }
}
