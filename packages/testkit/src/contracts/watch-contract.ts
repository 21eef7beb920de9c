// The contract of every watch of an account: what others do there is noticed, gathered, and named as far as it can be. It must never ask how
// it was noticed, nor how soon beyond what a person would wait.
import type { AccountWatch, MailboxPath, Noticed } from "@packetboat/core";
import { afterAll, describe, expect, it } from "vitest";
import { until } from "../servers/commands.ts";
import { orSkip } from "../servers/unavailable.ts";
import type { UserHands } from "./hands.ts";
import { INBOX, mail } from "./remote-fixture.ts";

/** What is asked of the watch under test. */
export interface WatchAsked {
  readonly mailboxes?: readonly string[];
  readonly onChange: (noticed: Noticed) => void;
}

/** One empty account. */
export interface WatchUnderTest extends AsyncDisposable {
  readonly user: UserHands;
  /** Begins to watch; the contract closes it. What goes wrong with it ends the test. */
  watch(asked: WatchAsked): AccountWatch;
  /** The name of a path on this server. */
  nameOf(path: MailboxPath): string;
}

export interface WatchTraits {
  /** A flag that another client sets in a mailbox that is only polled is named; otherwise the watch says that it is not sure. */
  readonly flags: boolean;
}

const PATIENCE_MS = 20_000;

export function watchContract(
  name: string,
  traits: WatchTraits,
  start: () => Promise<WatchUnderTest>,
  stop: () => Promise<void> = async () => undefined,
): void {
  // Beside each other: all of it is waiting for servers.
  describe.concurrent(`watch of ${name}`, () => {
    afterAll(stop);
    const on =
      (mailboxes: readonly MailboxPath[], run: (scene: Scene) => Promise<void>) =>
      async (context: { readonly skip: (note: string) => void }): Promise<void> => {
        const started = await orSkip(context.skip, start);
        if (started === undefined) return;
        await using under = started;
        for (const path of mailboxes) await under.user.create(path);
        const noticed: Noticed[] = [];
        const watch = under.watch({
          mailboxes: mailboxes.slice(0, 1).map(under.nameOf),
          onChange: (one) => noticed.push(one),
        });
        try {
          await until(() => noticed.some(({ why }) => why === "began"), "the watch to stand", PATIENCE_MS);
          await run({ under, noticed, watch });
        } finally {
          await watch.close();
        }
      };
    it("notices a message in INBOX, and one after it", { timeout: 60_000 }, on([], arrivals));
    it("notices what happens elsewhere", { timeout: 60_000 }, on([["Chosen"], ["Polled"]], elsewhere(traits)));
    it("notices mailboxes that come, go, or are subscribed", { timeout: 60_000 }, on([["Old"]], names));
    it("gathers a burst, and is silent once it is closed", { timeout: 60_000 }, on([], bursts));
  });
}

interface Scene {
  readonly under: WatchUnderTest;
  readonly noticed: Noticed[];
  readonly watch: AccountWatch;
}

/** Does it, and waits until a change of this mailbox was named since. */
async function named({ under, noticed }: Scene, path: MailboxPath, act: () => Promise<unknown>): Promise<void> {
  const before = noticed.length;
  await act();
  const name = under.nameOf(path);
  const isNamed = () => noticed.slice(before).some(({ mailboxes }) => mailboxes.includes(name));
  await until(isNamed, `${name} to be named`, PATIENCE_MS);
}

async function arrivals(scene: Scene): Promise<void> {
  const { user } = scene.under;
  await named(scene, INBOX, () => user.append(INBOX, mail("first")));
  await named(scene, INBOX, () => user.append(INBOX, mail("second")));
}

function elsewhere({ flags }: WatchTraits) {
  return async (scene: Scene): Promise<void> => {
    const { user } = scene.under;
    for (const path of [["Chosen"], ["Polled"]]) await named(scene, path, () => user.append(path, mail("news")));
    const [message] = await user.read(["Polled"]);
    const flagged = () => user.store(["Polled"], [message?.uid ?? 0], "add", ["\\Flagged"]);
    const before = scene.noticed.length;
    if (flags) await named(scene, ["Polled"], flagged);
    else await flagged();
    if (!flags)
      await until(() => scene.noticed.slice(before).some(({ why }) => why === "unsure"), "a doubt", PATIENCE_MS);
  };
}

async function names(scene: Scene): Promise<void> {
  const { user } = scene.under;
  await named(scene, ["New"], () => user.create(["New"]));
  await named(scene, ["New"], () => user.subscribe(["New"], true));
  await named(scene, ["Old"], () => user.remove(["Old"]));
}

async function bursts(scene: Scene): Promise<void> {
  const { user } = scene.under;
  const { noticed } = scene;
  const before = noticed.length;
  for (let i = 0; i < 30; i++) await user.append(INBOX, mail(`m${i}`));
  await until(() => noticed.slice(before).some(({ mailboxes }) => mailboxes.includes("INBOX")), "it", PATIENCE_MS);
  expect(noticed.slice(before).filter(({ why }) => why === "changed").length).toBeLessThan(10);
  await scene.watch.close();
  const after = noticed.length;
  await user.append(INBOX, mail("too late"));
  expect(await user.read(INBOX)).toHaveLength(31);
  expect(noticed.length).toBe(after);
}
