// A kind that was named and is not what the path holds is refused before anything is read; what holds a mailbox, if an empty one, is not.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openSource, SOURCE_KINDS, type SourceKind } from "../src/index.ts";
import { lay, readAll } from "./reading.ts";

const FROM = "From - Tue Feb  3 04:05:06 2026\n";
const KINDS = SOURCE_KINDS.filter((kind) => kind !== "zip");

let root = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "pb-kinds-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const NONE = { code: "CONFIG_INVALID", message: expect.stringMatching(/ holds no mail of this kind \(.+\)\.$/) };

it.each(KINDS)("%s: a directory without mail of the kind", async (kind) => {
  await lay(root, { "empty/": null, "other/readme.txt": "From here on.\n", "other/x.bin": Buffer.from([0, 1, 2]) });
  for (const name of ["empty", "other"]) await expect(openSource(join(root, name), kind)).rejects.toMatchObject(NONE);
});

it("a zip of EML files named as something else", async () => {
  await lay(root, { "a.eml": "a: b\n\n", "b.eml": "c: d\n\n" });
  await promisify(execFile)("zip", ["-qr", join(root, "m.zip"), "a.eml", "b.eml"], { cwd: root });
  for (const kind of ["takeout", "mbox", "maildir"] as const)
    await expect(openSource(join(root, "m.zip"), kind)).rejects.toMatchObject(NONE);
  expect((await readAll(join(root, "m.zip"), "eml")).messages).toHaveLength(2);
});

it.each<readonly [SourceKind, Record<string, string | null>]>([
  ["maildir", { cur: null, new: null, tmp: null }],
  ["mbox", { "INBOX.mbox": "" }],
  ["eml", { "a/b.eml": "a: b\n" }],
  ["thunderbird", { INBOX: "", "INBOX.msf": "" }],
  ["imap-backup", { "INBOX.mbox": "", "INBOX.imap": "{}" }],
  ["takeout", { "All.mbox": `${FROM}a: b\n\n` }],
])("%s: a mailbox of the kind, if an empty one", async (kind, files) => {
  await lay(root, files);
  const { messages, mailboxes } = await readAll(root, kind);
  expect(messages.length + mailboxes.length).toBeGreaterThan(0);
});
