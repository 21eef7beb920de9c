// The shared corpus of real and hostile messages through Dovecot, Cyrus and Courier into Postgres: what a server hands out is what is kept, byte for
// byte, and what is read back. The other client's raw answers are the measure; what a server changes at APPEND is its own affair.
import { readBodies, readBody } from "@packetboat/archive";
import { asId, type MessageId } from "@packetboat/core";
import {
  type CorpusMessage,
  corpusDirectory,
  corpusMessages,
  orSkip,
  startCourier,
  startCyrus,
  startDovecot,
  type TestServer,
  type WireClient,
  WireRefused,
  withCrlf,
} from "@packetboat/testkit";
import { describe, expect, test } from "vitest";
import { openNightly, readingCommands, sha256, withServer } from "./nightly.ts";

/** Name, start, what it refuses, and what the names of folders begin with. */
const SERVERS: readonly (readonly [string, () => Promise<TestServer>, readonly string[], string])[] = [
  // RFC 3501 6.3.11: a literal of no bytes takes the APPEND back.
  ["Dovecot", () => startDovecot(), ["made/empty.eml"], ""],
  // NUL, and headers that are none.
  [
    "Cyrus",
    () => startCyrus(),
    `cpython/msg_35.txt enmime/mail/erroneous.raw enmime/mail/qp-utf8-header-no-break.raw made/binary-cte.eml made/empty.eml
    made/header-null-fold.eml made/mboxcl2.mbox#2 made/nul-bytes.eml mail/error_emails/multiple_references_with_one_invalid.eml mail/rfc2822/example13.eml
    mailcore2/gh-965-utf8.eml mime4j/mimetools-testmsgs/hdr-fakeout.msg mime4j/testmsgs/basic-plain-with-bad-header-separator.msg
    mime4j/testmsgs/malformedHeaderStartsBody-nocrlfcrlf.msg mime4j/testmsgs/malformedHeaderStartsBody-noheader.msg
    mime4j/testmsgs/obsolete.msg`.split(/\s+/),
    "",
  ],
  // It stores all of them, though with line ends of its own.
  ["Courier", () => startCourier(), [], "INBOX."],
];

async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const FLAGS = [[], ["\\Seen"], ["\\Seen", "$Label1"], ["\\Flagged", "\\Answered", "NonJunk"], ["\\Deleted", "\\Draft"]];
const dateOf = (n: number): string =>
  `${String((n % 28) + 1).padStart(2, "0")}-Feb-${1990 + (n % 40)} 0${n % 10}:11:12 ${n % 3 === 0 ? "-0730" : "+0000"}`;

/** Appends a message as it is, else with CRLF; false when the server wants neither. */
async function append(hands: WireClient, mailbox: string, message: CorpusMessage, n: number): Promise<boolean> {
  const options = { flags: FLAGS[n % FLAGS.length] ?? [], date: dateOf(n) };
  for (const bytes of [message.bytes, withCrlf(message.bytes)]) {
    try {
      await hands.append(mailbox, bytes, options);
      return true;
    } catch (error) {
      if (!(error instanceof WireRefused)) throw error;
    }
  }
  return false;
}

describe.for(SERVERS)("%s", ([, start, refuses, prefix]) => {
  const running = withServer(start);

  test("C1 C2 C3 traps 30, 31, 32, 33, 34, 35, 36: every message of the corpus, duplicates too, is kept and read back as the server hands it out; a second run plans nothing", async (context) => {
    await orSkip(context.skip, async () => corpusDirectory());
    await using nightly = await openNightly(running(context), "alice");
    const { hands, proxy } = nightly;
    const corpus = await allOf(corpusMessages({ mboxes: true }));
    const folder = ({ name }: CorpusMessage): string => prefix + (name.split("/", 1)[0] ?? "");
    for (const name of new Set(corpus.map(folder))) await hands.create(name);
    let appended = 0;
    const refused = new Set<string>();
    for (const [n, message] of corpus.entries()) {
      for (let copies = n % 10 === 0 ? 2 : 1; copies > 0; copies--) {
        if (await append(hands, folder(message), message, n)) appended++;
        else refused.add(message.name);
      }
    }
    expect(corpus.length).toBeGreaterThan(450);
    expect([...refused]).toEqual(refuses);

    const report = await nightly.run();
    expect(report).toMatchObject({
      outcome: "ok",
      failures: [],
      totals: { fetched: appended, stored: appended, failed: 0 },
    });
    expect(proxy.counts().bodies).toBe(appended);
    const held = await nightly.onServer();
    expect(Object.values(held).flatMap(({ messages }) => messages)).toHaveLength(appended);
    expect(await nightly.inArchive()).toEqual(held);

    // What the server showed, from the archive's door.
    const witnessed = Object.values(held).flatMap(({ messages }) => messages.map((one) => one.split(" ", 1)[0]));
    const ids = (await nightly.rows<{ id: bigint }>("select id from message order by id")).map(({ id }) =>
      asId<MessageId>(id),
    );
    const read: string[] = [];
    for await (const body of readBodies(nightly.scratch.pool, nightly.link.archiveId, ids)) {
      read.push(sha256(Buffer.concat(await allOf(body.chunks))));
    }
    expect(read.sort()).toEqual(witnessed.sort());
    const one = await readBody(nightly.scratch.pool, nightly.link.archiveId, ids[0] as MessageId);
    expect(witnessed).toContain(sha256(one ?? Buffer.of()));

    const second = await nightly.run();
    expect(second.revisionAfter).toBe(report.revisionAfter);
    // I3: without CONDSTORE the flags are read again, and nothing else.
    if ((await hands.capabilities()).includes("CONDSTORE")) expect(readingCommands(proxy)).toEqual([]);
    expect(proxy.counts().bodies).toBe(0);
    // A look at everything, too, finds nothing to do.
    const complete = await nightly.run({ policy: { completeEvery: 0 } });
    expect(complete.revisionAfter).toBe(report.revisionAfter);
    expect(complete.totals).toMatchObject({ observed: appended, fetched: 0, flagsChanged: 0, removed: 0 });
    expect(proxy.counts().bodies).toBe(0);
  });
});
