// The adapter against a server that lies, forgets, breaks off and floods: one fault each, scripted at the wire. What can be had is had,
// what cannot is said by its name, and no absence is ever concluded from a fault.
import { type Fetched, isMailError, type ListedMailbox, type Look, type Remote } from "@packetboat/core";
import {
  ServerModel,
  startWireServer,
  type WireFault,
  type WireServer,
  type WireServerOptions,
} from "@packetboat/testkit";
import { describe, expect, it } from "vitest";
import type { ConnectOptions } from "../src/index.ts";
import { complete, fetched, mailboxNamed, remoteTo, seen } from "./remote-fixture.ts";

/** Faults end a test by an error or not at all: a hang would be the defect. */
const LIMITS = { silenceMs: 1_500, signInMs: 3_000, strayLines: 20_000, lineBytes: 2_000_000 };
const ALL = [[1, 4294967295]] as const;

interface Hand {
  readonly model: ServerModel;
  readonly server: WireServer;
  readonly remote: Remote;
  inbox(): Promise<ListedMailbox>;
}

/** INBOX holds messages 1 to 6; the fault is in force from the start. */
async function against(
  faults: readonly WireFault[],
  run: (hand: Hand) => Promise<void>,
  options: WireServerOptions = {},
  more: Partial<ConnectOptions> = {},
): Promise<void> {
  const model = new ServerModel();
  for (let i = 1; i <= 6; i++) model.append("INBOX", `Subject: ${i}\r\n\r\n${"text ".repeat(500 * i)}\r\n`);
  await using server = await startWireServer(model, { ...options, faults });
  const remote = await remoteTo(server, "alice", { limits: LIMITS, ...more });
  try {
    await run({ model, server, remote, inbox: () => mailboxNamed(remote, "INBOX") });
  } finally {
    await remote.close();
  }
}

const kinds = (all: readonly Fetched[]): string => all.map((one) => `${one.uid} ${one.kind}`).join(", ");
const look = async (hand: Hand, how: Look) => seen(hand.remote, await hand.inbox(), how);
const EVERYBODY = "1 message, 2 message, 3 message, 4 message, 5 message, 6 message";

describe("fetch", () => {
  const cases: readonly (readonly [string, WireFault, string])[] = [
    ["cut in the middle of a literal, once", { kind: "cutLiteral", uid: 3, times: 1 }, EVERYBODY],
    ["cut in the same message always", { kind: "cutLiteral", uid: 3 }, EVERYBODY.replace("3 message", "3 failed")],
    ["NO to a message", { kind: "refuseFetch", uid: 5 }, EVERYBODY.replace("5 message", "5 failed")],
    [
      "NO [SERVERBUG] to a message (Dovecot's word for one that it cannot read)",
      { kind: "refuseFetch", uid: 5, text: "[SERVERBUG] Internal error occurred" },
      EVERYBODY.replace("5 message", "5 failed"),
    ],
    ["NO to a message, once", { kind: "refuseFetch", uid: 1, times: 1 }, EVERYBODY],
    ["OK without a message", { kind: "skipFetch", uid: 6 }, EVERYBODY.replace("6 message", "6 failed")],
    ["NIL for a body", { kind: "nilBody", uid: 2 }, EVERYBODY.replace("2 message", "2 failed")],
    ["every answer twice", { kind: "repeatFetch" }, EVERYBODY],
    ["a wrong RFC822.SIZE", { kind: "wrongSize", by: -40 }, EVERYBODY],
    ["BYE, once", { kind: "bye", command: /FETCH/, text: "Session expired", times: 1 }, EVERYBODY],
    ["a cut before the tagged answer, once", { kind: "cut", command: /FETCH/, when: "after", times: 1 }, EVERYBODY],
    ["silence, once", { kind: "hang", command: /FETCH/, times: 1 }, EVERYBODY],
    [
      "an expunge between listing and fetch",
      { kind: "user", command: /FETCH/, act: (model) => model.expunge("INBOX", [4]) },
      EVERYBODY.replace("4 message", "4 gone"),
    ],
    [
      "foreign lines in between",
      { kind: "inject", command: /FETCH/, text: "* 3 FETCH (FLAGS (\\Seen))\r\n* OK hello\r\n" },
      EVERYBODY,
    ],
  ];
  for (const [name, fault, expected] of cases)
    it(`${name}`, () =>
      against([fault], async ({ remote, inbox, model }) => {
        const all = await fetched(remote, await inbox(), [[1, 6]]);
        expect(kinds(all)).toBe(expected);
        for (const one of all)
          if (one.kind === "message")
            expect(one.bytes.equals(model.get("INBOX").messages.get(one.uid)?.bytes ?? Buffer.alloc(0))).toBe(true);
          else if (one.kind === "failed")
            expect(one.error).toMatchObject({ code: "MESSAGE_UNREADABLE", scope: "message" });
      }));

  it("a new UIDVALIDITY in the middle is UIDVALIDITY_CHANGED, never another message", () =>
    against(
      [{ kind: "user", command: /FETCH/, times: 1, act: (model) => model.bumpUidValidity("INBOX") }],
      async ({ remote, inbox }) => {
        const mailbox = await inbox();
        await expect(fetched(remote, mailbox, [[1, 6]])).rejects.toMatchObject({ code: "UIDVALIDITY_CHANGED" });
      },
    ));

  it("a throttle is THROTTLED or waited for, never a failed message", () =>
    against(
      [
        {
          kind: "answer",
          command: /FETCH/,
          text: "BAD Request is throttled. Suggested Backoff Time: 100 milliseconds",
          times: 1,
        },
      ],
      async ({ remote, inbox }) => {
        const mailbox = await inbox();
        const outcome = await fetched(remote, mailbox, [[1, 6]]).then(
          kinds,
          (error) => isMailError(error) && error.code,
        );
        expect([EVERYBODY, "THROTTLED"]).toContain(outcome);
      },
    ));
});

describe("looks", () => {
  it("trap 10: VANISHED of all that is there removes nothing", () =>
    against([{ kind: "falseVanished" }], async (hand) => {
      const { marks } = await look(hand, { kind: "list" });
      hand.model.expunge("INBOX", [2]);
      const delta = await look(hand, { kind: "delta", since: complete(marks) });
      expect(delta.end.listed ?? delta.end.vanished).toEqual(
        delta.end.listed
          ? [
              [1, 1],
              [3, 6],
            ]
          : [[2, 2]],
      );
    }));

  for (const kind of ["noModseq", "zeroModseq"] as const)
    it(`trap 10: ${kind}: no mark, and a delta is a complete scan`, () =>
      against([{ kind }], async (hand) => {
        const { marks } = await look(hand, { kind: "list" });
        expect(marks.highestModseq).toBeNull();
        hand.model.store("INBOX", [5], { add: ["\\Flagged"] });
        const scan = await look(hand, { kind: "delta", since: { ...complete({ ...marks, highestModseq: 5n }) } });
        expect(scan.messages).toHaveLength(6);
        expect(scan.end.listed).toEqual([[1, 6]]);
      }));

  it("trap 10: FETCH without MODSEQ gives flags all the same", () =>
    against([{ kind: "fetchWithoutModseq" }], async (hand) => {
      const { marks } = await look(hand, { kind: "flags" });
      hand.model.store("INBOX", [5], { add: ["\\Flagged"] });
      const delta = await look(hand, { kind: "delta", since: complete(marks) });
      expect(delta.messages).toMatchObject([{ uid: 5, flags: ["\\Flagged"] }]);
    }));

  it("U2: HIGHESTMODSEQ backwards is a complete scan", () =>
    against([], async (hand) => {
      const { marks } = await look(hand, { kind: "list" });
      hand.model.rewindModseq("INBOX", 3n);
      hand.model.store("INBOX", [5], { add: ["\\Flagged"] });
      const scan = await look(hand, { kind: "delta", since: complete(marks) });
      expect(scan.messages.find((message) => message.uid === 5)?.flags).toEqual(["\\Flagged"]);
      expect(scan.end.listed).toEqual([[1, 6]]);
    }));

  for (const hide of [[], ["ESEARCH"]])
    it(`trap 44: SEARCH that leaves out half is seen through${hide.length ? ", without ESEARCH" : ""}`, () =>
      against(
        [{ kind: "truncatedSearch" }],
        async (hand) => {
          expect((await look(hand, { kind: "list" })).end.listed).toEqual([[1, 6]]);
        },
        { hide },
      ));

  it("trap 44: when FETCH leaves out half too, the look is an error and no listing", () =>
    against([{ kind: "truncatedSearch" }, { kind: "truncatedFetch" }], async (hand) => {
      const error = { code: "OBSERVATION_INCOMPLETE", scope: "mailbox" };
      await expect(look(hand, { kind: "list" })).rejects.toMatchObject(error);
      await expect(look(hand, { kind: "flags" })).rejects.toMatchObject(error);
    }));

  it("UIDNEXT that SELECT does not give comes from STATUS; where neither gives it there is none", async () => {
    await against([{ kind: "selectWithoutUidNext" }], async (hand) =>
      expect((await look(hand, { kind: "list" })).marks.uidNext).toBe(7),
    );
    await against([{ kind: "noUidNext" }], async (hand) => {
      const { marks, end } = await look(hand, { kind: "list" });
      expect([marks.uidNext, end.listed]).toEqual([null, [[1, 6]]]);
    });
  });

  for (const kind of ["zeroUidValidity", "noUidValidity"] as const)
    it(`U4: ${kind}: none is shown, and messages can be had`, () =>
      against([{ kind }], async (hand) => {
        const inbox = await hand.inbox();
        expect(inbox.status?.uidValidity ?? null).toBeNull();
        expect((await look(hand, { kind: "list" })).marks.uidValidity).toBeNull();
        expect((await fetched(hand.remote, inbox, [[1, 6]])).length).toBe(6);
      }));

  it("new mail and an expunge during SEARCH do not spoil the proof", () =>
    against(
      [
        {
          kind: "user",
          command: /SEARCH/,
          when: "after",
          times: 1,
          act: (model) => {
            model.expunge("INBOX", [3]);
            model.append("INBOX", "Subject: late\r\n\r\nlate\r\n");
          },
        },
      ],
      async (hand) => {
        const { end } = await look(hand, { kind: "list" });
        expect([
          JSON.stringify([
            [1, 2],
            [4, 7],
          ]),
          JSON.stringify([[1, 6]]),
        ]).toContain(JSON.stringify(end.listed));
      },
    ));

  it("a connection that breaks in a look is an error or begun again, never an empty mailbox", () =>
    against([{ kind: "cut", command: /SEARCH/, when: "before", times: 1 }], async (hand) => {
      const outcome = await look(hand, { kind: "list" }).then(
        (one) => one.end.listed,
        (error) => isMailError(error) && error.code,
      );
      expect(["CONNECTION_LOST", [[1, 6]]]).toContainEqual(outcome);
      expect((await look(hand, { kind: "list" })).end.listed).toEqual([[1, 6]]);
    }));
});

describe("list", () => {
  it("trap 19: names that are no modified UTF-7 break neither the list nor the others", () =>
    against(
      [
        {
          kind: "inject",
          command: /^LIST/,
          text: '* LIST () "/" "&Jjo!-x"\r\n* LIST () "/" "&&&-"\r\n* LIST () "/" "caf\xe9"\r\n* LIST () "/" {3}\r\na"b\r\n',
        },
      ],
      async ({ remote, model }) => {
        model.create("Sent/Über");
        const all = await remote.list();
        expect(all.map((mailbox) => mailbox.path.join("|"))).toEqual(
          expect.arrayContaining(["INBOX", "Sent|Über", 'a"b']),
        );
        expect(all).toHaveLength(7);
        expect(new Set(all.map((mailbox) => mailbox.name)).size).toBe(7);
      },
    ));

  for (const delimiter of ["\\", "^", "|", "%"])
    it(`trap 20: the delimiter ${delimiter}`, async () => {
      const model = new ServerModel({ delimiter });
      model.create(`A${delimiter}B/C.D`);
      await using server = await startWireServer(model);
      const remote = await remoteTo(server, "alice");
      const all = await remote.list();
      await remote.close();
      expect(all.map((mailbox) => mailbox.path)).toEqual(expect.arrayContaining([["A", "B/C.D"], ["INBOX"]]));
    });

  it("a refused STATUS is none, and no absence (B5)", () =>
    against(
      [{ kind: "answer", command: /^STATUS "?Work/, text: "NO [UNAVAILABLE] try later" }],
      async ({ remote, model }) => {
        model.create("Work");
        const work = (await remote.list()).find((mailbox) => mailbox.name === "Work");
        expect(work).toMatchObject({ selectable: true, status: null });
        if (work) await expect(remote.status(work)).rejects.toMatchObject({ code: "MAILBOX_UNREADABLE" });
      },
      { hide: ["LIST-STATUS"] },
    ));

  it("a LIST that is cut off or refused is an error, never a shorter list", async () => {
    await against([{ kind: "answer", command: /^LIST/, text: "NO [SERVERBUG] no" }], async ({ remote }) => {
      await expect(remote.list()).rejects.toMatchObject({ name: "MailError" });
    });
    await against([{ kind: "cut", command: /^LIST/, when: "after", times: 9 }], async ({ remote }) => {
      await expect(remote.list()).rejects.toMatchObject({ name: "MailError", scope: "account" });
    });
  });
});

describe("floods", () => {
  const floods: readonly (readonly [string, RegExp, string])[] = [
    ["untagged lines without end", /SEARCH/, "* OK still here\r\n"],
    ["expunges without end", /SEARCH/, "* 1 EXPUNGE\r\n"],
    ["mailboxes without end", /^LIST/, '* LIST () "/" "again"\r\n'],
    ["a line without end", /SEARCH/, "1234567890 "],
    ["flags of one message without end", /FETCH/, "* 1 FETCH (UID 1 FLAGS ())\r\n"],
    ["a literal beyond all bounds", /FETCH/, "* 1 FETCH (UID 1 BODY[] {999999999999}\r\n"],
  ];
  for (const [name, command, text] of floods)
    it(name, () =>
      against([{ kind: "flood", command, text }], async (hand) => {
        const used = process.memoryUsage().rss;
        await expect(
          (async () => {
            await look(hand, { kind: "flags" });
            await fetched(
              hand.remote,
              await hand.inbox(),
              ALL.map(() => [1, 1] as const),
            );
          })(),
        ).rejects.toMatchObject({ name: "MailError" });
        expect(process.memoryUsage().rss - used).toBeLessThan(250_000_000);
      }),
    );
});

describe("sign-in", () => {
  const refusals: readonly (readonly [string, WireServerOptions, string])[] = [
    ["a wrong password", { pass: "other" }, "AUTH_REJECTED"],
    ["BYE as greeting", { greeting: "BYE too busy" }, "any"],
    [
      "[UNAVAILABLE]",
      { faults: [{ kind: "answer", command: /^(LOGIN|AUTH)/, text: "NO [UNAVAILABLE] later" }] },
      "THROTTLED",
    ],
    [
      "a limit of connections",
      { faults: [{ kind: "answer", command: /^(LOGIN|AUTH)/, text: "NO [LIMIT] too many" }] },
      "THROTTLED",
    ],
    ["silence", { faults: [{ kind: "hang", command: /^(LOGIN|AUTH)/ }] }, "TIMED_OUT"],
  ];
  for (const [name, options, code] of refusals)
    it(name, async () => {
      await using server = await startWireServer(new ServerModel(), options);
      const refused = await remoteTo(server, "alice", { limits: LIMITS }).then(
        () => null,
        (error) => error,
      );
      expect(refused).toMatchObject({ name: "MailError", scope: "account", ...(code === "any" ? {} : { code }) });
      expect(server.commands().filter((line) => /^(LOGIN|AUTH)/.test(line)).length).toBeLessThanOrEqual(1);
    });
});
