// The tables of search as drizzle sees them: what can be searched and shown of a body, and how far each archive is indexed. The index itself
// is over a function of our own, content_terms, which drizzle cannot say: migrations/0008_search.sql has both, docs/decisions/0010-search.md why.
// It must never be imported for its values by anything but drizzle-kit and tests (schema.ts says why).
import { boolean, integer, jsonb, pgTable, primaryKey, smallint, text } from "drizzle-orm/pg-core";
import { archive, blob } from "./schema.ts";
import { int8, moment } from "./schema-columns.ts";

/** Of a body, however many messages have it. Words stand between blanks, each; addresses and file names are folded lines. */
export const content = pgTable("content", {
  blob_id: int8()
    .primaryKey()
    .references(() => blob.id, { onDelete: "cascade" }),
  /** CONTENT_VERSION of the search room when it was made. */
  version: smallint().notNull(),
  indexed_at: moment().notNull(),
  /** ContentState and ContentReason of the search room. */
  state: text().notNull(),
  /** Null: nothing was in the way. */
  reason: text(),
  /** Of the Date header. Null: none that can be read. */
  sent_at: moment(),
  /** When the newest of its messages was received; which hits are the newest is chosen by it. Null: none has a date. */
  dated_at: moment(),
  /** ShownContent of the search room. */
  shown: jsonb().notNull(),
  subject: text().notNull(),
  names: text().notNull(),
  words: text().notNull(),
  from_line: text().notNull(),
  to_line: text().notNull(),
  cc_line: text().notNull(),
  bcc_line: text().notNull(),
  files: text().notNull(),
  attached: boolean().notNull(),
  /** In which archives, and there in which weeks, its messages are or were: search/places.ts. A superset. */
  places: text().notNull(),
});

/** How far an archive is indexed: message ids are given out under its row lock, so all up to `through` are seen. No row: nothing is. */
export const indexed = pgTable("indexed", {
  archive_id: int8()
    .primaryKey()
    .references(() => archive.id, { onDelete: "cascade" }),
  /** CONTENT_VERSION that it is indexed by; of an older one all is made anew. */
  version: smallint().notNull(),
  through: int8().notNull(),
  /** Contents made before this are made anew. Null: only those of older versions. */
  anew_since: moment(),
});

/** How many messages of an archive were received in each week: in which steps a search goes back in time. What is erased stays counted. */
export const indexedWeek = pgTable(
  "indexed_week",
  {
    archive_id: int8()
      .notNull()
      .references(() => archive.id, { onDelete: "cascade" }),
    /** Since 1970; -2147483648: no date. */
    week: integer().notNull(),
    messages: integer().notNull(),
  },
  (t) => [primaryKey({ name: "indexed_week_pkey", columns: [t.archive_id, t.week] })],
);
