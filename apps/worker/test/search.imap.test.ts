// Search with the real program against Dovecot, as a new user would: back up, index, find; mail is removed and moved on the server, and is found
// as it was.
import { corpusMessages, type Dovecot, orSkip, startDovecot, WireClient } from "@packetboat/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Program, program } from "./program.ts";

interface Found {
  readonly messages: readonly {
    readonly subject: string;
    readonly mailbox: readonly string[];
    readonly present: boolean;
    readonly flags: readonly string[];
  }[];
  readonly notIndexed: number;
  readonly revision: number;
  readonly next: string | null;
}

const MAIL = [
  ["Order 7 is late", "From: Ann Smith <ann@example.com>\r\nSubject: Order 7 is late\r\n\r\nThe parcel, please.\r\n"],
  ["Crème", "From: Zoë <zoe@example.net>\r\nSubject: =?utf-8?Q?Cr=C3=A8me?=\r\n\r\nOrder of 7 parcels.\r\n"],
  [
    "会議",
    "From: t@example.jp\r\nSubject: =?utf-8?B?5Lya6K2w?=\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n東京都庁\r\n",
  ],
] as const;

let cli: Program;
let dovecot: Dovecot | undefined;

const backup = () => cli.run(["backup", `imap://alice:pass@127.0.0.1:${dovecot?.port}?tls=none`, "--archive", "mail"]);
const find = (...words: readonly string[]) => cli.json<Found>(["restore", "search", "mail", ...words]);
const subjects = async (...words: readonly string[]) => (await find(...words)).messages.map(({ subject }) => subject);

beforeAll(async () => {
  cli = await program();
  dovecot = await orSkip(
    () => undefined,
    () => startDovecot(),
  );
  if (dovecot === undefined) return;
  await using client = await WireClient.login({ port: dovecot.port }, "alice");
  await client.create("Work");
  for (const [, text] of MAIL) await client.append("INBOX", Buffer.from(text));
  for await (const { name, bytes } of corpusMessages()) {
    if (/^made\/(parts-3000|header-5k|html-hostile|nest-)/.test(name)) await client.append("INBOX", bytes);
  }
});

afterAll(async () => {
  await cli[Symbol.asyncDispose]();
  await dovecot?.[Symbol.asyncDispose]();
});

describe("search", () => {
  it("says that mail is not indexed yet, then finds it", async ({ skip }) => {
    skip(dovecot === undefined, "no Dovecot");
    const first = await backup();
    expect(first.stdout + first.stderr).toContain("packetboat index");
    const before = await cli.run(["restore", "search", "mail", "order"]);
    expect(before.code).toBe(0);
    expect(before.stderr).toMatch(
      /\d+ messages of mail are not indexed yet and cannot be found\. To index: packetboat index mail\n$/,
    );
    expect(await cli.must(["index"])).toMatch(
      /mail: \d+ messages indexed .*\n {2}1 message not mail as the parser knows it/,
    );
    expect(await cli.must(["index"])).toBe("mail: nothing new.\n");
    expect(await find("order")).toMatchObject({ notIndexed: 0, next: null });
    expect(await subjects('"order 7"')).toEqual(["Order 7 is late"]);
    expect(await subjects("from:zoe", "creme")).toEqual(["Crème"]);
    expect(await subjects("東京")).toEqual(["会議"]);
    expect(await subjects("parcel*", "-from:ann")).toEqual(["Crème"]);
  });

  it("finds what was removed and moved since, as it was", async ({ skip }) => {
    skip(dovecot === undefined, "no Dovecot");
    const { revision } = await find("order");
    {
      await using client = await WireClient.login({ port: dovecot?.port ?? 0 }, "alice");
      await client.select("INBOX");
      await client.store("1", "+FLAGS", ["\\Deleted"]);
      await client.expunge("1");
      await client.move("2", "Work");
    }
    expect((await backup()).code).toBe(0);
    expect((await find("order")).messages).toMatchObject([{ subject: "Crème", mailbox: ["Work"] }]);
    expect((await find("late", "--at", String(revision))).messages).toMatchObject([
      { mailbox: ["INBOX"], present: true },
    ]);
    expect((await find("late", "--removed")).messages).toMatchObject([{ mailbox: ["INBOX"], present: false }]);
    const undo = ["restore", "push", "mail", "--in-place", "--at", String(revision), "--dry-run"];
    expect(await cli.must([...undo, "--query", "late from:ann"])).toMatch(/^INBOX +1\nall +1$/m);
    expect((await cli.run([...undo, "--query", "nowhere"])).stderr).toMatch(/Nothing is found by this at revision/);
    expect(await cli.must(["restore", "search", "mail", "in:work order"])).toMatch(
      / Zoë +Crème +Work .*\n\n1 message, newest first, at revision/,
    );
  });

  it("refuses what it does not understand in one line", async () => {
    for (const [query, sentence] of [
      ["order befor:2024", /column 7: There is no field befor:\. Did you mean before:\?/],
      ["--wings", /no option --wings/],
    ] as const) {
      const { code, stderr } = await cli.run(["restore", "search", "mail", query]);
      expect(code).toBe(2);
      expect(stderr).toMatch(sentence);
    }
  });
});
