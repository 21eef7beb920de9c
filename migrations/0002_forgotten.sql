-- What tells an erased message from another while a server still holds it. Made by drizzle-kit from packages/archive/src/schema.ts and
-- adjusted: no schema names (search_path decides).
CREATE TABLE "forgotten" (
	"message_id" bigint PRIMARY KEY NOT NULL,
	"size" integer NOT NULL,
	"canonical" bytea NOT NULL,
	"fingerprint" bytea,
	"internal_date" timestamp with time zone
);

ALTER TABLE "forgotten" ADD CONSTRAINT "forgotten_message_id_message_id_fk" FOREIGN KEY ("message_id") REFERENCES "message"("id") ON DELETE cascade;
