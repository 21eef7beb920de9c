// What a writer knows of its mailboxes by itself is what counting would give, or it says that it knows less. Also how columns of values are written.
import { type ArchiveOp, asId, type MailboxId, type MessageId, type Revision } from "@packetboat/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { afterCommit, NOTHING_OWN } from "../src/own-counts.ts";
import { plainColumn, textColumn } from "../src/parameters.ts";

const revision = (n: number): Revision => asId<Revision>(n);

const addition = fc.record({
  mailbox: fc.integer({ min: 1, max: 3 }),
  // Of 9 the writer has forgotten the size.
  size: fc.integer({ min: 1, max: 9 }),
  seen: fc.boolean(),
});
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("adds" as const), adds: fc.array(addition, { maxLength: 4 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("removes" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("somebody else" as const) }) },
);

describe("what a writer knows of how much its mailboxes hold", () => {
  it("is what it added in all revisions since, none of which is another's or did anything else", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        let own = NOTHING_OWN;
        let at = 0;
        const added: {
          readonly revision: number;
          readonly mailbox: number;
          readonly size: number;
          readonly seen: boolean;
        }[] = [];
        const known: boolean[] = [true];
        for (const one of steps) {
          known[++at] = one.kind === "adds" && one.adds.every(({ size }) => size < 9);
          if (one.kind === "somebody else") continue;
          const adds = one.kind === "adds" ? one.adds : [];
          added.push(...adds.map((each) => ({ ...each, revision: at })));
          const ops: ArchiveOp[] =
            one.kind === "adds"
              ? [
                  { kind: "createMailbox", path: ["New"], role: null, subscribed: false },
                  ...adds.map(({ mailbox, size, seen }) => ({
                    kind: "addMessage" as const,
                    mailboxId: asId<MailboxId>(mailbox),
                    sha256: String(size),
                    internalDate: null,
                    flags: seen ? ["\\Seen"] : [],
                    binding: null,
                  })),
                ]
              : [{ kind: "removeMessage", messageId: asId<MessageId>(1), since: revision(1) }];
          own = afterCommit(own, revision(at), ops, (sha256) => (sha256 === "9" ? null : Number(sha256)));
          expect(own.through).toBe(at);
          const mine = added.filter((each) => each.revision > own.since);
          for (let n = own.since + 1; n <= own.through; n++) expect(known[n]).toBe(true);
          for (const mailbox of [1, 2, 3]) {
            const here = mine.filter((each) => each.mailbox === mailbox);
            expect(own.mailboxes.get(asId<MailboxId>(mailbox))).toEqual(
              here.length === 0
                ? undefined
                : {
                    messages: here.length,
                    unread: here.filter(({ seen }) => !seen).length,
                    bytes: here.reduce((sum, { size }) => sum + size, 0),
                  },
            );
          }
        }
      }),
    );
  });
});

describe("columns of values", () => {
  it("are written as array literals", () => {
    expect(plainColumn([1, 2n, null, -0.5, true])).toBe("{1,2,NULL,-0.5,true}");
    expect(plainColumn([])).toBe("{}");
    expect(textColumn(["a", null, 'b"\\', "a", "", "null", "{x,y}", "a\0b"])).toBe(
      '{"a",NULL,"b\\"\\\\","a","","null","{x,y}","a\uFFFDb"}',
    );
  });
});
