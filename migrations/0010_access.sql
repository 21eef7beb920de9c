-- Who may sign in to the restore app, with what, and see which archives. The audit says who, and is found by archive: it grows with
-- what is read. Made by drizzle-kit from packages/archive/src/schema-access.ts.
CREATE TABLE "api_token" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
	"user_id" bigint NOT NULL,
	"name" text NOT NULL,
	"hash" "bytea" NOT NULL,
	"scopes" text[] NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone,
	"used_at" timestamp with time zone,
	CONSTRAINT "api_token_hash" UNIQUE("hash")
);

CREATE TABLE "app_user" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
	"name" text NOT NULL,
	"role" text NOT NULL,
	"password" text,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "app_user_name" UNIQUE("name"),
	CONSTRAINT "app_user_role" CHECK (role in ('admin', 'reader'))
);

CREATE TABLE "invitation" (
	"user_id" bigint PRIMARY KEY NOT NULL,
	"hash" "bytea" NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "invitation_hash" UNIQUE("hash")
);

CREATE TABLE "session" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
	"user_id" bigint NOT NULL,
	"hash" "bytea" NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "session_hash" UNIQUE("hash")
);

CREATE TABLE "sign_in_attempt" (
	"subject" text PRIMARY KEY NOT NULL,
	"failures" integer NOT NULL,
	"last_at" timestamp with time zone NOT NULL,
	"locked_until" timestamp with time zone
);

CREATE TABLE "user_archive" (
	"user_id" bigint NOT NULL,
	"archive_id" bigint NOT NULL,
	CONSTRAINT "user_archive_pkey" PRIMARY KEY("user_id","archive_id")
);

ALTER TABLE "audit" ADD COLUMN "user_id" bigint;
ALTER TABLE "api_token" ADD CONSTRAINT "api_token_user_id_app_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "app_user"("id") ON DELETE cascade ON UPDATE no action;
ALTER TABLE "invitation" ADD CONSTRAINT "invitation_user_id_app_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "app_user"("id") ON DELETE cascade ON UPDATE no action;
ALTER TABLE "session" ADD CONSTRAINT "session_user_id_app_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "app_user"("id") ON DELETE cascade ON UPDATE no action;
ALTER TABLE "user_archive" ADD CONSTRAINT "user_archive_user_id_app_user_id_fk" FOREIGN KEY ("user_id") REFERENCES "app_user"("id") ON DELETE cascade ON UPDATE no action;
ALTER TABLE "user_archive" ADD CONSTRAINT "user_archive_archive_id_archive_id_fk" FOREIGN KEY ("archive_id") REFERENCES "archive"("id") ON DELETE cascade ON UPDATE no action;
CREATE INDEX "api_token_user" ON "api_token" USING btree ("user_id");
CREATE INDEX "session_user" ON "session" USING btree ("user_id");
CREATE INDEX "session_expires" ON "session" USING btree ("expires_at");
CREATE INDEX "sign_in_attempt_last" ON "sign_in_attempt" USING btree ("last_at");
CREATE INDEX "user_archive_archive" ON "user_archive" USING btree ("archive_id");
CREATE INDEX "audit_archive" ON "audit" USING btree ("archive_id","kind");