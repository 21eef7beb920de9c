// The tables of storage as drizzle sees them: what archives took in, day by day, and what of it took room. They grow with archives and days, never
// with mail. All of it follows from messages and bodies, and may be emptied: catalog/storage.ts counts it anew.
// It must never be imported for its values by anything but drizzle-kit and tests (schema.ts says why).
import { date, pgTable, primaryKey } from "drizzle-orm/pg-core";
import { archive } from "./schema.ts";
import { int8 } from "./schema-columns.ts";

/** How far an archive is counted: message ids are given out under its row lock, so all up to `through` are. No row: nothing is. */
export const storageCounted = pgTable("storage_counted", {
  archive_id: int8()
    .primaryKey()
    .references(() => archive.id, { onDelete: "cascade" }),
  through: int8().notNull(),
});

export const storageDay = pgTable(
  "storage_day",
  {
    archive_id: int8()
      .notNull()
      .references(() => archive.id, { onDelete: "cascade" }),
    /** Of UTC. */
    day: date().notNull(),
    messages: int8().notNull(),
    /** Of these messages, before compression. */
    bytes: int8().notNull(),
    /** Of those whose bytes the archive had already: they took no room. */
    repeated_bytes: int8().notNull(),
    /** What the others take, compressed. */
    kept_bytes: int8().notNull(),
  },
  (t) => [primaryKey({ name: "storage_day_pkey", columns: [t.archive_id, t.day] })],
);
