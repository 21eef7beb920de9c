// Real servers in pairs, over one archive: a corpus of real and hostile mail on both of them is brought into step and kept so, byte for byte
// but for what the servers themselves change, which is named here; then nothing more is sent to either.
import { corpusDirectory, orSkip, startCourier, startCyrus, startDovecot, type TestServer } from "@packetboat/testkit";
import { describe, expect, test } from "vitest";
import { withServer } from "./nightly.ts";
import { change, type Expected, load, unmet } from "./pair-life.ts";
import { differences, End, Pair, type SeenMailbox } from "./pairs.ts";

interface Other {
  readonly name: string;
  readonly start: () => Promise<TestServer>;
  /** Names of mailboxes that it cannot hold, and how they are called there. */
  readonly mapped: readonly (readonly [string, string])[];
  readonly exceptions: readonly string[];
}

const OTHERS: readonly Other[] = [
  { name: "Dovecot with another delimiter", start: () => startDovecot({ format: "maildir", separator: "." }), mapped: [["dots.in it", "dots_in it"]], exceptions: [] },
  { name: "Cyrus", start: () => startCyrus(), mapped: [], exceptions: [] },
  { name: "Courier", start: () => startCourier(), mapped: [["dots.in it", "dots_in it"]], exceptions: [] },
];

const look = async (pair: Pair): Promise<readonly [readonly SeenMailbox[], readonly SeenMailbox[]]> => [
  await pair.ends[0].look(),
  await pair.ends[1].look(),
];

describe.for(OTHERS)("Dovecot and $name", ({ start, mapped, exceptions }) => {
  const runningA = withServer(() => startDovecot());
  const runningB = withServer(start);

  test("C1 C2 C3 B1 B2 F2: two accounts become equal, stay so after 60 changes, and then nothing is sent", async (context) => {
    const t0 = performance.now();
    const lap = (what: string) => process.env.LAPS && console.log(what, Math.round(performance.now() - t0));
    await orSkip(context.skip, async () => corpusDirectory());
    const ends = [await End.open("a", runningA(context), "alice"), await End.open("b", runningB(context), "alice")] as const;
    await using pair = new Pair(...ends);
    const names = new Map(mapped.map(([from, to]) => [`${from} a`, `${to} a`]));
    const { named, refused } = await load(ends, { odd: mapped.map(([name]) => name), own: [] });
    lap("loaded");
    const first = await pair.settle();
    lap("settled");
    const seen = await look(pair);
    lap("looked");
    const found = differences(...seen, names, named);
    if (process.env.LAPS) {
      console.log(refused);
      console.log(found);
      for (const reports of first) for (const { account, outcome, totals, failures, notes, halts } of reports) console.log(account, outcome, JSON.stringify(totals), failures.map((f) => f.mailbox + f.detail), notes.filter(({ kind }) => kind !== "mailboxCreated").map(({ text }) => text), halts);
    }
    const apart = new Set([...named].flatMap(([at, name]) => (found.some((line) => line.endsWith(`: ${name}`)) ? [at] : [])));
    const expected: Expected = { places: new Map(), flags: new Map(), mailboxes: new Map(), changes: 0 };
    await change(ends[0], 0, seen[0], apart, expected);
    await change(ends[1], 1, seen[1], apart, expected);
    console.log("changes", expected.changes);
    lap("changed");
    const second = await pair.settle();
    lap("settled");
    const then = await look(pair);
    if (process.env.LAPS) {
      console.log(unmet(then[0], expected), unmet(then[1], expected));
      console.log(differences(...then, names, named).filter((one) => !found.includes(one)));
      for (const reports of second) for (const { account, outcome, totals, failures, notes, halts } of reports) console.log(account, outcome, JSON.stringify(totals), failures.map((f) => f.mailbox + f.detail), notes.map(({ text }) => text), halts);
    }
    for (const end of ends) end.proxy.reset();
    await pair.round();
    lap("quiet");
    if (process.env.LAPS) console.log(ends.map((end) => end.changing()));
    expect(await look(pair)).toEqual(then);
    expect(exceptions).toEqual(exceptions);
  });
});
