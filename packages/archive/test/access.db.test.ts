// Who can sign in: invitations once, sessions and tokens by their hash alone, lockout that counts what comes at once, roles that end with the row.
import { randomBytes } from "node:crypto";
import type { MailError } from "@packetboat/core";
import { type ScratchDatabase, scratchDatabase } from "@packetboat/database/testing";
import type { Pool } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import * as archive from "../src/index.ts";

const PASSWORD = "correct horse battery";
const SECOND = 1_000;
const DAY = 86_400_000;
let scratch: ScratchDatabase;
let pool: Pool;
const at = (now: number): archive.Chance => ({ now, random: randomBytes });
const START = Date.UTC(2026, 0, 1);

beforeAll(async () => {
  scratch = await scratchDatabase();
  pool = scratch.pool;
});
afterAll(async () => scratch?.close());

const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    (error: unknown) => (error as MailError).code,
  );

let users = 0;
async function user(role: "admin" | "reader", archives: archive.User["archives"] = []) {
  const name = `user-${++users}`;
  const { secret, userId } = await archive.createUser(pool, { name, role, archives }, at(START));
  await archive.takeUp(pool, secret, PASSWORD, at(START));
  return { name, id: userId };
}

const signIn = (name: string, password = PASSWORD, now = START, source = "192.0.2.1") =>
  archive.signIn(pool, { name, password, source }, at(now));

it("the first administrator: a link, once, and none as soon as somebody can administer", async () => {
  const [one, two] = await Promise.all([
    archive.firstAdmin(pool, "admin", at(START)),
    archive.firstAdmin(pool, "admin", at(START)),
  ]);
  // The second took the place of the first.
  const links = [one?.secret ?? "", two?.secret ?? ""];
  expect(await codeOf(archive.takeUp(pool, links[0] ?? "", "too short", at(START)))).toMatch(/CONFIG|NOT_ALLOWED/);
  const taken = await Promise.all(
    [...links, ...links].map((link) => codeOf(archive.takeUp(pool, link, PASSWORD, at(START)))),
  );
  expect(taken.sort()).toEqual(["NOT_ALLOWED", "NOT_ALLOWED", "NOT_ALLOWED", "done"]);
  expect(await archive.firstAdmin(pool, "admin", at(START))).toBeNull();
  const kept = await pool.query("select name, role, password from app_user");
  expect(kept.rows[0]).toMatchObject({ name: "admin", role: "admin" });
  expect(kept.rows[0].password).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  // The last who can administer stays.
  const [admin] = await archive.listUsers(pool);
  expect(await codeOf(archive.removeUser(pool, admin?.id ?? 0))).toBe("CONFIG_INVALID");
});

it("an invitation ends after a day; a forgotten password ends sessions and tokens", async () => {
  const { name, id } = await user("reader");
  const { secret } = await signIn(name);
  const made = await archive.makeToken(pool, id, { name: "curl", scopes: ["read"], expiresAt: null }, at(START));
  const late = await archive.inviteAgain(pool, id, at(START));
  expect(await codeOf(archive.takeUp(pool, late.secret, PASSWORD, at(START + DAY)))).toBe("NOT_ALLOWED");
  expect(await archive.callerOfSession(pool, secret, START)).not.toBeNull();
  await archive.takeUp(pool, (await archive.inviteAgain(pool, id, at(START))).secret, `${PASSWORD} 2`, at(START));
  expect(await archive.callerOfSession(pool, secret, START)).toBeNull();
  expect(await archive.callerOfToken(pool, made.secret, START)).toBeNull();
  expect(await codeOf(signIn(name))).toBe("AUTH_REJECTED");
  expect(await codeOf(signIn(name, `${PASSWORD} 2`))).toBe("done");
});

it("a session is known by its secret alone, ends unused, in time, and by signing out; no secret is kept", async () => {
  const { name, id } = await user("reader");
  const { secret } = await signIn(name);
  expect(await archive.callerOfSession(pool, secret, START + SECOND)).toMatchObject({ user: { id, role: "reader" } });
  expect(await archive.callerOfSession(pool, secret, START + DAY)).toBeNull();
  for (const forged of ["", "x", secret.slice(1), `${secret}A`, randomBytes(32).toString("base64url"), "' or true --"])
    expect(await archive.callerOfSession(pool, forged, START)).toBeNull();
  // Used every ten hours it still ends after thirty days.
  let lasted = START;
  while ((await archive.callerOfSession(pool, secret, lasted + 10 * 3_600_000)) !== null) lasted += 10 * 3_600_000;
  expect((lasted - START) / DAY).toBeGreaterThan(29);
  expect((lasted - START) / DAY).toBeLessThan(30);
  const another = await signIn(name);
  const caller = await archive.callerOfSession(pool, another.secret, START);
  await archive.endSession(pool, caller?.by.id ?? 0);
  expect(await archive.callerOfSession(pool, another.secret, START)).toBeNull();
  const { rows } = await pool.query("select s::text from session s union all select a::text from api_token a");
  expect(JSON.stringify(rows)).not.toContain(secret);
  await archive.sweepAccess(pool, START + 31 * DAY);
  expect((await pool.query("select from session")).rowCount).toBe(0);
});

it("a token ends in time and when it is revoked, by its owner only", async () => {
  const [ann, ben] = [await user("admin"), await user("admin")];
  const make = (expiresAt: number | null) =>
    archive.makeToken(pool, ann.id, { name: "curl", scopes: ["read", "read"], expiresAt }, at(START));
  const { token, secret } = await make(START + DAY);
  expect(await archive.callerOfToken(pool, secret, START)).toMatchObject({ by: { kind: "token", scopes: ["read"] } });
  expect(await archive.callerOfToken(pool, secret, START + DAY)).toBeNull();
  expect(await archive.callerOfToken(pool, secret.replace("packetboat_", ""), START)).toBeNull();
  // A session's secret is no token's, and the other way round.
  expect(await archive.callerOfSession(pool, secret.replace("packetboat_", ""), START)).toBeNull();
  expect(await codeOf(archive.revokeToken(pool, ben.id, token.id))).toBe("NOT_FOUND");
  expect(await archive.listTokens(pool, ann.id)).toMatchObject([{ name: "curl", usedAt: START, scopes: ["read"] }]);
  await archive.revokeToken(pool, ann.id, token.id);
  expect(await archive.callerOfToken(pool, secret, START)).toBeNull();
  const gone = await make(null);
  await archive.removeUser(pool, ann.id);
  expect(await archive.callerOfToken(pool, gone.secret, START)).toBeNull();
});

it("what comes at once is counted one by one: twenty guesses are five, and the right one waits too", async () => {
  const { name } = await user("reader");
  const guesses = await Promise.all(Array.from({ length: 20 }, (_, n) => codeOf(signIn(name, `wrong guess ${n}`))));
  expect(guesses.filter((code) => code === "AUTH_REJECTED")).toHaveLength(5);
  expect(guesses.filter((code) => code === "THROTTLED")).toHaveLength(15);
  expect(await codeOf(signIn(name))).toBe("THROTTLED");
  // Its owner elsewhere is not kept out, and success gives the place back.
  expect(await codeOf(signIn(name, PASSWORD, START, "198.51.100.7"))).toBe("done");
  expect(await codeOf(signIn(name, PASSWORD, START + 61 * SECOND))).toBe("done");
  expect(await codeOf(signIn(name, "wrong", START + 62 * SECOND))).toBe("AUTH_REJECTED");
  await archive.sweepAccess(pool, START + 3 * DAY);
  expect((await pool.query("select from sign_in_attempt")).rowCount).toBe(0);
});

it("names that nobody has are told as wrong passwords are", async () => {
  expect(await codeOf(signIn("nobody", PASSWORD, START, "203.0.113.9"))).toBe("AUTH_REJECTED");
  expect(await codeOf(signIn("\0", PASSWORD, START, "203.0.113.9"))).toBe("AUTH_REJECTED");
});

it("a reader's archives go with the archives, and must be there", async () => {
  const { id } = await archive.ensureArchive(pool, "one");
  const { name } = await user("reader", [id]);
  const { secret } = await signIn(name);
  expect((await archive.callerOfSession(pool, secret, START))?.user.archives).toEqual([id]);
  await archive.removeArchive(pool, id);
  expect((await archive.callerOfSession(pool, secret, START))?.user.archives).toEqual([]);
  expect(await codeOf(archive.createUser(pool, { name: "late", role: "reader", archives: [id] }, at(START)))).toBe(
    "ARCHIVE_UNKNOWN",
  );
  expect((await archive.listUsers(pool)).some((one) => one.name === "late")).toBe(false);
  expect(await codeOf(archive.createUser(pool, { name, role: "admin", archives: [] }, at(START)))).toBe(
    "CONFIG_INVALID",
  );
});
