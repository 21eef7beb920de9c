// What the exports have in common, whatever their format: an interrupted one ends as one that was not, a damaged message is named and left
// out, other people's files are not touched. And what is particular to mbox and Maildir.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MailError } from "@packetboat/core";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fromLine, LineRewriter, quoted, readFromLine, unquoted } from "../src/from-lines.ts";
import { type ExportMessage, exportEml, exportMaildir, exportMbox, exportZip, unfinishedExport } from "../src/index.ts";

let root = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "pb-exports-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const subject = { archive: "you@example.com", revision: 7, time: null, selection: "" };
const mailboxes = [["INBOX"], ["Work", "a.b"], ["Reçus & café"], ["../evil\n"], ["Empty"]].map((path) => ({
  path,
  role: null,
  subscribed: true,
}));
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

let read: number[] = [];
function message(id: number, mailbox: readonly string[], text: string, more: Partial<ExportMessage> = {}) {
  const bytes = Buffer.from(text, "latin1");
  return {
    id,
    mailbox,
    sha256: sha256(bytes),
    size: bytes.length,
    flags: ["\\Seen"],
    internalDate: Date.UTC(2020, 0, id, 1, 2, 3),
    bytes: async function* () {
      read.push(id);
      for (let at = 0; at < bytes.length; at += 100_000) yield bytes.subarray(at, at + 100_000);
      if ((more.sha256 ?? sha256(bytes)) !== sha256(bytes)) throw new MailError("BLOB_MISMATCH", "damaged");
    },
    ...more,
  };
}
const LARGE = `Subject: large\r\n\r\n${`From me ${"to you ".repeat(30)}\r\n>From me\r\n`.repeat(5_000)}`;
const all = () => [
  message(1, ["INBOX"], "From: a\r\n\r\nFrom the body\0\xff\r\n>From it\r\n", {
    flags: ["\\Flagged", "$Later", "a b"],
  }),
  message(2, ["INBOX"], ""),
  message(3, ["INBOX"], LARGE),
  message(4, ["INBOX"], "no header, no line end", { internalDate: null }),
  message(5, ["Work", "a.b"], "From \r>From", { flags: ["$later", "$Later2", "\\Draft"] }),
  message(6, ["../evil\n"], "x\n".repeat(200_000)),
];
async function* stream(messages: readonly ExportMessage[], breakAfter = Number.POSITIVE_INFINITY) {
  for (const [index, each] of messages.entries()) {
    if (index >= breakAfter) throw new Error("interrupted");
    yield each;
  }
}
async function contentOf(path: string): Promise<Record<string, string>> {
  if (!(await stat(path)).isDirectory()) return { zip: sha256(await readFile(path)) };
  const found: Record<string, string> = {};
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isFile()) found[file.slice(path.length)] = sha256(await readFile(file));
  }
  return found;
}

const FORMATS = [
  ["eml", exportEml],
  ["mbox", exportMbox],
  ["maildir", exportMaildir],
  ["zip", exportZip],
] as const;

describe.each(FORMATS)("an export to %s", (format, run) => {
  it("interrupted after any message, and with a broken tail, ends as one that was not", async () => {
    const whole = join(root, "whole");
    expect(await run(whole, subject, mailboxes, stream(all()))).toMatchObject({ messages: 6, damaged: [] });
    const expected = await contentOf(whole);
    for (const after of [0, 1, 4, 6]) {
      const target = join(root, `broken-${after}`);
      const broken = run(target, subject, mailboxes, stream([...all(), message(9, ["INBOX"], "")], after));
      await expect(broken).rejects.toThrow("interrupted");
      expect(await unfinishedExport(target)).toEqual(subject);
      read = [];
      const outcome = await run(target, subject, mailboxes, stream(all()));
      expect(outcome.messages).toBe(6);
      expect(outcome.alreadyThere + read.length, `after ${after}`).toBe(6);
      expect(await contentOf(target)).toEqual(expected);
    }
    expect(await readdir(root)).toHaveLength(5);
  });

  it("names a message whose bytes are not those of its digest, and has the rest", async () => {
    const target = join(root, "export");
    const wrong = { sha256: sha256(Buffer.from("stored")) };
    const messages = [message(1, ["INBOX"], "changed", wrong), message(2, ["INBOX"], LARGE, wrong), ...all().slice(2)];
    const outcome = await run(target, subject, mailboxes, stream(messages));
    expect(outcome).toMatchObject({ messages: 4, damaged: [expect.any(String), expect.any(String)] });
    if (format !== "zip") execFileSync("sha256sum", ["--strict", "--quiet", "-c", "SHA256SUMS"], { cwd: target });
  });

  it("refuses what holds anything else", async () => {
    const target = join(root, "export");
    await mkdir(target);
    await writeFile(join(target, "mine"), "mine");
    await expect(run(target, subject, mailboxes, stream(all()))).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    expect(await readdir(target)).toEqual(["mine"]);
    const other = join(root, "other");
    await expect(run(other, subject, mailboxes, stream(all(), 2))).rejects.toThrow("interrupted");
    const later = { ...subject, revision: 8 };
    await expect(run(other, later, mailboxes, stream(all()))).rejects.toThrow(/another export/);
  });
});

describe.each(FORMATS.filter(([format]) => format === "eml" || format === "maildir"))(
  "an export to %s whose files are written elsewhere",
  (_format, run) => {
    /** They are done in any order, a while after they were asked for. */
    const elsewhere = (messages: readonly ExportMessage[], broken = 0) =>
      messages.map((each): ExportMessage => {
        const file = async ({ path, time }: { readonly path: string; readonly time: number | null }) => {
          for (let turns = 0; turns < (each.id * 7) % 5; turns++) await new Promise(setImmediate);
          if (each.id === broken) throw Object.assign(new Error("full"), { code: "ENOSPC", path });
          const slices: Uint8Array[] = [];
          for await (const slice of (each.bytes as () => AsyncIterable<Uint8Array>)()) slices.push(slice);
          const bytes = Buffer.concat(slices);
          if (sha256(bytes) !== each.sha256) return false;
          await writeFile(path, bytes, { flag: "wx" });
          if (time !== null) await utimes(path, time / 1000, time / 1000);
          return true;
        };
        // A message that comes in parts is written here.
        return each.id === 3 ? each : { ...each, file };
      });

    it("is the same as one whose files are written here", async () => {
      await run(join(root, "here"), subject, mailboxes, stream(all()));
      const outcome = await run(join(root, "there"), subject, mailboxes, stream(elsewhere(all())));
      expect(outcome).toMatchObject({ messages: 6, damaged: [] });
      expect(await contentOf(join(root, "there"))).toEqual(await contentOf(join(root, "here")));
    });

    it("goes on after a full disk, without what could not be written", async () => {
      await run(join(root, "whole"), subject, mailboxes, stream(all()));
      for (const broken of [1, 4, 6]) {
        const target = join(root, `full-${broken}`);
        const full = run(target, subject, mailboxes, stream(elsewhere(all(), broken)));
        await expect(full).rejects.toMatchObject({ code: "DISK_FULL" });
        expect(await unfinishedExport(target)).toEqual(subject);
        const outcome = await run(target, subject, mailboxes, stream(elsewhere(all())));
        expect(outcome).toMatchObject({ messages: 6, rewritten: [], damaged: [] });
        expect(outcome.alreadyThere).toBeLessThan(6);
        expect(await contentOf(target)).toEqual(await contentOf(join(root, "whole")));
      }
    });

    it("names what is damaged, and has the rest", async () => {
      const [one, ...rest] = all();
      const damaged = { ...(one as ExportMessage), sha256: sha256(Buffer.from("other")) };
      const cut = { ...damaged, bytes: async function* () {} };
      const outcome = await run(join(root, "target"), subject, mailboxes, stream(elsewhere([cut, ...rest])));
      expect(outcome).toMatchObject({ messages: 5, damaged: [expect.stringMatching(/\.damaged$/)] });
      expect((await stat(join(root, "target", outcome.damaged[0] ?? ""))).size).toBe(0);
    });
  },
);

it("does not follow a link that lies where an mbox is to be", async () => {
  const target = join(root, "export");
  await expect(exportMbox(target, subject, mailboxes, stream(all(), 0))).rejects.toThrow();
  const victim = join(root, "victim");
  await writeFile(victim, "mine");
  await symlink(victim, join(target, "INBOX.mbox.part"));
  await exportMbox(target, subject, mailboxes, stream(all()));
  expect(await readFile(victim, "utf8")).toBe("mine");
});

it("a Maildir has Dovecot's names, letters and dates, and no keyword breaks a line", async () => {
  const target = join(root, "export");
  const hostile = ["x\n1 evil", "$Later", ...Array.from({ length: 30 }, (_, i) => `k${i}`)];
  await exportMaildir(
    target,
    subject,
    mailboxes,
    stream([message(1, ["INBOX"], "a", { flags: hostile }), ...all().slice(4)]),
  );
  expect((await readdir(target)).sort()).toEqual(
    [
      ".___evil_",
      ".Empty",
      ".Re&AOc-us &- caf&AOk-",
      ".Work.a_b",
      "SHA256SUMS",
      "cur",
      "dovecot-keywords",
      "mailboxes.jsonl",
      "manifest.jsonl",
      "new",
      "packetboat-export.json",
      "subscriptions",
      "tmp",
    ].sort(),
  );
  const [name = ""] = await readdir(join(target, "cur"));
  expect(name).toBe("1577840523.M000000P1.packetboat,S=1:2,abcdefghijklmnopqrstuvwxyz");
  expect((await stat(join(target, "cur", name))).mtimeMs).toBe(Date.UTC(2020, 0, 1, 1, 2, 3));
  const keywords = (await readFile(join(target, "dovecot-keywords"), "utf8")).split("\n");
  expect(keywords.slice(0, 2)).toEqual(["0 $Later", "1 k0"]);
  expect(keywords).toHaveLength(27);
  expect(await readdir(join(target, ".Work.a_b", "cur"))).toEqual(["1578186123.M000000P5.packetboat,S=11:2,Dab"]);
  expect(await readFile(join(target, ".Work.a_b", "dovecot-keywords"), "utf8")).toBe("0 $later\n1 $Later2\n");
});

describe("lines that begin with From", () => {
  const line = fc.constantFrom("From ", ">From ", ">>From x", "From", ">", ">Fr", "\n", "\r\n", "\r", "x", "F");
  const bytes = fc.array(line, { maxLength: 30 }).map((parts) => Buffer.from(parts.join(""), "latin1"));

  it("come back exactly, whole or in slices", () => {
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(40), { maxLength: 6 }), (message, cuts) => {
        const inMbox = quoted(message);
        expect(unquoted(inMbox)).toEqual(message);
        expect(inMbox.toString("latin1")).not.toMatch(/(^|\n)From /);
        for (const [way, from, to] of [
          ["quote", message, inMbox],
          ["unquote", inMbox, message],
        ] as const) {
          const rewriter = new LineRewriter(way);
          const at = [0, ...cuts.filter((cut) => cut < from.length).sort((a, b) => a - b)];
          const slices = at.map((start, i) => rewriter.push(from.subarray(start, at[i + 1] ?? from.length)));
          expect(Buffer.concat([...slices, rewriter.end()])).toEqual(to);
        }
      }),
    );
  });

  it("of mboxo lose one mark only", () => {
    const text = Buffer.from("From a\n>From b\n>>From c\n");
    expect(unquoted(text, "o").toString()).toBe("From a\nFrom b\n>>From c\n");
  });

  it("state the date, and are read in the forms that others write", () => {
    expect(fromLine(Date.UTC(2026, 1, 3, 4, 5, 6))).toBe("From packetboat@localhost Tue Feb  3 04:05:06 2026\n");
    expect(readFromLine(fromLine(1_000).trimEnd())).toMatchObject({ kind: "ours", date: 1_000 });
    expect(readFromLine(fromLine(null).trimEnd())).toMatchObject({ kind: "ours", date: null });
    const gmail = "From 1628424719502045299@xxx Tue Mar 19 09:13:51 +0000 2019\r";
    expect(readFromLine(gmail)).toMatchObject({ kind: "dated", date: Date.UTC(2019, 2, 19, 9, 13, 51) });
    const zoned = "From a@b Tue Mar 19 09:13:51 2019 +0200";
    expect(readFromLine(zoned)).toMatchObject({ kind: "dated", date: Date.UTC(2019, 2, 19, 7, 13, 51) });
    expect(readFromLine("From bob Tue Feb 3 2026")).toMatchObject({ kind: "dated" });
    expect(readFromLine("From - Tue Mar 19 09:13:51 2019")).toMatchObject({ kind: "dated" });
    const asInHeaders = "From c@d Sat, 29 Feb 2020 23:01:00 +0100";
    expect(readFromLine(asInHeaders)).toMatchObject({ kind: "loose", date: Date.UTC(2020, 1, 29, 22, 1) });
    const remote = "From g@h Thu Feb  9 23:01:22 CET 2020 remote from uucp";
    expect(readFromLine(remote)).toMatchObject({ kind: "loose", date: Date.UTC(2020, 1, 9, 23, 1, 22) });
    expect(readFromLine("From c@d Sat, 39 Feb 2020 23:01:00 +0100")).toBeNull();
    expect(readFromLine("From ")).toMatchObject({ kind: "bare", date: null });
    expect(readFromLine("From not a separator")).toBeNull();
    expect(readFromLine(`From ${"x".repeat(100_000)} Tue Mar 19 09:13:51 2019`)).toBeNull();
  });
});
