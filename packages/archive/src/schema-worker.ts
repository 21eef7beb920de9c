// The tables of unattended work as drizzle sees them: when links run by themselves, what accounts may still use of the day, what stopped them,
// and sign-ins that renew themselves. They grow with accounts and days, never with mail. The jobs themselves are pg-boss's affair, in its own schema.
// It must never be imported for its values by anything but drizzle-kit and tests (schema.ts says why).
import { sql } from "drizzle-orm";
import { boolean, date, index, integer, jsonb, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { account, link } from "./schema.ts";
import { bytea, int8, moment } from "./schema-columns.ts";

/** When a link runs by itself. Without a row it runs only when somebody asks. */
export const schedule = pgTable(
  "schedule",
  {
    link_id: int8()
      .primaryKey()
      .references(() => link.id, { onDelete: "cascade" }),
    /** Five fields. Null: at no fixed time, only when something changes (`watch`). */
    cron: text(),
    /** IANA name, in which the fields are read. */
    time_zone: text().notNull(),
    /** Runs start up to so many seconds later, each link at its own moment, always the same. */
    spread_seconds: integer().notNull().default(0),
    /** Changes on the server start a run at once. */
    watch: boolean().notNull().default(false),
    /** Null: no fixed time. */
    next_at: moment(),
  },
  (t) => [index("schedule_next").on(t.next_at).where(sql`next_at is not null`)],
);

/** What an account used on one day of UTC, whatever machine used it: the day's budget survives restarts. */
export const throttle = pgTable(
  "throttle",
  {
    account_id: int8()
      .notNull()
      .references(() => account.id, { onDelete: "cascade" }),
    day: date().notNull(),
    /** Bytes of bodies, fetched and appended. */
    bytes_down: int8().notNull().default(sql`0`),
    bytes_up: int8().notNull().default(sql`0`),
    commands: int8().notNull().default(sql`0`),
    /** Milliseconds that work waited for a limit. */
    waited_ms: int8().notNull().default(sql`0`),
  },
  (t) => [primaryKey({ name: "throttle_pkey", columns: [t.account_id, t.day] })],
);

/** Why nothing is done for an account: for good until a person mends it (`until` null), or for a while. No row: it works. */
export const hold = pgTable("account_hold", {
  account_id: int8()
    .primaryKey()
    .references(() => account.id, { onDelete: "cascade" }),
  /** Code of the error: AUTH_REFUSED, BUDGET_SPENT, … */
  code: text().notNull(),
  /** The sentence that tells the person what to do. Never a secret. */
  detail: text().notNull(),
  since: moment().notNull(),
  /** Null: until the password or the sign-in is given anew. */
  until: moment(),
});

/** An OAuth2 sign-in. Tokens are sealed under a key outside the database; the provider's endpoints are no secret. */
export const signIn = pgTable("sign_in", {
  account_id: int8()
    .primaryKey()
    .references(() => account.id, { onDelete: "cascade" }),
  /** Issuer, endpoints, client id, scopes: what a renewal needs beside the tokens. */
  provider: jsonb().notNull(),
  sealed: bytea().notNull(),
  /** Of the access token. */
  expires_at: moment().notNull(),
  renewed_at: moment().notNull(),
});
