// Verify finds what is damaged, each kind by its name: bytes and rows of the archive changed by SQL, behind the program's back, and
// messages and flags changed on the server by another program. Every damage is mended again, so that each is seen alone.
import { type Database, openDatabase } from "@packetboat/database";
import { type Dovecot, orSkip, startDovecot, WireClient } from "@packetboat/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { VerifyReport } from "../src/verify/outcome.ts";
import { type Program, program } from "./program.ts";

const ARCHIVE = "alice@127.0.0.1";
const mail = (n: number) => Buffer.from(`Subject: ${n}\r\nMessage-ID: <${n}@example.org>\r\n\r\nBody ${n}.\r\n`);

let cli: Program;
let dovecot: Dovecot | undefined;
let database: Database;

beforeAll(async () => {
  cli = await program({ PACKETBOAT_PASSWORD: "pass" });
  dovecot = await orSkip(
    () => undefined,
    () => startDovecot(),
  );
  if (dovecot === undefined) return;
  const client = await WireClient.login({ port: dovecot.port }, "alice");
  for (let n = 1; n <= 5; n++) await client.append("INBOX", mail(n), { flags: ["\\Seen"] });
  await client.logout();
  await cli.must(["backup", `imap://alice@127.0.0.1:${dovecot.port}?tls=none`]);
  database = await openDatabase({ url: cli.databaseUrl ?? "" });
});
afterAll(async () => {
  await database?.close();
  await dovecot?.stop();
  await cli[Symbol.asyncDispose]();
});

async function verified(
  ...more: readonly string[]
): Promise<{ readonly code: number | null; readonly kinds: readonly string[] }> {
  const { code, stdout } = await cli.run(["verify", ARCHIVE, "--json", ...more]);
  const report = JSON.parse(stdout) as VerifyReport;
  const kinds = new Set(report.stored.findings.map(({ kind }) => `archive ${kind}`));
  for (const server of report.servers)
    if (server.asked) for (const { kind } of server.findings) kinds.add(`server ${kind}`);
  return { code, kinds: [...kinds].sort() };
}

/** Each damage with what mends it, and the names that verify must give. */
const BY_SQL: readonly (readonly [name: string, damage: string, kinds: readonly string[]])[] = [
  [
    "a flipped byte",
    "update blob set bytes = set_byte(bytes, length(bytes) - 3, get_byte(bytes, length(bytes) - 3) # 1) where id = (select min(id) from blob)",
    ["archive bytesDiffer"],
  ],
  [
    "a truncated body",
    "update blob set bytes = substring(bytes from 1 for length(bytes) - 5) where id = (select min(id) from blob)",
    ["archive bodyTruncated"],
  ],
  ["a missing base row of a message", "delete from placement where uid = 2", ["server missingInArchive"]],
  [
    "a changed flag in the archive",
    "update message_version set flags = '{\\\\Flagged}' where message_id = (select min(message_id) from message_version)",
    ["server flagsDiffer"],
  ],
];

describe("damage by SQL", () => {
  it.each(BY_SQL)("%s", async (_, damage, kinds) => {
    if (dovecot === undefined) return;
    expect(await verified()).toEqual({ code: 0, kinds: [] });
    const tables = ["blob", "placement", "message_version"];
    for (const table of tables) await database.pool.query(`create table saved_${table} as table ${table}`);
    try {
      expect((await database.pool.query(damage)).rowCount).toBe(1);
      const { code, kinds: found } = await verified();
      expect(found).toEqual(expect.arrayContaining([...kinds]));
      expect(code).toBe(1);
    } finally {
      await database.pool.query(
        "begin; set local session_replication_role = replica; delete from placement; delete from message_version; delete from blob; insert into blob overriding system value select * from saved_blob; insert into message_version select * from saved_message_version; insert into placement select * from saved_placement; commit",
      );
      for (const table of tables) await database.pool.query(`drop table saved_${table}`);
    }
    expect(await verified()).toEqual({ code: 0, kinds: [] });
  });
});

describe("changes on the server since the last run", () => {
  it("a missing message and a changed flag are named; --deep still proves the bytes of the others", async () => {
    if (dovecot === undefined) return;
    expect(await verified("--deep")).toEqual({ code: 0, kinds: [] });
    const client = await WireClient.login({ port: dovecot.port }, "alice");
    await client.select("INBOX");
    await client.store("3", "-FLAGS", ["\\Seen"]);
    await client.store("4", "+FLAGS", ["\\Deleted"]);
    await client.expunge("4");
    await client.logout();
    expect(await verified("--deep")).toEqual({ code: 1, kinds: ["server flagsDiffer", "server missingOnServer"] });
    const { stdout, code } = await cli.run(["verify", ARCHIVE]);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /missingOnServer: INBOX: 1 message of the archive is not on the server any more\. \(UID 4\)/,
    );
    expect(stdout).toMatch(/flagsDiffer: INBOX: 1 message with other flags on the server\. \(UID 3\)/);
  });
});
