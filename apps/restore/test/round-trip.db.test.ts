// Out and in again: an archive of the whole corpus, with names, flags and dates that no format can hold, exported to each format and imported
// into a fresh one, is the same archive: every byte, mailbox, flag and date. Twice adds nothing.
import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureArchive, mailboxesAt, messagesAt, openImport, resolveRevision } from "@packetboat/archive";
import { digestsOf, type MailboxId, normalFlags, pathKey } from "@packetboat/core";
import { type ScratchDatabase, scratchDatabase } from "@packetboat/database/testing";
import { exportEml, exportMaildir, exportMbox, exportZip, openSource } from "@packetboat/formats";
import { corpusMessages, orSkip } from "@packetboat/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exportedMessages } from "../src/exported.ts";
import { Intake } from "../src/import/intake.ts";
import type { Snapshot } from "../src/snapshot.ts";

const PATHS: readonly (readonly string[])[] = [
  ["INBOX"],
  ["INBOX", "a.b"],
  ["Work", "2024.mbox"],
  ["work", "2024"],
  ["Reçus & café"],
  ["con", "..", "x\r\nInjected: yes"],
  ["..", "/etc"],
  [`${"long ".repeat(60)}name`, "東京"],
  ["a.b", "c"],
  ["a", "b.c"],
  ["~", "*", '"', "\\", "%"],
  ["manifest.jsonl"],
];
const EMPTY = ["Empty", "\u202eevil"];
const FLAGS = [
  [],
  ["\\Seen"],
  ["\\Flagged", "\\Answered", "$Later"],
  ["\\Draft", "\\Deleted", "with space", "new\nline"],
  Array.from({ length: 40 }, (_, i) => `k${i}`),
];
const DATES = [
  Date.UTC(2024, 1, 29, 12, 30, 5),
  null,
  0,
  Date.UTC(1969, 11, 31),
  Date.UTC(9999, 11, 31),
  1_700_000_000_123,
];

let scratch: ScratchDatabase;
let root: string;
let messages = 0;

beforeAll(async () => {
  scratch = await scratchDatabase();
  root = await mkdtemp(join(tmpdir(), "pb-round-"));
  const { id } = await ensureArchive(scratch.pool, "original");
  const writer = await openImport(scratch.pool, id, Date.now);
  const ids = await writer.mailboxes([
    ...PATHS.map((path) => ({
      path,
      role: path[0] === "Work" ? ("sent" as const) : null,
      subscribed: path[0] !== "work",
    })),
    { path: EMPTY, role: null, subscribed: false },
  ]);
  const all = await orSkip(
    () => undefined,
    async () => {
      const found = [];
      for await (const one of corpusMessages()) found.push(one);
      return found;
    },
  );
  const seen = new Map<string, number>();
  // Some twice, in one mailbox and in another.
  const batch = [...(all ?? []), ...(all ?? []).slice(0, 40)].map(({ bytes }, i) => {
    const mailboxId = ids.get(pathKey(PATHS[i % PATHS.length] ?? [])) as MailboxId;
    const digests = digestsOf(bytes);
    const key = `${mailboxId} ${digests.canonical}`;
    seen.set(key, (seen.get(key) ?? 0) + 1);
    const flags = normalFlags(FLAGS[i % FLAGS.length] ?? []);
    return {
      mailboxId,
      digests,
      bytes,
      ordinal: seen.get(key) ?? 1,
      flags,
      internalDate: DATES[i % DATES.length] ?? null,
    };
  });
  messages = (await writer.add(batch)).added.length;
  expect(messages).toBe(batch.length);
}, 60_000);
afterAll(async () => {
  await scratch?.close();
  await rm(root, { recursive: true, force: true });
});

async function snapshotOf(name: string): Promise<Snapshot> {
  const archive = await ensureArchive(scratch.pool, name);
  const resolved = await resolveRevision(scratch.pool, archive.id, { kind: "now" });
  return { archive, ...resolved, mailboxes: await mailboxesAt(scratch.pool, archive.id, resolved.revision) };
}

/** All that an archive holds, in lines that can be compared. */
async function contentOf(name: string): Promise<readonly string[]> {
  const { mailboxes, revision } = await snapshotOf(name);
  const lines: string[] = [];
  for (const { id, path, role, subscribed } of mailboxes) {
    lines.push(JSON.stringify({ path, role, subscribed }));
    for (const { sha256, size, flags, internalDate } of await messagesAt(scratch.pool, id, revision))
      lines.push(JSON.stringify({ path, sha256, size, flags, internalDate }));
  }
  return lines.sort();
}

async function imported(place: string, into: string) {
  const archive = await ensureArchive(scratch.pool, into);
  const intake = new Intake({
    placing: {},
    into: await openImport(scratch.pool, archive.id, Date.now),
    dryRun: false,
    signal: new AbortController().signal,
    beforeWrite: () => undefined,
    onProgress: () => undefined,
  });
  const source = await openSource(place, null);
  await intake.read(source.items({}));
  await source.close();
  return { ...intake.totals, failures: intake.failures };
}

describe.each([
  ["eml", exportEml],
  ["mbox", exportMbox],
  ["maildir", exportMaildir],
  ["zip", exportZip],
] as const)("an archive exported to %s", (format, run) => {
  it("M10 C1 C2 C3 is the same one when it is imported, and nothing more when it is imported again", async (context) => {
    if (messages === 0) return context.skip("skipped: no mail corpus");
    const place = join(root, format);
    const snapshot = await snapshotOf("original");
    const subject = { archive: "original", revision: snapshot.revision, time: null, selection: "" };
    const stream = exportedMessages(scratch.pool, snapshot, { messages: 0 });
    expect(await run(place, subject, snapshot.mailboxes, stream)).toMatchObject({ messages, damaged: [] });
    if (format !== "zip") execFileSync("sha256sum", ["--strict", "--quiet", "-c", "SHA256SUMS"], { cwd: place });
    expect(await imported(place, format)).toMatchObject({ messages, added: messages, alreadyThere: 0, failures: [] });
    expect(await contentOf(format)).toEqual(await contentOf("original"));
    expect(await imported(place, format)).toMatchObject({ added: 0, alreadyThere: messages });
  });
});
