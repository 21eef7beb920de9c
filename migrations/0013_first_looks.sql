-- What makes the first look at an archive fast, whatever it holds: what each revision brought and took, counted as it is made (tallies.ts), and the newest
-- messages of large mailboxes (newest.ts), which the next run of each archive begins. Made by drizzle-kit from packages/archive/src/schema.ts, but for
-- the last statement.
CREATE TABLE "mailbox_newest" (
	"mailbox_id" bigint NOT NULL,
	"revision" bigint NOT NULL,
	"messages" bigint[] NOT NULL,
	CONSTRAINT "mailbox_newest_pkey" PRIMARY KEY("mailbox_id","revision")
);

CREATE TABLE "mailbox_tally" (
	"mailbox_id" bigint NOT NULL,
	"revision" bigint NOT NULL,
	"arrived" integer NOT NULL,
	"vanished" integer NOT NULL,
	CONSTRAINT "mailbox_tally_pkey" PRIMARY KEY("mailbox_id","revision")
);

ALTER TABLE "revision" ADD COLUMN "arrived" integer DEFAULT 0 NOT NULL;
ALTER TABLE "revision" ADD COLUMN "vanished" integer DEFAULT 0 NOT NULL;
ALTER TABLE "mailbox_newest" ADD CONSTRAINT "mailbox_newest_mailbox_id_mailbox_id_fk" FOREIGN KEY ("mailbox_id") REFERENCES "mailbox"("id") ON DELETE cascade ON UPDATE no action;
ALTER TABLE "mailbox_tally" ADD CONSTRAINT "mailbox_tally_mailbox_id_mailbox_id_fk" FOREIGN KEY ("mailbox_id") REFERENCES "mailbox"("id") ON DELETE cascade ON UPDATE no action;

-- What was there before is counted here, once: a second or two for each million of messages.
WITH step AS MATERIALIZED (
	SELECT v.mailbox_id, v.from_revision AS number, count(*) FILTER (WHERE p.message_id IS NULL) AS came, 0::bigint AS went,
		count(*) FILTER (WHERE p.mailbox_id IS DISTINCT FROM v.mailbox_id) AS arrived, 0::bigint AS vanished
	FROM "message_version" v LEFT JOIN "message_version" p ON p.message_id = v.message_id AND p.to_revision = v.from_revision
	GROUP BY v.mailbox_id, v.from_revision
	UNION ALL
	SELECT v.mailbox_id, v.to_revision, 0, count(*) FILTER (WHERE n.message_id IS NULL), 0, count(*) FILTER (WHERE n.mailbox_id IS DISTINCT FROM v.mailbox_id)
	FROM "message_version" v LEFT JOIN "message_version" n ON n.message_id = v.message_id AND n.from_revision = v.to_revision
	WHERE v.to_revision <> 9223372036854775807
	GROUP BY v.mailbox_id, v.to_revision
), boxes AS (
	INSERT INTO "mailbox_tally" ("mailbox_id", "revision", "arrived", "vanished")
	SELECT mailbox_id, number, sum(arrived), sum(vanished) FROM step GROUP BY mailbox_id, number HAVING sum(arrived) + sum(vanished) > 0
)
UPDATE "revision" r SET "arrived" = counted.came, "vanished" = counted.went
FROM (
	SELECT b.archive_id, step.number, sum(step.came) AS came, sum(step.went) AS went
	FROM step JOIN "mailbox" b ON b.id = step.mailbox_id GROUP BY b.archive_id, step.number
) counted WHERE r.archive_id = counted.archive_id AND r.number = counted.number;
