// What /status tells of mail that only one side has, over the API: after a restore that changed the archive alone, until it is brought back; counted
// again only when something changed. No server is behind it: what carries it out is the affair of the page's test with a real one.
import { createAccount, createLink } from "@packetboat/archive";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Caller, person, type Served, type Stocked, served, stocked } from "./served.ts";

const mail = (subject: string): Buffer => Buffer.from(`Subject: ${subject}\r\n\r\nText.\r\n`);

let api: Served;
let own: Stocked;
let admin: Caller;
let link = 0;

beforeAll(async () => {
  api = await served();
  own = await stocked(api, "own", [mail("one"), mail("two"), mail("three")]);
  await person(api, "admin", "admin");
  admin = await api.signedIn("admin");
  const { pool } = api.scratch;
  const { id: accountId } = await createAccount(pool, { user: "you", host: "mail.example.com", port: 993 }, {});
  const made = await createLink(pool, { accountId, archiveId: own.id, rights: { pull: true, push: false } });
  link = made.id;
  // As a first run would leave it that met on the server what an import had brought.
  await pool.query(
    `insert into remote_mailbox (link_id, mailbox_id, name, name_key, path, subscribed)
      values ($1, $2, 'Work', sha256('Work'), '{Parent,Work}', true)`,
    [link, own.mailbox],
  );
  await pool.query(
    `insert into placement (remote_mailbox_id, uid, message_id, flags)
      select m.id, v.message_id, v.message_id, '{}' from remote_mailbox m, message_version v`,
  );
}, 60_000);
afterAll(async () => api?.[Symbol.asyncDispose]());

const sides = async () => {
  const [{ onlyOnServer, onlyInArchive }] = (await admin.ask("/status")).body.links;
  return { onlyOnServer, onlyInArchive };
};

const ran = () =>
  api.scratch.pool.query(
    "insert into run (link_id, holder, started_at, finished_at, outcome) values ($1, 'it', now(), now(), 'ok')",
    [link],
  );

async function restored(at: string, to: object) {
  const asking = { method: "POST", body: { at, to: { kind: "place", ...to }, begin: true } } as const;
  const { job } = (await admin.ask(`/archives/${own.id}/restores`, asking)).body;
  const state = async () => (await admin.ask(`/jobs/${job}`)).body;
  await expect.poll(async () => (await state()).state).toMatch(/done|failed/);
  return await state();
}

const NONE = { onlyOnServer: null, onlyInArchive: 0 };

it("M10 what a restore removed here alone is told, and brought back exactly, whatever else changed since", async () => {
  expect(await sides()).toEqual(NONE);
  await ran();
  expect(await sides()).toEqual(NONE);
  // The first was flagged with the last revision; that is nobody's to undo.
  const { pool } = api.scratch;
  await pool.query("update message_version set to_revision = 4 where message_id = $1", [own.message]);
  await pool.query(
    "insert into message_version (message_id, mailbox_id, flags, from_revision) values ($1, $2, '{}', 4)",
    [own.message, own.mailbox],
  );
  const emptied = await restored("2", { whatCameSince: "remove" });
  expect(emptied).toMatchObject({ state: "done", result: { revision: 5, done: { removed: 2 } } });
  expect(await sides()).toEqual({ ...NONE, onlyOnServer: { messages: 2, before: 4, after: 5 } });
  for (const at of ["3", "4"])
    expect(await restored(at, { onlyOnServer: link })).toMatchObject({
      state: "done",
      result: { done: { back: 1, flagged: 0 } },
    });
  expect(await sides()).toEqual(NONE);
  const again = await restored("4", { onlyOnServer: link });
  expect(again).toMatchObject({ state: "failed", error: { text: expect.stringContaining("nothing to bring back") } });
  expect((await restored("4", { onlyOnServer: 999 })).error.text).toContain("no link 999");
});

it("is counted again when something changed, and not before; of one's own archives", async () => {
  await api.scratch.pool.query("delete from placement where message_id = $1", [own.message]);
  expect(await sides()).toEqual(NONE);
  await ran();
  expect(await sides()).toEqual({ ...NONE, onlyInArchive: 1 });
  await person(api, "stranger", "reader", [(await stocked(api, "other", [mail("x")])).id]);
  expect((await (await api.signedIn("stranger")).ask("/status")).body.links).toEqual([]);
  expect(api.failures).toEqual([]);
});
