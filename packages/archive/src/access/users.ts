// Users and the one-time links with which they choose a password. A user without a password cannot sign in. The first administrator comes into
// being the same way: whoever can run the command line is given the link. It must never give a link twice, nor take one up twice.
import { type ArchiveId, asId, MailError } from "@packetboat/core";
import { inTransaction } from "@packetboat/database";
import type { Pool, PoolClient } from "pg";
import { millis, moment, rowsOf } from "../catalog/asking.ts";
import type { User, UserRole } from "./roles.ts";
import { type Chance, hashOf, hashOfNew, newSecret, passwordHash, readName, readPassword } from "./secrets.ts";

export interface UserInfo extends User {
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly hasPassword: boolean;
  /** Known at a provider of sign-ins. Neither: the invitation was not taken up yet. */
  readonly hasIdentity: boolean;
}

export interface NewUser {
  readonly name: string;
  readonly role: UserRole;
  /** For a reader; an admin reads all. */
  readonly archives: readonly ArchiveId[];
}

/** A one-time link, as it is given out once. */
export interface Invitation {
  readonly userId: number;
  readonly secret: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

const INVITATION_MS = 86_400_000;

export interface UserRow {
  readonly id: bigint;
  readonly name: string;
  readonly role: UserRole;
  readonly archives: readonly string[];
}

/** What userOf reads; `u` is app_user. */
export const USER_COLUMNS =
  "u.id, u.name, u.role, array(select archive_id::text from user_archive where user_id = u.id order by archive_id) as archives";

export const userOf = ({ id, name, role, archives }: UserRow): User => ({
  id: Number(id),
  name,
  role,
  archives: archives.map((archive) => asId<ArchiveId>(Number(archive))),
});

const HAS_IDENTITY = "exists (select from user_identity i where i.user_id = u.id)";
/** Whoever has neither cannot sign in yet. */
const HAS_A_WAY_IN = `(u.password is not null or ${HAS_IDENTITY})`;

/** All users, by name. */
export async function listUsers(pool: Pool): Promise<readonly UserInfo[]> {
  const rows = await rowsOf<UserRow & { created_at: number; password: boolean; identity: boolean }>(
    pool,
    `select ${USER_COLUMNS}, ${millis("u.created_at")} as created_at, u.password is not null as password, ${HAS_IDENTITY} as identity
      from app_user u order by u.name`,
  );
  return rows.map((row) => ({
    ...userOf(row),
    createdAt: row.created_at,
    hasPassword: row.password,
    hasIdentity: row.identity,
  }));
}

/** Makes a user, with the link by which they choose a password. Throws CONFIG_INVALID for a name that is taken, ARCHIVE_UNKNOWN. */
export async function createUser(pool: Pool, user: NewUser, chance: Chance): Promise<Invitation> {
  return await inTransaction(pool, async (client) => {
    const rows = await rowsOf<{ id: bigint }>(
      client,
      `insert into app_user (name, role, created_at) values ($1, $2, ${moment("$3")}) on conflict (name) do nothing returning id`,
      [readName(user.name), user.role, chance.now],
    );
    const [made] = rows;
    if (made === undefined)
      throw new MailError("CONFIG_INVALID", "There is a user of this name already. Choose another name.");
    const archives = user.role === "reader" ? [...new Set(user.archives)] : [];
    const given = await rowsOf(
      client,
      "insert into user_archive (user_id, archive_id) select $1, id from archive where id = any($2::bigint[]) returning archive_id",
      [made.id, archives],
    );
    if (given.length !== archives.length)
      throw new MailError("ARCHIVE_UNKNOWN", "One of these archives is not there. Nothing was changed.");
    return await invite(client, Number(made.id), chance);
  });
}

/** Makes the link anew, in place of an earlier one: for a password that was forgotten. The old password holds until it is taken up. */
export async function inviteAgain(pool: Pool, userId: number, chance: Chance): Promise<Invitation> {
  return await inTransaction(pool, async (client) => {
    const [user] = await rowsOf(client, "select id from app_user where id = $1 for update", [userId]);
    if (user === undefined) throw noSuchUser();
    return await invite(client, userId, chance);
  });
}

async function invite(client: PoolClient, userId: number, { now, random }: Chance): Promise<Invitation> {
  const secret = newSecret(random);
  const expiresAt = now + INVITATION_MS;
  await client.query(
    `insert into invitation (user_id, hash, expires_at) values ($1, $2, ${moment("$3")})
      on conflict (user_id) do update set hash = excluded.hash, expires_at = excluded.expires_at`,
    [userId, hashOfNew(secret), expiresAt],
  );
  return { userId, secret, expiresAt };
}

/** While nobody can administer: gives the link for the administrator `name`, who is made if need be. Null: somebody can. */
export async function firstAdmin(pool: Pool, name: string, chance: Chance): Promise<Invitation | null> {
  return await inTransaction(pool, async (client) => {
    // Two that start at once must not both make one.
    await client.query("select pg_advisory_xact_lock(hashtextextended('packetboat first admin', 0))");
    const [admin] = await rowsOf(
      client,
      `select u.id from app_user u where u.role = 'admin' and ${HAS_A_WAY_IN} limit 1`,
    );
    if (admin !== undefined) return null;
    const [row] = await rowsOf<{ id: bigint }>(
      client,
      `insert into app_user as u (name, role, created_at) values ($1, 'admin', ${moment("$2")})
        on conflict (name) do update set role = 'admin' where not ${HAS_A_WAY_IN} returning id`,
      [readName(name), chance.now],
    );
    if (row === undefined)
      throw new MailError("CONFIG_INVALID", "A reader has this name. Choose another one for the administrator.");
    return await invite(client, Number(row.id), chance);
  });
}

/**
 * Takes a link up: the password is the way in from now on, and the user's sessions and tokens end, for whoever forgot a password may have lost it
 * to somebody. Gives the name. Throws NOT_ALLOWED for a link that was used, has expired or never was; CONFIG_INVALID for a password.
 */
export async function takeUp(pool: Pool, secret: string, password: string, chance: Chance): Promise<string> {
  const hash = hashOf(secret);
  const live = `hash = $1 and expires_at > ${moment("$2")}`;
  // Before the costly hashing: links that are none cost nothing.
  const [known] =
    hash === null ? [] : await rowsOf(pool, `select user_id from invitation where ${live}`, [hash, chance.now]);
  if (known === undefined) throw spent();
  const kept = await passwordHash(readPassword(password), chance.random);
  return await inTransaction(pool, async (client) => {
    const userId = await takeInvitation(client, secret, chance.now);
    const [user] = await rowsOf<{ name: string }>(
      client,
      "update app_user set password = $2 where id = $1 returning name",
      [userId, kept],
    );
    await client.query("delete from user_identity where user_id = $1", [userId]);
    if (user === undefined) throw spent();
    return user.name;
  });
}

/** Whose link this is, before it is taken up. Throws NOT_ALLOWED as takeUp does. */
export async function invitedName(pool: Pool, secret: string, now: number): Promise<string> {
  const hash = hashOf(secret);
  const [user] =
    hash === null
      ? []
      : await rowsOf<{ name: string }>(
          pool,
          `select u.name from invitation i join app_user u on u.id = i.user_id where i.hash = $1 and i.expires_at > ${moment("$2")}`,
          [hash, now],
        );
  if (user === undefined) throw spent();
  return user.name;
}

/** Uses a link up and ends the sessions and tokens of its user, who is given. Throws NOT_ALLOWED for a link that is none any more. */
export async function takeInvitation(client: PoolClient, secret: string, now: number): Promise<bigint> {
  const [taken] = await rowsOf<{ user_id: bigint }>(
    client,
    `delete from invitation where hash = $1 and expires_at > ${moment("$2")} returning user_id`,
    [hashOf(secret), now],
  );
  if (taken === undefined) throw spent();
  await client.query("delete from session where user_id = $1", [taken.user_id]);
  await client.query("delete from api_token where user_id = $1", [taken.user_id]);
  return taken.user_id;
}

/** Removes a user with all sessions and tokens. Throws NOT_FOUND; CONFIG_INVALID for the last who can administer. */
export async function removeUser(pool: Pool, userId: number): Promise<void> {
  await inTransaction(pool, async (client) => {
    // All of them, so that two who remove each other do it in turn.
    const admins = await rowsOf<{ id: bigint }>(
      client,
      `select u.id from app_user u where u.role = 'admin' and ${HAS_A_WAY_IN} order by u.id for update of u`,
    );
    if (admins.length === 1 && Number(admins[0]?.id) === userId)
      throw new MailError("CONFIG_INVALID", "This is the last administrator. Make another one first.");
    const gone = await client.query("delete from app_user where id = $1", [userId]);
    if (gone.rowCount === 0) throw noSuchUser();
  });
}

const noSuchUser = (): MailError => new MailError("NOT_FOUND", "There is no such user.");

const spent = (): MailError =>
  new MailError(
    "NOT_ALLOWED",
    "This link was used, or has expired, or a newer one took its place. Ask an administrator for a new one; without one, start packetboat web again.",
  );
