-- The archive: accounts, links, blobs, mailboxes and messages with their versions, the base, runs. Made by drizzle-kit from
-- packages/archive/src/schema.ts and adjusted: no schema names (search_path decides), two unique constraints deferred, storage of bodies.
CREATE TABLE "account" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
	"user_name" text NOT NULL,
	"host" text NOT NULL,
	"port" integer NOT NULL,
	"settings" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "account_user_host_port" UNIQUE("user_name","host","port")
);

CREATE TABLE "archive" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
	"name" text NOT NULL,
	"key_space" integer DEFAULT 1 NOT NULL,
	"revision" bigint DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "archive_name" UNIQUE("name")
);

CREATE TABLE "audit" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
	"happened_at" timestamp with time zone NOT NULL,
	"kind" text NOT NULL,
	"archive_id" bigint,
	"detail" jsonb NOT NULL
);

CREATE TABLE "blob" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
	"key_space" integer NOT NULL,
	"sha256" bytea NOT NULL,
	"canonical" bytea,
	"fingerprint" bytea,
	"size" integer NOT NULL,
	"codec" smallint NOT NULL,
	"bytes" bytea,
	"stored_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "blob_sha256" UNIQUE("key_space","sha256"),
	CONSTRAINT "blob_bytes" CHECK ((bytes is null) = (codec = 2))
);

CREATE TABLE "blob_part" (
	"blob_id" bigint NOT NULL,
	"part" integer NOT NULL,
	"codec" smallint NOT NULL,
	"bytes" bytea NOT NULL,
	CONSTRAINT "blob_part_pkey" PRIMARY KEY("blob_id","part")
);

CREATE TABLE "intent" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
	"remote_mailbox_id" bigint NOT NULL,
	"run_id" bigint NOT NULL,
	"kind" text NOT NULL,
	"message_id" bigint,
	"uid_validity" bigint,
	"uid_next" bigint,
	"flags" text[] NOT NULL,
	"opened_at" timestamp with time zone NOT NULL
);

CREATE TABLE "lease" (
	"account_id" bigint PRIMARY KEY NOT NULL,
	"holder" text NOT NULL,
	"token" bigint NOT NULL,
	"acquired_at" timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE "link" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
	"account_id" bigint NOT NULL,
	"archive_id" bigint NOT NULL,
	"pull" boolean NOT NULL,
	"push" boolean NOT NULL,
	"policy" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "link_account_archive" UNIQUE("account_id","archive_id")
);

CREATE TABLE "mailbox" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
	"archive_id" bigint NOT NULL
);

CREATE TABLE "mailbox_version" (
	"mailbox_id" bigint NOT NULL,
	"archive_id" bigint NOT NULL,
	"path" text[] NOT NULL,
	"path_key" bytea NOT NULL,
	"role" text,
	"subscribed" boolean NOT NULL,
	"from_revision" bigint NOT NULL,
	"to_revision" bigint DEFAULT 9223372036854775807 NOT NULL,
	CONSTRAINT "mailbox_version_pkey" PRIMARY KEY("mailbox_id","from_revision"),
	CONSTRAINT "mailbox_version_span" CHECK (from_revision < to_revision)
);

CREATE TABLE "message" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
	"archive_id" bigint NOT NULL,
	"blob_id" bigint,
	"internal_date" timestamp with time zone
);

CREATE TABLE "message_version" (
	"message_id" bigint NOT NULL,
	"mailbox_id" bigint NOT NULL,
	"flags" text[] NOT NULL,
	"from_revision" bigint NOT NULL,
	"to_revision" bigint DEFAULT 9223372036854775807 NOT NULL,
	CONSTRAINT "message_version_pkey" PRIMARY KEY("message_id","from_revision"),
	CONSTRAINT "message_version_span" CHECK (from_revision < to_revision)
);

CREATE TABLE "pending" (
	"remote_mailbox_id" bigint NOT NULL,
	"uid" bigint NOT NULL,
	"kind" text NOT NULL,
	"reason" text NOT NULL,
	"detail" text NOT NULL,
	"bytes" bigint,
	"attempts" integer NOT NULL,
	"run_id" bigint NOT NULL,
	CONSTRAINT "pending_pkey" PRIMARY KEY("remote_mailbox_id","uid")
);

CREATE TABLE "placement" (
	"remote_mailbox_id" bigint NOT NULL,
	"uid" bigint,
	"message_id" bigint NOT NULL,
	"modseq" bigint,
	"flags" text[] NOT NULL,
	"email_id" text,
	CONSTRAINT "placement_uid" UNIQUE("remote_mailbox_id","uid")
);

CREATE TABLE "remote_mailbox" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
	"link_id" bigint NOT NULL,
	"mailbox_id" bigint NOT NULL,
	"name" text NOT NULL,
	"name_key" bytea NOT NULL,
	"path" text[] NOT NULL,
	"object_id" text,
	"role" text,
	"subscribed" boolean NOT NULL,
	"resting" boolean DEFAULT false NOT NULL,
	"uid_validity" bigint,
	"marked_at" timestamp with time zone,
	"mark_uid_validity" bigint,
	"mark_uid_next" bigint,
	"mark_highest_modseq" bigint,
	"mark_messages" bigint,
	"complete_at" timestamp with time zone,
	CONSTRAINT "remote_mailbox_name" UNIQUE("link_id","name_key") DEFERRABLE INITIALLY DEFERRED,
	CONSTRAINT "remote_mailbox_pair" UNIQUE("link_id","mailbox_id") DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE "revision" (
	"archive_id" bigint NOT NULL,
	"number" bigint NOT NULL,
	"made_at" timestamp with time zone NOT NULL,
	"run_id" bigint,
	CONSTRAINT "revision_pkey" PRIMARY KEY("archive_id","number")
);

CREATE TABLE "run" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
	"link_id" bigint NOT NULL,
	"holder" text NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"finished_at" timestamp with time zone,
	"outcome" text,
	"report" jsonb,
	"approved_at" timestamp with time zone,
	"approval_used_at" timestamp with time zone
);

CREATE TABLE "secret" (
	"account_id" bigint PRIMARY KEY NOT NULL,
	"sealed" bytea NOT NULL,
	"stored_at" timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE "audit" ADD CONSTRAINT "audit_archive_id_archive_id_fk" FOREIGN KEY ("archive_id") REFERENCES "archive"("id") ON DELETE set null;
ALTER TABLE "blob_part" ADD CONSTRAINT "blob_part_blob_id_blob_id_fk" FOREIGN KEY ("blob_id") REFERENCES "blob"("id") ON DELETE cascade;
ALTER TABLE "intent" ADD CONSTRAINT "intent_remote_mailbox_id_remote_mailbox_id_fk" FOREIGN KEY ("remote_mailbox_id") REFERENCES "remote_mailbox"("id") ON DELETE cascade;
ALTER TABLE "intent" ADD CONSTRAINT "intent_run_id_run_id_fk" FOREIGN KEY ("run_id") REFERENCES "run"("id") ON DELETE cascade;
ALTER TABLE "intent" ADD CONSTRAINT "intent_message_id_message_id_fk" FOREIGN KEY ("message_id") REFERENCES "message"("id");
ALTER TABLE "lease" ADD CONSTRAINT "lease_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE cascade;
ALTER TABLE "link" ADD CONSTRAINT "link_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE cascade;
ALTER TABLE "link" ADD CONSTRAINT "link_archive_id_archive_id_fk" FOREIGN KEY ("archive_id") REFERENCES "archive"("id") ON DELETE cascade;
ALTER TABLE "mailbox" ADD CONSTRAINT "mailbox_archive_id_archive_id_fk" FOREIGN KEY ("archive_id") REFERENCES "archive"("id") ON DELETE cascade;
ALTER TABLE "mailbox_version" ADD CONSTRAINT "mailbox_version_mailbox_id_mailbox_id_fk" FOREIGN KEY ("mailbox_id") REFERENCES "mailbox"("id") ON DELETE cascade;
ALTER TABLE "message" ADD CONSTRAINT "message_archive_id_archive_id_fk" FOREIGN KEY ("archive_id") REFERENCES "archive"("id") ON DELETE cascade;
ALTER TABLE "message" ADD CONSTRAINT "message_blob_id_blob_id_fk" FOREIGN KEY ("blob_id") REFERENCES "blob"("id");
ALTER TABLE "message_version" ADD CONSTRAINT "message_version_message_id_message_id_fk" FOREIGN KEY ("message_id") REFERENCES "message"("id") ON DELETE cascade;
ALTER TABLE "message_version" ADD CONSTRAINT "message_version_mailbox_id_mailbox_id_fk" FOREIGN KEY ("mailbox_id") REFERENCES "mailbox"("id") ON DELETE cascade;
ALTER TABLE "pending" ADD CONSTRAINT "pending_remote_mailbox_id_remote_mailbox_id_fk" FOREIGN KEY ("remote_mailbox_id") REFERENCES "remote_mailbox"("id") ON DELETE cascade;
ALTER TABLE "pending" ADD CONSTRAINT "pending_run_id_run_id_fk" FOREIGN KEY ("run_id") REFERENCES "run"("id") ON DELETE cascade;
ALTER TABLE "placement" ADD CONSTRAINT "placement_remote_mailbox_id_remote_mailbox_id_fk" FOREIGN KEY ("remote_mailbox_id") REFERENCES "remote_mailbox"("id") ON DELETE cascade;
ALTER TABLE "placement" ADD CONSTRAINT "placement_message_id_message_id_fk" FOREIGN KEY ("message_id") REFERENCES "message"("id");
ALTER TABLE "remote_mailbox" ADD CONSTRAINT "remote_mailbox_link_id_link_id_fk" FOREIGN KEY ("link_id") REFERENCES "link"("id") ON DELETE cascade;
ALTER TABLE "remote_mailbox" ADD CONSTRAINT "remote_mailbox_mailbox_id_mailbox_id_fk" FOREIGN KEY ("mailbox_id") REFERENCES "mailbox"("id") ON DELETE cascade;
ALTER TABLE "revision" ADD CONSTRAINT "revision_archive_id_archive_id_fk" FOREIGN KEY ("archive_id") REFERENCES "archive"("id") ON DELETE cascade;
ALTER TABLE "revision" ADD CONSTRAINT "revision_run_id_run_id_fk" FOREIGN KEY ("run_id") REFERENCES "run"("id") ON DELETE set null;
ALTER TABLE "run" ADD CONSTRAINT "run_link_id_link_id_fk" FOREIGN KEY ("link_id") REFERENCES "link"("id") ON DELETE cascade;
ALTER TABLE "secret" ADD CONSTRAINT "secret_account_id_account_id_fk" FOREIGN KEY ("account_id") REFERENCES "account"("id") ON DELETE cascade;
CREATE INDEX "blob_canonical" ON "blob" ("key_space","canonical") WHERE canonical is not null;
CREATE INDEX "intent_remote_mailbox" ON "intent" ("remote_mailbox_id");
CREATE INDEX "intent_run" ON "intent" ("run_id");
CREATE INDEX "intent_message" ON "intent" ("message_id") WHERE message_id is not null;
CREATE INDEX "link_archive" ON "link" ("archive_id");
CREATE INDEX "mailbox_archive" ON "mailbox" ("archive_id");
CREATE UNIQUE INDEX "mailbox_version_open" ON "mailbox_version" ("mailbox_id") WHERE to_revision = 9223372036854775807;
CREATE UNIQUE INDEX "mailbox_version_live_path" ON "mailbox_version" ("archive_id","path_key") WHERE to_revision = 9223372036854775807;
CREATE INDEX "message_blob" ON "message" ("blob_id");
CREATE INDEX "message_archive" ON "message" ("archive_id","id");
CREATE UNIQUE INDEX "message_version_open" ON "message_version" ("message_id") WHERE to_revision = 9223372036854775807;
CREATE INDEX "message_version_page" ON "message_version" ("mailbox_id","message_id");
CREATE INDEX "message_version_from" ON "message_version" ("mailbox_id","from_revision");
CREATE INDEX "message_version_to" ON "message_version" ("mailbox_id","to_revision") WHERE to_revision <> 9223372036854775807;
CREATE INDEX "pending_run" ON "pending" ("run_id","kind");
CREATE INDEX "placement_message" ON "placement" ("message_id");
CREATE INDEX "placement_email_id" ON "placement" ("email_id") WHERE email_id is not null;
CREATE INDEX "remote_mailbox_mailbox" ON "remote_mailbox" ("mailbox_id");
CREATE INDEX "revision_made_at" ON "revision" ("archive_id","made_at");
CREATE INDEX "revision_run" ON "revision" ("run_id") WHERE run_id is not null;
CREATE INDEX "run_link" ON "run" ("link_id","id");
-- By hand, from here: what drizzle cannot say.
-- Postgres would try pglz on every body, which is five sixths of the time of a write; ours are compressed already.
ALTER TABLE "blob" ALTER COLUMN "bytes" SET STORAGE EXTERNAL;
ALTER TABLE "blob_part" ALTER COLUMN "bytes" SET STORAGE EXTERNAL;
