// A watch against servers that play by a script, on a clock that stands: IDLE asked anew in time, NOTIFY that is refused or overflows, servers
// that drop every connection, a password that is refused once and never tried again, and answers that say nothing new.
import type { Noticed } from "@packetboat/core";
import { type ScriptedServer, type ScriptStep, startScripted, until } from "@packetboat/testkit";
import { expect, test } from "vitest";
import type { WatchWish } from "../src/index.ts";
import { StandingClock, type Watched, watchOf } from "./watch-fixture.ts";

const MINUTE = 60_000;
const CAN = "IMAP4rev1 IDLE LIST-EXTENDED LIST-STATUS CONDSTORE AUTH=PLAIN SASL-IR";

const inbox = (uidNext: number): string =>
  `* LIST (\\Subscribed) "/" INBOX\r\n* LIST () "/" "a {3}"\r\n* STATUS INBOX (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 9 HIGHESTMODSEQ 5)\r\n` +
  `* STATUS "a {3}" (MESSAGES 0 UIDNEXT ${uidNext} UIDVALIDITY 8 HIGHESTMODSEQ 5)\r\n$tag OK done\r\n`;
interface Scene extends Watched {
  readonly server: ScriptedServer;
  readonly clock: StandingClock;
  readonly noticed: Noticed[];
  /** Lines received that match, of all connections. */
  count(pattern: RegExp): number;
}

async function scene(
  script: Parameters<typeof startScripted>[0],
  run: (scene: Scene) => Promise<void>,
  wish: Partial<WatchWish> = {},
): Promise<void> {
  await using server = await startScripted(script);
  const clock = new StandingClock();
  const noticed: Noticed[] = [];
  const options = { clock, chance: () => 1 };
  const watched = watchOf(server, { onChange: (one) => noticed.push(one), ...wish }, options);
  const count = (pattern: RegExp): number => server.received().filter((line) => pattern.test(line)).length;
  try {
    await run({ ...watched, server, clock, noticed, count });
  } finally {
    await watched.lookout.close();
  }
  expect(server.connections().total).toBeGreaterThan(0);
}

const IDLING = [{ expect: / IDLE$/ }, { send: "+ idling\r\n" }] as const;

/** From the greeting to the answer of LIST; `between` is what is asked before that. */
const standing = (can: string, between: readonly ScriptStep[] = []): readonly ScriptStep[] => [
  { send: `* OK [CAPABILITY ${can}] ready\r\n` },
  { expect: /AUTHENTICATE/ },
  { send: `$tag OK [CAPABILITY ${can}] in\r\n` },
  { expect: /EXAMINE/ },
  { send: "* 1 EXISTS\r\n$tag OK done\r\n" },
  ...between,
  { expect: /LIST/ },
  { send: inbox(1) },
];

test("IDLE is ended and asked anew before 29 minutes have passed, and a repeated EXISTS is no change", async () => {
  // Sign-in, EXAMINE, LIST, IDLE: DONE has no tag to answer by.
  const script: ScriptStep[] = [
    ...standing(CAN),
    ...IDLING,
    { expect: /^DONE$/ },
    { send: "w4 OK done\r\n" },
    ...IDLING,
  ];
  await scene(
    [...script, { send: "* 1 EXISTS\r\n* 1 EXPUNGE\r\n" }, { hang: true }],
    async ({ clock, count, noticed, troubles }) => {
      await until(() => count(/ IDLE$/) === 1 && clock.next === 250, "IDLE");
      clock.forward(250);
      await until(() => (clock.next ?? 0) > 20 * MINUTE, "the server to wait");
      // Only up to DONE: the answer to it has to come in time as well.
      const waits = clock.next ?? Number.POSITIVE_INFINITY;
      expect(waits).toBeLessThan(29 * MINUTE);
      clock.forward(waits);
      await until(() => count(/^DONE$/) === 1, "DONE");
      await until(() => count(/ IDLE$/) === 2, "IDLE again");
      await until(() => clock.next === 250, "the change to be gathered");
      clock.forward(250);
      await until(() => noticed.length === 2, "the change");
      expect(noticed.at(-1)).toEqual({ why: "changed", mailboxes: ["INBOX"] });
      expect(troubles).toEqual([]);
    },
    { pollMs: 60 * MINUTE },
  );
});

test("states that say nothing new wake nobody; a difference names its mailbox, whatever its name looks like", async () => {
  const script: ScriptStep[] = [
    ...standing(CAN),
    ...IDLING,
    { expect: /^DONE$/ },
    { send: "w4 OK done\r\n" },
    { expect: /LIST/ },
    { send: inbox(1) },
    ...IDLING,
    { expect: /^DONE$/ },
    { send: "w6 OK done\r\n" },
    { expect: /LIST/ },
    { send: inbox(2) },
    ...IDLING,
    { hang: true },
  ];
  await scene(
    script,
    async ({ clock, count, noticed }) => {
      await until(() => count(/ IDLE$/) === 1 && clock.next === 250, "the watch to stand");
      clock.forward(250);
      for (const round of [2, 3]) {
        await until(() => clock.next === 10 * MINUTE - (round === 2 ? 250 : 0), "IDLE to wait for the poll");
        clock.forward(10 * MINUTE);
        await until(() => count(/ IDLE$/) === round, "the poll");
        if (round === 2) expect(noticed).toEqual([{ why: "began", mailboxes: [] }]);
      }
      await until(() => clock.next === 250, "the change to be gathered");
      clock.forward(250);
      await until(() => noticed.length === 2, "the change");
      expect(noticed.slice(1)).toEqual([{ why: "changed", mailboxes: ["a {3}"] }]);
    },
    { pollMs: 10 * MINUTE },
  );
});

const notifying = (answer: string): readonly ScriptStep[] => [{ expect: /NOTIFY SET/ }, { send: answer }];

test("NOTIFY that overflows wakes, and the account is polled from then on", async () => {
  const script: ScriptStep[] = [
    ...standing(`${CAN} NOTIFY`, notifying("$tag OK done\r\n")),
    ...IDLING,
    {
      send: '* STATUS "a {3}" (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 8 HIGHESTMODSEQ 6)\r\n* OK [NOTIFICATIONOVERFLOW] gone\r\n',
    },
    { expect: /^DONE$/ },
    { send: "w5 OK done\r\n" },
    ...IDLING,
    { expect: /^DONE$/ },
    { send: "w6 OK done\r\n" },
    { expect: /LIST/ },
    { hang: true },
  ];
  await scene(
    script,
    async ({ clock, count, noticed }) => {
      await until(() => count(/ IDLE$/) === 2 && clock.next === 250, "IDLE after the overflow");
      clock.forward(250);
      await until(() => noticed.length === 1, "the wake");
      expect(noticed).toEqual([{ why: "began", mailboxes: ["a {3}"] }]);
      await until(() => (clock.next ?? 0) > MINUTE, "IDLE to wait for the poll");
      clock.forward(10 * MINUTE);
      await until(() => count(/ LIST /) === 2, "the poll");
      expect(count(/NOTIFY/)).toBe(1);
    },
    { pollMs: 10 * MINUTE },
  );
});

test.for(["NO not here", "BAD what"])("NOTIFY that is answered %s: the account is polled", async (answer) => {
  const script = [...standing(`${CAN} NOTIFY`, notifying(`$tag ${answer}\r\n`)), ...IDLING, { expect: /^DONE$/ }];
  await scene(
    [...script, { send: "w5 OK done\r\n" }, { expect: /LIST/ }, { hang: true }],
    async ({ clock, count, noticed, troubles }) => {
      await until(() => count(/ IDLE$/) === 1 && clock.next === 250, "IDLE");
      clock.forward(250);
      await until(() => (clock.next ?? 0) > MINUTE, "IDLE to wait for the poll");
      clock.forward(10 * MINUTE);
      await until(() => count(/ LIST /) === 2, "the poll");
      expect(noticed).toEqual([{ why: "began", mailboxes: [] }]);
      expect(troubles).toEqual([]);
    },
    { pollMs: 10 * MINUTE },
  );
});

test("a server that drops each connection is asked ever more rarely, and never more rarely than every five minutes", async () => {
  const waits: number[] = [];
  const onTrouble = (_error: unknown, ms: number): void => void waits.push(ms);
  await scene(
    [...standing(CAN), ...IDLING, { close: "reset" }],
    async ({ clock, server }) => {
      for (let drops = 1; drops <= 12; drops++) {
        await until(() => waits.length === drops, `drop ${drops}`);
        expect(server.connections().total).toBe(drops);
        clock.forward(waits.at(-1) ?? 0);
      }
    },
    { onTrouble },
  );
  const [first = 0] = waits;
  expect(waits.slice(0, 9)).toEqual(waits.slice(0, 9).map((_, i) => first * 2 ** i));
  expect(waits.slice(10).every((ms) => ms === waits.at(-1) && ms <= 5 * MINUTE)).toBe(true);
});

test("a refused sign-in ends the watch, is told once, and is never tried again", async () => {
  const script: ScriptStep[] = [
    { send: `* OK [CAPABILITY ${CAN}] ready\r\n` },
    { expect: /AUTHENTICATE/ },
    { send: "$tag NO [AUTHENTICATIONFAILED] no\r\n" },
    { hang: true },
  ];
  await scene(script, async ({ clock, ends, troubles, noticed, server }) => {
    await until(() => ends.length > 0, "the end");
    clock.forward(24 * 60 * MINUTE);
    expect(ends).toEqual(["AUTH_REJECTED"]);
    expect([troubles, noticed]).toEqual([[], []]);
    expect(server.connections().total).toBe(1);
    expect(clock.next).toBe(null);
  });
});
