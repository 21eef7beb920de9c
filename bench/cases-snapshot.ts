// The snapshots of a large archive: how long the tree of mailboxes and a page of messages take at its first, a middle and its last revision. The
// archive is written by the writer of every run, with a history of moves, flags and removals; it runs in this process, on an embedded
// Postgres with its ordinary settings. Each moment is compared with the limit and with the state of now.
import { join } from "node:path";
import {
  createAccount,
  createLink,
  differingMessages,
  ensureArchive,
  mailboxesAt,
  messagesAt,
  openArchive,
} from "@packetboat/archive";
import {
  type Archive,
  type ArchiveEdit,
  type ArchiveId,
  asId,
  type BaseIdentity,
  type Body,
  digestsOf,
  type MailboxId,
  type RemoteMailboxId,
  type Revision,
  type Uid,
} from "@packetboat/core";
import { acquireLease, type Database, migrateDatabase, openDatabase } from "@packetboat/database";
import type { Bench, Ratio } from "./cases.ts";
import { median } from "./measure.ts";

const MAILBOXES = 20;
const BATCH = 1_000;
/** Nights of history after the first pull; in each a hundredth of the mail is moved, as much is flagged, half as much is removed. */
const NIGHTS = 10;
const PAGE = 100;
const TREE_LIMIT_MS = 500;
const PAGE_LIMIT_MS = 20;

interface Box {
  readonly mailboxId: MailboxId;
  readonly remote: RemoteMailboxId;
}

function bodyOf(n: number): Body {
  const bytes = Buffer.from(`Subject: message ${n}\r\n\r\n${`line ${n} of text, `.repeat(1 + (n % 8))}\r\n`);
  const digests = digestsOf(bytes);
  return {
    kind: "message",
    uid: asId<Uid>(n),
    flags: [],
    modseq: null,
    internalDate: n * 1000,
    emailId: null,
    bytes,
    digests,
  };
}

async function makeMailboxes(archive: Archive): Promise<readonly Box[]> {
  for (let n = 0; n < MAILBOXES; n++) {
    const path = [`Mailbox ${n}`];
    const shape = { path, role: null, subscribed: false };
    await archive.commit({
      archive: [{ kind: "createMailbox", ...shape }],
      base: [
        { kind: "bindMailbox", ...shape, archivePath: path, name: path.join("/"), objectId: null, uidValidity: 1n },
      ],
    });
  }
  return (await archive.tree()).bases.map(({ id, mailboxId }) => ({ mailboxId, remote: id }));
}

/** Half of the mail in the first mailbox, the rest spread over the others. */
async function pull(archive: Archive, boxes: readonly Box[], messages: number): Promise<void> {
  for (let first = 1; first <= messages; first += BATCH) {
    const batch = first / BATCH;
    const box = boxes[batch % 2 < 1 ? 0 : 1 + (Math.floor(batch / 2) % (MAILBOXES - 1))];
    if (box === undefined) throw new Error("no mailbox");
    const bodies = Array.from({ length: Math.min(BATCH, messages - first + 1) }, (_, n) => bodyOf(first + n));
    await archive.storeBodies(bodies);
    await archive.commit({
      archive: bodies.map(({ digests, internalDate, uid }) => {
        const flags = uid % 3 === 0 ? [] : ["\\Seen"];
        const binding = { remoteMailboxId: box.remote, uid, flags, modseq: null, emailId: null };
        return { kind: "addMessage", mailboxId: box.mailboxId, sha256: digests.sha256, internalDate, flags, binding };
      }),
      base: [],
    });
  }
}

async function night(archive: Archive, boxes: readonly Box[], messages: number, number: number): Promise<void> {
  const [inbox, other] = boxes;
  if (inbox === undefined || other === undefined) throw new Error("no mailbox");
  const each = Math.floor(messages / 100);
  const from = 1 + number * each * 4;
  const rows: BaseIdentity[] = [];
  for await (const page of archive.identities(inbox.remote, [[from, from + each * 5]])) rows.push(...page);
  const edits = rows.flatMap(({ messageId, archive: live }, n): readonly ArchiveEdit[] => {
    if (live === null || n > each * 2.5) return [];
    const { since } = live;
    if (n % 5 < 2) return [{ kind: "moveMessage", messageId, since, mailboxId: other.mailboxId, flags: live.flags }];
    if (n % 5 < 4) return [{ kind: "setFlags", messageId, since, flags: ["\\Answered", "\\Seen"] }];
    return [{ kind: "removeMessage", messageId, since }];
  });
  for (let at = 0; at < edits.length; at += BATCH)
    await archive.commit({ archive: edits.slice(at, at + BATCH), base: [] });
}

async function fill(
  database: Database,
  messages: number,
): Promise<{ archiveId: ArchiveId; inbox: MailboxId; last: number }> {
  const { pool } = database;
  const account = await createAccount(pool, { user: "alice", host: "localhost", port: 143 }, {});
  const { id: archiveId } = await ensureArchive(pool, "snapshots");
  const link = await createLink(pool, { accountId: account.id, archiveId, rights: { pull: true, push: false } });
  await using lease = await acquireLease(database, { accountId: link.accountId, holder: "bench" });
  const archive = await openArchive({ pool, link, lease });
  const run = async (work: () => Promise<void>): Promise<void> => {
    const { runId } = await archive.beginRun();
    await work();
    await archive.finishRun(runId, "ok", { version: 1 } as never);
  };
  let boxes: readonly Box[] = [];
  await run(async () => {
    boxes = await makeMailboxes(archive);
    await pull(archive, boxes, messages);
  });
  for (let number = 0; number < NIGHTS; number++) await run(() => night(archive, boxes, messages, number));
  const inbox = boxes[0]?.mailboxId;
  if (inbox === undefined) throw new Error("no mailbox");
  return { archiveId, inbox, last: await archive.revision() };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

async function snapshots(bench: Bench): Promise<readonly Ratio[]> {
  await using database = await openDatabase({ url: "", home: join(bench.work, "snapshots"), env: {} });
  await migrateDatabase(database);
  const { pool } = database;
  const { archiveId, inbox, last } = await fill(database, bench.messages);
  const half = Math.floor(bench.messages / 4);
  // Within the first pull no revision is one whose counts were kept, but by chance.
  const moments = { first: MAILBOXES + 1, middle: Math.floor(last / 2), last } as const;
  const tree: Record<keyof typeof moments, number[]> = { first: [], middle: [], last: [] };
  const page: Record<keyof typeof moments, number[]> = { first: [], middle: [], last: [] };
  const difference: number[] = [];
  for (let n = 0; n < bench.times; n++) {
    for (const name of ["first", "middle", "last"] as const) {
      const at = asId<Revision>(moments[name]);
      tree[name].push(await timed(() => mailboxesAt(pool, archiveId, at)));
      const [after] = await messagesAt(pool, inbox, at, name === "last" ? half : 0, 1);
      page[name].push(await timed(() => messagesAt(pool, inbox, at, after?.id ?? 0, PAGE)));
    }
    const mailboxes = (await mailboxesAt(pool, archiveId, asId<Revision>(last))).map(({ id }) => id);
    const request = { archiveId, from: asId<Revision>(moments.middle), to: asId<Revision>(last), mailboxes };
    difference.push(await timed(() => differingMessages(pool, request).next()));
  }
  const size = bench.messages.toLocaleString("en");
  const rows = (what: string, all: typeof tree, limit: number): readonly Ratio[] =>
    (["first", "middle", "last"] as const).flatMap((name): readonly Ratio[] => {
      const ours = median(all[name]);
      const about = `${what}, ${size} messages, ${name} revision`;
      const limited: Ratio = { what: about, ours, peer: "limit", theirs: limit, target: 1, unit: "ms" };
      const now = { what: "", ours, peer: "now", theirs: median(all.last), target: 20, unit: "ms" } as const;
      return name === "last" ? [limited] : [limited, now];
    });
  return [
    ...rows("tree with counts", tree, TREE_LIMIT_MS),
    ...rows(`page of ${PAGE}`, page, PAGE_LIMIT_MS),
    { what: "first page of a difference", ours: median(difference), peer: "limit", theirs: 500, target: 1, unit: "ms" },
  ];
}

export const SNAPSHOT: Readonly<Record<string, (bench: Bench) => Promise<readonly Ratio[]>>> = { snapshot: snapshots };
