// Snapshots, log and export: every earlier revision reads as it was, by number and by time.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asId, type MessageId, type Revision } from "@packetboat/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  changesIn,
  exportMailbox,
  Filing,
  log,
  type MessageAt,
  mailboxesAt,
  messagesAt,
  readBody,
  resolveRevision,
} from "../src/index.ts";
import { add, bodyOf, type Stocked, stockedArchive } from "./stocked-archive.ts";

let stocked: Stocked;
beforeAll(async () => {
  stocked = await stockedArchive();
});
afterAll(async () => stocked[Symbol.asyncDispose]());

const at = (revision: number): Revision => asId<Revision>(revision);
const tree = async (revision: number): Promise<Record<string, readonly [number, number]>> => {
  const mailboxes = await mailboxesAt(stocked.pool, stocked.link.archiveId, at(revision));
  return Object.fromEntries(
    mailboxes.map(({ path, messages, unread }) => [path.join("/"), [messages, unread] as const]),
  );
};

describe("snapshots", () => {
  it("count every mailbox as it was", async () => {
    expect(await tree(0)).toEqual({});
    expect(await tree(2)).toEqual({ INBOX: [0, 0], Work: [0, 0] });
    expect(await tree(3)).toEqual({ INBOX: [3, 3], Work: [0, 0] });
    expect(await tree(4)).toEqual({ INBOX: [3, 2], Work: [0, 0] });
    expect(await tree(5)).toEqual({ INBOX: [2, 1], Work: [1, 1] });
    expect(await tree(6)).toEqual({ INBOX: [1, 0], Work: [1, 1] });
    expect(await tree(7)).toEqual({ INBOX: [1, 0], "Archive/Work": [1, 1] });
    expect(await tree(8)).toEqual({ INBOX: [2, 1], "Archive/Work": [1, 1] });
  });

  it("sum the bytes of messages, not of what is stored", async () => {
    const mailboxes = await mailboxesAt(stocked.pool, stocked.link.archiveId, at(3));
    const bytes = ["one", "two", "three"].reduce((sum, text) => sum + bodyOf(text).bytes.length, 0);
    expect(mailboxes.find(({ path }) => path[0] === "INBOX")?.bytes).toBe(bytes);
  });

  it("give pages by id, flags and dates of that time", async () => {
    const { pool, inbox } = stocked;
    const first = await messagesAt(pool, inbox.mailboxId, at(3), 0, 2);
    const second = await messagesAt(pool, inbox.mailboxId, at(3), first.at(-1)?.id, 2);
    expect([first.length, second.length]).toEqual([2, 1]);
    expect(first[0]).toMatchObject({ flags: [], internalDate: Date.UTC(2024, 0, 1), size: bodyOf("one").bytes.length });
    const later = await messagesAt(pool, inbox.mailboxId, at(4));
    expect(later.map(({ flags }) => flags)).toEqual([["\\Seen"], [], []]);
  });
});

describe("moments", () => {
  const resolve = async (moment: Parameters<typeof resolveRevision>[2]) =>
    (await resolveRevision(stocked.pool, stocked.link.archiveId, moment)).revision;

  it("are revisions, times, or now", async () => {
    expect(await resolve({ kind: "now" })).toBe(8);
    expect(await resolve({ kind: "revision", revision: 0 })).toBe(0);
    expect(await resolve({ kind: "revision", revision: 5 })).toBe(5);
    expect(await resolve({ kind: "time", time: 4_000 })).toBe(4);
    expect(await resolve({ kind: "time", time: 4_999 })).toBe(4);
    expect(await resolve({ kind: "time", time: 999 })).toBe(0);
    expect(await resolve({ kind: "time", time: 1e12 })).toBe(8);
  });

  it("that are not there yet are refused", async () => {
    await expect(resolve({ kind: "revision", revision: 9 })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });
});

describe("log", () => {
  it("counts what each revision changed, the latest first", async () => {
    const entries = await log(stocked.pool, stocked.link.archiveId);
    const none = { added: 0, removed: 0, moved: 0, flagged: 0, mailboxes: 0, forgotten: 0 };
    expect(entries.map(({ revision, madeAt, runId, ...counts }) => ({ revision, madeAt, ...counts }))).toEqual([
      { revision: 8, madeAt: 8_000, ...none, added: 1 },
      { revision: 7, madeAt: 7_000, ...none, mailboxes: 1 },
      { revision: 6, madeAt: 6_000, ...none, removed: 1 },
      { revision: 5, madeAt: 5_000, ...none, moved: 1 },
      { revision: 4, madeAt: 4_000, ...none, flagged: 1 },
      { revision: 3, madeAt: 3_000, ...none, added: 3 },
      { revision: 2, madeAt: 2_000, ...none, mailboxes: 1 },
      { revision: 1, madeAt: 1_000, ...none, mailboxes: 1 },
    ]);
    const page = await log(stocked.pool, stocked.link.archiveId, { from: 2, to: 6, limit: 2 });
    expect(page.map(({ revision }) => revision)).toEqual([6, 5]);
  });

  it("says what changed in a revision", async () => {
    const { pool, link } = stocked;
    const changes = async (revision: number) => changesIn(pool, link.archiveId, at(revision));
    expect((await changes(3)).messages.map(({ kind }) => kind)).toEqual(["added", "added", "added"]);
    expect((await changes(5)).messages).toEqual([
      {
        kind: "moved",
        messageId: expect.any(Number),
        before: { path: ["INBOX"], flags: [] },
        after: { path: ["Work"], flags: ["\\Flagged"] },
      },
    ]);
    expect((await changes(6)).messages).toMatchObject([{ kind: "removed", before: { path: ["INBOX"] }, after: null }]);
    expect((await changes(7)).mailboxes).toEqual([{ kind: "changed", before: ["Work"], after: ["Archive", "Work"] }]);
    expect((await changes(1)).mailboxes).toEqual([{ kind: "created", before: null, after: ["INBOX"] }]);
  });
});

describe("export", () => {
  it("C1: gives every body byte for byte, large ones in parts", async () => {
    const { pool, link } = stocked;
    const odd = Buffer.from([0, 255, 10, 13, 13, 10, 128]);
    const large = Buffer.alloc(9_000_001, "0123456789 abcdefghijklmnopqrstuvwxyz\r\n");
    for (let at = 0; at < large.length; at += 97) large[at] = at % 251;
    await add(stocked, stocked.work, [bodyOf(odd), bodyOf(large), bodyOf(Buffer.alloc(0))], 10);
    const seen: Buffer[] = [];
    const { revision } = await resolveRevision(pool, link.archiveId, { kind: "now" });
    for await (const { messages, release } of exportMailbox(pool, link.archiveId, stocked.work.mailboxId, revision)) {
      for (const { body } of messages) {
        const chunks: Buffer[] = [];
        for await (const chunk of body?.chunks ?? []) chunks.push(chunk);
        seen.push(Buffer.concat(chunks));
      }
      release();
    }
    const expected = [bodyOf("two").bytes, odd, large, Buffer.alloc(0)];
    expect(seen.map((bytes, i) => bytes.equals(expected[i] as Buffer))).toEqual([true, true, true, true]);
  });

  it("C1: writes every body to a file where files are wanted, but for large ones, which come in parts", async () => {
    const { pool, link, work } = stocked;
    const root = await mkdtemp(join(tmpdir(), "pb-filed-"));
    const filing = new Filing(0);
    const files: Promise<boolean>[] = [];
    const wanted: Buffer[] = [];
    const { revision } = await resolveRevision(pool, link.archiveId, { kind: "now" });
    for await (const { messages, release } of exportMailbox(pool, link.archiveId, work.mailboxId, revision, {
      filing,
    })) {
      for (const { id, size, body } of messages) {
        if (body?.file) files.push(body.file({ path: join(root, `${files.length}`), time: null }));
        else expect(size).toBeGreaterThan(8 * 1_048_576);
        if (body?.file) wanted.push((await readBody(pool, link.archiveId, id)) ?? Buffer.alloc(0));
        else for await (const chunk of body?.chunks ?? []) expect(chunk.length).toBeGreaterThan(0);
      }
      release();
    }
    filing.flush();
    expect(await Promise.all(files)).toEqual([true, true, true]);
    for (const [i, bytes] of wanted.entries()) expect(await readFile(join(root, `${i}`))).toEqual(bytes);
    await rm(root, { recursive: true });
  });

  it("has the flags and dates that a page has, and only the messages that are meant", async () => {
    const { pool, link, inbox } = stocked;
    const flags = ["\\Seen", "$Label", 'quo"te', "back\\slash", "{,}", "NULL", "Grüße"];
    await add(stocked, inbox, [bodyOf("flags", null)], 40, flags);
    const { revision } = await resolveRevision(pool, link.archiveId, { kind: "now" });
    const read = async (among: readonly MessageId[] | null): Promise<readonly MessageAt[]> => {
      const found: MessageAt[] = [];
      for await (const batch of exportMailbox(pool, link.archiveId, inbox.mailboxId, revision, { among }))
        found.push(...batch.messages.map(({ body: _, ...message }) => message));
      return found;
    };
    const all = await messagesAt(pool, inbox.mailboxId, revision);
    expect(await read(null)).toEqual(all);
    expect(all.at(-1)).toMatchObject({ flags: expect.arrayContaining(flags), internalDate: null });
    const some = all.slice(1);
    expect(await read(some.map(({ id }) => id))).toEqual(some);
    expect(await read([])).toEqual([]);
  });

  it("does not give a message of another archive", async () => {
    const [message] = await messagesAt(stocked.pool, stocked.inbox.mailboxId, at(3));
    expect(await readBody(stocked.pool, stocked.link.archiveId + 1, message?.id as MessageId)).toBeNull();
  });
});
