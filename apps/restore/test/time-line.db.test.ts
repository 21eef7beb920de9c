// The time line over the API, of the archive and of one mailbox: right when it is asked first, after more came, and after some was erased.
import { executeForget, planForget } from "@packetboat/archive";
import { asId, type MessageId } from "@packetboat/core";
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
