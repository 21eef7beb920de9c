-- What a server made of a message on APPEND, where that is something else, and what is known of an account's server in that (C5). Made by
-- drizzle-kit from packages/archive/src/schema.ts.
ALTER TABLE "account" ADD COLUMN "appends_read" integer DEFAULT 0 NOT NULL;
ALTER TABLE "account" ADD COLUMN "rewrites" boolean DEFAULT false NOT NULL;
ALTER TABLE "placement" ADD COLUMN "copy_sha256" bytea;
ALTER TABLE "placement" ADD COLUMN "copy_fingerprint" bytea;
ALTER TABLE "placement" ADD COLUMN "copy_size" integer;
