// Lines that break at exact places, in a first pull and in a run over changes: the next run finishes, and the archive is what an unbroken
// one would hold, each message once. Cut by the proxy before a real Dovecot; what changes on the server during a run belongs to the next one.
import type { RunReport } from "@packetboat/core";
import { type CountingProxy, type CutPlace, startDovecot } from "@packetboat/testkit";
import { describe, expect, test } from "vitest";
import { letter, type Nightly, openMemory, openNightly, withServer } from "./nightly.ts";

const DATE = "01-Feb-2020 10:11:12 +0000";
const MAIL = 36;

const cut =
  (name: string, place: CutPlace, k = 1) =>
  (proxy: CountingProxy): void =>
    proxy.cutAt(name, place, k);

/** Armed in order: each counts from where the one before it struck. */
function each(counts: readonly number[], arm: (count: number) => void): void {
  for (const count of counts) arm(count);
}

type Fault = (proxy: CountingProxy) => void;
const EVERYWHERE: readonly (readonly [string, Fault])[] = [
  ["the middle of the first body", (proxy) => proxy.cutMidLiteral(1)],
  ["before the answer of LIST", cut("LIST", "before-answer")],
  ["before the answer of the second EXAMINE", cut("EXAMINE", "before-answer", 2)],
  ["after the answer of EXAMINE", cut("EXAMINE", "after-answer")],
  ["instead of UID FETCH", cut("UID FETCH", "unsent")],
  ["before the answer of UID FETCH", cut("UID FETCH", "before-answer")],
  ["after the answer of the second UID FETCH", cut("UID FETCH", "after-answer", 2)],
  ["before the answer of UID SEARCH", cut("UID SEARCH", "before-answer")],
  ["silence in the middle of a body", (proxy) => proxy.stallMidLiteral(2)],
];
const FIRST_PULL: readonly (readonly [string, Fault])[] = [
  ...EVERYWHERE,
  ["after the answer of LIST", cut("LIST", "after-answer")],
  ["the middle of four bodies", (proxy) => each([3, 6, 1, 20], (k) => proxy.cutMidLiteral(k))],
  ["five places by their bytes", (proxy) => each([900, 5_000, 9_001, 9_002, 20_000], (n) => proxy.cutAfterBytes(n))],
];

async function fill({ hands }: Nightly): Promise<void> {
  await hands.create("Work");
  await hands.create("Old 0");
  for (let n = 0; n < MAIL; n++) {
    const mailbox = ["INBOX", "INBOX", "Work", "Old 0"][n % 4] ?? "INBOX";
    await hands.append(mailbox, letter(n, 1_500), { flags: n % 2 ? ["\\Seen"] : [], date: DATE });
  }
}

/** Flags, a move, a removal, three arrivals, a rename. */
async function change({ hands }: Nightly, round: number): Promise<void> {
  await hands.select("INBOX");
  const uids = await hands.uids();
  await hands.store(uids.slice(0, 3).join(","), round % 2 ? "-FLAGS" : "+FLAGS", ["\\Flagged"]);
  await hands.move(uids.slice(3, 5).join(","), "Work");
  await hands.expunge(String(uids[5]));
  for (const n of [1, 2]) await hands.append("INBOX", letter(`${round} ${n}`, 1_500), { date: DATE });
  await hands.append("Work", letter(`${round} 3`, 1_500), { date: DATE });
  await hands.rename(`Old ${round}`, `Old ${round + 1}`);
}

/** A run under the fault, whatever comes of it; then one without. */
async function through(nightly: Nightly, fault: Fault): Promise<RunReport> {
  const { proxy } = nightly;
  proxy.reset();
  fault(proxy);
  const connect = { limits: { silenceMs: 400 } };
  const broken = await nightly.pass({ connect }).catch((error: unknown) => {
    expect(error).toMatchObject({ name: "MailError", scope: "account" }); // not even signed in
    return null;
  });
  expect(proxy.struck()).toBeGreaterThan(0);
  if (broken?.error)
    expect(broken.error).toMatchObject({ code: expect.stringMatching(/CONNECTION_LOST|TIMED_OUT/), scope: "account" });
  proxy.disarm();
  const next = await nightly.run();
  expect(next.outcome, JSON.stringify(next.notes)).toBe("ok");
  expect(await nightly.inArchive()).toEqual(await nightly.onServer());
  const idle = await nightly.run();
  expect(idle.revisionAfter).toBe(next.revisionAfter);
  return next;
}

/** Says where the line was cut when something is wrong after it. */
async function at(place: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw new Error(`cut at ${place}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

const messagesEver = async (nightly: Nightly): Promise<number> =>
  Number((await nightly.rows<{ n: bigint }>("select count(*) as n from message"))[0]?.n);

describe("Dovecot", () => {
  const running = withServer(() => startDovecot());

  test("S1 traps 6, 28: a first pull that is cut anywhere is finished by the next run, each message once", async (context) => {
    const server = running(context);
    await using filled = await openNightly(server, "first");
    await fill(filled);
    for (const [place, fault] of FIRST_PULL) {
      await using nightly = await openNightly(server, "first");
      await at(place, async () => {
        await through(nightly, fault);
        expect(await messagesEver(nightly)).toBe(MAIL);
      });
    }
  });

  test("S1 M1 M4 trap 28: a run over changes that is cut anywhere is finished by the next one, nothing lost or doubled", async (context) => {
    await using nightly = await openNightly(running(context), "later");
    await fill(nightly);
    const memory = openMemory(nightly);
    await memory.remember(await nightly.run());
    for (const [round, [place, fault]] of EVERYWHERE.entries()) {
      await change(nightly, round);
      await at(place, async () => {
        await memory.remember(await through(nightly, fault));
        expect(await messagesEver(nightly)).toBe(MAIL + 3 * (round + 1));
      });
    }
    await memory.recall();
  });

  test("S3 traps 6, 42: what changes during a run is seen by the next one, with the marks of before", async (context) => {
    await using nightly = await openNightly(running(context), "meanwhile");
    const { hands } = nightly;
    await fill(nightly);
    let changed = 0;
    const report = await nightly.run({
      onEvent: async (event) => {
        // Between the looks and the bodies, and again when the first bodies are stored.
        if (event.kind !== "fetching" && !(event.kind === "stored" && changed === 1)) return;
        changed++;
        await hands.select("Work");
        await hands.expunge(String((await hands.uids())[0]));
        await hands.store("5", "+FLAGS", [`$Change${changed}`]);
        await hands.append("Work", letter(`meanwhile ${changed}`), { date: DATE });
        await hands.select("INBOX");
        await hands.move(String((await hands.uids())[0]), "Old 0");
      },
    });
    expect(changed).toBe(2);
    expect(report.outcome).toBe("ok");
    const memory = openMemory(nightly);
    await memory.remember(await nightly.run());
    const idle = await nightly.run();
    expect(idle.totals).toMatchObject({ stored: 0, removed: 0, flagsChanged: 0, movedIn: 0 });
  });
});
