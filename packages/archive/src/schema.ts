// The tables of the archive as drizzle sees them (those of the base are in schema-base.ts): what drizzle-kit makes migrations from, and where
// the row types of the catalogue come from (`import type`, so nothing is loaded). Statements are SQL of our own under queries/: they are
// built for batches of thousands.
// It must never be imported for its values by anything but drizzle-kit and tests: drizzle as ESM costs 0.7 s of start-up.
import { sql } from "drizzle-orm";
import {
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  unique,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import { bytea, id, int8, moment } from "./schema-columns.ts";

/** The open end of a version: live. A number instead of null, so that `from <= R < to` is one condition for every snapshot. */
const LIVE = sql`9223372036854775807`;

/** A remote login, recognised by user, host and port (interface.md). Everything else about it is in `settings`. */
export const account = pgTable(
  "account",
  {
    id: id(),
    user_name: text().notNull(),
    host: text().notNull(),
    port: integer().notNull(),
    settings: jsonb().notNull().default({}),
    /** C5: messages that were read back after APPEND to find out whether the server rewrites; and whether one of them was rewritten. */
    appends_read: integer().notNull().default(0),
    rewrites: boolean().notNull().default(false),
    created_at: moment().notNull().defaultNow(),
  },
  (t) => [unique("account_user_host_port").on(t.user_name, t.host, t.port)],
);

/** S4: who may write for an account. The token grows with every holder and is never reused. */
export const lease = pgTable("lease", {
  account_id: int8()
    .primaryKey()
    .references(() => account.id, { onDelete: "cascade" }),
  holder: text().notNull(),
  token: int8().notNull(),
  acquired_at: moment().notNull().defaultNow(),
});

/** A kept password, sealed under a key outside the database. */
export const secret = pgTable("secret", {
  account_id: int8()
    .primaryKey()
    .references(() => account.id, { onDelete: "cascade" }),
  sealed: bytea().notNull(),
  stored_at: moment().notNull().defaultNow(),
});

/** `revision` is the last one committed; its row lock serialises writers, so revisions appear in order and without gaps. */
export const archive = pgTable("archive", {
  id: id(),
  name: text().notNull().unique("archive_name"),
  /** Blobs are shared within a key space and never across. 1: not encrypted. */
  key_space: integer().notNull().default(1),
  revision: int8().notNull().default(sql`0`),
  created_at: moment().notNull().defaultNow(),
});

export const link = pgTable(
  "link",
  {
    id: id(),
    account_id: int8()
      .notNull()
      .references(() => account.id, { onDelete: "cascade" }),
    archive_id: int8()
      .notNull()
      .references(() => archive.id, { onDelete: "cascade" }),
    pull: boolean().notNull(),
    push: boolean().notNull(),
    policy: jsonb().notNull(),
    created_at: moment().notNull().defaultNow(),
  },
  (t) => [unique("link_account_archive").on(t.account_id, t.archive_id), index("link_archive").on(t.archive_id)],
);

/** One pass over one link. `outcome` null: still running, or killed; the next holder of the lease closes it. */
export const run = pgTable(
  "run",
  {
    id: id(),
    link_id: int8()
      .notNull()
      .references(() => link.id, { onDelete: "cascade" }),
    holder: text().notNull(),
    started_at: moment().notNull(),
    /** Null while it runs. */
    finished_at: moment(),
    /** Null while it runs. */
    outcome: text(),
    /** Null while it runs, and for a run that was killed. */
    report: jsonb(),
    /** Null: nobody approved it (G1). */
    approved_at: moment(),
    /** Null: not used yet; an approval is used once. */
    approval_used_at: moment(),
  },
  (t) => [index("run_link").on(t.link_id, t.id)],
);

/** What a time is resolved by, and who made the change. */
export const revision = pgTable(
  "revision",
  {
    archive_id: int8()
      .notNull()
      .references(() => archive.id, { onDelete: "cascade" }),
    number: int8().notNull(),
    made_at: moment().notNull(),
    /** Null: not made by a run (restore, import), or the run's link was removed since. */
    run_id: int8().references(() => run.id, { onDelete: "set null" }),
    /** Messages that came into the archive, and that left it: no move, no change of flags (tallies.ts). */
    arrived: integer().notNull().default(0),
    vanished: integer().notNull().default(0),
  },
  (t) => [
    primaryKey({ name: "revision_pkey", columns: [t.archive_id, t.number] }),
    index("revision_made_at").on(t.archive_id, t.made_at),
    index("revision_run").on(t.run_id).where(sql`run_id is not null`),
  ],
);

/** Raw bytes under their SHA-256. Never updated in place, but for `stored_at`, which keeps an orphan that is wanted again from the sweep. */
export const blob = pgTable(
  "blob",
  {
    id: id(),
    key_space: integer().notNull(),
    sha256: bytea().notNull(),
    /** Null: the same as sha256, which is so for nearly all mail (C4). Spares an index entry a message. */
    canonical: bytea(),
    /** Null: the message has no header (C4). */
    fingerprint: bytea(),
    /** Of the message, in bytes, before compression. */
    size: integer().notNull(),
    /** 0: `bytes` as they are. 1: zstd. 2: in blob_part, each part with a codec of its own. */
    codec: smallint().notNull(),
    /** Null exactly with codec 2. STORAGE EXTERNAL: Postgres must not try to compress. */
    bytes: bytea(),
    stored_at: moment().notNull().defaultNow(),
  },
  (t) => [
    unique("blob_sha256").on(t.key_space, t.sha256),
    index("blob_canonical").on(t.key_space, t.canonical).where(sql`canonical is not null`),
    check("blob_bytes", sql`(bytes is null) = (codec = 2)`),
  ],
);

/**
 * What of a body fills pages (blobs.ts). No foreign key: it would be asked for each page of each body, and guards nothing but against parts
 * without a body, which are harmless. Whoever deletes a blob deletes its parts.
 */
export const blobPart = pgTable(
  "blob_part",
  {
    blob_id: int8().notNull(),
    part: integer().notNull(),
    /** 0: as they are. 1: zstd. */
    codec: smallint().notNull(),
    bytes: bytea().notNull(),
  },
  (t) => [primaryKey({ name: "blob_part_pkey", columns: [t.blob_id, t.part] })],
);

export const mailbox = pgTable(
  "mailbox",
  {
    id: id(),
    archive_id: int8()
      .notNull()
      .references(() => archive.id, { onDelete: "cascade" }),
  },
  (t) => [index("mailbox_archive").on(t.archive_id)],
);

/** docs/decisions/0002-mailbox-paths.md says why a path is an array and what path_key is. */
export const mailboxVersion = pgTable(
  "mailbox_version",
  {
    mailbox_id: int8()
      .notNull()
      .references(() => mailbox.id, { onDelete: "cascade" }),
    /** Of the mailbox; here too for the unique index of live paths. */
    archive_id: int8().notNull(),
    path: text().array().notNull(),
    path_key: bytea().notNull(),
    /** Null: no role declared (B3). */
    role: text(),
    subscribed: boolean().notNull(),
    from_revision: int8().notNull(),
    to_revision: int8().notNull().default(LIVE),
  },
  (t) => [
    primaryKey({ name: "mailbox_version_pkey", columns: [t.mailbox_id, t.from_revision] }),
    uniqueIndex("mailbox_version_open").on(t.mailbox_id).where(sql`to_revision = 9223372036854775807`),
    uniqueIndex("mailbox_version_live_path").on(t.archive_id, t.path_key).where(sql`to_revision = 9223372036854775807`),
    check("mailbox_version_span", sql`from_revision < to_revision`),
  ],
);

/** A message that the archive holds or held. Its row stays as long as a base row or an intent points to it (M8). */
export const message = pgTable(
  "message",
  {
    id: id(),
    archive_id: int8()
      .notNull()
      .references(() => archive.id, { onDelete: "cascade" }),
    /** Null: its bytes were erased for good (forget), while a server still holds it. */
    blob_id: int8().references(() => blob.id),
    /** Null: the server gave none, or nonsense (C2). */
    internal_date: moment(),
  },
  (t) => [index("message_blob").on(t.blob_id), index("message_archive").on(t.archive_id, t.id)],
);

/**
 * What tells an erased message from another, for as long as a base row or an intent points to it: without it a move (M4) or a new
 * UIDVALIDITY (U1) on the server would bring the message back as new. Goes with the message's row.
 */
export const forgotten = pgTable("forgotten", {
  message_id: int8()
    .primaryKey()
    .references(() => message.id, { onDelete: "cascade" }),
  /** In bytes. */
  size: integer().notNull(),
  canonical: bytea().notNull(),
  /** Null: the message has no header (C4). */
  fingerprint: bytea(),
  /** Null: the server gave none. */
  internal_date: moment(),
});

/** Where a message was, with which flags, from one revision to the next. Exactly one open row for a live message, none for a tombstone. */
export const messageVersion = pgTable(
  "message_version",
  {
    message_id: int8()
      .notNull()
      .references(() => message.id, { onDelete: "cascade" }),
    mailbox_id: int8()
      .notNull()
      .references(() => mailbox.id, { onDelete: "cascade" }),
    flags: text().array().notNull(),
    from_revision: int8().notNull(),
    to_revision: int8().notNull().default(LIVE),
  },
  (t) => [
    primaryKey({ name: "message_version_pkey", columns: [t.message_id, t.from_revision] }),
    uniqueIndex("message_version_open").on(t.message_id).where(sql`to_revision = 9223372036854775807`),
    index("message_version_page").on(t.mailbox_id, t.message_id),
    index("message_version_from").on(t.mailbox_id, t.from_revision),
    index("message_version_to").on(t.mailbox_id, t.to_revision).where(sql`to_revision <> 9223372036854775807`),
    check("message_version_span", sql`from_revision < to_revision`),
  ],
);

/**
 * How much mailboxes held at some revisions, so that the tree of any revision is counted from the nearest one before it (counts.ts). All of it
 * follows from message_version and may be emptied; empty mailboxes have no row.
 */
export const mailboxCount = pgTable(
  "mailbox_count",
  {
    archive_id: int8()
      .notNull()
      .references(() => archive.id, { onDelete: "cascade" }),
    revision: int8().notNull(),
    mailbox_id: int8().notNull(),
    messages: int8().notNull(),
    /** Without \Seen. */
    unread: int8().notNull(),
    /** Of the messages, before compression. */
    bytes: int8().notNull(),
  },
  (t) => [primaryKey({ name: "mailbox_count_pkey", columns: [t.archive_id, t.revision, t.mailbox_id] })],
);

/** What a revision brought into a mailbox and took out of it, also by a move (tallies.ts). No row: neither. */
export const mailboxTally = pgTable(
  "mailbox_tally",
  {
    mailbox_id: int8()
      .notNull()
      .references(() => mailbox.id, { onDelete: "cascade" }),
    revision: int8().notNull(),
    arrived: integer().notNull(),
    vanished: integer().notNull(),
  },
  (t) => [primaryKey({ name: "mailbox_tally_pkey", columns: [t.mailbox_id, t.revision] })],
);

/**
 * Which messages of a large mailbox were the newest at some revisions, so that its first page does not wait until all of it is in order
 * (newest.ts). All of it follows from message and message_version, and may be emptied.
 */
export const mailboxNewest = pgTable(
  "mailbox_newest",
  {
    mailbox_id: int8()
      .notNull()
      .references(() => mailbox.id, { onDelete: "cascade" }),
    revision: int8().notNull(),
    messages: int8().array().notNull(),
  },
  (t) => [primaryKey({ name: "mailbox_newest_pkey", columns: [t.mailbox_id, t.revision] })],
);

/**
 * What was erased for good (`forget`), and what was read and taken out through the restore app, when, by whom and how much: never the content, a
 * name or a message's digest (M8).
 */
export const audit = pgTable(
  "audit",
  {
    id: id(),
    happened_at: moment().notNull(),
    kind: text().notNull(),
    /** Null: the archive is gone since. */
    archive_id: int8().references(() => archive.id, { onDelete: "set null" }),
    /** Of app_user; null: somebody on the command line. No foreign key: it stays when the user is removed, and ids are never used again. */
    user_id: int8(),
    detail: jsonb().notNull(),
  },
  (t) => [index("audit_archive").on(t.archive_id, t.kind)],
);
