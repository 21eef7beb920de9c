// First looks over the API. The time line, of the archive and of one mailbox: right when it is asked first, after more came, and after some was erased.
// What was gone from a server of late, and how many messages differ. The head of a large mailbox: right before all of it is in order, and after.
import {
  createAccount,
  createLink,
  executeForget,
  LARGE_MAILBOX,
  openImport,
  planForget,
  resolveRevision,
} from "@packetboat/archive";
import { asId, digestsOf, type MailboxId, type MessageId, pathKey } from "@packetboat/core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Caller, person, type Served, type Stocked, served, stocked } from "./served.ts";

let api: Served;
let own: Stocked;
let reader: Caller;
const mail = (subject: string): Buffer => Buffer.from(`Subject: ${subject}\r\n\r\nText.\r\n`);

beforeAll(async () => {
  api = await served();
  own = await stocked(api, "own", [mail("one"), mail("two")]);
  await person(api, "reader", "reader", [own.id]);
  reader = await api.signedIn("reader");
}, 60_000);
afterAll(async () => api?.[Symbol.asyncDispose]());

const line = async (query = "") => (await reader.ask(`/archives/${own.id}/time-line${query}`)).body;
const arrived = async (query = ""): Promise<number> =>
  (await line(query)).slices.reduce((sum: number, slice: { readonly arrived: number }) => sum + slice.arrived, 0);

it("counts what came, goes on where it was, and forgets what was erased", async () => {
  const first = await line("?slices=10");
  expect(first).toMatchObject({ revision: 3, between: 0 });
  expect(first.slices).toHaveLength(10);
  expect(first.stops.map(({ revision }: { readonly revision: number }) => revision)).toEqual([1, 2, 3]);
  expect([await arrived(), await arrived(`?mailbox=${own.mailbox}`)]).toEqual([2, 2]);
  await stocked(api, "own", [mail("three")]);
  expect([await arrived(), await arrived(`?mailbox=${own.mailbox}`)]).toEqual([3, 3]);
  const messageIds = [asId<MessageId>(own.message)];
  await executeForget(api.scratch.pool, await planForget(api.scratch.pool, own.id, { messageIds }));
  expect([await arrived(), await arrived(`?mailbox=${own.mailbox}`)]).toEqual([2, 2]);
  expect((await reader.ask(`/archives/${own.id}/time-line?mailbox=999`)).status).toBe(404);
  expect((await reader.ask(`/archives/${own.id}/diff?from=0&kind=removed`)).body.messages).toEqual([]);
  expect((await reader.ask(`/archives/${own.id}/diff?from=0&after=1.b.2`)).status).toBe(400);
  expect(api.failures).toEqual([]);
});

it("tells the largest losses of a week, with the moment before, and counts what differs", async () => {
  const { pool } = api.scratch;
  const key = { user: "you", host: "mail.example.com", port: 993 };
  const { id: accountId } = await createAccount(pool, key, {});
  const link = await createLink(pool, {
    accountId,
    archiveId: own.id,
    rights: { pull: true, push: false },
    policy: {},
  });
  const losses = async () => (await reader.ask("/status")).body.links[0].losses;
  expect(await losses()).toEqual([]);
  const { revision } = await resolveRevision(pool, own.id, { kind: "now" });
  const DAY = 86_400_000;
  // Days ago, and what left with each revision of that run.
  const runs: readonly (readonly [number, readonly number[]])[] = [
    [8, [99]],
    [6, [5, 0, 7]],
    [5, [1]],
    [4, [3]],
    [3, [0]],
    [1, [2]],
  ];
  let number = revision;
  const ids: number[] = [];
  for (const [days, counts] of runs) {
    const at = (api.clock.now - days * DAY) / 1_000;
    const { rows } = await pool.query(
      "insert into run (link_id, holder, started_at, outcome) values ($1, 'it', to_timestamp($2), 'ok') returning id",
      [link.id, at],
    );
    ids.push(Number(rows[0].id));
    for (const vanished of counts)
      await pool.query(
        "insert into revision (archive_id, number, made_at, run_id, vanished) values ($1, $2, to_timestamp($3), $4, $5)",
        [own.id, ++number, at, rows[0].id, vanished],
      );
  }
  await pool.query("update archive set revision = $2 where id = $1", [own.id, number]);
  expect(await losses()).toMatchObject([
    { run: ids[5], messages: 2, before: number - 1, after: number },
    { run: ids[3], messages: 3 },
    { run: ids[1], messages: 12, before: revision + 1, after: revision + 4 },
  ]);
  expect((await reader.ask("/runs?limit=1")).body.runs).toMatchObject([{ run: ids[5], archiveId: own.id }]);
  const counts = async (words: string) => (await reader.ask(`/archives/${own.id}/diff/counts?${words}`)).body;
  const none = { added: 0, removed: 0, moved: 0, flagged: 0, whole: true };
  expect(await counts("from=0")).toEqual({ ...none, added: 2 });
  expect(await counts("from=now&to=0")).toEqual({ ...none, removed: 2 });
  expect(await counts("from=now")).toEqual(none);
});

it("the head of a large mailbox is the same before it is in order and when it is", async () => {
  const writer = await openImport(api.scratch.pool, own.id, () => api.clock.now);
  const ids = await writer.mailboxes([{ path: ["Large"], role: null, subscribed: true }]);
  const mailboxId = ids.get(pathKey(["Large"])) as MailboxId;
  const size = LARGE_MAILBOX + 200;
  for (let first = 0; first < size; first += size / 4)
    await writer.add(
      Array.from({ length: size / 4 }, (_, n) => {
        const bytes = mail(`Number ${first + n}`);
        // Not in the order in which they come.
        const internalDate = 1_700_000_000_000 + (((first + n) * 7_919) % size) * 60_000;
        return { mailboxId, bytes, digests: digestsOf(bytes), ordinal: 1, flags: [], internalDate };
      }),
    );
  await writer.finish();
  const asked = async (query: string) =>
    (await reader.ask(`/archives/${own.id}/mailboxes/${mailboxId}/list${query}`)).body;
  const head = await asked("?limit=20");
  const below = await asked("?offset=10&limit=20");
  const whole = await asked(`?limit=30&place=${head.messages[5].message}`);
  expect([head.total, whole.total, head.place, whole.place]).toEqual([size, size, null, 5]);
  expect(whole.messages).toHaveLength(30);
  expect([head.messages, below.messages]).toEqual([whole.messages.slice(0, 20), whole.messages.slice(10)]);
  expect(api.failures).toEqual([]);
}, 60_000);
