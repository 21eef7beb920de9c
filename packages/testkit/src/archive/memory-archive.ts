// An archive in memory behind core's Archive port, with its whole history: what the Postgres archive is compared with, and what the
// random interleavings run on. It imports nothing of core but types, because it is half of the judge. It must never be lenient:
// whatever a real database would refuse is refused here too, and a refused batch leaves nothing behind.
import type {
  Archive,
  ArchiveOp,
  BaseIdentity,
  Batch,
  Body,
  Committed,
  Digest,
  LiveVersion,
  MailboxId,
  MailboxPath,
  MessageId,
  Pending,
  RemoteMailboxId,
  Revision,
  RunId,
  RunOutcome,
  RunReport,
  Tree,
  Uid,
  UidSet,
  UnboundMessage,
} from "@packetboat/core";
import { failure } from "../simulator/failure.ts";
import { pick, rangesOf } from "../simulator/uids.ts";
import { History, type LogLine, type SnapshotMailbox, type Undo } from "./history.ts";
import { LinkBase, type RemoteMailbox } from "./link-base.ts";

const PAGE = 1_000;
/** G1: an approval expires after 7 days. */
const APPROVAL_MS = 7 * 86_400_000;

interface Run {
  readonly id: RunId;
  readonly link: string;
  outcome: RunOutcome | null;
  report: RunReport | null;
  approvedAt: number | null;
  approvalUsed: boolean;
}

/** A live message as tests want to see it. */
export interface LiveMessage extends LiveVersion {
  readonly messageId: MessageId;
  readonly path: MailboxPath;
  readonly sha256: Digest;
  readonly internalDate: number | null;
}

export interface MemoryArchiveOptions {
  /** Milliseconds since 1970. Default: a clock that stands at 1,700,000,000,000. */
  readonly now?: () => number;
}

/** One archive with any number of links. The functions beside {@link MemoryArchive.open} are for tests to look inside. */
export class MemoryArchive {
  readonly history = new History();
  readonly runs: Run[] = [];
  /** Removals with the link and the time of their commit: what guards over 24 hours look at (G1). */
  readonly removals: { readonly link: string; readonly at: number; readonly mailboxId: MailboxId }[] = [];
  private readonly links = new Map<string, { readonly base: LinkBase; token: number }>();
  private readonly now: () => number;
  private nextRemote = 1;

  constructor(options: MemoryArchiveOptions = {}) {
    this.now = options.now ?? (() => 1_700_000_000_000);
  }

  /** Takes the lease of a link and gives the archive as that link sees it. Every earlier view of it can write no more (S4). */
  open(link = "link"): Archive {
    const state = this.links.get(link) ?? { base: new LinkBase(() => this.nextRemote++), token: 0 };
    state.token++;
    this.links.set(link, state);
    return new LinkView(this, link, state.base, this.fence(state));
  }

  revision(): number {
    return this.history.revision;
  }

  /** The archive as of a revision. Default: now. */
  snapshot(revision = this.history.revision): readonly SnapshotMailbox[] {
    return this.history.snapshot(revision);
  }

  /** Every live message, by id. */
  live(): readonly LiveMessage[] {
    const out: LiveMessage[] = [];
    for (const { id, sha256, internalDate } of this.history.messages.values()) {
      const live = this.history.live(id);
      const path = live && this.history.openMailbox(live.mailboxId)?.path;
      if (live && path) out.push({ messageId: id, path, sha256, internalDate, ...live });
    }
    return out;
  }

  log(): readonly LogLine[] {
    return this.history.log();
  }

  /** The bytes of a blob, or null when it was never stored. */
  body(sha256: Digest): Buffer | null {
    return this.history.blobs.get(sha256)?.bytes ?? null;
  }

  /** The base of a link, row by row. */
  base(link = "link"): ReadonlyMap<RemoteMailboxId, RemoteMailbox> {
    return this.links.get(link)?.base.mailboxes ?? new Map();
  }

  /** What a person does with `approve RUN`. */
  approve(run: RunId, at = this.now()): void {
    this.run(run).approvedAt = at;
  }

  run(id: RunId): Run {
    const run = this.runs.find((candidate) => candidate.id === id);
    if (run === undefined) throw failure("BUG", `There is no run ${id}.`);
    return run;
  }

  /** Commits as of the archive's clock; used by the views. */
  commit(link: string, base: LinkBase, batch: Batch): Committed {
    const { history } = this;
    const removed: MailboxId[] = [];
    const revision = history.revision + 1;
    const undo: Undo = [];
    const stale = new Set<MessageId>();
    let revived = 0;
    try {
      for (const op of removalsLast(batch.archive)) {
        if (op.kind === "removeMailbox" && history.isRevived(op.mailboxId)) {
          revived++;
          continue;
        }
        const before = removedFrom(history, op);
        const late = history.apply(op, revision, undo, (id) => {
          if (op.kind === "addMessage" && op.binding) base.bind(id, op.binding, undo);
        });
        if (late !== null) stale.add(late);
        else removed.push(...before);
      }
      const view = {
        now: this.now(),
        mailboxAt: (path: MailboxPath) => history.mailboxAt(path),
        exists: (id: MessageId) => history.messages.has(id),
        stale,
      };
      // Placements that go make room for those that come, in whatever order a plan names them.
      const ordered = [...batch.base].sort((a, b) => Number(a.kind !== "unbind") - Number(b.kind !== "unbind"));
      for (const op of ordered) base.apply(op, view, undo);
      history.check();
      base.check();
    } catch (error) {
      for (const step of undo.reverse()) step();
      throw error;
    }
    const changed = batch.archive.length > stale.size + revived;
    if (changed) history.revision = revision;
    for (const mailboxId of removed) this.removals.push({ link, at: this.now(), mailboxId });
    return { revision: changed ? (revision as Revision) : null, stale: [...stale].sort((a, b) => a - b) };
  }

  private fence(state: { token: number }): () => void {
    const { token } = state;
    return () => {
      if (state.token !== token) throw failure("LEASE_LOST", "Another run has taken over this account.");
    };
  }
}

/** B5: whether a mailbox can go is seen after the other ops of its batch. */
function removalsLast(ops: readonly ArchiveOp[]): readonly ArchiveOp[] {
  const last = (op: ArchiveOp): number => Number(op.kind === "removeMailbox");
  return [...ops].sort((a, b) => last(a) - last(b));
}

/** Where an op is about to remove a message from. */
function removedFrom(history: History, op: ArchiveOp): MailboxId[] {
  const live = op.kind === "removeMessage" ? history.live(op.messageId) : null;
  return live ? [live.mailboxId] : [];
}

class LinkView implements Archive {
  private readonly archive: MemoryArchive;
  private readonly link: string;
  private readonly own: LinkBase;
  /** S4: throws when the lease was taken by somebody else. */
  private readonly fenced: () => void;

  constructor(archive: MemoryArchive, link: string, own: LinkBase, fenced: () => void) {
    this.archive = archive;
    this.link = link;
    this.own = own;
    this.fenced = fenced;
  }

  async tree(): Promise<Tree> {
    const mailboxes = [];
    for (const id of this.archive.history.mailboxes.keys()) {
      const open = this.archive.history.openMailbox(id);
      if (open) mailboxes.push({ id, path: open.path, role: open.role, subscribed: open.subscribed });
    }
    const bases = [...this.own.mailboxes.values()].map(({ base, pending }) => ({ ...base, pending: pending.size }));
    return { mailboxes, bases };
  }

  async known(mailbox: RemoteMailboxId, from: Uid): Promise<{ bound: UidSet; pending: readonly Pending[] }> {
    const { rows, pending } = this.own.must(mailbox);
    return {
      bound: rangesOf([...rows.keys()].filter((uid) => uid >= from)),
      pending: [...pending.values()].sort((a, b) => a.uid - b.uid),
    };
  }

  base(mailbox: RemoteMailboxId, uids: UidSet): AsyncIterable<readonly BaseIdentity[]> {
    return this.identities(mailbox, uids);
  }

  async *identities(mailbox: RemoteMailboxId, uids: UidSet): AsyncGenerator<readonly BaseIdentity[]> {
    const { rows } = this.own.must(mailbox);
    const wanted = pick(
      uids,
      [...rows.keys()].sort((a, b) => a - b),
    );
    for (let at = 0; at < wanted.length; at += PAGE) {
      const page = wanted.slice(at, at + PAGE).flatMap((uid): BaseIdentity[] => {
        const row = rows.get(uid);
        const message = row && this.archive.history.messages.get(row.messageId);
        const blob = message && this.archive.history.blobs.get(message.sha256);
        if (!row || !message || !blob) return [];
        const { fingerprint, canonical } = blob.digests;
        const archive = this.archive.history.live(message.id);
        const identity = { size: blob.bytes.length, internalDate: message.internalDate, fingerprint, canonical };
        return [{ remoteMailboxId: mailbox, uid, ...row, archive, ...identity }];
      });
      yield page;
    }
  }

  async bound(): Promise<ReadonlyMap<RemoteMailboxId, number>> {
    return new Map([...this.own.mailboxes].map(([id, { rows }]) => [id, rows.size]));
  }

  async unbound(mailbox: MailboxId, canonical: readonly Digest[]): Promise<readonly UnboundMessage[]> {
    const wanted = new Set(canonical);
    const out: UnboundMessage[] = [];
    for (const messageId of [...(this.archive.history.inside.get(mailbox) ?? [])].sort((a, b) => a - b)) {
      if (this.own.boundTimes.has(messageId)) continue;
      const message = this.archive.history.messages.get(messageId);
      const digest = message && this.archive.history.blobs.get(message.sha256)?.digests.canonical;
      const live = this.archive.history.live(messageId);
      if (!message || !digest || !live || !wanted.has(digest)) continue;
      const { sha256, internalDate } = message;
      out.push({ messageId, canonical: digest, sha256, internalDate, live });
    }
    return out;
  }

  async byEmailId(emailIds: readonly string[]): Promise<ReadonlyMap<string, { sha256: Digest; canonical: Digest }>> {
    const wanted = new Set(emailIds);
    const out = new Map<string, { sha256: Digest; canonical: Digest }>();
    for (const { rows } of this.own.mailboxes.values())
      for (const { emailId, messageId } of rows.values()) {
        if (emailId === null || !wanted.has(emailId)) continue;
        const sha256 = this.archive.history.messages.get(messageId)?.sha256 ?? "";
        const canonical = this.archive.history.blobs.get(sha256)?.digests.canonical;
        if (canonical !== undefined) out.set(emailId, { sha256, canonical });
      }
    return out;
  }

  async storeBodies(bodies: readonly Body[]): Promise<void> {
    this.fenced();
    for (const body of bodies)
      if (!this.archive.history.blobs.has(body.digests.sha256))
        this.archive.history.blobs.set(body.digests.sha256, body);
  }

  async commit(batch: Batch): Promise<Committed> {
    this.fenced();
    return this.archive.commit(this.link, this.own, batch);
  }

  async removedSince(since: number): Promise<ReadonlyMap<MailboxId, number>> {
    const out = new Map<MailboxId, number>();
    for (const { link, at, mailboxId } of this.archive.removals)
      if (link === this.link && at >= since) out.set(mailboxId, (out.get(mailboxId) ?? 0) + 1);
    return out;
  }

  async beginRun(): Promise<RunId> {
    this.fenced();
    const id = (this.archive.runs.length + 1) as RunId;
    this.archive.runs.push({ id, link: this.link, outcome: null, report: null, approvedAt: null, approvalUsed: false });
    return id;
  }

  async finishRun(run: RunId, outcome: RunOutcome, report: RunReport): Promise<void> {
    this.fenced();
    Object.assign(this.archive.run(run), { outcome, report });
  }

  async approved(now: number): Promise<ReadonlyMap<RemoteMailboxId, { runId: RunId; uids: UidSet }>> {
    const out = new Map<RemoteMailboxId, { runId: RunId; uids: UidSet }>();
    for (const { id: runId, link, approvedAt, approvalUsed } of this.archive.runs) {
      if (link !== this.link || approvedAt === null || approvalUsed || now > approvedAt + APPROVAL_MS) continue;
      for (const [id, { pending }] of this.own.mailboxes) {
        const listed = [...pending.values()].filter((row) => row.kind !== "fetch" && row.runId === runId);
        if (listed.length > 0) out.set(id, { runId, uids: rangesOf(listed.map((row) => row.uid)) });
      }
    }
    return out;
  }

  async useApproval(run: RunId): Promise<void> {
    this.fenced();
    this.archive.run(run).approvalUsed = true;
  }
}
