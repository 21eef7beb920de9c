-- What can be searched and shown of bodies, and how far each archive is indexed. The tables are made by drizzle-kit from
-- packages/archive/src/schema-search.ts; the function, the index over it and how rows are stored are by hand. No extension is needed.
CREATE TABLE "content" (
	"blob_id" bigint PRIMARY KEY NOT NULL,
	"version" smallint NOT NULL,
	"indexed_at" timestamp with time zone NOT NULL,
	"state" text NOT NULL,
	"reason" text,
	"sent_at" timestamp with time zone,
	"dated_at" timestamp with time zone,
	"shown" jsonb NOT NULL,
	"subject" text NOT NULL,
	"names" text NOT NULL,
	"words" text NOT NULL,
	"from_line" text NOT NULL,
	"to_line" text NOT NULL,
	"cc_line" text NOT NULL,
	"bcc_line" text NOT NULL,
	"files" text NOT NULL,
	"attached" boolean NOT NULL,
	"places" text NOT NULL
);

CREATE TABLE "indexed" (
	"archive_id" bigint PRIMARY KEY NOT NULL,
	"version" smallint NOT NULL,
	"through" bigint NOT NULL,
	"anew_since" timestamp with time zone
);

CREATE TABLE "indexed_week" (
	"archive_id" bigint NOT NULL,
	"week" integer NOT NULL,
	"messages" integer NOT NULL,
	CONSTRAINT "indexed_week_pkey" PRIMARY KEY("archive_id","week")
);

ALTER TABLE "content" ADD CONSTRAINT "content_blob_id_blob_id_fk" FOREIGN KEY ("blob_id") REFERENCES "blob"("id") ON DELETE cascade ON UPDATE no action;
ALTER TABLE "indexed" ADD CONSTRAINT "indexed_archive_id_archive_id_fk" FOREIGN KEY ("archive_id") REFERENCES "archive"("id") ON DELETE cascade ON UPDATE no action;
ALTER TABLE "indexed_week" ADD CONSTRAINT "indexed_week_archive_id_archive_id_fk" FOREIGN KEY ("archive_id") REFERENCES "archive"("id") ON DELETE cascade ON UPDATE no action;

-- Text is compressed from 256 bytes on and stays in the row, up to a page: a hit is one page, not a walk through TOAST.
ALTER TABLE "content" SET (toast_tuple_target = 256);
ALTER TABLE "content" ALTER COLUMN "shown" SET STORAGE MAIN;
ALTER TABLE "content" ALTER COLUMN "subject" SET STORAGE MAIN;
ALTER TABLE "content" ALTER COLUMN "names" SET STORAGE MAIN;
ALTER TABLE "content" ALTER COLUMN "words" SET STORAGE MAIN;
ALTER TABLE "content" ALTER COLUMN "from_line" SET STORAGE MAIN;
ALTER TABLE "content" ALTER COLUMN "to_line" SET STORAGE MAIN;
ALTER TABLE "content" ALTER COLUMN "cc_line" SET STORAGE MAIN;
ALTER TABLE "content" ALTER COLUMN "bcc_line" SET STORAGE MAIN;
ALTER TABLE "content" ALTER COLUMN "files" SET STORAGE MAIN;
ALTER TABLE "content" ALTER COLUMN "places" SET STORAGE MAIN;

-- What the index knows of a row. Words as they are; those of the subject once more behind "/"; each three neighbouring characters of the
-- sender behind "<", of the receivers behind ">", of file names behind "="; the places, which bring their "@".
CREATE FUNCTION content_terms(subject text, names text, words text, from_line text, to_line text, cc_line text, bcc_line text, files text, attached boolean, places text)
RETURNS tsvector LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
declare
  terms text[] := string_to_array(btrim(words), ' ') || string_to_array(btrim(subject), ' ') || string_to_array(btrim(names), ' ')
    || string_to_array(btrim(places), ' ');
  line text;
  mark text;
  chars text[];
  pieces text[];
begin
  if subject <> '' then
    terms := terms || string_to_array('/' || replace(btrim(subject), ' ', ' /'), ' ');
  end if;
  if attached then
    terms := terms || '#attachment'::text;
  end if;
  foreach line in array array['<' || from_line, '>' || to_line || ' ' || cc_line || ' ' || bcc_line, '=' || files] loop
    mark := left(line, 1);
    chars := string_to_array(substr(line, 2), null);
    pieces := '{}';
    for i in 1 .. cardinality(chars) loop
      pieces[i] := mark || chars[i] || coalesce(chars[i + 1], '') || coalesce(chars[i + 2], '');
    end loop;
    terms := terms || pieces;
  end loop;
  return array_to_tsvector(terms);
end
$$;

CREATE INDEX "content_terms" ON "content" USING gin (content_terms(subject, names, words, from_line, to_line, cc_line, bcc_line, files, attached, places));
-- Statistics would compute it for each sampled row, and no plan asks for them (search/reading.ts).
ALTER INDEX "content_terms" ALTER COLUMN 1 SET STATISTICS 0;
