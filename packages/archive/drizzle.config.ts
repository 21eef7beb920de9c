// How drizzle-kit makes the SQL of a migration: `pnpm exec drizzle-kit generate --name WHAT` in this directory, then adjust by hand what
// drizzle cannot say (STORAGE EXTERNAL, deferred constraints). Landed files are never edited: migrations are append-only.
import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "postgresql",
  schema: [
    "./src/schema.ts",
    "./src/schema-base.ts",
    "./src/schema-worker.ts",
    "./src/schema-search.ts",
    "./src/schema-access.ts",
    "./src/schema-jobs.ts",
    "./src/schema-storage.ts",
  ],
  out: "../../migrations",
  breakpoints: false,
});
