// An archive in memory behind core's Archive port, with its whole history: what the Postgres archive is compared with, and what the
// random interleavings run on. It imports nothing of core but types, because it is half of the judge. It must never be lenient:
// whatever a real database would refuse is refused here too, and a refused batch leaves nothing behind.
import type {
  Archive,
  ArchiveOp,
  BaseOp,
  Batch,
  Committed,
  Digest,
  LinkId,
  LiveVersion,
  MailboxId,
  MailboxPath,
  MessageId,
  RemoteMailboxId,
  Revision,
  RunId,
} from "@packetboat/core";
import { failure } from "../simulator/failure.ts";
import { History, type LogLine, type SnapshotMailbox, type Undo } from "./history.ts";
import { LinkBase, type RemoteMailbox } from "./link-base.ts";
import { LinkView, type Run } from "./link-view.ts";
import type { PushState } from "./push-state.ts";

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
  /** When each revision was made and by which run; by its number. */
  readonly revisions = new Map<number, { readonly at: number; readonly run: RunId | null }>();
  /** Bodies whose stored bytes no longer fit their digest: see {@link MemoryArchive.damage}. */
  readonly damaged = new Set<Digest>();
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

  /** What a disk does: from now on the stored bytes of this body are not those that were stored. */
  damage(sha256: Digest): void {
    this.damaged.add(sha256);
  }

  /** What a link's pushes know: intents, what was not sent, what was removed. Null: no such link. */
  push(link = "link"): PushState | null {
    return this.links.get(link)?.base.push ?? null;
  }

  /** The base of a link, row by row. */
  base(link = "link"): ReadonlyMap<RemoteMailboxId, RemoteMailbox> {
    return this.links.get(link)?.base.mailboxes ?? new Map();
  }

  /** What a person does with `approve RUN`. */
  approve(run: RunId, at = this.now()): void {
    this.run(run).approvedAt = at;
  }

  /** A number for each link, in the order in which they were opened first. */
  linkId(link: string): LinkId {
    return ([...this.links.keys()].indexOf(link) + 1) as LinkId;
  }

  run(id: RunId): Run {
    const run = this.runs.find((candidate) => candidate.id === id);
    if (run === undefined) throw failure("BUG", `There is no run ${id}.`);
    return run;
  }

  /** Commits as of the archive's clock; used by the views. */
  commit(link: string, base: LinkBase, batch: Batch, run: RunId | null): Committed {
    const { history } = this;
    if (batch.archive.length > 0 && batch.plannedAt !== undefined && this.othersSince(batch.plannedAt, link))
      return { revision: null, stale: [], overtaken: true };
    const removed: MailboxId[] = [];
    const revision = history.revision + 1;
    const undo: Undo = [];
    const stale = new Set<MessageId>();
    let revived = 0;
    try {
      for (const op of removalsLast(batch.archive)) {
        if (op.kind === "reviveMailbox" && history.openMailbox(op.mailboxId) !== null) {
          revived++;
          continue;
        }
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
        revision,
        pathAt: (id: MailboxId, at: number) => history.pathAt(id, at),
        mailboxAt: (path: MailboxPath) => history.mailboxAt(path),
        exists: (id: MessageId) => history.messages.has(id),
        stale,
      };
      for (const op of inFamilies(batch.base)) base.apply(op, view, undo);
      history.check();
      base.check();
    } catch (error) {
      for (const step of undo.reverse()) step();
      throw error;
    }
    const changed = batch.archive.length > stale.size + revived;
    if (changed) history.revision = revision;
    if (changed) this.revisions.set(revision, { at: this.now(), run });
    for (const mailboxId of removed) this.removals.push({ link, at: this.now(), mailboxId });
    return { revision: changed ? (revision as Revision) : null, stale: [...stale].sort((a, b) => a - b) };
  }

  /** Whether anybody but this link has committed after a revision. */
  private othersSince(revision: number, link: string): boolean {
    return [...this.revisions].some(
      ([number, { run }]) => number > revision && (run === null || this.run(run).link !== link),
    );
  }

  private fence(state: { token: number }): () => void {
    const { token } = state;
    return () => {
      if (state.token !== token) throw failure("LEASE_LOST", "Another run has taken over this account.");
    };
  }
}

/** Placements that go make room for those that come, and what is settled for what is opened anew, in whatever order a plan names them. */
function inFamilies(ops: readonly BaseOp[]): readonly BaseOp[] {
  const first: readonly BaseOp["kind"][] = ["rekey", "unbind", "markGone", "intentsSettled", "sent"];
  const rank = (op: BaseOp): number => (first.includes(op.kind) ? first.indexOf(op.kind) : first.length);
  return [...ops].sort((a, b) => rank(a) - rank(b));
}

/** B5: whether a mailbox can go is seen after the other ops of its batch. */
function removalsLast(ops: readonly ArchiveOp[]): readonly ArchiveOp[] {
  const last = (op: ArchiveOp): number => Number(op.kind === "removeMailbox") - Number(op.kind === "reviveMailbox");
  return [...ops].sort((a, b) => last(a) - last(b));
}

/** Where an op is about to remove a message from. */
function removedFrom(history: History, op: ArchiveOp): MailboxId[] {
  const live = op.kind === "removeMessage" ? history.live(op.messageId) : null;
  return live ? [live.mailboxId] : [];
}
