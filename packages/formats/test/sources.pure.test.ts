// Mail as other programs keep it: what is detected, which mailbox, which flags, which bytes. And what is hostile: names that climb out, zips
// that lie, JSON that is none. Nothing of it ends the reading of the rest.
import { execFile } from "node:child_process";
import {
  appendFile,
  chmod,
  mkdir,
  mkdtemp,
  readFile,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { exportEml, exportMaildir, exportMbox, exportZip, openSource } from "../src/index.ts";
import { DigestTable, textDigest } from "../src/read/digest-table.ts";
import { lay, readAll, shown } from "./reading.ts";

let root = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "pb-sources-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const FROM = "From - Tue Feb  3 04:05:06 2026\n";

describe("a Maildir", () => {
  it("of Dovecot: dots, letters, keywords, the file's time; line ends as the server had them", async () => {
    await lay(root, {
      "cur/1.M1P1.h,S=4,W=5:2,FSab": "a: b\n\nc\n",
      "cur/.hidden": "no",
      "new/2.M1P1.h": "c: d\r\nbare\n",
      "tmp/3.M1P1.h": "half",
      "dovecot-keywords": "0 $Forwarded\n1 Later\n99 x\n",
      "dovecot-uidlist": "3 V1 N2\n",
      ".Re&AOc-us.2024/cur/4:2,DRT": "x",
      ".Empty/cur": null,
      ".Empty/new": null,
    });
    await utimes(join(root, "cur/1.M1P1.h,S=4,W=5:2,FSab"), 1_000, 1_000);
    const { what, messages, mailboxes } = await readAll(root, null, {});
    expect(what).toBe("Maildir");
    expect(messages.map(shown)).toEqual([
      "INBOX $Forwarded \\Flagged \\Seen Later: a: b\r\n\r\nc\r\n",
      "INBOX: c: d\r\nbare\n",
      "Reçus/2024 \\Answered \\Deleted \\Draft: x",
    ]);
    expect(messages[0]?.internalDate).toBe(1_000_000);
    expect(mailboxes).toEqual([["INBOX"], ["Empty"], ["Reçus", "2024"]]);
  });

  it("of mbsync: Verbatim and Legacy layouts, its state, UIDs in names", async () => {
    await lay(root, {
      "INBOX/cur/1.1_1.h,U=7:2,S": "a",
      "INBOX/.mbsyncstate": "x",
      "INBOX/.uidvalidity": "1\n2\n",
      "Archive/2024/new/2.1_1.h,U=8": "b",
      "Archive/2024/tmp": null,
      "Archive/cur": null,
      "Archive/.Old/cur/3;2,F": "c",
    });
    const { messages } = await readAll(root);
    expect(messages.map(shown)).toEqual(["Archive/Old \\Flagged: c", "Archive/2024: b", "INBOX \\Seen: a"]);
  });

  it("follows no link", async () => {
    await lay(root, { "cur/1:2,S": "a" });
    await writeFile(join(root, "secret"), "secret");
    await symlink(join(root, "secret"), join(root, "cur/2:2,S"));
    await symlink("/etc", join(root, ".Etc"));
    expect((await readAll(root)).messages.map(shown)).toEqual(["INBOX \\Seen: a"]);
  });
});

it("a Thunderbird profile: accounts, .sbd, flags from its notes, which are no part of the message", async () => {
  const note = (status: string) =>
    `X-Mozilla-Status: ${status}\nX-Mozilla-Status2: 00000000\nX-Mozilla-Keys: $label1   \n`;
  await lay(root, {
    "prefs.js": "x",
    "logins.json": "secret",
    "ImapMail/imap.example.com/INBOX": `${FROM}${note("0005")}a: b\n\nx\n\n${FROM}${note("0009")}gone: yes\n\nx\n\n`,
    "ImapMail/imap.example.com/INBOX.msf": "x",
    "ImapMail/imap.example.com/INBOX.sbd/Re&AOc-us": `${FROM}a: b\nX-Mozilla-Status: 0001\n\ny\n`,
    "Mail/Local Folders/Sent": "",
    "Mail/Local Folders/Sent.msf": "x",
    "Mail/Local Folders/Archive": `${FROM}${note("1001")}a: b\n\nz\n`,
    "Mail/Local Folders/msgFilterRules.dat": "x",
    "Mail/empty": null,
  });
  const { what, messages, mailboxes } = await readAll(root);
  expect(what).toBe("Thunderbird profile");
  expect(messages.map(shown)).toEqual([
    "imap.example.com/INBOX $label1 \\Flagged \\Seen: a: b\n\nx\n",
    " $label1 \\Seen: gone: yes\n\nx\n",
    "imap.example.com/INBOX/Reçus \\Seen: a: b\nX-Mozilla-Status: 0001\n\ny\n",
    "Local Folders/Archive $Forwarded $label1 \\Seen: a: b\n\nz\n",
  ]);
  expect(mailboxes).toContainEqual(["Local Folders", "Sent"]);
});

describe("an imap-backup store", () => {
  const one = "From a@b Tue Feb  3 04:05:06 2026\na: b\n\n>From c\n>Fromage\n\n";
  const two = "From a@b Tue Feb  3 04:05:07 2026\nc: d\n\nx\n\n";
  const json = (messages: unknown) => JSON.stringify({ version: 3, uid_validity: 1, messages });

  it("gives back what it would restore, with flags", async () => {
    await lay(root, {
      "you_example.com/INBOX.mbox": one + two,
      "you_example.com/INBOX.imap": json([
        { uid: 1, offset: 0, length: one.length, flags: ["Seen", "$Later"] },
        { uid: 2, offset: one.length, length: two.length, flags: [] },
      ]),
      "you_example.com/Work/a%3a;b.mbox": two,
      "you_example.com/Work/a%3a;b.imap": JSON.stringify({ version: 1, uids: [1] }),
    });
    const { what, messages } = await readAll(root, null, {});
    expect(what).toBe("imap-backup store");
    expect(messages.map(shown)).toEqual([
      "INBOX $Later \\Seen: a: b\r\n\r\nFrom c\r\nFromage\r\n",
      "INBOX: c: d\r\n\r\nx\r\n",
      "Work/a:b: c: d\r\n\r\nx\r\n",
    ]);
    expect(messages[1]?.internalDate).toBe(Date.UTC(2026, 1, 3, 4, 5, 7));
  });

  it("names what its JSON lies about, and reads the rest", async () => {
    await lay(root, {
      "INBOX.mbox": one + two,
      "INBOX.imap": json([
        { uid: 1, offset: 3, length: 10, flags: [] },
        { uid: 2, offset: one.length, length: two.length, flags: ["Seen"] },
        { uid: 3, offset: one.length + two.length, length: 1e9, flags: [] },
        { uid: 4, offset: 1e12, length: 5 },
        { uid: 5, offset: 5, length: 5 },
      ]),
      "Broken.mbox": two,
      "Broken.imap": "{",
    });
    const { messages, failures } = await readAll(root, "imap-backup");
    expect(messages.map(shown)).toEqual(["Broken: c: d\n\nx\n", "INBOX \\Seen: c: d\n\nx\n"]);
    expect(failures.map(({ place, reason }) => `${place}: ${reason}`)).toEqual([
      "Broken.mbox: damaged",
      "INBOX.mbox, message 1: damaged",
      "INBOX.mbox, message 5: damaged",
      "INBOX.mbox, message 3: tooLarge",
      "INBOX.mbox, message 4: damaged",
    ]);
  });
});

it("names that are not UTF-8 are told once, and the rest is read", async () => {
  await lay(root, { "a.eml": "x: y\n", "Work/b.eml": "z" });
  const below = (name: string) => Buffer.concat([Buffer.from(`${root}/`), Buffer.from(name, "latin1")]);
  await mkdir(below("Re\xe7us"));
  await writeFile(below("Re\xe7us/c.eml"), "lost");
  await writeFile(below("caf\xe9.eml"), "lost");
  const { messages, failures } = await readAll(root);
  expect(messages.map(shown)).toEqual(["INBOX: x: y\n", "Work: z"]);
  expect(failures.map(({ place, reason }) => `${place} ${reason}`).sort()).toEqual([
    "Re\ufffdus unsafeName",
    "caf\ufffd.eml unsafeName",
  ]);
});

it("a file and a directory that may not be read are named, and the rest is read", async () => {
  await lay(root, { "a.eml": "x: y\n", "closed.eml": "z", other: "z", "Shut/b.eml": "z" });
  for (const name of ["closed.eml", "other", "Shut"]) await chmod(join(root, name), 0);
  const reader = [process.execPath, join(import.meta.dirname, "commands/read-all.ts"), root];
  // Root may read everything; the owner without root's rights may not.
  const ordinary = process.getuid?.() === 0 ? ["unshare", "--user", "--map-user=1000", "--map-group=1000"] : [];
  const [command = "", ...rest] = [...ordinary, ...reader];
  const { stdout } = await promisify(execFile)(command, rest);
  await chmod(join(root, "Shut"), 0o700);
  expect(JSON.parse(stdout)).toEqual({
    messages: ["INBOX: x: y\n"],
    failures: ["Shut unreadable", "closed.eml unreadable"],
  });
});

it("EML files: directories are mailboxes, bytes and dates those of the files", async () => {
  await lay(root, { "a.eml": "x: y\n", "Work/2024/b.EML": "z", "Work/notes.txt": "no" });
  await utimes(join(root, "a.eml"), 86_400, 86_400);
  const { what, messages } = await readAll(root, null, {});
  expect([what, ...messages.map(shown)]).toEqual(["EML files", "INBOX: x: y\n", "Work/2024: z"]);
  expect(messages[0]?.internalDate).toBe(86_400_000);
});

it("a message above 512 MB is named and not read, and the next one is", async () => {
  await lay(root, { "a.eml": "x", "b.eml": "y" });
  await truncate(join(root, "a.eml"), 600 * 1_048_576);
  const { messages, failures } = await readAll(root);
  expect(messages.map(shown)).toEqual(["INBOX: y"]);
  expect(failures).toMatchObject([{ place: "a.eml", reason: "tooLarge" }]);
});

it("a file without a byte is no message: it is named, and the rest goes on", async () => {
  await lay(root, {
    "eml/a.eml": "",
    "eml/b.eml": "y",
    "m/cur/1.M1P1.h:2,S": "",
    "m/cur/2.M1P1.h": "z",
    "m/new": null,
  });
  for (const [directory, place, message] of [
    ["eml", "a.eml", "INBOX: y"],
    ["m", "cur/1.M1P1.h:2,S", "INBOX: z"],
  ] as const) {
    const { messages, failures } = await readAll(join(root, directory));
    expect(messages.map(shown)).toEqual([message]);
    expect(failures).toMatchObject([{ place, reason: "empty" }]);
  }
});

it("a directory of mboxes: names are mailboxes", async () => {
  const text = `${FROM}a: b\n\nx\n`;
  await lay(root, {
    "INBOX.mbox": text,
    "Work.mbox": text,
    "Work/2024.mbox": text,
    "Apple.mbox/mbox": text,
    plain: text,
    notes: "no",
  });
  const { what, messages } = await readAll(root);
  expect(what).toBe("mbox");
  expect(messages.flatMap(({ mailboxes }) => mailboxes.map((path) => path.join("/"))).sort()).toEqual([
    "Apple",
    "INBOX",
    "Work",
    "Work/2024",
    "plain",
  ]);
});

describe("what a path holds", () => {
  it.each<readonly [string, Record<string, string | null>]>([
    ["nothing", {}],
    ["no mail", { "a.txt": "x", "b/c.pdf": "y" }],
  ])("%s is refused, with the ways to say it", async (_, files) => {
    await lay(root, files);
    await expect(openSource(root, null)).rejects.toThrow(/not clear.*mbox.*maildir.*takeout/);
  });

  it("gzip is named", async () => {
    await writeFile(join(root, "a.mbox.gz"), Buffer.from([0x1f, 0x8b, 8, 0]));
    await expect(openSource(join(root, "a.mbox.gz"), null)).rejects.toThrow(/gunzip/);
  });

  it("what is not there is named", async () => {
    await expect(openSource(join(root, "none"), null)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });
});

describe("an export of ours", () => {
  const subject = { archive: "a", revision: 1, time: null, selection: "" };
  const mailboxes = [{ path: ["Wo/rk", "a.b"], role: null, subscribed: true }];
  const bytes = [Buffer.from("a: b\n\nFrom x\nno end"), Buffer.alloc(0), Buffer.from("c: d\r\n\r\n")];
  const messages = async function* () {
    for (const [i, each] of bytes.entries())
      yield {
        id: i + 1,
        mailbox: ["Wo/rk", "a.b"],
        sha256: (await import("node:crypto")).hash("sha256", each),
        size: each.length,
        flags: ["\\Seen"],
        internalDate: i === 1 ? null : 1_234,
        bytes: async function* () {
          yield each;
        },
      };
  };
  const whole = bytes.map((each) => `Wo/rk/a.b \\Seen: ${each}`);

  it.each([
    ["eml", exportEml],
    ["mbox", exportMbox],
    ["maildir", exportMaildir],
    ["zip", exportZip],
  ] as const)("to %s comes back exactly", async (_, run) => {
    const target = join(root, "export");
    await run(target, subject, mailboxes, messages());
    const read = await readAll(target, null, {});
    expect(read.what).toMatch(/Packetboat's export/);
    expect(read.failures).toEqual([]);
    expect(read.messages.map(shown)).toEqual(whole);
    expect(read.messages.map(({ internalDate }) => internalDate)).toEqual([1_234, null, 1_234]);
  });

  it("names what is missing or was changed, and reads what somebody put there", async () => {
    await exportEml(join(root, "e"), subject, mailboxes, messages());
    await lay(join(root, "e"), {
      "Wo_rk/a.b/1970-01-01_000001_1.eml": "changed",
      "Wo_rk/a.b/new.eml": "new",
      "Other/x.eml": "other",
    });
    await rm(join(root, "e/Wo_rk/a.b/undated_2.eml"));
    const { messages: read, failures } = await readAll(join(root, "e"));
    expect(read.map(shown)).toEqual([whole[2], "Other: other", "Wo/rk/a.b: new"]);
    expect(failures.map(({ reason }) => reason)).toEqual(["damaged", "damaged"]);
  });

  it("finds its way in an mbox from which a mail program removed a message, and to which it added one", async () => {
    await exportMbox(join(root, "m"), subject, mailboxes, messages());
    const path = join(root, "m/Wo_rk/a.b.mbox");
    const text = (await import("node:fs")).readFileSync(path, "latin1");
    const second = text.indexOf("From packetboat", 5);
    await writeFile(path, `${text.slice(second)}${FROM}e: f\n\nadded\n\n`);
    const { messages: read, failures } = await readAll(join(root, "m"));
    expect(read.map(shown)).toEqual([whole[1], whole[2], "Wo/rk/a.b: e: f\n\nadded\n"]);
    expect(failures).toEqual([]);
  });

  it.each([
    ["eml", exportEml],
    ["mbox", exportMbox],
    ["maildir", exportMaildir],
  ] as const)("names the altered message of one to %s once, and has the others", async (format, run) => {
    const target = join(root, "e");
    await run(target, subject, mailboxes, messages());
    const line = (await readFile(join(target, "manifest.jsonl"), "utf8")).trim().split("\n").at(-1) ?? "";
    const { path: name } = JSON.parse(line) as { path: string };
    const path = join(target, name);
    await appendFile(path, "junk");
    const { messages: read, failures } = await readAll(target);
    expect(read.map(shown)).toEqual(whole.slice(0, 2));
    expect(failures).toEqual([
      {
        kind: "failed",
        place: format === "mbox" ? "Wo_rk/a.b.mbox, message 3" : name,
        reason: "damaged",
        detail: "Its bytes are not those that the manifest states.",
      },
    ]);
  });

  it("counts what is missing from an mbox beside what is altered in it", async () => {
    await exportMbox(join(root, "m"), subject, mailboxes, messages());
    const path = join(root, "m/Wo_rk/a.b.mbox");
    const text = await readFile(path, "latin1");
    const [second, third] = [text.indexOf("From packetboat", 5), text.lastIndexOf("From packetboat")];
    const detailsOf = async (content: string) => {
      await writeFile(path, content, "latin1");
      const { messages: read, failures } = await readAll(join(root, "m"));
      return [read.map(shown), failures.map(({ detail }) => detail)];
    };
    const altered = "Its bytes are not those that the manifest states.";
    const missing = "1 message that the manifest lists is not in it.";
    expect(await detailsOf(text.replace("no end", "an end"))).toEqual([whole.slice(1), [altered]]);
    expect(await detailsOf(text.slice(0, third))).toEqual([whole.slice(0, 2), [missing]]);
    expect(await detailsOf(text.slice(0, third).replace("no end", "an end"))).toEqual([[whole[1]], [altered, missing]]);
    expect(await detailsOf(text.slice(0, second).replace("no end", "an end"))).toEqual([
      [],
      [altered, "2 messages that the manifest lists are not in it."],
    ]);
  });

  it("does not believe a manifest that leads out of it", async () => {
    await exportEml(join(root, "e"), subject, mailboxes, messages());
    await writeFile(join(root, "secret.eml"), "secret");
    const line = {
      path: "../secret.eml",
      sha256: "0".repeat(64),
      size: 6,
      mailbox: ["x"],
      flags: [],
      internalDate: null,
    };
    await writeFile(join(root, "e/manifest.jsonl"), `${JSON.stringify(line)}\nnull\n{"path":1}\n`);
    const { messages: read, failures } = await readAll(join(root, "e"));
    // The one of them that is empty is known for a message by the manifest alone.
    expect(read).toHaveLength(2);
    expect(failures.map(({ place }) => place).slice(0, 3)).toEqual(Array(3).fill("manifest.jsonl"));
    expect(failures.slice(3)).toMatchObject([{ reason: "empty" }]);
  });
});

it("a table of digests counts", () => {
  const table = new DigestTable();
  for (let i = 0; i < 20_000; i++) table.add(textDigest(String(i % 15_000)));
  expect([0, 4_999, 5_000, 14_999, 15_000].map((i) => table.count(textDigest(String(i))))).toEqual([2, 2, 1, 1, 0]);
});
