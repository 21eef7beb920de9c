// migrations/schema.sql must be what the migrations make. Rewrite it with PACKETBOAT_WRITE_SCHEMA=1 (pnpm --filter @packetboat/database schema).
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultMigrationsDirectory, dumpSchema } from "@packetboat/database";
import { scratchDatabase } from "@packetboat/database/testing";
import { expect, test } from "vitest";

const checkedIn = join(defaultMigrationsDirectory(), "schema.sql");

test("an empty database, migrated, is migrations/schema.sql", async () => {
  await using scratch = await scratchDatabase();
  const dump = await dumpSchema(scratch.pool);
  if (process.env.PACKETBOAT_WRITE_SCHEMA === "1") writeFileSync(checkedIn, dump);
  expect(existsSync(checkedIn) ? readFileSync(checkedIn, "utf8") : "").toBe(dump);
});

test("the dump tells columns, storage, defaults, constraints and indexes, sorted, and nothing of other schemas", async () => {
  const directory = mkdtempSync(join(tmpdir(), "packetboat-schema-"));
  try {
    writeFileSync(
      join(directory, "0001_all.sql"),
      `create schema other; create table other.foreign_thing (id int);
       create type kind as enum ('b', 'a');
       create table zebra (id bigint generated always as identity primary key, data bytea not null, kind kind not null default 'a',
         size integer generated always as (octet_length(data)) stored, check (size < 100));
       alter table zebra alter column data set storage external;
       create table ant (zebra bigint not null references zebra (id) on delete cascade, flags text[] not null default '{}', unique (zebra, flags))
         with (fillfactor = 70, autovacuum_enabled = on);
       create index ant_live on ant (zebra desc) include (flags) where zebra > 3;
       create sequence counter as integer;
       create view both_of_them as select z.id, a.flags from zebra z join ant a on a.zebra = z.id;`,
    );
    await using scratch = await scratchDatabase({ migrations: directory });
    const lines = (await dumpSchema(scratch.pool)).split("\n").slice(2);
    expect(lines.join("\n")).toBe(EXPECTED);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

const EXPECTED = `create type kind as enum ('b', 'a');

create sequence counter as integer;

create table ant (
  flags text[] not null default '{}'::text[],
  zebra bigint not null
) with (autovacuum_enabled=on, fillfactor=70);

create table zebra (
  data bytea storage external not null,
  id bigint not null generated always as identity,
  kind kind not null default 'a'::kind,
  size integer generated always as (octet_length(data)) stored
);

alter table ant add constraint ant_zebra_fkey FOREIGN KEY (zebra) REFERENCES zebra(id) ON DELETE CASCADE;
alter table ant add constraint ant_zebra_flags_key UNIQUE (zebra, flags);
alter table zebra add constraint zebra_pkey PRIMARY KEY (id);
alter table zebra add constraint zebra_size_check CHECK ((size < 100));

CREATE INDEX ant_live ON ant USING btree (zebra DESC) INCLUDE (flags) WHERE (zebra > 3);

create view both_of_them as
 SELECT z.id,
    a.flags
   FROM (zebra z
     JOIN ant a ON ((a.zebra = z.id)));
`;
