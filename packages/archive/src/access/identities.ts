// People who are known at a provider of sign-ins: an identity is the provider's issuer and its subject, and belongs to one user. It comes to a user by
// a one-time link, as a password does, or, where the configuration says so, by a name that the provider vouches for. It must never make a user, nor
// give an identity to a second one.
import { MailError } from "@packetboat/core";
import { inTransaction } from "@packetboat/database";
import type { Pool, PoolClient } from "pg";
import { moment, rowsOf } from "../catalog/asking.ts";
import { countAttempt, subjectsAtProvider, takeBack } from "./attempts.ts";
import { type Chance, nameOf } from "./secrets.ts";
import { type OpenedSession, openSession } from "./sessions.ts";
import { takeInvitation } from "./users.ts";

/** As a provider proved it. */
export interface ProvedIdentity {
  readonly issuer: string;
  readonly subject: string;
  /** A user of this name may be given the identity at its first sign-in; null: nobody is. */
  readonly callsItself: string | null;
}

export interface ProviderEntrance {
  readonly identity: ProvedIdentity;
  /** A one-time link that is taken up by this; null: none. */
  readonly invitation: string | null;
  /** Where it comes from: the address of the peer. */
  readonly source: string;
}

export interface Entered extends OpenedSession {
  /** The identity was given to the user by this sign-in. */
  readonly isNew: boolean;
}

/** Longer is none: the specification gives a subject 255 letters. */
const MOST_LENGTH = 1_000;

/** Before the provider is asked: whoever fails too often waits. Throws THROTTLED with the seconds to wait in its context. */
export async function attemptAtProvider(pool: Pool, source: string, now: number): Promise<void> {
  await countAttempt(pool, subjectsAtProvider(source), now);
}

/** Opens a session for whom the provider proved. Throws NOT_ALLOWED with why nobody is let in. */
export async function signInByIdentity(pool: Pool, entrance: ProviderEntrance, chance: Chance): Promise<Entered> {
  const { identity, invitation, source } = entrance;
  if (identity.issuer.length > MOST_LENGTH || identity.subject.length > MOST_LENGTH)
    throw new MailError(
      "NOT_ALLOWED",
      "What the provider calls this person is too long to be kept. Sign in with a password.",
    );
  return await inTransaction(pool, async (client) => {
    const { userId, isNew } =
      invitation === null
        ? await known(client, identity, chance)
        : { userId: await takeUpByIdentity(client, identity, invitation, chance), isNew: true };
    await takeBack(client, subjectsAtProvider(source));
    return { ...(await openSession(client, userId, chance)), isNew };
  });
}

interface Found {
  readonly userId: bigint;
  readonly isNew: boolean;
}

async function known(client: PoolClient, identity: ProvedIdentity, chance: Chance): Promise<Found> {
  const bound = await userOf(client, identity);
  if (bound !== null) return { userId: bound, isNew: false };
  const name = identity.callsItself === null ? null : nameOf(identity.callsItself);
  const [user] =
    name === null
      ? []
      : await rowsOf<{ id: bigint; taken: boolean }>(
          client,
          `select id, exists (select from user_identity i where i.user_id = u.id and i.issuer = $2) as taken
            from app_user u where name = $1 for update of u`,
          [name, identity.issuer],
        );
  if (user === undefined) throw unknown();
  // A name may be given to somebody else at the provider; a subject never is.
  if (user.taken)
    throw new MailError(
      "NOT_ALLOWED",
      "Somebody else signs in under this name there, or did. Ask an administrator for a one-time link.",
    );
  await bind(client, identity, user.id, chance);
  return { userId: user.id, isNew: true };
}

async function userOf(client: PoolClient, { issuer, subject }: ProvedIdentity): Promise<bigint | null> {
  const [row] = await rowsOf<{ user_id: bigint }>(
    client,
    "select user_id from user_identity where issuer = $1 and subject = $2",
    [issuer, subject],
  );
  return row?.user_id ?? null;
}

async function bind(client: PoolClient, identity: ProvedIdentity, userId: bigint, { now }: Chance): Promise<void> {
  const { issuer, subject } = identity;
  await client.query(
    `insert into user_identity (issuer, subject, user_id, created_at) values ($1, $2, $3, ${moment("$4")})
      on conflict (issuer, subject) do nothing`,
    [issuer, subject, userId, now],
  );
  if ((await userOf(client, identity)) !== userId)
    throw new MailError(
      "NOT_ALLOWED",
      "Whom you signed in as there is another user here already. Sign in there as somebody else, or ask an administrator.",
    );
}

/** As with a password that is chosen anew: from now on this is the way in, and what was open ends. */
async function takeUpByIdentity(
  client: PoolClient,
  identity: ProvedIdentity,
  invitation: string,
  chance: Chance,
): Promise<bigint> {
  const userId = await takeInvitation(client, invitation, chance.now);
  await client.query("delete from user_identity where user_id = $1", [userId]);
  await bind(client, identity, userId, chance);
  await client.query("update app_user set password = null where id = $1", [userId]);
  return userId;
}

const unknown = (): MailError =>
  new MailError(
    "NOT_ALLOWED",
    "Nobody here is known as the person who signed in there. Ask an administrator for a one-time link, open it, and sign in there by it.",
  );
