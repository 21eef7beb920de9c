// The way to the database: what is read, what is refused, and what happens when the connection ends in the middle.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inTransaction, openDatabase } from "@packetboat/database";
import { scratchDatabase } from "@packetboat/database/testing";
import { expect, test } from "vitest";

test("int8 is a bigint, and unqualified names are ours alone", async () => {
  await using scratch = await scratchDatabase({ migrations: null });
  const { rows } = await scratch.pool.query(
    "select 9007199254740993 as big, count(*) as count, array[1, 2]::int8[] as many, current_setting('search_path') as path from (select 1) one",
  );
  expect(rows).toEqual([{ big: 9007199254740993n, count: 1n, many: [1n, 2n], path: "packetboat" }]);
});

test("a connection that ends inside a transaction is DATABASE_LOST; the next transaction works", async () => {
  await using scratch = await scratchDatabase({ migrations: null });
  await scratch.pool.query("create table public.kept (what text)");
  const broken = inTransaction(scratch.pool, async (client) => {
    await client.query("insert into public.kept values ('lost')");
    const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
    await scratch.pool.query("select pg_terminate_backend($1, 10000)", [rows[0]?.pid]);
    await client.query("insert into public.kept values ('never')");
  });
  await expect(broken).rejects.toMatchObject({ code: "DATABASE_LOST", retry: "later" });
  await inTransaction(scratch.pool, (client) => client.query("insert into public.kept values ('kept')"));
  expect((await scratch.pool.query("select what from public.kept")).rows).toEqual([{ what: "kept" }]);
});

test.each([
  ["40001", "ARCHIVE_BUSY"],
  ["40P01", "ARCHIVE_BUSY"],
  ["53100", "DISK_FULL"],
  ["23505", "BUG"],
])("SQLSTATE %s is %s, and nothing was written", async (sqlState, code) => {
  await using scratch = await scratchDatabase({ migrations: null });
  await scratch.pool.query("create table public.kept (what text)");
  const refused = inTransaction(scratch.pool, async (client) => {
    await client.query("insert into public.kept values ('rolled back')");
    await client.query(`do $$ begin raise exception 'refused' using errcode = '${sqlState}'; end $$`);
  });
  await expect(refused).rejects.toMatchObject({ code, context: { sqlState } });
  expect((await scratch.pool.query("select what from public.kept")).rows).toEqual([]);
});

test("a refused port and a server that is not Postgres are told apart from a wrong address, without the password", async () => {
  const web = createServer((socket) => socket.resume().end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
  const { port } = web.address() as AddressInfo;
  const url = `postgresql://me:s3cret-word@127.0.0.1:${port}/mail?application_name=x`;
  const notPostgres = await openDatabase({ url }).catch((error: unknown) => error);
  await new Promise((resolve) => web.close(resolve));
  const refused = await openDatabase({ url }).catch((error: unknown) => error);
  expect(notPostgres).toMatchObject({ code: "DATABASE_UNREACHABLE" });
  expect(refused).toMatchObject({
    code: "DATABASE_UNREACHABLE",
    message: expect.stringContaining(`127.0.0.1:${port}/mail cannot be reached (ECONNREFUSED)`),
  });
  expect(JSON.stringify([String(notPostgres), String(refused), notPostgres, refused])).not.toContain("s3cret-word");
  await expect(openDatabase({ url: "mysql://me:s3cret-word@127.0.0.1/mail" })).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.not.stringContaining("s3cret-word"),
  });
});

test("a wrong password and a missing database are refused in one sentence", async () => {
  const home = mkdtempSync(join(tmpdir(), "packetboat-connect-"));
  try {
    await using database = await openDatabase({ url: "", home, env: {} });
    await database.pool.query("create role guest login password 'right'");
    const rules = join(home, "postgres-18", "pg_hba.conf");
    writeFileSync(rules, `local all guest scram-sha-256\n${readFileSync(rules, "utf8")}`);
    await database.pool.query("select pg_reload_conf()");
    const as = (password: string, name: string): string =>
      database.url.replace("packetboat@", `guest:${password}@`).replace("/packetboat?", `/${name}?`);
    // The reload is a signal: the rules hold as soon as a wrong password is refused.
    await expect
      .poll(
        () =>
          openDatabase({ url: as("wrong-word", "packetboat") }).then(
            (opened) => opened.close(),
            (error: Error) => error,
          ),
        { timeout: 10_000 },
      )
      .toMatchObject({ code: "DATABASE_REFUSED", message: expect.not.stringContaining("wrong-word") });
    await expect(openDatabase({ url: as("right", "missing") })).rejects.toMatchObject({
      code: "DATABASE_REFUSED",
      message: expect.stringContaining("missing does not exist"),
    });
    await using guest = await openDatabase({ url: as("right", "packetboat") });
    expect((await guest.pool.query("select current_user as name")).rows).toEqual([{ name: "guest" }]);
  } finally {
    rmSync(home, { recursive: true });
  }
});

test("a scratch database can be copied as it is, also while its pool holds connections", async () => {
  await using original = await scratchDatabase({ migrations: null });
  await original.pool.query("create table public.kept as select 1 as n");
  await using copy = await scratchDatabase({ copyOf: original });
  await copy.pool.query("insert into public.kept values (2)");
  const { rows } = await original.pool.query<{ n: number }>("select n from public.kept");
  expect(rows).toEqual([{ n: 1 }]);
});
