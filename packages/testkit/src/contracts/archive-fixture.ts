// What the archive contract is written with: bodies, plain ops, pages collected. Values only; it must never assert anything.
import {
  type Archive,
  type BaseIdentity,
  type BaseRow,
  type Batch,
  type Binding,
  type Body,
  type Committed,
  type Digest,
  digestsOf,
  type Flags,
  type Intent,
  type LiveVersion,
  type MailboxBase,
  type MailboxId,
  type MailboxPath,
  type Marks,
  type MessageId,
  NO_COUNTS,
  normalFlags,
  type Pending,
  type PushRow,
  type RemoteMailboxId,
  type RunId,
  type RunReport,
  type StoredBytes,
  type Uid,
  type UidSet,
  type Unsent,
} from "@packetboat/core";
import type { SnapshotMailbox } from "../archive/history.ts";

/** How the contract looks at an archive from outside its port. Small, so that SQL can answer it. */
export interface ArchiveInspect {
  revision(): Promise<number>;
  /** The archive as of a revision, in any order. */
  snapshot(revision: number): Promise<readonly SnapshotMailbox[]>;
  /** The stored bytes, read back; null when there are none of that digest. */
  body(sha256: Digest): Promise<Buffer | null>;
  /** Changes a stored body behind the archive's back, as a disk does. */
  damage(sha256: Digest): Promise<void>;
  /** What a person does with `approve RUN`, at a time in milliseconds since 1970. */
  approve(run: RunId, at: number): Promise<void>;
}

export interface ArchiveUnderTest extends AsyncDisposable {
  readonly archive: Archive;
  readonly inspect: ArchiveInspect;
}

/** Turns a test on a hand into one that makes its own archive and closes it. */
export type On = (run: (hand: ArchiveHand) => Promise<void>) => () => Promise<void>;

export const DATE = Date.UTC(2024, 1, 29, 12, 30, 5);

/** A message of its own for each text. */
export function bodyOf(text: string, internalDate: number | null = DATE): Body {
  const bytes = Buffer.from(`Subject: ${text}\r\nMessage-ID: <${text}@example.org>\r\n\r\nBody of ${text}.\r\n`);
  return bodyFrom(bytes, internalDate);
}

export function bodyFrom(bytes: Buffer, internalDate: number | null = DATE): Body {
  const digests = digestsOf(bytes);
  return { kind: "message", uid: 1 as Uid, flags: [], modseq: null, internalDate, emailId: null, bytes, digests };
}

export const uids = (...list: number[]): UidSet => list.map((uid) => [uid, uid] as const);

export function marksOf(uidNext: number, highestModseq: bigint, messages: number): Marks {
  return { uidValidity: 7n, uidNext, highestModseq, messages };
}

export async function collect<T>(pages: AsyncIterable<readonly T[]>): Promise<T[]> {
  const out: T[] = [];
  for await (const page of pages) out.push(...page);
  return out;
}

interface Bound {
  readonly flags?: readonly string[];
  readonly modseq?: bigint | null;
  readonly emailId?: string | null;
}

export function bindingOf(remoteMailboxId: RemoteMailboxId, uid: number, more: Bound = {}): Binding {
  const { flags = [], modseq = null, emailId = null } = more;
  return { remoteMailboxId, uid: uid as Uid, flags: normalFlags(flags), modseq, emailId };
}

/** One archive in the hands of one test: the port, with the steps that every test repeats. */
export class ArchiveHand {
  readonly archive: Archive;
  readonly inspect: ArchiveInspect;

  constructor(under: ArchiveUnderTest) {
    this.archive = under.archive;
    this.inspect = under.inspect;
  }

  commit(batch: Partial<Batch>): Promise<Committed> {
    return this.archive.commit({ archive: batch.archive ?? [], base: batch.base ?? [] });
  }

  /** Makes a mailbox of the archive and pairs a remote one of the same path with it. */
  async pair(path: MailboxPath): Promise<{ readonly mailboxId: MailboxId; readonly remote: RemoteMailboxId }> {
    await this.commit({
      archive: [{ kind: "createMailbox", path, role: null, subscribed: false }],
      base: [
        {
          kind: "bindMailbox",
          archivePath: path,
          name: path.join("/"),
          path,
          objectId: null,
          role: null,
          subscribed: false,
          uidValidity: 7n,
        },
      ],
    });
    const base = await this.baseOf(path);
    return { mailboxId: base.mailboxId, remote: base.id };
  }

  async baseOf(path: MailboxPath): Promise<MailboxBase> {
    const { bases } = await this.archive.tree();
    const found = bases.find((base) => base.path.join("/") === path.join("/"));
    if (found === undefined) throw new Error(`no base of ${path.join("/")}`);
    return found;
  }

  /** Stores and binds a message under a UID, and gives its base row. */
  async add(
    mailbox: { readonly mailboxId: MailboxId; readonly remote: RemoteMailboxId },
    uid: number,
    body: Body,
    more: Bound = {},
  ): Promise<BaseIdentity & { readonly archive: LiveVersion; readonly sha256: Digest }> {
    await this.archive.storeBodies([body]);
    await this.commit({ archive: [this.addOp(mailbox, uid, body, more)] });
    return { ...(await this.row(mailbox.remote, uid)), sha256: body.digests.sha256 };
  }

  addOp(
    mailbox: { readonly mailboxId: MailboxId; readonly remote: RemoteMailboxId },
    uid: number,
    body: Body,
    more: Bound = {},
  ) {
    const binding = bindingOf(mailbox.remote, uid, more);
    const { sha256 } = body.digests;
    const { internalDate } = body;
    return {
      kind: "addMessage",
      mailboxId: mailbox.mailboxId,
      sha256,
      internalDate,
      flags: binding.flags,
      binding,
    } as const;
  }

  /** The base row of a UID, which must be bound to a live message. */
  async row(remote: RemoteMailboxId, uid: number): Promise<BaseIdentity & { readonly archive: LiveVersion }> {
    const [row] = await this.rows(remote, uids(uid));
    if (row === undefined || row.archive === null) throw new Error(`UID ${uid} is not bound to a live message`);
    return { ...row, archive: row.archive };
  }

  rows(remote: RemoteMailboxId, set: UidSet = [[1, 4294967295]]): Promise<BaseIdentity[]> {
    return collect(this.archive.identities(remote, set));
  }

  /** What pushRows gives of these messages. */
  pushRows(...messages: readonly MessageId[]): Promise<PushRow[]> {
    return collect(this.archive.pushRows(messages));
  }

  /** One of them, which must be there. */
  async pushRow(message: MessageId): Promise<PushRow> {
    const [row] = await this.pushRows(message);
    if (row === undefined) throw new Error(`no message ${message}`);
    return row;
  }

  async bytes(...messages: readonly MessageId[]): Promise<StoredBytes[]> {
    const all: StoredBytes[] = [];
    for await (const one of this.archive.bytes(messages)) all.push(one);
    return all;
  }

  plainRows(remote: RemoteMailboxId, set: UidSet = [[1, 4294967295]]): Promise<BaseRow[]> {
    return collect(this.archive.base(remote, set));
  }

  /** The messages of a mailbox as of a revision, as "first 8 of the digest [flags]", sorted. Null: no such mailbox then. */
  async at(revision: number, path: MailboxPath): Promise<string[] | null> {
    const mailboxes = await this.inspect.snapshot(revision);
    const found = mailboxes.find((mailbox) => mailbox.path.join("/") === path.join("/"));
    return found?.messages.map((message) => line(message.sha256, message.flags)).sort() ?? null;
  }

  async now(path: MailboxPath): Promise<string[] | null> {
    return this.at(await this.inspect.revision(), path);
  }
}

/** How {@link ArchiveHand.at} writes a message. */
export function line(sha256: Digest, flags: Flags = []): string {
  return `${sha256.slice(0, 8)} [${flags.join(" ")}]`;
}

export function pendingOf(remoteMailboxId: RemoteMailboxId, uid: number, runId: RunId, attempts = 1): Pending {
  const detail = "the server answered NO";
  return {
    remoteMailboxId,
    uid: uid as Uid,
    kind: "fetch",
    reason: "MESSAGE_UNREADABLE",
    detail,
    bytes: 12345,
    attempts,
    runId,
  };
}

export function unsentOf(remoteMailboxId: RemoteMailboxId, messageId: MessageId, runId: RunId): Unsent {
  const detail = "the server answered NO";
  return { remoteMailboxId, messageId, kind: "append", reason: "OP_REFUSED", detail, attempts: 1, runId };
}

export function intentOf(remoteMailboxId: RemoteMailboxId, messageId: MessageId, more: Partial<Intent> = {}): Intent {
  return { kind: "append", remoteMailboxId, messageId, uidValidity: 7n, uidNext: 100, flags: ["\\Seen"], ...more };
}

export const messageIds = (rows: readonly { readonly messageId: MessageId }[]): MessageId[] =>
  rows.map((row) => row.messageId);

/** A report of a run that did nothing. */
export function emptyReport(run: number): RunReport {
  return {
    version: 1,
    run,
    link: 1,
    archive: "main",
    account: "alice",
    outcome: "ok",
    started: "2026-01-01T00:00:00Z",
    finished: "2026-01-01T00:00:01Z",
    revisionBefore: 0,
    revisionAfter: 0,
    mailboxes: [],
    totals: NO_COUNTS,
    failures: [],
    notes: [],
    halts: [],
    left: 0,
    error: null,
  };
}
