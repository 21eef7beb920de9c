// What is decided before anything is written, and servers that are broken or lie while they are written to, played by scripts on sockets.
import type { Appended, MessageId, Outgoing, RemoteWriter } from "@packetboat/core";
import { PASSWORD, type ScriptedServer, startScripted } from "@packetboat/testkit";
import { describe, expect, test } from "vitest";
import { appendCommand, groupsOf, orderedUids, speechOf } from "../src/append-command.ts";
import { Gate } from "../src/gate.ts";
import { DEFAULT_LIMITS } from "../src/index.ts";
import { Pacing } from "../src/pacing.ts";
import { internalDateText, sendableFlags } from "../src/sendable.ts";
import { nameRules, spell } from "../src/spelling.ts";
import { readCopyUid } from "../src/transfer.ts";
import { mailboxNamed, writerTo } from "./remote-fixture.ts";

describe("flags and dates", () => {
  test.for([
    [
      ["\\Seen", "$Label1", "\\Recent"],
      ["\\Seen", "\\*"],
      ["$Label1", "\\Seen"],
    ],
    [
      ["\\Seen", "$Label1", "Junk"],
      ["\\Seen", "$label1"],
      ["$Label1", "\\Seen"],
    ],
    [["\\Forwarded", "\\Seen"], ["\\Seen", "\\*"], ["\\Seen"]],
    [["\\Forwarded"], ["\\forwarded"], ["\\Forwarded"]],
    [["\\Forwarded", "\\Draft", "$x"], null, ["$x", "\\Draft"]],
    [["a b", "a)", "a\r\nb", "ä", "a]", 'a"', "%", "*", "\\", "{5}", "ok[1"], ["\\*"], ["ok[1"]],
    [["\\Seen"], [], []],
  ] as const)("trap 16: of %j with PERMANENTFLAGS %j goes %j", ([flags, permanent, sent]) => {
    expect(sendableFlags(flags, permanent)).toEqual(sent);
  });

  test("F2: what Courier refuses a whole command for is left out, the rest goes", () => {
    expect(sendableFlags(["\\Seen", "$x", "~y", "[z", "w}"], ["\\*", "\\Seen"], true)).toEqual(["$x", "\\Seen"]);
  });

  test.for([
    [0, "01-Jan-1970 00:00:00 +0000"],
    [Date.UTC(2024, 1, 29, 23, 59, 59, 999), "29-Feb-2024 23:59:59 +0000"],
    [-1, "31-Dec-1969 23:59:59 +0000"],
    [Date.UTC(1975, 6, 4, 1, 2, 3), "04-Jul-1975 01:02:03 +0000"],
    [null, null],
    [Number.NaN, null],
    [8.64e15, null],
    [-8.64e15, null],
  ] as const)("C2: the instant %s is sent as %s", ([instant, text]) => {
    expect(internalDateText(instant)).toBe(text);
  });
});

describe("commands", () => {
  const sending = (text: string) => ({ bytes: Buffer.from(text, "latin1"), flags: ["\\Seen"], internalDate: 0 });
  const shown = (wire: string, texts: readonly string[], capabilities: readonly string[]) =>
    appendCommand(wire, texts.map(sending), speechOf(new Set(capabilities)))
      .map((part) => (typeof part === "string" ? part : `${part.waits ? "?" : ""}${part.bytes.toString("latin1")}`))
      .join("");

  test("literals wait unless the server says that they need not", () => {
    const date = '(\\Seen) "01-Jan-1970 00:00:00 +0000"';
    expect(shown("INBOX", ["one"], [])).toBe(`APPEND "INBOX" ${date} {3}\r\n?one`);
    expect(shown("INBOX", ["one"], ["LITERAL+"])).toBe(`APPEND "INBOX" ${date} {3+}\r\none`);
    expect(shown("INBOX", ["x".repeat(4_097)], ["LITERAL-"])).toContain("{4097}\r\n?x");
    expect(shown("INBOX", ["x".repeat(4_096)], ["LITERAL-"])).toContain("{4096+}\r\nx");
    expect(shown("INBOX", ["a", "b"], ["LITERAL+", "MULTIAPPEND"])).toBe(
      `APPEND "INBOX" ${date} {1+}\r\na ${date} {1+}\r\nb`,
    );
    expect(shown('q"\\', ["a"], ["LITERAL+"])).toContain('APPEND "q\\"\\\\" ');
    expect(shown("\xe4", ["a"], ["LITERAL+"])).toContain("APPEND {2+}\r\n\xc3\xa4 (");
  });

  test("trap 30: NUL bytes go as literal8 where it is offered", () => {
    expect(shown("INBOX", ["a\0b"], ["LITERAL+", "BINARY"])).toContain("~{3+}\r\na\0b");
    expect(shown("INBOX", ["a\0b"], ["LITERAL+"])).toContain(" {3+}\r\na\0b");
  });

  test("messages go together up to a bound; what is refused most goes alone", () => {
    const sizes = (texts: readonly string[], capabilities: readonly string[]) =>
      groupsOf(texts.map(sending), speechOf(new Set(capabilities))).map(({ length }) => length);
    const many = Array.from({ length: 250 }, () => "m");
    expect(sizes(many, ["LITERAL+", "MULTIAPPEND"])).toEqual([100, 100, 50]);
    expect(sizes(many, ["LITERAL+"])).toHaveLength(250);
    expect(sizes(many, ["MULTIAPPEND"])).toHaveLength(250);
    const mixed = ["a", "b", "", "c", "n\0", "x".repeat(1_100_000), "d", "e"];
    expect(sizes(mixed, ["LITERAL+", "MULTIAPPEND"])).toEqual([2, 1, 1, 1, 1, 2]);
    expect(sizes(["x".repeat(600_000), "y".repeat(600_000)], ["LITERAL+", "MULTIAPPEND"])).toEqual([1, 1]);
  });

  test("trap 2: UIDs of an answer are taken in their order, or not at all", () => {
    expect(orderedUids("5:7", 3)).toEqual([5, 6, 7]);
    expect(orderedUids("9,2:4", 4)).toEqual([9, 2, 3, 4]);
    expect(orderedUids("4:2", 3)).toEqual([2, 3, 4]);
    for (const [text, count] of [
      ["5:7", 2],
      ["5:7", 4],
      ["1:4294967295", 3],
      ["0", 1],
      ["5,5", 2],
      ["*", 1],
      ["", 0],
    ] as const)
      expect(orderedUids(text, count), text).toBeNull();
  });

  test("COPYUID that does not fit is not believed", () => {
    const answer = (...rest: string[]) => ({
      attributes: [{ section: ["COPYUID", ...rest].map((value) => ({ type: "ATOM", value })) }],
    });
    const asked = [[1, 9]] as const;
    expect(readCopyUid(answer("7", "1,3:4", "20:22"), 7n, asked)).toEqual([
      [1, 20],
      [3, 21],
      [4, 22],
    ]);
    for (const rest of [["8", "1", "20"], ["7", "1:2", "20"], ["7", "1:4294967295", "1:4294967295"], ["7", "1"], ["7"]])
      expect(readCopyUid(answer(...rest), 7n, asked), rest.join(" ")).toEqual([]);
    expect(readCopyUid(answer("7", "1", "20"), null, asked)).toEqual([]);
    expect(readCopyUid({}, 7n, asked)).toBeNull();
  });
});

describe("B2: names", () => {
  const courier = nameRules(
    [{ kind: "personal", prefix: "INBOX.", delimiter: "." }],
    { delimiter: ".", wires: ["INBOX"] },
    new Set(),
  );
  const root = nameRules([], { delimiter: "/", wires: ["INBOX"] }, new Set());
  const cyrus = nameRules([], { delimiter: "/", wires: ["INBOX"] }, new Set(["X-CREATEDMODSEQ"]));
  const courier5 = nameRules(
    [{ kind: "personal", prefix: "INBOX.", delimiter: "." }],
    { delimiter: ".", wires: ["INBOX"] },
    new Set(["ACL2=UNION"]),
  );
  test.for([
    [courier, ["Work", "v1.2"], "INBOX.Work.v1_2", ["Work", "v1_2"]],
    [courier, ["a/b"], "INBOX.a_b", ["a_b"]],
    [courier, ["inbox"], "INBOX", ["INBOX"]],
    [root, ["Work", "a/b", "Tee & Bücher"], "Work/a_b/Tee & Bücher", ["Work", "a_b", "Tee & Bücher"]],
    [root, ["a\r\nb\0", "", ".."], "a__b_/_/_", ["a__b_", "_", "_"]],
    [{ ...root, delimiter: null }, ["a", "b"], "a_b", ["a_b"]],
    [root, ["~home", "~kid", "100% \ud800"], "_home/~kid/100% _", ["_home", "~kid", "100% _"]],
    [cyrus, ["~home", "100%", 'q"<;>'], "~home/100_/q____", ["~home", "100_", "q____"]],
    [courier5, ["~home", "🚀 ✓", "a/b"], "INBOX.~home._ ✓.a_b", ["~home", "_ ✓", "a_b"]],
  ] as const)("%#: %j", ([rules, path, name, spelled]) => {
    expect(spell(path, rules)).toEqual({ name, path: spelled });
  });
});

type Answers = readonly (readonly [RegExp, string])[];

function server(capabilities: string, answers: Answers): Promise<ScriptedServer> {
  return startScripted([
    { send: `* OK [CAPABILITY ${capabilities}] ready\r\n` },
    {
      answer: [
        ...answers,
        [/AUTHENTICATE/, `$tag OK [CAPABILITY ${capabilities}] in\r\n`],
        [/LIST/, '* LIST () "/" INBOX\r\n* STATUS INBOX (MESSAGES 0 UIDNEXT 4 UIDVALIDITY 9)\r\n$tag OK done\r\n'],
        [
          /SELECT/,
          "* 0 EXISTS\r\n* OK [UIDVALIDITY 9] x\r\n* OK [PERMANENTFLAGS (\\Seen \\*)] x\r\n$tag OK [READ-WRITE] done\r\n",
        ],
        [/LOGOUT/, "* BYE bye\r\n$tag OK done\r\n"],
      ],
    },
  ]);
}

const BASE = "IMAP4rev1 AUTH=PLAIN SASL-IR LIST-EXTENDED LIST-STATUS UIDPLUS";
const LIMITS = { silenceMs: 700, goodbyeMs: 100 };

const message = (index: number, text: string, flags: readonly string[] = []): Outgoing => ({
  messageId: (index + 1) as MessageId,
  bytes: Buffer.from(text, "latin1"),
  flags,
  internalDate: null,
});

async function appendTo(
  capabilities: string,
  answers: Answers,
  texts: readonly string[],
): Promise<{ readonly answers: readonly Appended[]; readonly lines: readonly string[] }> {
  await using scripted = await server(`${BASE}${capabilities}`, answers);
  const writer: RemoteWriter = await writerTo(scripted, "alice", { limits: LIMITS });
  try {
    const inbox = await mailboxNamed(writer, "INBOX");
    const out: Appended[] = [];
    const batch = texts.map((text, index) => message(index, text));
    for await (const one of writer.append(inbox, 9n, batch)) out.push(one);
    return { answers: out, lines: scripted.received() };
  } finally {
    await writer.close();
  }
}

describe("APPEND against servers that are not as they should be", () => {
  test("a literal that waits is sent when it is asked for, and not at all after a refusal", async () => {
    const { answers, lines } = await appendTo(
      "",
      [
        [/^S1 APPEND .*\{3\}$/, "+ go on\r\n"],
        [/^one$/, "S1 OK [APPENDUID 9 5] done\r\n"],
        [/^S2 APPEND .*\{3\}$/, "S2 NO [TOOBIG] never\r\n"],
        [/^S3 APPEND .*\{5\}$/, "+\r\n"],
        [/^three$/, "* 2 EXISTS\r\nS3 OK done\r\n"],
      ],
      ["one", "two", "three"],
    );
    expect(answers).toMatchObject([
      { kind: "appended", uid: 5 },
      { kind: "refused", error: { code: "MESSAGE_TOO_LARGE" } },
      { kind: "appended", uid: null },
    ]);
    expect(lines).not.toContain("two");
  });

  test("RFC 3502: a refused group is sent again one by one, to find who is meant", async () => {
    const { answers, lines } = await appendTo(
      " LITERAL+ MULTIAPPEND",
      [[/^three$/, "S1 NO one of them\r\nS2 OK [APPENDUID 9 7] x\r\nS3 NO [CANNOT] x\r\nS4 OK [APPENDUID 9 8] x\r\n"]],
      ["one", "two", "three"],
    );
    expect(answers.map((one) => (one.kind === "appended" ? one.uid : one.error.code))).toEqual([7, "OP_REFUSED", 8]);
    expect(lines.filter((line) => line === "two")).toHaveLength(1);
  });

  test("trap 2: an APPENDUID of another UIDVALIDITY, or of another number of messages, is none", async () => {
    const { answers } = await appendTo(
      " LITERAL+ MULTIAPPEND",
      [[/^two$/, "S1 OK [APPENDUID 8 5:6] done\r\n"]],
      ["one", "two"],
    );
    expect(answers).toMatchObject([{ uid: null }, { uid: null }]);
    const other = await appendTo(
      " LITERAL+ MULTIAPPEND",
      [[/^two$/, "S1 OK [APPENDUID 9 5:7] done\r\n"]],
      ["one", "two"],
    );
    expect(other.answers).toMatchObject([{ uid: null }, { uid: null }]);
  });

  test("a server that takes a message for commands is left at once", async () => {
    const run = appendTo(" LITERAL+", [[/^A9 NOOP$/, "A9 OK done\r\n"]], ["A9 NOOP\r\n"]);
    await expect(run).rejects.toMatchObject({ code: "NOT_IMAP" });
  });

  test("a server that falls silent is TIMED_OUT", async () => {
    await expect(appendTo(" LITERAL+", [], ["one"])).rejects.toMatchObject({ code: "TIMED_OUT" });
  });

  test("a pause that the server asks for ends the batch after what was stored", async () => {
    const answers: Answers = [
      [/^one$/, "S1 OK [APPENDUID 9 5] x\r\n"],
      [/^two$/, "S2 NO [UNAVAILABLE] later\r\n"],
      [/^three$/, "S3 OK [APPENDUID 9 6] x\r\n"],
    ];
    await expect(appendTo(" LITERAL+", answers, ["one", "two", "three"])).rejects.toMatchObject({ code: "THROTTLED" });
  });

  test("trap 24: a message over the stated limit is not sent", async () => {
    const { answers, lines } = await appendTo(
      " LITERAL+ APPENDLIMIT=3",
      [[/^one$/, "S1 OK [APPENDUID 9 5] done\r\n"]],
      ["four", "one"],
    );
    expect(answers).toMatchObject([
      { kind: "refused", error: { code: "MESSAGE_TOO_LARGE", retry: "never" } },
      { kind: "appended", uid: 5 },
    ]);
    expect(lines).not.toContain("four");
  });

  test("a mailbox that opens read-only, or under other numbers, gets nothing", async () => {
    const select = (codes: string): Answers => [[/SELECT/, `* 0 EXISTS\r\n${codes}`]];
    await expect(
      appendTo(" LITERAL+", select("* OK [UIDVALIDITY 9] x\r\n$tag OK [READ-ONLY] done\r\n"), ["one"]),
    ).rejects.toMatchObject({ code: "OP_REFUSED", scope: "mailbox" });
    await expect(
      appendTo(" LITERAL+", select("* OK [UIDVALIDITY 8] x\r\n$tag OK [READ-WRITE] done\r\n"), ["one"]),
    ).rejects.toMatchObject({ code: "UIDVALIDITY_CHANGED" });
  });
});

test("trap 43: a door that does not write holds every changing command back", async () => {
  await using scripted = await server(BASE, []);
  const auth = { kind: "password", password: PASSWORD } as const;
  const door = {
    host: "127.0.0.1",
    port: scripted.port,
    security: "none",
    user: "alice",
    authzid: null,
    auth,
    ca: null,
    compress: false,
    limits: { ...DEFAULT_LIMITS, ...LIMITS },
    pacing: new Pacing(null, "127.0.0.1"),
    log: null,
    signal: null,
    writes: false,
  } as const;
  const gate = await Gate.open(door, null);
  for (const text of [
    "SELECT",
    "APPEND",
    "UID STORE 1 +FLAGS (\\Seen)",
    "UID MOVE 1",
    "UID EXPUNGE 1",
    "EXPUNGE",
    "CREATE",
    "RENAME",
    "DELETE",
    "SUBSCRIBE",
    "CLOSE",
  ])
    await expect(gate.command(text), text).rejects.toMatchObject({ code: "BUG" });
  expect(() => gate.begin()).toThrow("held back");
  expect(scripted.received().filter((line) => !/AUTHENTICATE|CAPABILITY/.test(line))).toEqual([]);
  await gate.close();
});
