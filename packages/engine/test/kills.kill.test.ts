// SIGKILL at every kind of step of the write path, before Dovecot and Postgres: the next run ends where an undisturbed one does, no message
// lost, doubled or fetched into two places. A step that the process never reaches fails its test.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type Dovecot, startDovecot } from "@packetboat/testkit";
import { describe, expect, test } from "vitest";
import { letter, type Nightly, openNightly, withServer } from "./nightly.ts";
import { type Stop, stopAt } from "./stops.ts";

const DATE = "01-Feb-2020 10:11:12 +0000";
const SCRIPT = fileURLToPath(new URL("./commands/pull.ts", import.meta.url));

const soak = process.env.PACKETBOAT_SOAK !== undefined;

type Places = readonly (readonly [place: string, Stop])[];

/** Where nothing was written yet, and the kin of places that are in every run. */
const RARE_IN_FIRST_PULL: Places = [
  ["before the run is begun", { table: "run", at: "insert", n: 1 }],
  ["before the mailboxes are made", { table: "remote_mailbox", at: "insert", n: 1 }],
];
const RARE_IN_CHANGES: Places = [
  ["at the commit of the moves", { table: "revision", at: "commit", n: 3 }],
  ["before the removals", { table: "placement", at: "delete", n: 2 }],
];
const FIRST_PULL: Places = [
  ...(soak ? RARE_IN_FIRST_PULL : []),
  ["before the first bodies are stored", { table: "blob", at: "insert", n: 1 }],
  ["between the bodies and the commit of their messages", { table: "message", at: "insert", n: 2 }],
  ["at a commit that nobody hears of", { table: "revision", at: "commit", n: 3 }],
  ["after a commit, before its marks", { table: "remote_mailbox", at: "update", n: 2 }],
  ["before the run is finished", { table: "run", at: "update", n: 2 }],
];
const CHANGES: Places = [
  ...(soak ? RARE_IN_CHANGES : []),
  ["before the mailbox is renamed", { table: "mailbox_version", at: "update", n: 1 }],
  ["after the mailboxes, before the flags", { table: "message_version", at: "update", n: 1 }],
  ["during the moves", { table: "placement", at: "delete", n: 1 }],
  ["between the moves and the new messages", { table: "message", at: "insert", n: 1 }],
  ["at the commit of the removals", { table: "revision", at: "commit", n: 6 }],
  ["after everything, before the last marks", { table: "remote_mailbox", at: "update", n: 3 }],
  ["before the run is finished", { table: "run", at: "update", n: 2 }],
];

async function fill({ hands }: Nightly): Promise<void> {
  for (const name of ["Work", "Old"]) await hands.create(name);
  for (let n = 0; n < 24; n++)
    await hands.append(["INBOX", "INBOX", "Work", "Old"][n % 4] ?? "INBOX", letter(n), {
      flags: n % 2 ? ["\\Seen"] : [],
      date: DATE,
    });
}

async function change({ hands }: Nightly): Promise<void> {
  await hands.select("INBOX");
  await hands.store("1:3", "+FLAGS", ["\\Flagged"]);
  await hands.move("4:6", "Work");
  await hands.expunge("7:8");
  await hands.append("INBOX", letter("new 1"), { date: DATE });
  await hands.append("Work", letter("new 2"), { date: DATE });
  await hands.rename("Old", "Older");
}

/** Runs the pass in a process, kills it at the place, and gives when nothing of it is left. */
async function killedAt(nightly: Nightly, server: Dovecot, stop: Stop): Promise<void> {
  const place = await stopAt(nightly, stop);
  const words = [SCRIPT, nightly.scratch.url, String(nightly.link.id), String(server.port), nightly.user];
  const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const ended = once(child, "close");
  try {
    await place.reached(ended).catch((error: Error) => {
      throw new Error(`${error.message}: ${said}`);
    });
  } finally {
    child.kill("SIGKILL");
    await ended;
    await place.release();
  }
}

/** Everything that a later run or a reader can tell apart, but for ids, times and revision numbers. */
async function endState(nightly: Nightly): Promise<unknown> {
  const placements = `select r.name, p.uid::int, encode(b.sha256, 'hex') as sha256, p.flags
    from placement p join remote_mailbox r on r.id = p.remote_mailbox_id join message m on m.id = p.message_id join blob b on b.id = m.blob_id
    order by r.name, p.uid`;
  const marks = `select name, uid_validity::text, mark_uid_validity::text, mark_uid_next::int, mark_highest_modseq::text, mark_messages::int
    from remote_mailbox order by name`;
  const ever = `select encode(b.sha256, 'hex') as sha256, count(*)::int as messages, count(distinct m.id)::int as distinct
    from message m join blob b on b.id = m.blob_id group by 1 order by 1`;
  return {
    archive: await nightly.inArchive(),
    placements: await nightly.rows(placements),
    marks: await nightly.rows(marks),
    ever: await nightly.rows(ever),
    pending: await nightly.rows("select * from pending"),
  };
}

/** After the kill: one run, the same end as undisturbed; one more plans nothing. */
async function finished(nightly: Nightly, undisturbed: unknown): Promise<void> {
  const report = await nightly.run();
  expect(report.outcome).toBe("ok");
  expect(await endState(nightly)).toEqual(undisturbed);
  expect((await nightly.run()).revisionAfter).toBe(report.revisionAfter);
  const runs = await nightly.rows<{ outcome: string }>("select outcome from run order by id");
  expect(runs.every(({ outcome }) => outcome === "ok" || outcome === "interrupted")).toBe(true);
}

// Beside each other: each of them waits for the server, for Postgres, and for a process to start.
describe.concurrent("killed before Dovecot and Postgres", () => {
  const running = withServer(() => startDovecot());

  test("S1 S4 P6 in a first pull", async (context) => {
    const server = running(context);
    await using undisturbed = await openNightly(server, "first");
    await fill(undisturbed);
    await undisturbed.run();
    const expected = await endState(undisturbed);
    for (const [place, stop] of FIRST_PULL) {
      await using nightly = await openNightly(server, "first");
      await killedAt(nightly, server, stop);
      await finished(nightly, expected).catch((error: Error) => {
        throw new Error(`killed ${place}: ${error.message}`, { cause: error });
      });
    }
  });

  test("S1 S4 S5 M4 P6 in a run over changes", async (context) => {
    const server = running(context);
    await using undisturbed = await openNightly(server, "later");
    await fill(undisturbed);
    await using archives = new AsyncDisposableStack();
    const opened: Nightly[] = [];
    for (const _ of CHANGES) {
      const nightly = archives.use(await openNightly(server, "later"));
      await nightly.run();
      opened.push(nightly);
    }
    await undisturbed.run();
    await change(undisturbed);
    await undisturbed.run();
    const expected = await endState(undisturbed);
    for (const [index, [place, stop]] of CHANGES.entries()) {
      const nightly = opened[index] as Nightly;
      await killedAt(nightly, server, stop);
      await finished(nightly, expected).catch((error: Error) => {
        throw new Error(`killed ${place}: ${error.message}`, { cause: error });
      });
    }
  });
});
