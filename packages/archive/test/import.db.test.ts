// Mail from elsewhere as a writer among others: counted under the archive's lock, a revision a batch, the base untouched, nothing added twice.
import { asId, digestsOf, type MailboxId, pathKey } from "@packetboat/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { log, openImport } from "../src/index.ts";
import { bodyOf, type Stocked, stockedArchive } from "./stocked-archive.ts";

let stocked: Stocked;
let clock = Date.UTC(2030, 0, 1);
const now = () => ++clock;
beforeAll(async () => {
  stocked = await stockedArchive();
});
afterAll(async () => stocked[Symbol.asyncDispose]());

const message = (mailboxId: MailboxId, text: string, ordinal = 1) => {
  const bytes = Buffer.from(text);
  return { mailboxId, ordinal, bytes, digests: digestsOf(bytes), internalDate: 1_000, flags: ["\\Seen"] };
};
const mailboxOf = async (...path: readonly string[]) => {
  const writer = await openImport(stocked.pool, stocked.link.archiveId, now);
  const id = (await writer.mailboxes([{ path, role: null, subscribed: true }])).get(pathKey(path));
  if (id === undefined) throw new Error("not made");
  return { writer, id };
};
const live = async (mailbox: MailboxId) => {
  const { rows } = await stocked.pool.query<{ n: bigint }>(
    "select count(*) as n from message_version where mailbox_id = $1 and to_revision = 9223372036854775807",
    [mailbox],
  );
  return Number(rows[0]?.n);
};

describe("an import", () => {
  it("M10 C3 is one revision a batch without a run, and adds what is missing only", async () => {
    const { writer, id } = await mailboxOf("Counted");
    const batch = [message(id, "a"), message(id, "b"), message(id, "a", 2)];
    expect(await writer.missing(batch)).toEqual(batch);
    const first = await writer.add(batch);
    expect(first.added).toEqual(batch);
    expect((await writer.add(batch)).revision).toBeNull();
    const more = [...batch, message(id, "a", 3), message(id, "c")];
    expect((await writer.add(more)).added.map(({ bytes }) => bytes.toString())).toEqual(["a", "c"]);
    expect(await live(id)).toBe(5);
    const [last, before] = await log(stocked.pool, stocked.link.archiveId, { limit: 2 });
    expect([last, before]).toMatchObject([
      { runId: null, added: 2 },
      { runId: null, added: 3 },
    ]);
  });

  it("C4 takes a copy that differs in line ends for the one that a server gave", async () => {
    const body = bodyOf("line ends");
    const lf = Buffer.from(body.bytes.toString("latin1").replaceAll("\r\n", "\n"), "latin1");
    const { writer, id } = await mailboxOf("Line ends");
    await writer.add([{ ...message(id, ""), bytes: body.bytes, digests: body.digests }]);
    expect(await writer.missing([{ ...message(id, ""), bytes: lf, digests: digestsOf(lf) }])).toEqual([]);
  });

  it("M10 of two at once adds each message once, and makes each mailbox once", async () => {
    const path = ["At once", "Both"];
    const [one, two] = await Promise.all([mailboxOf(...path), mailboxOf(...path)]);
    expect(one.id).toBe(two.id);
    const texts = Array.from({ length: 200 }, (_, i) => `message ${i}`);
    const all = await Promise.all(
      [one, two, one, two].map(({ writer, id }, i) =>
        writer.add((i < 2 ? texts : texts.toReversed()).map((text) => message(id, text))),
      ),
    );
    expect(all.reduce((sum, { added }) => sum + added.length, 0)).toBe(200);
    expect(await live(one.id)).toBe(200);
  });

  it("gives a mailbox the role of one that nobody has, and keeps those there are", async () => {
    const writer = await openImport(stocked.pool, stocked.link.archiveId, now);
    await writer.mailboxes([{ path: ["Sent"], role: "sent", subscribed: false }]);
    await writer.mailboxes([
      { path: ["Sent Mail"], role: "sent", subscribed: true },
      { path: ["Sent"], role: null, subscribed: true },
    ]);
    const { mailboxes } = await stocked.archive.tree();
    const sent = mailboxes.filter(({ path }) => path[0]?.startsWith("Sent"));
    expect(sent.map(({ path, role, subscribed }) => ({ path, role, subscribed }))).toEqual([
      { path: ["Sent"], role: "sent", subscribed: false },
      { path: ["Sent Mail"], role: null, subscribed: true },
    ]);
  });

  it("into an archive that is not there is refused", async () => {
    await expect(openImport(stocked.pool, asId(999_999), now)).rejects.toMatchObject({ code: "ARCHIVE_UNKNOWN" });
  });
});
