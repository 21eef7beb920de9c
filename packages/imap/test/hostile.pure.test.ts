// Servers that are broken or lie after sign-in, played by scripts on real sockets: what the traps say they do, and that nothing is
// concluded from it.
import type { Look } from "@packetboat/core";
import { type ScriptedServer, startScripted } from "@packetboat/testkit";
import { expect, test } from "vitest";
import type { ConnectOptions } from "../src/index.ts";
import { fetched, identified, mailboxNamed, remoteTo, seen } from "./remote-fixture.ts";

type Answers = readonly (readonly [RegExp, string])[];
const LIMITS = { silenceMs: 700, goodbyeMs: 100 };
const PLAIN = "IMAP4rev1 AUTH=PLAIN SASL-IR ESEARCH LIST-EXTENDED LIST-STATUS";
const DELTAS = `${PLAIN} CONDSTORE QRESYNC ENABLE`;

const literal = (text: string): string => `{${Buffer.byteLength(text, "latin1")}}\r\n${text}`;
const body = (uid: number, text = `Subject: ${uid}\r\n\r\n`): string =>
  `* ${uid} FETCH (UID ${uid} FLAGS () INTERNALDATE "01-Jan-2020 00:00:00 +0000" BODY[] ${literal(text)})\r\n`;
const examine = (exists: number, codes: string): readonly [RegExp, string] => [
  /EXAMINE/,
  `* ${exists} EXISTS\r\n* FLAGS ()\r\n${codes
    .split(";")
    .map((code) => `* OK [${code.trim()}] x\r\n`)
    .join("")}$tag OK [READ-ONLY] done\r\n`,
];

function server(capabilities: string, answers: Answers): Promise<ScriptedServer> {
  return startScripted([
    { send: `* OK [CAPABILITY ${capabilities}] ready\r\n` },
    {
      answer: [
        ...answers,
        [/AUTHENTICATE/, `$tag OK [CAPABILITY ${capabilities}] in\r\n`],
        [/LIST/, '* LIST () "/" INBOX\r\n* STATUS INBOX (MESSAGES 3 UIDNEXT 4 UIDVALIDITY 9)\r\n$tag OK done\r\n'],
        [/ENABLE/, "* ENABLED QRESYNC\r\n$tag OK done\r\n"],
        [/LOGOUT/, "* BYE bye\r\n$tag OK done\r\n"],
        [/ /, "$tag OK done\r\n"],
      ],
    },
  ]);
}

async function withInbox<T>(
  capabilities: string,
  answers: Answers,
  use: (
    remote: Awaited<ReturnType<typeof remoteTo>>,
    inbox: Awaited<ReturnType<typeof mailboxNamed>>,
    scripted: ScriptedServer,
  ) => Promise<T>,
  more: Partial<ConnectOptions> = {},
): Promise<T> {
  await using scripted = await server(capabilities, answers);
  const remote = await remoteTo(scripted, "alice", { limits: LIMITS, ...more });
  const inbox = await mailboxNamed(remote, "INBOX");
  try {
    return await use(remote, inbox, scripted);
  } finally {
    await remote.close();
  }
}

const MARKS = "UIDVALIDITY 9; UIDNEXT 4; HIGHESTMODSEQ 50";
const since = { uidValidity: 9n, uidNext: 4, highestModseq: 40n, messages: 3 };
const delta: Look = { kind: "delta", since };

test("trap 44: a SEARCH that is cut off is not believed; FETCH of the UIDs decides", async () => {
  const answers: Answers = [
    examine(3, MARKS),
    [/UID SEARCH/, '* ESEARCH (TAG "x") UID ALL 1:2\r\n$tag OK done\r\n'],
    [/FETCH 1:\* \(UID\)/, "* 1 FETCH (UID 1)\r\n* 2 FETCH (UID 2)\r\n* 3 FETCH (UID 7)\r\n$tag OK done\r\n"],
  ];
  const { end } = await withInbox(PLAIN, answers, (remote, inbox) => seen(remote, inbox, { kind: "list" }));
  expect(end.listed).toEqual([
    [1, 2],
    [7, 7],
  ]);
});

test.for([
  [
    "SEARCH and FETCH both show fewer than EXISTS",
    '* ESEARCH (TAG "x") UID ALL 1:2\r\n$tag OK done\r\n',
    "* 1 FETCH (UID 1)\r\n$tag OK done\r\n",
  ],
  ["both are refused", "$tag NO not today\r\n", "$tag BAD what\r\n"],
  ["no answer but OK", "$tag OK done\r\n", "$tag OK done\r\n"],
  [
    "more than EXISTS",
    '* ESEARCH (TAG "x") UID ALL 1:4294967295\r\n$tag OK done\r\n',
    "* 1 FETCH (UID 1)\r\n$tag OK done\r\n",
  ],
] as const)("trap 44, M1: %s: OBSERVATION_INCOMPLETE, never an absence", async ([, search, fetch]) => {
  const answers: Answers = [examine(3, MARKS), [/UID SEARCH/, search], [/FETCH/, fetch]];
  await withInbox(PLAIN, answers, async (remote, inbox) => {
    for (const kind of ["list", "flags"] as const)
      await expect(seen(remote, inbox, { kind })).rejects.toMatchObject({
        code: "OBSERVATION_INCOMPLETE",
        scope: "mailbox",
      });
  });
});

test("a listing during which the mailbox changes is taken again", async () => {
  let asked = 0;
  const answers: Answers = [
    examine(3, MARKS),
    [/^3 UID SEARCH|^4 UID SEARCH/, '* ESEARCH (TAG "x") UID ALL 1:3\r\n* 4 EXISTS\r\n$tag OK done\r\n'],
    [/UID SEARCH/, '* ESEARCH (TAG "x") UID ALL 1:4\r\n$tag OK done\r\n'],
  ];
  const end = await withInbox(PLAIN, answers, async (remote, inbox, scripted) => {
    const found = (await seen(remote, inbox, { kind: "list" })).end;
    asked = scripted.received().filter((line) => line.includes("UID SEARCH")).length;
    return found;
  });
  expect(end.listed).toEqual([[1, 4]]);
  expect(asked).toBeGreaterThan(1);
});

test("trap 10 (James): all old mail called VANISHED is asked for once more and believed for none", async () => {
  const answers: Answers = [
    examine(3, MARKS),
    [/CHANGEDSINCE 40 VANISHED/, "* VANISHED (EARLIER) 1:4294967295\r\n$tag OK done\r\n"],
    [/UID SEARCH.*UID 1:3/, '* ESEARCH (TAG "x") UID ALL 1:3\r\n$tag OK done\r\n'],
  ];
  const { end } = await withInbox(DELTAS, answers, (remote, inbox) => seen(remote, inbox, delta));
  expect(end).toEqual({ kind: "end", listed: null, arrived: [], vanished: [] });
});

test("trap 10: VANISHED that EXISTS contradicts leads to a full listing", async () => {
  const answers: Answers = [
    examine(3, MARKS),
    [/CHANGEDSINCE 40 VANISHED/, "* VANISHED (EARLIER) 2\r\n$tag OK done\r\n"],
    [/UID SEARCH.*UID 2/, '* ESEARCH (TAG "x") UID\r\n$tag OK done\r\n'],
    [/UID SEARCH.*ALL/, '* ESEARCH (TAG "x") UID ALL 1:3\r\n$tag OK done\r\n'],
  ];
  const { end } = await withInbox(DELTAS, answers, (remote, inbox) => seen(remote, inbox, delta));
  expect(end.listed).toEqual([[1, 3]]);
  expect(end.vanished).toEqual([]);
});

test.for([
  ["HIGHESTMODSEQ 0", "UIDVALIDITY 9; UIDNEXT 4; HIGHESTMODSEQ 0"],
  ["NOMODSEQ", "UIDVALIDITY 9; UIDNEXT 4; NOMODSEQ"],
  ["HIGHESTMODSEQ backwards (U2)", "UIDVALIDITY 9; UIDNEXT 4; HIGHESTMODSEQ 30"],
  ["UIDNEXT backwards (U2)", "UIDVALIDITY 9; UIDNEXT 3; HIGHESTMODSEQ 50"],
] as const)("trap 10: %s: no delta, no MODSEQ where there is none, all flags and a listing", async ([name, codes]) => {
  const answers: Answers = [
    examine(1, codes),
    [/FETCH 1:\*/, "* 1 FETCH (UID 2 FLAGS (\\Seen \\Recent))\r\n$tag OK done\r\n"],
    [/UID SEARCH/, '* ESEARCH (TAG "x") UID ALL 2\r\n$tag OK done\r\n'],
  ];
  await withInbox(DELTAS, answers, async (remote, inbox, scripted) => {
    const look = await seen(remote, inbox, delta);
    // trap 16: \Recent belongs to a session.
    expect(look.messages).toEqual([{ uid: 2, flags: ["\\Seen"], modseq: null }]);
    expect(look.end.listed).toEqual([[2, 2]]);
    const fetches = scripted.received().filter((line) => line.includes("FETCH 1:*"));
    expect(fetches.join()).not.toContain("CHANGEDSINCE");
    if (name.includes("HIGHESTMODSEQ 0") || name === "NOMODSEQ") expect(fetches.join()).not.toContain("MODSEQ");
  });
});

test("traps 4, 11: no UIDVALIDITY, no CONDSTORE: marks say null, flags are read in full, nothing is asked that the server lacks", async () => {
  const answers: Answers = [
    examine(1, "UIDVALIDITY 0; UNSEEN 1"),
    [/STATUS INBOX|STATUS "INBOX"/, "* STATUS INBOX (MESSAGES 1 UIDNEXT 8 UIDVALIDITY 0)\r\n$tag OK done\r\n"],
    [/FETCH 1:\*/, "* 1 FETCH (FLAGS (a B b) UID 7)\r\n$tag OK done\r\n"],
    [/UID SEARCH/, "* SEARCH 7\r\n$tag OK done\r\n"],
  ];
  await withInbox("IMAP4rev1 AUTH=PLAIN", answers, async (remote, inbox, scripted) => {
    expect(remote.capabilities).toMatchObject({ condstore: false, qresync: false });
    const look = await seen(remote, inbox, delta);
    // UIDNEXT is Courier's case: not in SELECT, so STATUS is asked before the mailbox is opened.
    expect(look.marks).toEqual({ uidValidity: null, uidNext: 8, highestModseq: null, messages: 1 });
    expect(look.end.listed).toEqual([[7, 7]]);
    const flags = await seen(remote, inbox, { kind: "flags" });
    expect(flags.messages).toEqual([{ uid: 7, flags: ["a", "B"], modseq: null }]);
    const sent = scripted.received().join("\n");
    expect(sent).not.toMatch(/MODSEQ|CONDSTORE|RETURN|ENABLE/);
    expect(sent.indexOf("STATUS")).toBeLessThan(sent.lastIndexOf("EXAMINE"));
  });
});

test("a message of NIL, one that is left out and one that is gone are three things", async () => {
  const nil = "* 2 FETCH (UID 2 BODY[] NIL)\r\n";
  const answers: Answers = [
    examine(3, MARKS),
    [/UID FETCH 1:4 .*BODY/, `${body(1)}${nil}$tag OK done\r\n`],
    [/UID FETCH 2:4 \(UID\)/, "* 2 FETCH (UID 2)\r\n* 3 FETCH (UID 3)\r\n$tag OK done\r\n"],
    [/UID FETCH 2 .*BODY/, `${nil}$tag OK done\r\n`],
    [/UID FETCH 2 \(UID\)/, "* 2 FETCH (UID 2)\r\n$tag OK done\r\n"],
    [/UID FETCH 2 \(UID RFC822.SIZE\)/, "* 2 FETCH (UID 2 RFC822.SIZE 77)\r\n$tag OK done\r\n"],
    [/UID FETCH 3 .*BODY/, `${body(3)}$tag OK done\r\n`],
  ];
  const all = await withInbox(PLAIN, answers, (remote, inbox) => fetched(remote, inbox, [[1, 4]]));
  expect(all.map((one) => [one.uid, one.kind])).toEqual([
    [1, "message"],
    [2, "failed"],
    [3, "message"],
    [4, "gone"],
  ]);
  expect(all[1]).toMatchObject({ bytes: 77, error: { code: "MESSAGE_UNREADABLE" } });
});

test("a refused FETCH of a range is narrowed down to the message that is meant", async () => {
  const answers: Answers = [
    examine(3, MARKS),
    [/UID FETCH (1:3|3) .*BODY/, "$tag NO [SERVERBUG] cannot\r\n".replace("[SERVERBUG] ", "")],
    [/UID FETCH 1:2 .*BODY/, `${body(1)}${body(2)}$tag OK done\r\n`],
  ];
  const all = await withInbox(PLAIN, answers, (remote, inbox) => fetched(remote, inbox, [[1, 3]]));
  expect(all.map((one) => [one.uid, one.kind])).toEqual([
    [1, "message"],
    [2, "message"],
    [3, "failed"],
  ]);
});

test("traps 24, 29: a literal over the limit is refused by name and never downloaded; the others come", async () => {
  await using scripted = await startScripted([
    { send: `* OK [CAPABILITY ${PLAIN}] ready\r\n` },
    {
      answer: [
        [/AUTHENTICATE/, "$tag OK in\r\n"],
        [/CAPABILITY/, `* CAPABILITY ${PLAIN}\r\n$tag OK done\r\n`],
        [/LIST/, '* LIST () "/" INBOX\r\n* STATUS INBOX (MESSAGES 3 UIDNEXT 4 UIDVALIDITY 9)\r\n$tag OK done\r\n'],
        examine(3, MARKS),
        [/UID FETCH 1:3 .*BODY/, `${body(1)}* 2 FETCH (UID 2 BODY[] {4000000}\r\nxxxx`],
        [/UID FETCH 2 .*SIZE/, "* 2 FETCH (UID 2 RFC822.SIZE 10)\r\n$tag OK done\r\n"],
        [/UID FETCH 2 .*BODY/, "* 2 FETCH (UID 2 BODY[] {4000000}\r\nxxxx"],
        [/UID FETCH 3 .*BODY/, `${body(3)}$tag OK done\r\n`],
      ],
    },
  ]);
  const remote = await remoteTo(scripted, "alice", { limits: { ...LIMITS, messageBytes: 1_000_000 } });
  const inbox = await mailboxNamed(remote, "INBOX");
  const all = await fetched(remote, inbox, [[1, 3]]);
  expect(all.map((one) => [one.uid, one.kind])).toEqual([
    [1, "message"],
    [2, "failed"],
    [3, "message"],
  ]);
  expect(all[1]).toMatchObject({ bytes: 4_000_000, error: { code: "MESSAGE_TOO_LARGE", retry: "never" } });
  expect(scripted.bytesSent()).toBeLessThan(10_000);
  await remote.close();
});

test("answers twice, for others, without UID, as quoted string, with a date that is none: each message once, as it came", async () => {
  const odd =
    `${body(1)}${body(1, "again")}${body(9)}* 5 FETCH (FLAGS (\\Seen))\r\n* 7 FETCH (BODY[] NIL)\r\n* 8 FETCH garbage\r\n` +
    '* 2 FETCH (UID 2 FLAGS (\\Seen NIL) INTERNALDATE "yesterday" X-UNKNOWN (a (b "c")) BODY[] "Subject: \\"q\\"")\r\n' +
    `* 3 FETCH (BODY[] ${literal(")\r\n* 4 FETCH (UID 4 BODY[] {3}\r\nabc)")} UID 3 INTERNALDATE " 7-Feb-1994 21:52:25 -0800")\r\n$tag OK done\r\n`;
  const answers: Answers = [examine(3, MARKS), [/UID FETCH 1:3 .*BODY/, odd]];
  const all = await withInbox(PLAIN, answers, (remote, inbox) => fetched(remote, inbox, [[1, 3]]));
  const texts = all.map((one) => (one.kind === "message" ? one.bytes.toString() : one.kind));
  expect(texts).toEqual(["Subject: 1\r\n\r\n", 'Subject: "q"', ")\r\n* 4 FETCH (UID 4 BODY[] {3}\r\nabc)"]);
  const dates = all.map((one) => (one.kind === "message" ? one.internalDate : -1));
  // trap 18, C2: absent is absent, and a zone is a zone.
  expect(dates).toEqual([Date.UTC(2020, 0, 1), null, Date.UTC(1994, 1, 8, 5, 52, 25)]);
});

test("identities: rows without a size are announcements of others, not answers", async () => {
  const rows =
    '* 1 FETCH (UID 1 FLAGS (x) INTERNALDATE "01-Jan-2020 00:00:00 +0000" RFC822.SIZE 14 BODY[HEADER] {14}\r\nSubject: 1\r\n\r\n)\r\n' +
    "* 2 FETCH (UID 2 FLAGS (\\Seen))\r\n* 3 FETCH (UID 3 RFC822.SIZE 0 BODY[HEADER] NIL)\r\n$tag OK done\r\n";
  const answers: Answers = [examine(3, MARKS), [/UID FETCH/, rows]];
  const all = await withInbox(PLAIN, answers, (remote, inbox) => identified(remote, inbox, [[1, 3]]));
  expect(all.map(({ uid, size, fingerprint }) => [uid, size, fingerprint === null])).toEqual([
    [1, 14, false],
    [3, 0, true],
  ]);
});

test("a flood of rows, of lines, of mailboxes ends the connection, not the memory", async () => {
  const rows = Array.from({ length: 12_000 }, (_, i) => `* ${i} FETCH (UID ${i + 100} FLAGS ())\r\n`).join("");
  await withInbox(PLAIN, [examine(1, MARKS), [/FETCH 1:\*/, rows]], async (remote, inbox) => {
    await expect(seen(remote, inbox, { kind: "flags" })).rejects.toMatchObject({ code: "NOT_IMAP" });
  });
  const strays = "* OK still there\r\n".repeat(2_000);
  await withInbox(
    PLAIN,
    [examine(1, MARKS), [/SEARCH/, strays]],
    async (remote, inbox) => {
      await expect(seen(remote, inbox, { kind: "list" })).rejects.toMatchObject({ code: "NOT_IMAP" });
    },
    { limits: { ...LIMITS, strayLines: 1_000 } },
  );
  await using scripted = await server(PLAIN, [[/LIST/, '* LIST () "/" a\r\n'.repeat(20)]]);
  const remote = await remoteTo(scripted, "alice", { limits: { ...LIMITS, mailboxes: 10 } });
  await expect(remote.list()).rejects.toMatchObject({ code: "NOT_IMAP" });
  await remote.close();
});

test("trap 22, B5: a LIST that is refused or cut off throws; a STATUS that is refused is null; RETURN that is refused is asked plainly", async () => {
  await using refusing = await server(PLAIN, [[/LIST/, '* LIST () "/" INBOX\r\n$tag NO later\r\n']]);
  const first = await remoteTo(refusing, "alice", { limits: LIMITS });
  await expect(first.list()).rejects.toMatchObject({ code: "OP_REFUSED", scope: "account" });
  await first.close();

  await using cutting = await startScripted([
    { send: "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] ready\r\n" },
    { expect: /AUTHENTICATE/ },
    { send: "$tag OK [CAPABILITY IMAP4rev1] in\r\n" },
    { expect: /LIST/ },
    { send: '* LIST () "/" INBOX\r\n' },
    { close: "end" },
  ]);
  const second = await remoteTo(cutting, "alice", { limits: LIMITS });
  await expect(second.list()).rejects.toMatchObject({ code: "CONNECTION_LOST" });
  expect(cutting.connections().total).toBe(2);
  await second.close();

  await using plain = await server(PLAIN, [
    [/RETURN/, "$tag BAD RETURN?\r\n"],
    [/LSUB/, '* LSUB () "." "INBOX.sent"\r\n$tag OK done\r\n'],
    [/NAMESPACE/, '* NAMESPACE (("INBOX." ".")) NIL NIL\r\n$tag OK done\r\n'],
    [
      /LIST/,
      '* LIST () "." "inbox"\r\n* LIST (\\Sent) "." "INBOX.sent"\r\n* LIST (\\NoSelect) "." "INBOX.x"\r\n$tag OK done\r\n',
    ],
    [/STATUS "INBOX"/, '* STATUS "INBOX" (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 3)\r\n$tag OK done\r\n'],
    [/STATUS/, "$tag NO not that one\r\n"],
  ]);
  const third = await remoteTo(plain, "alice", { limits: LIMITS });
  const list = await third.list();
  expect(
    list.map(({ name, role, selectable, subscribed, status }) => [
      name,
      role,
      selectable,
      subscribed,
      status?.messages,
    ]),
  ).toEqual([
    ["INBOX", "inbox", true, false, 1],
    ["INBOX.sent", "sent", true, true, undefined],
    ["INBOX.x", null, false, false, undefined],
  ]);
  await third.close();
});

test("trap 26: a throttled command says how long to wait and is not hammered", async () => {
  const throttle = "$tag BAD Request is throttled. Suggested Backoff Time: 120 milliseconds\r\n";
  await withInbox(PLAIN, [examine(3, MARKS), [/UID FETCH/, throttle]], async (remote, inbox, scripted) => {
    const error = await fetched(remote, inbox, [[1, 3]]).then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code: "THROTTLED", retry: "later", context: { waitMs: 120 } });
    expect(scripted.received().filter((line) => line.includes("UID FETCH"))).toHaveLength(1);
  });
});

test("a mailbox that may not be opened is MAILBOX_UNREADABLE (B7), one that is gone from LIST too is MAILBOX_GONE", async () => {
  await withInbox(PLAIN, [[/EXAMINE/, "$tag NO [NOPERM] no\r\n"]], async (remote, inbox) => {
    await expect(seen(remote, inbox, { kind: "list" })).rejects.toMatchObject({
      code: "MAILBOX_UNREADABLE",
      scope: "mailbox",
    });
  });
  const gone: Answers = [
    [/(EXAMINE|STATUS) "INBOX"/, "$tag NO no such mailbox\r\n"],
    [/LIST "" "INBOX"/, "$tag OK done\r\n"],
  ];
  await withInbox(PLAIN, gone, async (remote, inbox) => {
    await expect(seen(remote, inbox, { kind: "list" })).rejects.toMatchObject({ code: "MAILBOX_GONE" });
    expect(await remote.status(inbox)).toBeNull();
  });
});
