// The tables of the base as drizzle sees them: what each link and its server last agreed on, and what is not done in either direction.
// It must never be imported for its values by anything but drizzle-kit and tests (schema.ts says why).
import { sql } from "drizzle-orm";
import { boolean, index, integer, pgTable, primaryKey, text, unique } from "drizzle-orm/pg-core";
import { link, mailbox, message, run } from "./schema.ts";
import { bytea, id, int8, moment } from "./schema-columns.ts";

/** The base row of a mailbox. */
export const remoteMailbox = pgTable(
  "remote_mailbox",
  {
    id: id(),
    link_id: int8()
      .notNull()
      .references(() => link.id, { onDelete: "cascade" }),
    mailbox_id: int8()
      .notNull()
      .references(() => mailbox.id, { onDelete: "cascade" }),
    /** The server's spelling. */
    name: text().notNull(),
    /** SHA-256 of the name: long names must not break a btree. */
    name_key: bytea().notNull(),
    path: text().array().notNull(),
    /** Null: no MAILBOXID on this server. */
    object_id: text(),
    /** Null: no role declared (B3). */
    role: text(),
    subscribed: boolean().notNull(),
    resting: boolean().notNull().default(false),
    /** Null: none given yet (U4). */
    uid_validity: int8(),
    /** Null: no marks, a complete look follows. The four below are null then, or where the server gave none. */
    marked_at: moment(),
    mark_uid_validity: int8(),
    mark_uid_next: int8(),
    mark_highest_modseq: int8(),
    mark_messages: int8(),
    /** Null: never completely observed (I5). */
    complete_at: moment(),
    /** S3: what the archive's mailbox held or lost up to this revision is on the server, or has a row in `unsent`. */
    pushed_revision: int8().notNull().default(sql`0`),
    /** B1: the archive's path as of then, or when it was paired. A rekey leaves it. Null: the archive had no such mailbox then. */
    pushed_path: text().array(),
    /** S2: the name that a RENAME was about to give it. Null: none is under way. */
    renaming_to: text(),
  },
  (t) => [
    // Deferred, because two mailboxes may swap their names in one commit.
    unique("remote_mailbox_name").on(t.link_id, t.name_key),
    unique("remote_mailbox_pair").on(t.link_id, t.mailbox_id),
    index("remote_mailbox_mailbox").on(t.mailbox_id),
  ],
);

/** The base row of a message: its presence on a server. */
export const placement = pgTable(
  "placement",
  {
    remote_mailbox_id: int8()
      .notNull()
      .references(() => remoteMailbox.id, { onDelete: "cascade" }),
    /** Null: gone from the server, proved; kept so that it is never appended again. */
    uid: int8(),
    message_id: int8()
      .notNull()
      .references(() => message.id),
    /** Null: none given. */
    modseq: int8(),
    flags: text().array().notNull(),
    /** Null: the server has no immutable ids. */
    email_id: text(),
    /** C4: bound by its header alone; its bytes are read before it is removed from the server. */
    unproved: boolean().notNull().default(false),
    /** C5: what the server made of the message on APPEND, where that is known to be something else. Null: nothing else is known. */
    copy_sha256: bytea(),
    /** Null also where that copy has no header. */
    copy_fingerprint: bytea(),
    /** In bytes. */
    copy_size: integer(),
  },
  (t) => [
    unique("placement_uid").on(t.remote_mailbox_id, t.uid),
    index("placement_message").on(t.message_id),
    index("placement_email_id").on(t.email_id).where(sql`email_id is not null`),
  ],
);

/** S2: what was about to be appended or copied, until it is known what became of it. */
export const intent = pgTable(
  "intent",
  {
    remote_mailbox_id: int8()
      .notNull()
      .references(() => remoteMailbox.id, { onDelete: "cascade" }),
    message_id: int8()
      .notNull()
      .references(() => message.id),
    kind: text().notNull(),
    /** Null: the server gave none. */
    uid_validity: int8(),
    /** Null: the server gave none. */
    uid_next: int8(),
    /** As they were sent. */
    flags: text().array().notNull(),
  },
  (t) => [
    // By message first: forget asks what points to a message.
    primaryKey({ name: "intent_pkey", columns: [t.message_id, t.remote_mailbox_id, t.kind] }),
    index("intent_remote_mailbox").on(t.remote_mailbox_id),
  ],
);

/** C6, G1: what could not be pushed, and removals on the server that a halt holds back. One row a message and link (queries/unsent.ts). */
export const unsent = pgTable(
  "unsent",
  {
    remote_mailbox_id: int8()
      .notNull()
      .references(() => remoteMailbox.id, { onDelete: "cascade" }),
    message_id: int8()
      .notNull()
      .references(() => message.id),
    kind: text().notNull(),
    reason: text().notNull(),
    detail: text().notNull(),
    attempts: integer().notNull(),
    run_id: int8()
      .notNull()
      .references(() => run.id, { onDelete: "cascade" }),
  },
  (t) => [
    primaryKey({ name: "unsent_pkey", columns: [t.message_id, t.remote_mailbox_id] }),
    index("unsent_remote_mailbox").on(t.remote_mailbox_id),
    index("unsent_run").on(t.run_id, t.kind),
  ],
);

/** G1: what a run removed on a server. No key to remote_mailbox: it counts for 24 hours, also when the mailbox itself went. */
export const serverRemoval = pgTable(
  "server_removal",
  {
    run_id: int8()
      .notNull()
      .references(() => run.id, { onDelete: "cascade" }),
    remote_mailbox_id: int8().notNull(),
    messages: integer().notNull(),
    /** Of the last of them. */
    removed_at: moment().notNull(),
  },
  (t) => [
    primaryKey({ name: "server_removal_pkey", columns: [t.run_id, t.remote_mailbox_id] }),
    index("server_removal_removed_at").on(t.removed_at),
  ],
);

/** S3, C6, G1: what is not done. */
export const pending = pgTable(
  "pending",
  {
    remote_mailbox_id: int8()
      .notNull()
      .references(() => remoteMailbox.id, { onDelete: "cascade" }),
    uid: int8().notNull(),
    kind: text().notNull(),
    reason: text().notNull(),
    detail: text().notNull(),
    /** Null: the server did not state a size. */
    bytes: int8(),
    attempts: integer().notNull(),
    run_id: int8()
      .notNull()
      .references(() => run.id, { onDelete: "cascade" }),
  },
  (t) => [
    primaryKey({ name: "pending_pkey", columns: [t.remote_mailbox_id, t.uid] }),
    index("pending_run").on(t.run_id, t.kind),
  ],
);
