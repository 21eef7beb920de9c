-- The key was asked for each page of each body, a tenth of what Postgres does in a first pull, and guarded only against parts without a body.
ALTER TABLE "blob_part" DROP CONSTRAINT "blob_part_blob_id_blob_id_fk";
