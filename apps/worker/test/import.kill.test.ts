// packetboat import killed with SIGKILL in the middle of its second batch: what was committed stays whole, and the same line again ends in the
// archive that an undisturbed import makes, N identical messages included. A trigger of the test holds the statement at which it is killed.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ScratchDatabase, scratchDatabase } from "@packetboat/database/testing";
import { until } from "@packetboat/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runProgram } from "./program.ts";

const KEY = 4_712;
const WAITING = `select pid from pg_locks where locktype = 'advisory' and objid = ${KEY} and not granted
  and database = (select oid from pg_database where datname = current_database())`;
/** Revision 1 makes INBOX, 2 is the first batch, 3 makes Work. */
const HOLD = (table: string) => `
  create function stop_here() returns trigger language plpgsql as $$ begin
    if (select max(number) from packetboat.revision) = 3 then perform pg_advisory_xact_lock_shared(${KEY}); end if; return null; end $$;
  create trigger stop_here before insert on ${table} for each statement execute function stop_here();
  alter table ${table} enable always trigger stop_here`;
const CONTENT = `select array_to_string(b.path, '/') || ' ' || encode(blob.sha256, 'hex') || ' ' || count(*) as line
  from mailbox_version b join message_version v on v.mailbox_id = b.mailbox_id and v.to_revision = 9223372036854775807
  join message m on m.id = v.message_id join blob on blob.id = m.blob_id group by b.path, blob.sha256 order by 1`;

let home: string;
let undisturbed: readonly string[];
const contentOf = async ({ pool }: ScratchDatabase) =>
  (await pool.query<{ line: string }>(CONTENT)).rows.map(({ line }) => line);
const importInto = ({ url }: ScratchDatabase, kill?: Promise<unknown>) =>
  runProgram(
    ["import", "mail", join(home, "mail"), "--json"],
    { PACKETBOAT_HOME: home, PACKETBOAT_DATABASE_URL: url },
    kill === undefined ? {} : { kill: { when: kill, signal: "SIGKILL" } },
  );

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "pb-import-kill-"));
  await mkdir(join(home, "mail"));
  const message = (i: number) =>
    `From a@b Tue Feb  3 04:05:06 2026\nSubject: ${i % 10 === 0 ? "the same" : i}\n\nFrom here.\n\n`;
  for (const [name, from, to] of [
    ["INBOX", 0, 700],
    ["Work", 600, 1_300],
  ] as const)
    await writeFile(
      join(home, "mail", `${name}.mbox`),
      Array.from({ length: to - from }, (_, i) => message(from + i)).join(""),
    );
  await using scratch = await scratchDatabase();
  const { code, stdout } = await importInto(scratch);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ totals: { messages: 1_400, added: 1_400 }, failed: 0 });
  undisturbed = await contentOf(scratch);
}, 60_000);
afterAll(() => rm(home, { recursive: true, force: true }));

it.each(["blob", "message_version", "revision"])(
  "S1 M10 killed at its second batch's insert into %s, it goes on",
  async (table) => {
    await using scratch = await scratchDatabase();
    await scratch.pool.query(HOLD(table));
    await using stack = new AsyncDisposableStack();
    const holder = await scratch.database.dedicated("stop");
    stack.defer(() => holder.end());
    await holder.query("select pg_advisory_lock($1)", [KEY]);
    const held = until(async () => ((await scratch.pool.query(WAITING)).rowCount ?? 0) > 0, "the second batch");
    const { code } = await importInto(scratch, held);
    await held;
    expect(code).toBeNull();
    // Its backend ends with it, before the commit that nobody sends any more.
    await scratch.pool.query(`select pg_terminate_backend(pid, 10000) from (${WAITING}) as waiting`);
    await scratch.pool.query("drop function stop_here cascade");
    const again = await importInto(scratch);
    expect(again.code).toBe(0);
    expect(JSON.parse(again.stdout).totals.added).toBe(900);
    expect(await contentOf(scratch)).toEqual(undisturbed);
    expect(JSON.parse((await importInto(scratch)).stdout).totals).toMatchObject({ added: 0, alreadyThere: 1_400 });
  },
);
