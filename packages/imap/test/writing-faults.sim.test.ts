// What goes wrong while a mailbox is written to, one fault at a time at the wire: what is said of it, and that nothing is sent twice.
import type { ListedMailbox, MessageId, Outgoing, RemoteWriter, UidSet } from "@packetboat/core";
import { ServerModel, startWireServer, type WireFault } from "@packetboat/testkit";
import { describe, expect, test } from "vitest";
import { mail, mailboxNamed, writerTo } from "./remote-fixture.ts";

interface Under {
  readonly writer: RemoteWriter;
  readonly model: ServerModel;
  readonly inbox: ListedMailbox;
  readonly there: ListedMailbox;
}

/** Three messages in INBOX, the second marked \Deleted by somebody, and an empty mailbox There. */
async function under<T>(
  faults: readonly WireFault[],
  hide: readonly string[],
  run: (under: Under) => Promise<T>,
): Promise<T> {
  const model = new ServerModel();
  model.create("There");
  for (const name of ["a", "b", "c"])
    model.append("INBOX", mail(name), { flags: name === "b" ? ["\\Deleted"] : [], internalDate: 0 });
  const listening = await startWireServer(model, { faults, hide });
  const writer = await writerTo(listening, "alice", { limits: { goodbyeMs: 100 } });
  try {
    const inbox = await mailboxNamed(writer, "INBOX");
    return await run({ writer, model, inbox, there: await mailboxNamed(writer, "There") });
  } finally {
    await writer.close();
    await listening.stop();
  }
}

const validity = (mailbox: ListedMailbox): bigint | null => mailbox.status?.uidValidity ?? null;
const subjects = (model: ServerModel, name: string): readonly string[] =>
  [...(model.find(name)?.messages.values() ?? [])].map(
    ({ bytes }) => /Subject: (.*)\r/.exec(bytes.toString())?.[1] ?? "",
  );
const flagsIn = (model: ServerModel): readonly string[] =>
  [...(model.find("INBOX")?.messages.values() ?? [])].map(({ flags }) => flags.join(" "));
const out = (id: number, flags: readonly string[] = []): Outgoing => ({
  messageId: id as MessageId,
  bytes: mail(`new ${id}`),
  flags,
  internalDate: 0,
});
async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

const FIRST: UidSet = [[1, 1]];
const CALLS: Readonly<Record<string, readonly [RegExp, (under: Under) => Promise<unknown>]>> = {
  append: [/^APPEND/, ({ writer, inbox }) => all(writer.append(inbox, validity(inbox), [out(1)]))],
  store: [
    /^UID STORE/,
    ({ writer, inbox }) => all(writer.store(inbox, validity(inbox), [{ uids: FIRST, add: ["\\Seen"], remove: [] }])),
  ],
  move: [
    /^UID MOVE/,
    ({ writer, inbox, there }) =>
      writer.move(inbox, validity(inbox), FIRST, { mailbox: there, uidValidity: validity(there) }),
  ],
  copy: [
    /^UID COPY/,
    ({ writer, inbox, there }) =>
      writer.copy(inbox, validity(inbox), FIRST, { mailbox: there, uidValidity: validity(there) }),
  ],
  expunge: [/^UID EXPUNGE/, ({ writer, inbox }) => writer.expunge(inbox, validity(inbox), FIRST)],
  create: [/^CREATE/, ({ writer }) => writer.create("New")],
  rename: [/^RENAME/, ({ writer, there }) => writer.rename(there, "Elsewhere")],
  remove: [/^DELETE/, ({ writer, there }) => writer.remove(there)],
  subscribe: [/^SUBSCRIBE/, ({ writer, there }) => writer.subscribe(there, true)],
};

describe.for(["before", "after"] as const)("S2: a connection that is cut %s it is done", (when) => {
  test.for(Object.entries(CALLS))("%s is CONNECTION_LOST, and is not sent again", async ([, [command, call]]) => {
    let asked = 0;
    const faults: WireFault[] = [
      { kind: "user", command, act: () => void asked++ },
      { kind: "cut", command, when, times: 1 },
    ];
    await under(faults, [], async (all) => {
      await expect(call(all)).rejects.toMatchObject({ code: "CONNECTION_LOST", retry: "now" });
      expect(asked).toBe(1);
      // The session goes on by itself.
      expect((await all.writer.list()).length).toBeGreaterThan(0);
    });
  });
});

test.for(Object.entries(CALLS))(
  "a connection that was dropped before %s is replaced, and it is done once",
  async ([, [command, call]]) => {
    let asked = 0;
    const faults: WireFault[] = [
      { kind: "user", command, act: () => void asked++ },
      { kind: "cut", command: /^SELECT/, when: "before", times: 1 },
    ];
    await under(faults, [], async (all) => {
      await call(all);
      expect(asked).toBe(1);
    });
  },
);

describe("refusals", () => {
  test.for([
    ["NO [OVERQUOTA] full", "QUOTA_EXCEEDED", "account"],
    ["NO Quota exceeded", "QUOTA_EXCEEDED", "account"],
    ["NO [TOOBIG] x", "MESSAGE_TOO_LARGE", "message"],
    ["NO [LIMIT] x", "MESSAGE_TOO_LARGE", "message"],
    ["NO [TRYCREATE] x", "OP_REFUSED", "message"],
    ["BAD Command Argument Error. 11", "OP_REFUSED", "message"],
    ["NO [SERVERBUG] Internal error occurred", "OP_REFUSED", "message"],
  ] as const)("APPEND: %s is %s", async ([text, code, scope]) => {
    await under([{ kind: "answer", command: /^APPEND/, text }], ["MULTIAPPEND"], async ({ writer, inbox, model }) => {
      const answers = await all(writer.append(inbox, validity(inbox), [out(1), out(2)]));
      expect(answers).toMatchObject(
        [1, 2].map((messageId) => ({ kind: "refused", messageId, error: { code, scope } })),
      );
      expect(subjects(model, "INBOX")).toEqual(["a", "b", "c"]);
    });
  });

  test.for(["move", "copy"] as const)("%s: over quota, and no such target", async (how) => {
    const command = new RegExp(`^UID ${how}`, "i");
    for (const [text, code] of [
      ["NO [OVERQUOTA] full", "QUOTA_EXCEEDED"],
      ["NO [CANNOT] never", "OP_REFUSED"],
    ] as const)
      await under([{ kind: "answer", command, text }], [], async (all) => {
        const result = await CALLS[how]?.[1](all);
        expect(result).toMatchObject({ kind: "refused", error: { code } });
        expect(subjects(all.model, "INBOX")).toEqual(["a", "b", "c"]);
      });
  });

  test("F2: a refused keyword does not keep a system flag back; a refused STORE is told for its messages only", async () => {
    const keyword: WireFault = { kind: "answer", command: /^UID STORE .*\$No/, text: "NO keyword" };
    await under([keyword], [], async ({ writer, inbox }) => {
      const change = { uids: [[1, 2]], add: ["$No", "\\Seen"], remove: [] } as const;
      expect(await all(writer.store(inbox, validity(inbox), [change]))).toMatchObject([
        [
          { kind: "shown", uid: 1, flags: ["\\Seen"] },
          { kind: "shown", uid: 2, flags: ["\\Deleted", "\\Seen"] },
        ],
      ]);
    });
    const second: WireFault = { kind: "answer", command: /^UID STORE 2 /, text: "NO [CANNOT] x" };
    await under([second], [], async ({ writer, inbox }) => {
      const changes = [1, 2, 3].map((uid) => ({ uids: [[uid, uid]] as UidSet, add: ["\\Flagged"], remove: [] }));
      expect(await all(writer.store(inbox, validity(inbox), changes))).toMatchObject([
        [
          { kind: "refused", uids: [[2, 2]], error: { code: "OP_REFUSED" } },
          { kind: "shown", uid: 1, flags: ["\\Flagged"] },
          { kind: "shown", uid: 3, flags: ["\\Flagged"] },
        ],
      ]);
    });
  });

  test("M6: an EXPUNGE that is refused leaves the mail and the marks of others as they were", async () => {
    const refused: WireFault = { kind: "answer", command: /^(UID )?EXPUNGE/, text: "NO not now" };
    for (const hide of [[], ["UIDPLUS"]])
      await under([refused], hide, async ({ writer, inbox, model }) => {
        const result = await writer.expunge(inbox, validity(inbox), FIRST);
        expect(result).toMatchObject({ gone: [], error: { code: "OP_REFUSED", scope: "mailbox" } });
        expect(flagsIn(model)[1]).toBe("\\Deleted");
      });
  });

  test("trap 44: without UIDPLUS a SEARCH that is cut off gives nobody's mail away", async () => {
    await under([{ kind: "truncatedSearch" }], ["UIDPLUS"], async ({ writer, inbox, model }) => {
      expect(await writer.expunge(inbox, validity(inbox), FIRST)).toEqual({ gone: FIRST, error: null });
      expect(subjects(model, "INBOX")).toEqual(["b", "c"]);
      expect(flagsIn(model)).toEqual(["\\Deleted", ""]);
    });
  });

  test("a pause that the server asks for is THROTTLED, whatever was asked", async () => {
    for (const [command, call] of Object.values(CALLS))
      await under([{ kind: "answer", command, text: "NO [UNAVAILABLE] later" }], [], async (all) => {
        await expect(call(all)).rejects.toMatchObject({ code: "THROTTLED", scope: "account" });
      });
  });
});

test("U4: without UIDVALIDITY a message is appended, and its UID is not known", async () => {
  await under([{ kind: "noUidValidity" }], [], async ({ writer, inbox, model }) => {
    expect(validity(inbox)).toBeNull();
    const [answer] = await all(writer.append(inbox, null, [out(1, ["\\Seen", "$x"])]));
    expect(answer).toMatchObject({ kind: "appended", uid: null, flags: ["\\Seen"] });
    expect(subjects(model, "INBOX")).toEqual(["a", "b", "c", "new 1"]);
  });
});
