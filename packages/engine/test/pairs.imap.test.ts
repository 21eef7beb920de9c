// Real servers in pairs, over one archive: a corpus of real and hostile mail on both of them is brought into step and kept so, byte for byte
// but for what the servers themselves change, which is named here; then nothing more is sent to either. The pairs run beside each other,
// for Courier sleeps in every RENAME.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { RunReport } from "@packetboat/core";
import {
  type Courier,
  corpusDirectory,
  orSkip,
  startCourier,
  startCyrus,
  startDovecot,
  type TestServer,
} from "@packetboat/testkit";
import { describe, expect, test } from "vitest";
import { letter, withServer } from "./nightly.ts";
import { change, type Expected, load, receive, unmet } from "./pair-life.ts";
import { append, differences, End, Pair, type SeenMailbox } from "./pairs.ts";

const lines = (text: string): string[] => text.trim().split(/\s*\n\s*/);

/** The message that a line of `differs` is about. */
const nameIn = (line: string): string => line.slice(line.indexOf(": ") + 2);

interface Other {
  readonly name: string;
  readonly start: () => Promise<TestServer>;
  /** Names that it cannot hold, and what they are called there. */
  readonly mapped: Readonly<Record<string, string>>;
  /** What stays different, by message: how many are on either side, or that its bytes are others. */
  readonly differs: readonly string[];
  /** Of those, the ones that every run tries to send to it, and is refused. */
  readonly refused: number;
  /** A keyword that it cannot hold. */
  readonly odd: string | null;
}

const OTHERS: readonly Other[] = [
  {
    name: "Dovecot with dots",
    start: () => startDovecot({ format: "maildir", separator: "." }),
    mapped: { "dots.in it": "dots_in it" },
    differs: [],
    refused: 0,
    odd: null,
  },
  {
    name: "Cyrus",
    start: () => startCyrus(),
    mapped: { 'quo"te': "quo_te", "back\\slash": "back_slash", "100%": "100_", "semi;<colon>": "semi__colon_" },
    // Refused: headers that are none, and NUL. Altered: 8-bit bytes in headers are made X.
    differs: lines(`
      1 0: cpython/msg_35.txt
      1 0: enmime/mail/erroneous.raw
      1 0: made/header-null-fold.eml
      1 0: made/mboxcl2.mbox#2
      1 0: mail/rfc2822/example13.eml
      1 0: mailcore2/gh-965-utf8.eml
      1 0: mime4j/testmsgs/malformedHeaderStartsBody-noheader.msg
      2 0: enmime/mail/qp-utf8-header-no-break.raw
      5 4: made/eol-cr.eml
      altered: flanker/outlook-express.eml
      altered: made/bom-start.eml
      altered: made/header-8bit-raw.eml
      altered: made/header-eai-utf8.eml
      altered: made/nul-bytes.eml
      altered: mail-mime-parser/github-102-02.txt
      altered: mail-mime-parser/m0009.txt
      altered: mail-mime-parser/m3007.txt
      altered: mail/attachment_emails/attachment_pdf.eml
      altered: mail/error_emails/content_transfer_encoding_empty.eml
      altered: mail/error_emails/encoding_madness.eml
      altered: mail/error_emails/invalid_subject_characters.eml
      altered: mail/error_emails/must_supply_encoding.eml
      altered: mail/rfc6532/utf8_headers.eml
      altered: spamscope/mail_test_12.eml`),
    refused: 10,
    odd: null,
  },
  {
    name: "Courier",
    start: () => startCourier(),
    mapped: { "dots.in it": "dots_in it", "rocket 🚀": "rocket _" },
    // Bare CR is dropped, a last line without an end is given one.
    differs: lines(`
      altered: enmime/mail/erroneous.raw
      altered: flanker/dkim/email.25
      altered: flanker/long-header.eml
      altered: flanker/mailgun-pic.eml
      altered: flanker/text-only.eml
      altered: flanker/torture-part.eml
      altered: made/binary-cte.eml
      altered: made/eol-cr.eml
      altered: made/mboxo-ambiguous.mbox#2
      altered: made/parts-3000.eml
      altered: mail/error_emails/encoding_madness.eml
      altered: mail/error_emails/new_line_in_to_header.eml
      altered: mail/mime_emails/two_from_in_message.eml
      altered: mail/multi_charset/japanese.eml
      altered: mail/multi_charset/japanese_attachment_long_name.eml
      altered: mime4j/testmsgs/basic-plain-very-long-lines.msg
      altered: mime4j/testmsgs/very-long-boundary.msg
      altered: mime4j/testmsgs/very-very-long-boundary.msg
      altered: rspamd/badboundary.eml
      altered: rspamd/fname.eml
      altered: rspamd/gtube.eml
      altered: rspamd/ics.eml`),
    refused: 0,
    odd: "~tilde",
  },
];

type Look = readonly [readonly SeenMailbox[], readonly SeenMailbox[]];

const look = async ({ ends }: Pair): Promise<Look> => await Promise.all([ends[0].look(), ends[1].look()]);

const open = async (a: TestServer, b: TestServer, user: string): Promise<Pair> =>
  new Pair(...(await Promise.all([End.open("a", a, `${user}-${b.port}`), End.open("b", b, user)])));

/** The first side of every pair, with an account for each. */
const dovecot = withServer(() => startDovecot());

/** One more round changes nothing on either server, not by one UID, and sends nothing but what is refused in every run. */
async function staysQuiet(pair: Pair, before: Look, refused: number): Promise<void> {
  for (const { proxy } of pair.ends) proxy.reset();
  const reports = await pair.round();
  expect(await look(pair)).toEqual(before);
  expect(pair.ends[0].changing()).toEqual([]);
  const others = pair.ends[1].changing().filter((command) => !/ (SELECT|APPEND) /.test(command) || refused === 0);
  expect(others).toEqual([]);
  expect(reports.map(({ failures }) => failures.length)).toEqual([0, refused]);
}

const notesOf = (rounds: readonly (readonly RunReport[])[], kind: RunReport["notes"][number]["kind"]): string[] =>
  rounds.flatMap((reports) =>
    reports.flatMap(({ notes }) => notes.flatMap((one) => (one.kind === kind ? one.text : []))),
  );

describe.concurrent.for(OTHERS)("Dovecot and $name", (other) => {
  const server = withServer(other.start);

  test("C1 C2 C3 B1 B2 G3 M4: two accounts become equal, are equal again after 60 changes, and then nothing changes on either", async (context) => {
    await orSkip(context.skip, async () => corpusDirectory());
    await using pair = await open(dovecot(context), server(context), "alice");
    const mapped = new Map(Object.entries(other.mapped).map(([from, to]) => [`${from} a`, `${to} a`]));
    const named = await load(pair.ends, Object.keys(other.mapped), new Set(other.differs.map(nameIn)));

    const held = await pair.settle();
    // One mailbox of the corpus has a little less than half in common: nothing of it crosses unasked. It is held on the side that looked last.
    const halts = held.at(-1)?.map((report) => report.halts.map(({ guard, mailbox }) => `${guard} ${mailbox}`)) ?? [];
    expect(halts.toSorted((a, b) => a.length - b.length)).toEqual([[], ["fewMatches rspamd", "fewMatches rspamd"]]);
    pair.approve(held.at(-1) ?? []);
    const first = [...held, ...(await pair.settle())];
    expect(pair.applied).toBe(false);
    const seen = await look(pair);
    expect(differences(...seen, mapped, named)).toEqual(other.differs);
    expect(first.at(-1)?.map(({ failures }) => failures.length)).toEqual([0, other.refused]);
    expect(notesOf(first, "mailboxMapped")).toHaveLength(mapped.size);
    expect(notesOf(first, "flagsRefused")).toEqual([]);

    const different = [...named].filter(([, name]) => other.differs.some((line) => line.endsWith(`: ${name}`)));
    const apart = new Set(different.map(([at]) => at));
    const expected: Expected = { places: new Map(), flags: new Map(), mailboxes: new Map(), changes: 0 };
    for (const turn of [0, 1] as const) {
      await change(pair.ends[turn], turn, seen[turn], apart, expected);
      await receive(pair.ends[turn], turn, expected);
    }
    expect(expected.changes).toBe(60);
    const second = await pair.settle();
    expect(pair.applied).toBe(false);
    const then = await look(pair);
    expect(then.flatMap((end) => unmet(end, expected))).toEqual([]);
    expect(differences(...then, mapped, named)).toEqual(other.differs);
    expect(notesOf(second, "mailboxFailed")).toEqual([]);
    await staysQuiet(pair, then, other.refused);
  });

  test("F2 C2 C6: a keyword, a date and a message that a server cannot hold are told, and do not come back as changes", async (context) => {
    await using pair = await open(dovecot(context), server(context), "bob");
    const [a, b] = pair.ends;
    const keyword = Date.UTC(2004, 1, 29);
    const flags = ["\\Seen", "$Plain", "~tilde"];
    await append(a, ["INBOX"], { name: "keyword", bytes: letter("keyword") }, keyword, flags);
    await append(a, ["INBOX"], { name: "date", bytes: letter("date") }, Date.UTC(1961, 3, 12), []);
    await append(
      a,
      ["INBOX"],
      { name: "NUL", bytes: Buffer.from("Subject: NUL\r\n\r\nbe\0fore\r\n") },
      keyword + 1000,
      [],
    );
    await append(
      a,
      ["INBOX"],
      { name: "no header", bytes: Buffer.from("just text\r\n\r\nmore\r\n") },
      keyword + 2000,
      [],
    );
    const rounds = await pair.settle();
    expect(pair.applied).toBe(false);
    const inbox = (await b.look()).find(({ name }) => name === "INBOX")?.messages ?? [];
    const wanted = flags.filter((flag) => flag !== other.odd).map((flag) => flag.toLowerCase());
    expect(inbox.find(({ at }) => at === keyword)?.flags).toBe(wanted.sort().join(" "));
    expect(notesOf(rounds, "flagsRefused")).toHaveLength(other.odd === null ? 0 : 1);
    // No other date is sent behind anybody's back (docs/inherent-problems.md).
    const refused = { "Dovecot with dots": [], Cyrus: ["date", "no header"], Courier: ["date"] }[other.name] ?? [];
    expect(inbox).toHaveLength(4 - refused.length);
    expect(rounds.at(-1)?.[1]?.failures.length).toBe(refused.length);
    await staysQuiet(pair, await look(pair), refused.length);
  });
});

describe.concurrent("Dovecot and Courier", () => {
  const courier = withServer(() => startCourier());

  /** A delivery past IMAP: UIDs follow the names until somebody opens the mailbox to write. */
  async function deliver(server: Courier, file: string): Promise<void> {
    const text = letter(file).toString("latin1").replaceAll("\r\n", "\n");
    await writeFile(join(server.maildir("alice"), "new", `${file}.M1P1.mail`), text, { mode: 0o666 });
  }

  test("U4: what nobody has opened yet gets its UIDs before a flag or a removal is sent to it: never another message", async (context) => {
    const server = courier(context);
    await using pair = await open(dovecot(context), server, "alice");
    const [a, b] = pair.ends;
    for (const file of ["1700000004", "1700000006", "1700000008"]) await deliver(server, file);
    await pair.settle();
    const [inbox] = await a.look();
    const uids = inbox?.messages.map(({ uid }) => uid) ?? [];
    expect(uids).toHaveLength(3);
    await a.hands.select("INBOX");
    await a.hands.store(String(uids[0]), "+FLAGS", ["\\Flagged", "$Kept"]);
    await a.hands.expunge(String(uids[1]));
    // Sorted before the others: unopened, each would take another one's UID.
    await deliver(server, "1700000001");
    await deliver(server, "1700000005");
    await pair.settle();
    const seen = await look(pair);
    expect(differences(...seen, new Map(), new Map())).toEqual([]);
    const bodies = async (end: End): Promise<string[]> => {
      await end.hands.select("INBOX", "EXAMINE");
      return (await end.hands.fetch())
        .map(({ bytes, flags }) => `${/number (\d+)/.exec(bytes.toString())?.[1]} ${flags.join()}`)
        .sort();
    };
    const left = ["1700000001 ", "1700000004 $Kept,\\Flagged", "1700000005 ", "1700000008 "];
    expect([await bodies(a), await bodies(b)]).toEqual([left, left]);
    await staysQuiet(pair, seen, 0);
  });
});
