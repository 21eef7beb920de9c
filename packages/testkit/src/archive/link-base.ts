// The base of one link in the in-memory archive: remote mailboxes, placements, pendings, and what pushes know. All or nothing by the same undo list as the
// history. It must never touch the archive's versions: the base moves by base ops alone.
import type {
  BaseOp,
  Binding,
  Flags,
  MailboxBase,
  MailboxId,
  MailboxPath,
  MessageId,
  Pending,
  RemoteMailboxId,
  Revision,
  ServerCopy,
  Uid,
  UidSet,
} from "@packetboat/core";
import { failure } from "../simulator/failure.ts";
import { pick } from "../simulator/uids.ts";
import type { Undo } from "./history.ts";
import { PushState } from "./push-state.ts";

export interface Placement {
  readonly messageId: MessageId;
  readonly flags: Flags;
  readonly modseq: bigint | null;
  readonly emailId: string | null;
  /** C4: bound by its header alone. */
  readonly unproved: boolean;
  /** C5: what the server made of it. */
  readonly copy: ServerCopy | null;
}

export interface RemoteMailbox {
  base: Omit<MailboxBase, "pending" | "unsent">;
  rows: Map<Uid, Placement>;
  /** Proved gone from the server: rows without UID. */
  gone: Placement[];
  pending: Map<Uid, Pending>;
}

/** What the base needs to know of the archive and of the commit it is part of. */
export interface CommitView {
  readonly now: number;
  /** That the commit makes. */
  readonly revision: number;
  mailboxAt(path: MailboxPath): MailboxId | null;
  /** The path of an archive mailbox as of a revision; null when it was not there. */
  pathAt(id: MailboxId, revision: number): MailboxPath | null;
  /** Known to the archive, tombstoned or not. */
  exists(id: MessageId): boolean;
  /** S4: nothing of these is changed. */
  readonly stale: ReadonlySet<MessageId>;
}

type PushOp = Extract<
  BaseOp,
  { kind: "intend" | "intentsSettled" | "merged" | "renaming" | "pushed" | "unsent" | "sent" | "expunged" | "readBack" }
>;

function mustExist(view: CommitView, id: MessageId): void {
  if (!view.exists(id)) throw failure("BUG", "A plan names a message that never existed.");
}

const within = (set: UidSet, rows: ReadonlyMap<Uid, unknown>): Uid[] =>
  pick(
    set,
    [...rows.keys()].sort((a, b) => a - b),
  );

export class LinkBase {
  readonly mailboxes = new Map<RemoteMailboxId, RemoteMailbox>();
  /** How often each message is bound on this link. */
  readonly boundTimes = new Map<MessageId, number>();
  readonly push = new PushState();
  private readonly nextId: () => number;

  constructor(nextId: () => number) {
    this.nextId = nextId;
  }

  apply(op: BaseOp, view: CommitView, undo: Undo): void {
    switch (op.kind) {
      case "bindMailbox":
        this.bindMailbox(op, view, undo);
        return;
      case "changeMailboxBase": {
        const { name, path, objectId, role, subscribed, resting } = op;
        this.set(op.remoteMailboxId, { name, path, objectId, role, subscribed, resting }, undo);
        return;
      }
      case "dropMailboxBase": {
        const mailbox = this.must(op.remoteMailboxId);
        for (const uid of [...mailbox.rows.keys()]) this.unbind(mailbox, uid, undo);
        this.push.drop(op.remoteMailboxId, undo);
        this.mailboxes.delete(op.remoteMailboxId);
        undo.push(() => void this.mailboxes.set(op.remoteMailboxId, mailbox));
        return;
      }
      case "bind":
        mustExist(view, op.messageId);
        if (view.stale.has(op.messageId)) return;
        this.comeBack(op.messageId, undo);
        this.bind(op.messageId, op.binding, undo);
        return;
      case "rebase": {
        const mailbox = this.must(op.remoteMailboxId);
        const row = mailbox.rows.get(op.uid);
        if (row === undefined || view.stale.has(row.messageId)) return;
        mailbox.rows.set(op.uid, { ...row, flags: op.flags, modseq: op.modseq });
        undo.push(() => void mailbox.rows.set(op.uid, row));
        return;
      }
      case "unbind": {
        const mailbox = this.must(op.remoteMailboxId);
        for (const uid of within(op.uids, mailbox.rows)) {
          const row = mailbox.rows.get(uid);
          if (row && !view.stale.has(row.messageId)) this.unbind(mailbox, uid, undo);
        }
        return;
      }
      case "markGone": {
        const mailbox = this.must(op.remoteMailboxId);
        for (const uid of within(op.uids, mailbox.rows)) {
          const row = mailbox.rows.get(uid);
          if (row && !view.stale.has(row.messageId)) this.markGone(mailbox, uid, undo);
        }
        return;
      }
      case "rekey":
        this.rekey(op, undo);
        return;
      case "marks": {
        const before = this.must(op.remoteMailboxId).base;
        const uidValidity = before.uidValidity ?? op.marks.uidValidity;
        const completeAt = op.complete ? view.now : before.completeAt;
        this.set(op.remoteMailboxId, { marks: op.marks, uidValidity, completeAt }, undo);
        return;
      }
      case "pending": {
        const { pending } = this.must(op.pending.remoteMailboxId);
        const before = pending.get(op.pending.uid);
        pending.set(op.pending.uid, op.pending);
        const { uid } = op.pending;
        undo.push(() => void (before ? pending.set(uid, before) : pending.delete(uid)));
        return;
      }
      case "settled": {
        const { pending } = this.must(op.remoteMailboxId);
        for (const uid of within(op.uids, pending)) {
          const before = pending.get(uid);
          if (before === undefined) continue;
          pending.delete(uid);
          undo.push(() => void pending.set(uid, before));
        }
        return;
      }
      default:
        this.applyPush(op, view, undo);
    }
  }

  private applyPush(op: PushOp, view: CommitView, undo: Undo): void {
    const fresh = (ids: readonly MessageId[]) => ids.filter((id) => !view.stale.has(id));
    switch (op.kind) {
      case "intend":
        for (const { remoteMailboxId, messageId } of op.intents) {
          this.must(remoteMailboxId);
          mustExist(view, messageId);
        }
        this.push.intend(op.intents, undo);
        return;
      case "intentsSettled":
        this.must(op.remoteMailboxId);
        // What became of a stale one is not settled: its binding was not entered.
        this.push.settle(op.remoteMailboxId, fresh(op.messages), undo);
        return;
      case "renaming":
        this.set(op.remoteMailboxId, { renamingTo: op.to }, undo);
        return;
      case "pushed":
        for (const id of op.mailboxes) {
          const { mailboxId, pushed } = this.must(id).base;
          if (op.revision <= pushed) continue;
          this.set(id, { pushed: op.revision, pushedPath: view.pathAt(mailboxId, op.revision) }, undo);
        }
        return;
      case "unsent":
        this.must(op.unsent.remoteMailboxId);
        mustExist(view, op.unsent.messageId);
        this.push.setUnsent(op.unsent, undo);
        return;
      case "merged": {
        const mailbox = this.must(op.remoteMailboxId);
        mustExist(view, op.messageId);
        if (view.stale.has(op.messageId)) return;
        this.comeBack(op.messageId, undo);
        const row = {
          messageId: op.messageId,
          flags: op.flags,
          modseq: null,
          emailId: null,
          unproved: false,
          copy: null,
        };
        this.setGone(mailbox, [...mailbox.gone, row], undo);
        return;
      }
      case "sent":
        this.push.sent(fresh(op.messages), undo);
        return;
      case "readBack":
        this.push.readBack(op.messages, op.rewrites, undo);
        return;
      case "expunged": {
        const { remoteMailboxId, runId, messages } = op;
        this.must(remoteMailboxId);
        this.push.expunged({ remoteMailboxId, runId, messages, at: view.now }, undo);
      }
    }
  }

  /** Enters a placement. A UID that is already bound is a defect of the plan, not something to overwrite. */
  bind(messageId: MessageId, binding: Binding, undo: Undo): void {
    const { remoteMailboxId, uid, flags, modseq, emailId, unproved = false, copy = null } = binding;
    const mailbox = this.must(remoteMailboxId);
    if (mailbox.rows.has(uid)) throw failure("BUG", `UID ${uid} is bound already.`);
    mailbox.rows.set(uid, { messageId, flags, modseq, emailId, unproved, copy });
    this.count(messageId, 1);
    undo.push(() => {
      mailbox.rows.delete(uid);
      this.count(messageId, -1);
    });
  }

  /** Two remote mailboxes of one name, or on one archive mailbox, cannot be. */
  check(): void {
    const names = new Set<string>();
    const targets = new Set<MailboxId>();
    for (const { base } of this.mailboxes.values()) {
      if (names.has(base.name)) throw failure("BUG", "Two remote mailboxes of one name in the base.");
      if (targets.has(base.mailboxId)) throw failure("BUG", "Two remote mailboxes on one archive mailbox.");
      names.add(base.name);
      targets.add(base.mailboxId);
    }
  }

  must(id: RemoteMailboxId): RemoteMailbox {
    const mailbox = this.mailboxes.get(id);
    if (mailbox === undefined) throw failure("BUG", "The plan names a remote mailbox that the base does not hold.");
    return mailbox;
  }

  private bindMailbox(op: Extract<BaseOp, { kind: "bindMailbox" }>, view: CommitView, undo: Undo): void {
    const mailboxId = view.mailboxAt(op.archivePath);
    if (mailboxId === null) throw failure("BUG", "A remote mailbox is paired with a path that the archive has not.");
    const id = this.nextId() as RemoteMailboxId;
    const { name, path, objectId, role, subscribed, uidValidity } = op;
    const seen = { name, path, objectId, role, subscribed, uidValidity };
    const base = { id, mailboxId, ...seen, marks: null, completeAt: null, resting: false };
    const push = { pushed: 0 as Revision, pushedPath: view.pathAt(mailboxId, view.revision), renamingTo: null };
    this.mailboxes.set(id, { base: { ...base, ...push }, rows: new Map(), gone: [], pending: new Map() });
    undo.push(() => void this.mailboxes.delete(id));
  }

  private rekey(op: Extract<BaseOp, { kind: "rekey" }>, undo: Undo): void {
    const mailbox = this.must(op.remoteMailboxId);
    const { rows, pending } = mailbox;
    const next = new Map<Uid, Placement>();
    for (const [from, to] of op.pairs) {
      const row = rows.get(from);
      if (row === undefined || next.has(to))
        throw failure("BUG", "A rekey names a UID that is not bound, or one twice.");
      next.set(to, { ...row, modseq: null, unproved: true });
    }
    const kept = new Set(op.pairs.map(([from]) => from));
    const dropped = [...rows].filter(([uid]) => !kept.has(uid)).map(([, row]) => row.messageId);
    for (const id of dropped) this.count(id, -1);
    mailbox.rows = next;
    // Pendings name UIDs of the old UIDVALIDITY, which mean nothing now; marks are null, so a complete look finds them again.
    mailbox.pending = new Map();
    undo.push(() => {
      mailbox.rows = rows;
      mailbox.pending = pending;
      for (const id of dropped) this.count(id, 1);
    });
    const anew = { marks: null, pushed: 0 as Revision, renamingTo: null };
    this.set(op.remoteMailboxId, { uidValidity: op.uidValidity, ...anew }, undo);
  }

  private markGone(mailbox: RemoteMailbox, uid: Uid, undo: Undo): void {
    const row = mailbox.rows.get(uid);
    if (row === undefined) return;
    this.unbind(mailbox, uid, undo);
    this.setGone(mailbox, [...mailbox.gone, { ...row, modseq: null }], undo);
  }

  /** A message that is bound again is not gone any more, wherever on this link it was gone from. */
  private comeBack(id: MessageId, undo: Undo): void {
    for (const mailbox of this.mailboxes.values()) {
      const still = mailbox.gone.filter((row) => row.messageId !== id);
      if (still.length < mailbox.gone.length) this.setGone(mailbox, still, undo);
    }
  }

  private setGone(mailbox: RemoteMailbox, gone: Placement[], undo: Undo): void {
    const before = mailbox.gone;
    mailbox.gone = gone;
    undo.push(() => {
      mailbox.gone = before;
    });
  }

  private unbind(mailbox: RemoteMailbox, uid: Uid, undo: Undo): void {
    const row = mailbox.rows.get(uid);
    if (row === undefined) return;
    mailbox.rows.delete(uid);
    this.count(row.messageId, -1);
    undo.push(() => {
      mailbox.rows.set(uid, row);
      this.count(row.messageId, 1);
    });
  }

  private set(id: RemoteMailboxId, change: Partial<RemoteMailbox["base"]>, undo: Undo): void {
    const mailbox = this.must(id);
    const before = mailbox.base;
    mailbox.base = { ...before, ...change };
    undo.push(() => {
      mailbox.base = before;
    });
  }

  private count(id: MessageId, by: number): void {
    const times = (this.boundTimes.get(id) ?? 0) + by;
    if (times === 0) this.boundTimes.delete(id);
    else this.boundTimes.set(id, times);
  }
}
