// The tables of access as drizzle sees them: who may sign in to the restore app, with what, and to see which archives. They grow with people and
// tokens, never with mail; what was read is in `audit` (schema.ts). No secret is kept: passwords as Argon2id, all else as SHA-256.
// It must never be imported for its values by anything but drizzle-kit and tests (schema.ts says why).
import { sql } from "drizzle-orm";
import { check, index, integer, pgTable, primaryKey, text, unique } from "drizzle-orm/pg-core";
import { archive } from "./schema.ts";
import { bytea, id, int8, moment } from "./schema-columns.ts";

export const appUser = pgTable(
  "app_user",
  {
    id: id(),
    /** In lower case. */
    name: text().notNull().unique("app_user_name"),
    /** `admin`: everything. `reader`: the archives of user_archive. */
    role: text().notNull(),
    /** Null: they sign in at a provider (user_identity), or an invitation was not taken up yet. */
    password: text(),
    created_at: moment().notNull(),
  },
  () => [check("app_user_role", sql`role in ('admin', 'reader')`)],
);

/** What a reader may read. */
export const userArchive = pgTable(
  "user_archive",
  {
    user_id: int8()
      .notNull()
      .references(() => appUser.id, { onDelete: "cascade" }),
    archive_id: int8()
      .notNull()
      .references(() => archive.id, { onDelete: "cascade" }),
  },
  (t) => [
    primaryKey({ name: "user_archive_pkey", columns: [t.user_id, t.archive_id] }),
    index("user_archive_archive").on(t.archive_id),
  ],
);

/** Whom a provider of sign-ins knows a user as: its issuer, and the subject that it never gives to anybody else. */
export const userIdentity = pgTable(
  "user_identity",
  {
    issuer: text().notNull(),
    subject: text().notNull(),
    user_id: int8()
      .notNull()
      .references(() => appUser.id, { onDelete: "cascade" }),
    created_at: moment().notNull(),
  },
  (t) => [
    primaryKey({ name: "user_identity_pkey", columns: [t.issuer, t.subject] }),
    unique("user_identity_user").on(t.user_id, t.issuer),
  ],
);

/** The one-time link that lets a user choose a password; a new one takes the place of the old. */
export const invitation = pgTable("invitation", {
  user_id: int8()
    .primaryKey()
    .references(() => appUser.id, { onDelete: "cascade" }),
  hash: bytea().notNull().unique("invitation_hash"),
  expires_at: moment().notNull(),
});

/** A sign-in by a browser, known by the hash of what its cookie holds. */
export const session = pgTable(
  "session",
  {
    id: id(),
    user_id: int8()
      .notNull()
      .references(() => appUser.id, { onDelete: "cascade" }),
    hash: bytea().notNull().unique("session_hash"),
    created_at: moment().notNull(),
    /** To the minute. */
    used_at: moment().notNull(),
    expires_at: moment().notNull(),
  },
  (t) => [index("session_user").on(t.user_id), index("session_expires").on(t.expires_at)],
);

/** What a program signs in with. */
export const apiToken = pgTable(
  "api_token",
  {
    id: id(),
    user_id: int8()
      .notNull()
      .references(() => appUser.id, { onDelete: "cascade" }),
    /** What its owner calls it. */
    name: text().notNull(),
    hash: bytea().notNull().unique("api_token_hash"),
    scopes: text().array().notNull(),
    created_at: moment().notNull(),
    /** Null: it does not expire. */
    expires_at: moment(),
    /** To the minute; null: never. */
    used_at: moment(),
  },
  (t) => [index("api_token_user").on(t.user_id)],
);

/** How often a sign-in failed, by whom it claimed to be and where it came from: digests only. Gone after a day of quiet. */
export const signInAttempt = pgTable(
  "sign_in_attempt",
  {
    subject: text().primaryKey(),
    failures: integer().notNull(),
    last_at: moment().notNull(),
    /** Null: not locked. */
    locked_until: moment(),
  },
  (t) => [index("sign_in_attempt_last").on(t.last_at)],
);
