-- What people began through the API that takes its time: restores, exports and imports, with how far they are. Made by drizzle-kit from
-- packages/archive/src/schema-jobs.ts.
CREATE TABLE "job" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
	"kind" text NOT NULL,
	"archive_id" bigint NOT NULL,
	"user_id" bigint,
	"state" text NOT NULL,
	"asked" jsonb NOT NULL,
	"preview" jsonb,
	"progress" jsonb,
	"result" jsonb,
	"error" jsonb,
	"cancelled" boolean DEFAULT false NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"changed_at" timestamp with time zone NOT NULL,
	"ended_at" timestamp with time zone,
	CONSTRAINT "job_kind" CHECK (kind in ('restore', 'export', 'import'))
);

ALTER TABLE "job" ADD CONSTRAINT "job_archive_id_archive_id_fk" FOREIGN KEY ("archive_id") REFERENCES "archive"("id") ON DELETE cascade ON UPDATE no action;
ALTER TABLE "job" ADD CONSTRAINT "job_user_id_app_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "app_user"("id") ON DELETE set null ON UPDATE no action;
CREATE INDEX "job_archive" ON "job" USING btree ("archive_id");
CREATE INDEX "job_user" ON "job" USING btree ("user_id");