CREATE TABLE "storage_counted" (
	"archive_id" bigint PRIMARY KEY NOT NULL,
	"through" bigint NOT NULL
);

CREATE TABLE "storage_day" (
	"archive_id" bigint NOT NULL,
	"day" date NOT NULL,
	"messages" bigint NOT NULL,
	"bytes" bigint NOT NULL,
	"repeated_bytes" bigint NOT NULL,
	"kept_bytes" bigint NOT NULL,
	CONSTRAINT "storage_day_pkey" PRIMARY KEY("archive_id","day")
);

ALTER TABLE "storage_counted" ADD CONSTRAINT "storage_counted_archive_id_archive_id_fk" FOREIGN KEY ("archive_id") REFERENCES "archive"("id") ON DELETE cascade ON UPDATE no action;
ALTER TABLE "storage_day" ADD CONSTRAINT "storage_day_archive_id_archive_id_fk" FOREIGN KEY ("archive_id") REFERENCES "archive"("id") ON DELETE cascade ON UPDATE no action;