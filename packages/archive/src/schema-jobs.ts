// The table of jobs as drizzle sees it: what people began through the API that takes its time (restores, exports, imports). It grows with what
// people ask for, never with mail, and old rows are swept. Mail itself is in none of them: selections, numbers and sentences only.
// It must never be imported for its values by anything but drizzle-kit and tests (schema.ts says why).
import { sql } from "drizzle-orm";
import { boolean, check, index, integer, jsonb, pgTable, text } from "drizzle-orm/pg-core";
import { archive } from "./schema.ts";
import { appUser } from "./schema-access.ts";
import { id, int8, moment } from "./schema-columns.ts";

export const job = pgTable(
  "job",
  {
    id: id(),
    /** `restore`, `export` or `import`. */
    kind: text().notNull(),
    archive_id: int8()
      .notNull()
      .references(() => archive.id, { onDelete: "cascade" }),
    /** Who began it; null: the user is gone since. */
    user_id: int8().references(() => appUser.id, { onDelete: "set null" }),
    /** As jobs/states.ts has them. One that is at work and whose lock nobody holds was interrupted. */
    state: text().notNull(),
    /** What was asked for, with the moment resolved. */
    asked: jsonb().notNull(),
    /** What it would do; null: it was not looked at yet. */
    preview: jsonb(),
    /** How far it is; null: not begun. */
    progress: jsonb(),
    /** What it did; null: it has not ended. */
    result: jsonb(),
    /** Code and sentence of what ended it early. */
    error: jsonb(),
    /** Somebody wants it to stop. */
    cancelled: boolean().notNull().default(false),
    /** Grows with every change of the row: by it whoever follows a job goes on where they were. */
    version: integer().notNull().default(1),
    created_at: moment().notNull(),
    /** Of the last change. */
    changed_at: moment().notNull(),
    /** Null: it has not ended. */
    ended_at: moment(),
  },
  (t) => [
    index("job_archive").on(t.archive_id),
    index("job_user").on(t.user_id),
    check("job_kind", sql`kind in ('restore', 'export', 'import')`),
  ],
);
