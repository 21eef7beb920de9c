// Two small accounts for the kill tests, and what people did to them: one change of every kind that a push carries. It must never leave it to
// chance what is in them.
import { scratchDatabase } from "@packetboat/database/testing";
import { WireClient } from "@packetboat/testkit";
import { mail } from "./accounts.ts";
import { commandOf, type Prepared, type Servers } from "./killed.ts";
import { program } from "./program.ts";
import type { Scene } from "./write-path.ts";

const DATE = "21-Nov-2025 10:00:00 +0000";

type Letters = readonly (readonly [mailbox: string, number: number, flags?: readonly string[]])[];

async function put(client: WireClient, letters: Letters): Promise<void> {
  for (const [mailbox, number, flags = []] of letters)
    await client.append(mailbox, mail(number), { flags, date: DATE });
}

const ALICE: Letters = [
  ["INBOX", 1, ["\\Seen"]],
  ["INBOX", 2, ["\\Seen"]],
  ["INBOX", 3, ["$Later"]],
  ["INBOX", 4],
  ["INBOX", 5],
  ["INBOX", 6],
  ["Work", 7],
  ["Work", 8],
  ["Old", 9],
  ["Old", 10, ["\\Answered"]],
  ["Gone", 11],
  ["Gone", 12],
];
const BOB: Letters = [
  ["INBOX", 2, ["\\Flagged"]],
  ["INBOX", 13],
  ["Old", 9],
];

async function fill({ a, b }: Servers): Promise<void> {
  await using alice = await WireClient.login(a, "alice");
  for (const name of ["Work", "Old", "Gone"]) await alice.create(name);
  for (const name of ["INBOX", "Old"]) await alice.subscribe(name);
  await put(alice, ALICE);
  await using bob = await WireClient.login(b, "bob");
  await bob.create("Old");
  await put(bob, BOB);
}

async function change({ a, b }: Servers): Promise<void> {
  await using alice = await WireClient.login(a, "alice");
  await alice.create("New");
  await put(alice, [
    ["INBOX", 21, ["\\Seen", "$Later"]],
    ["INBOX", 22],
    ["INBOX", 22],
    ["New", 23],
  ]);
  await alice.select("INBOX");
  await alice.store("1", "+FLAGS", ["\\Flagged"]);
  await alice.store("2", "-FLAGS", ["\\Seen"]);
  await alice.move("3:4", "Work");
  await alice.expunge("5");
  await alice.rename("Old", "Older");
  await alice.subscribe("Older");
  await alice.subscribe("Old", false);
  await alice.subscribe("Work");
  await alice.delete("Gone");
  await using bob = await WireClient.login(b, "bob");
  await put(bob, [["Work", 31]]);
  await bob.select("INBOX");
  await bob.store("2", "+FLAGS", ["$Work"]);
}

/** Makes a scene on users alice and bob of these servers, to be copied; they keep it under this name. */
export async function prepare(servers: Servers, scene: Scene, name: string): Promise<Prepared> {
  await using made = new AsyncDisposableStack();
  const scratch = made.use(await scratchDatabase());
  await Promise.all([servers.a.reset("alice"), servers.b.reset("bob")]);
  await fill(servers);
  if (scene === "changed") {
    await using mirror = await commandOf(scene, { a: "alice", b: "bob" }, servers, scratch);
    const { code, stdout, stderr } = await mirror.run();
    if (code !== 0) throw new Error(`the accounts did not become equal: ${stdout}${stderr}`);
    await change(servers);
  }
  if (scene === "restoring") {
    await using home = await program({ PACKETBOAT_DATABASE_URL: scratch.url });
    await home.must(["backup", `imap://alice:pass@127.0.0.1:${servers.a.port}?tls=none`, "--archive", "both"]);
  }
  await servers.a.snapshot("alice", name);
  await servers.b.snapshot("bob", name);
  const all = made.move();
  return { servers, scene, name, scratch, [Symbol.asyncDispose]: () => all.disposeAsync() };
}
