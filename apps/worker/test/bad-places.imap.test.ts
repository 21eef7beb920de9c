// Places that hold no mail, and places that cannot be written: the real program says so in one sentence, with exit code 2.
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Program, program } from "./program.ts";

let cli: Program;
let directory: string;

beforeAll(async () => {
  cli = await program();
  directory = await mkdtemp(join(tmpdir(), "pb-places-"));
});
afterAll(async () => {
  await cli[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

it("import of what is not there makes no archive", async () => {
  const empty = join(directory, "empty");
  await mkdir(empty);
  const ended = await cli.run(["import", "new", `maildir:${empty}`]);
  expect(ended).toEqual({
    code: 2,
    stdout: "",
    stderr: `packetboat: ${empty} holds no mail of this kind (Maildir).\n`,
  });
  expect((await cli.json<{ archives: readonly unknown[] }>(["archive", "list"])).archives).toEqual([]);
});

it.each(["eml", "mbox", "maildir"])(
  "import of an altered export to %s: the message is named, the others come",
  async (kind) => {
    const mbox = join(directory, "two.mbox");
    const from = "From a@b Thu Jan  1 00:00:00 1970\n";
    await writeFile(mbox, `${from}Subject: one\n\nText.\n\n${from}Subject: two\n\nText.\n`);
    await cli.must(["import", `from-${kind}`, mbox, "--mailbox", "INBOX"]);
    const place = join(directory, kind);
    await cli.must(["restore", "export", `from-${kind}`, "--to", `${kind}:${place}`]);
    const last = (await readFile(join(place, "manifest.jsonl"), "utf8")).trim().split("\n").at(-1) ?? "";
    await appendFile(join(place, (JSON.parse(last) as { path: string }).path), "junk");
    const { code, stdout, stderr } = await cli.run(["import", `to-${kind}`, place, "--quiet"]);
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect(stderr).toMatch(
      /^packetboat: (INBOX|cur)\S*.*: Its bytes are not those that the manifest states\.\npacketboat: 1 message or file could not/,
    );
    expect(await cli.must(["import", `to-${kind}`, mbox, "--mailbox", "INBOX"])).toContain("1 there already");
  },
);

it.each(["eml:/proc/x", "mbox:/proc/x", "maildir:/proc/x", "zip:/proc/x.zip", "mbox:/proc/x/y", "eml:/dev/null/x"])(
  "export to %s",
  async (to) => {
    const mbox = join(directory, "mail.mbox");
    await writeFile(mbox, "From a@b Thu Jan  1 00:00:00 1970\nSubject: one\n\nText.\n");
    await cli.must(["import", "mail", mbox]);
    const { code, stdout, stderr } = await cli.run(["restore", "export", "mail", "--to", to]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^packetboat: \/\S+ cannot be written \(\w+\)\. Name another place\.\n$/);
  },
);
