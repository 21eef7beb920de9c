// What only Courier does: mail that nobody has opened yet has UIDs for one session only, and a renamed mailbox is another one. The tests
// run beside each other, for RENAME sleeps; each has a user of its own.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Courier, cachedMaildir, startCourier, textOf, until, WireClient } from "@packetboat/testkit";
import { expect, test } from "vitest";
import { letter, openNightly, withServer } from "./nightly.ts";

const running = withServer(() => startCourier({ users: ["unopened", "shifted", "renamed", "empty"] }));

/** A delivery past IMAP, as a mail server makes it: UIDs follow the names. */
async function deliver(server: Courier, user: string, name: string): Promise<void> {
  const lines = letter(name).toString("latin1").replaceAll("\r\n", "\n");
  await writeFile(join(server.maildir(user), "new", name), lines, { mode: 0o666 });
}

test.concurrent("U4: an account that no mail program ever opened is backed up in one run, and again without a download", async (context) => {
  const server = running(context);
  await server.load("unopened", await cachedMaildir("tiny"));
  await using nightly = await openNightly(server, "unopened");
  const report = await nightly.run();
  expect(report).toMatchObject({ outcome: "ok", failures: [], totals: { fetched: 500, stored: 500 } });
  expect(await nightly.inArchive()).toEqual(await nightly.onServer());
  const second = await nightly.run();
  expect(second).toMatchObject({ outcome: "ok", totals: { fetched: 0, stored: 0, removed: 0 } });
  expect(second.revisionAfter).toBe(report.revisionAfter);
  expect(nightly.proxy.counts().bodies).toBe(0);
});

test.concurrent("U4: mail whose UID goes over to another message before anybody opened the mailbox is kept, both of them", async (context) => {
  const server = running(context);
  await using nightly = await openNightly(server, "shifted");
  await nightly.hands.append("INBOX", letter("first"));
  await nightly.run();
  await deliver(server, "shifted", "1700000005.M1P1.late");
  await nightly.run();
  // Sorted before the other: it takes that one's UID.
  await deliver(server, "shifted", "1700000001.M1P1.early");
  await nightly.run();
  expect(await nightly.inArchive()).toEqual(await nightly.onServer());
  // Somebody opens it: from now on the UIDs last.
  await using reader = await WireClient.login(server, "shifted");
  await reader.select("INBOX");
  await reader.logout();
  for (let i = 0; i < 2; i++) {
    expect((await nightly.run()).totals).toMatchObject({ fetched: 0, removed: 0 });
    expect(await nightly.inArchive()).toEqual(await nightly.onServer());
  }
});

test.concurrent("I1: an INBOX that nobody ever opened is another one in each session, and no news", async (context) => {
  await using nightly = await openNightly(running(context), "empty");
  const validity = async () =>
    textOf((await nightly.hands.must("STATUS INBOX (UIDVALIDITY)")).untagged[0] ?? { name: "", parts: [] });
  const before = await validity();
  const first = await nightly.run();
  await until(async () => (await validity()) !== before, "another UIDVALIDITY");
  const second = await nightly.run();
  expect(second).toMatchObject({ outcome: "ok", notes: [], revisionAfter: first.revisionAfter });
});

test.concurrent("B1: a renamed mailbox is matched by what is in it, children too, without a download", async (context) => {
  const { hands, ...nightly } = await openNightly(running(context), "renamed");
  await using _ = nightly;
  for (const name of ["INBOX.one", "INBOX.one.kid", "INBOX.two"]) {
    await hands.create(name);
    for (let i = 0; i < 3; i++) await hands.append(name, letter(`${name} ${i}`), { flags: ["\\Seen", "$Label1"] });
  }
  await nightly.run();
  await hands.rename("INBOX.one", "INBOX.uno");
  const report = await nightly.run();
  expect(report).toMatchObject({ outcome: "ok", totals: { fetched: 0, movedIn: 6, removed: 0 } });
  expect(await nightly.inArchive()).toEqual(await nightly.onServer());
});
