-- How much mailboxes held at some revisions (counts.ts); nothing is filled in, the next run of each archive begins it. Made by drizzle-kit from
-- packages/archive/src/schema.ts.
CREATE TABLE "mailbox_count" (
	"archive_id" bigint NOT NULL,
	"revision" bigint NOT NULL,
	"mailbox_id" bigint NOT NULL,
	"messages" bigint NOT NULL,
	"unread" bigint NOT NULL,
	"bytes" bigint NOT NULL,
	CONSTRAINT "mailbox_count_pkey" PRIMARY KEY("archive_id","revision","mailbox_id")
);

ALTER TABLE "mailbox_count" ADD CONSTRAINT "mailbox_count_archive_id_archive_id_fk" FOREIGN KEY ("archive_id") REFERENCES "archive"("id") ON DELETE cascade ON UPDATE no action;
