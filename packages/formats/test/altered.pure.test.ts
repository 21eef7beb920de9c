// Exports that mail programs have used since: much was removed from an mbox, files of a Maildir have other names. What is whole is never taken for
// damaged, and what is not is named.
import { hash } from "node:crypto";
import { appendFile, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { exportMaildir, exportMbox } from "../src/index.ts";
import { readAll } from "./reading.ts";

const SUBJECT = { archive: "a", revision: 1, time: null, selection: "" };
const MAILBOXES = [{ path: ["INBOX"], role: null, subscribed: true }];
const textOf = (n: number) => `Subject: ${n}\n\nFrom here, ${n}.\n`;

async function* messages(count: number) {
  for (let n = 0; n < count; n++) {
    const bytes = Buffer.from(textOf(n));
    const about = { sha256: hash("sha256", bytes), size: bytes.length, flags: [], internalDate: 1_000 };
    yield {
      id: n + 1,
      mailbox: ["INBOX"],
      ...about,
      bytes: async function* () {
        yield bytes;
      },
    };
  }
}

let root = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "pb-altered-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

it("more was removed than is looked ahead, and one of the rest is altered", async () => {
  const target = join(root, "m");
  await exportMbox(target, SUBJECT, MAILBOXES, messages(1_500));
  const path = join(target, "INBOX.mbox");
  const text = await readFile(path, "latin1");
  const at = text.lastIndexOf("\nFrom packetboat", text.indexOf("Subject: 1400\n")) + 1;
  await writeFile(path, text.slice(at).replace("here, 1450", "there, 1450"));
  const { messages: read, failures } = await readAll(target);
  const expected = Array.from({ length: 100 }, (_, n) => textOf(1_400 + n)).filter((_, n) => n !== 50);
  expect(read.map(({ bytes }) => bytes.toString())).toEqual(expected);
  expect(failures[0]).toMatchObject({ place: "INBOX.mbox, message 51", reason: "damaged" });
});

it("files of a Maildir that were renamed since are proved all the same", async () => {
  const target = join(root, "m");
  await exportMaildir(target, SUBJECT, MAILBOXES, messages(3));
  const names = (await readFile(join(target, "manifest.jsonl"), "utf8"))
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { path: string }).path);
  // As mail programs do when a flag is set, and as others put files there.
  const renamed = names.map((name) => name.replace(/:2,.*$/, ":2,FS"));
  for (const [i, name] of names.entries()) await rename(join(target, name), join(target, renamed[i] ?? ""));
  await appendFile(join(target, renamed[1] ?? ""), "junk");
  await writeFile(join(target, dirname(renamed[0] ?? ""), "17.other.host:2,S"), textOf(9));
  const { messages: read, failures } = await readAll(target);
  expect(read.map(({ bytes, flags }) => [bytes.toString(), flags]).sort()).toEqual([
    [textOf(0), ["\\Flagged", "\\Seen"]],
    [textOf(2), ["\\Flagged", "\\Seen"]],
    [textOf(9), ["\\Seen"]],
  ]);
  expect(failures).toMatchObject([{ place: renamed[1], reason: "damaged" }]);
});

it("as the mbox that it is, it is read without its manifest", async () => {
  const target = join(root, "m");
  await exportMbox(target, SUBJECT, MAILBOXES, messages(3));
  const path = join(target, "INBOX.mbox");
  await writeFile(path, `${await readFile(path, "latin1")}junk`);
  expect((await readAll(target)).messages).toHaveLength(2);
  const { messages: read, failures } = await readAll(target, "mboxrd");
  expect([read.map(({ bytes }) => bytes.toString()), failures]).toEqual([
    [textOf(0), textOf(1), `${textOf(2)}\njunk`],
    [],
  ]);
});
