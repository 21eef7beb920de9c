// First looks over the API. The time line, of the archive and of one mailbox: right when it is asked first, after more came, and after some was erased.
// The head of a large mailbox: right before all of it is in order, and after.
import { executeForget, LARGE_MAILBOX, openImport, planForget } from "@packetboat/archive";
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
