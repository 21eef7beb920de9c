// The archive's half of the in-memory archive: blobs, mailboxes and messages with every version they had, each open from one revision
// to the next. All or nothing by an undo list. It must never forget a closed version: snapshots are read from them.
import type {
  ArchiveOp,
  Body,
  Digest,
  Flags,
  LiveVersion,
  MailboxId,
  MailboxPath,
  MessageId,
  Revision,
  Role,
} from "@packetboat/core";
import { failure } from "../simulator/failure.ts";

/** Inverse steps of what was done so far; run backwards when a batch is refused. */
export type Undo = (() => void)[];

interface Version {
  readonly from: number;
  /** Null: open. */
  to: number | null;
}

interface MailboxVersion extends Version {
  readonly path: MailboxPath;
  readonly role: Role | null;
  readonly subscribed: boolean;
}

interface MessageVersion extends Version {
  readonly mailboxId: MailboxId;
  readonly flags: Flags;
}

export interface StoredMessage {
  readonly id: MessageId;
  readonly sha256: Digest;
  readonly internalDate: number | null;
  readonly versions: MessageVersion[];
}

/** A message as a snapshot shows it. */
export interface SnapshotMessage {
  readonly sha256: Digest;
  readonly flags: Flags;
  readonly internalDate: number | null;
}

export interface SnapshotMailbox {
  readonly path: MailboxPath;
  readonly role: Role | null;
  readonly subscribed: boolean;
  readonly messages: readonly SnapshotMessage[];
}

/** A line of the history: what began or ended with a revision. */
export interface LogLine {
  readonly revision: number;
  readonly what: "opened" | "closed";
  readonly mailboxId: MailboxId;
  /** Null for a line of a mailbox itself. */
  readonly messageId: MessageId | null;
  readonly flags: Flags | null;
  readonly path: MailboxPath | null;
}

const keyOf = (path: MailboxPath): string =>
  JSON.stringify(path.length === 1 && path[0]?.toUpperCase() === "INBOX" ? ["INBOX"] : path);

export class History {
  revision = 0;
  readonly blobs = new Map<Digest, Body>();
  readonly messages = new Map<MessageId, StoredMessage>();
  readonly mailboxes = new Map<MailboxId, MailboxVersion[]>();
  /** Live messages of each mailbox. */
  readonly inside = new Map<MailboxId, Set<MessageId>>();
  private nextMailbox = 1;
  private nextMessage = 1;

  /** The open version of a message; null when it is tombstoned. */
  live(id: MessageId): LiveVersion | null {
    const last = this.messages.get(id)?.versions.at(-1);
    if (last === undefined || last.to !== null) return null;
    return { mailboxId: last.mailboxId, flags: last.flags, since: last.from as Revision };
  }

  openMailbox(id: MailboxId): MailboxVersion | null {
    const last = this.mailboxes.get(id)?.at(-1);
    return last === undefined || last.to !== null ? null : last;
  }

  mailboxAt(path: MailboxPath): MailboxId | null {
    const key = keyOf(path);
    for (const id of this.mailboxes.keys()) {
      const open = this.openMailbox(id);
      if (open && keyOf(open.path) === key) return id;
    }
    return null;
  }

  /** The path of a mailbox as of a revision; null when it was not there. */
  pathAt(id: MailboxId, revision: number): MailboxPath | null {
    const at = this.mailboxes.get(id)?.find(({ from, to }) => from <= revision && (to === null || revision < to));
    return at?.path ?? null;
  }

  /** Executes one op as part of `revision`. Gives the message when its version was not the one planned on, else null. */
  apply(op: ArchiveOp, revision: number, undo: Undo, added: (id: MessageId) => void): MessageId | null {
    switch (op.kind) {
      case "createMailbox": {
        const id = this.nextMailbox++ as MailboxId;
        this.mailboxes.set(id, []);
        this.inside.set(id, new Set());
        undo.push(() => {
          this.mailboxes.delete(id);
          this.inside.delete(id);
        });
        this.openNew(id, op, revision, undo);
        return null;
      }
      case "changeMailbox": {
        this.close(this.mustBeLive(op.mailboxId), revision, undo);
        this.openNew(op.mailboxId, op, revision, undo);
        return null;
      }
      case "reviveMailbox":
        if (!this.mailboxes.has(op.mailboxId)) throw failure("BUG", "A plan revives a mailbox that never was.");
        if (this.openMailbox(op.mailboxId) === null) this.openNew(op.mailboxId, op, revision, undo);
        return null;
      case "removeMailbox":
        this.close(this.mustBeLive(op.mailboxId), revision, undo);
        return null;
      case "addMessage": {
        this.mustBeLive(op.mailboxId);
        if (!this.blobs.has(op.sha256)) throw failure("BUG", "The body of a message was never stored.");
        const id = this.nextMessage++ as MessageId;
        this.messages.set(id, { id, sha256: op.sha256, internalDate: op.internalDate, versions: [] });
        undo.push(() => void this.messages.delete(id));
        this.openMessage(id, op.mailboxId, op.flags, revision, undo);
        added(id);
        return null;
      }
      case "setFlags":
      case "moveMessage":
      case "removeMessage":
        return this.change(op, revision, undo);
      case "reviveMessage": {
        const last = this.messages.get(op.messageId)?.versions.at(-1);
        if (last === undefined) throw failure("BUG", "A plan revives a message that never existed.");
        if (last.to === revision || last.from === revision)
          throw failure("BUG", "One commit changes one message twice.");
        this.mustBeLive(op.mailboxId);
        if (last.to === null) return op.messageId;
        this.openMessage(op.messageId, op.mailboxId, op.flags, revision, undo);
        return null;
      }
    }
  }

  private change(op: Extract<ArchiveOp, { since: Revision }>, revision: number, undo: Undo): MessageId | null {
    if (!this.messages.has(op.messageId)) throw failure("BUG", "A plan names a message that never existed.");
    const live = this.live(op.messageId);
    if (live?.since === revision) throw failure("BUG", "One commit changes one message twice.");
    if (live === null || live.since !== op.since) return op.messageId;
    if (op.kind === "moveMessage") this.mustBeLive(op.mailboxId);
    this.closeMessage(op.messageId, revision, undo);
    if (op.kind === "removeMessage") return null;
    this.openMessage(op.messageId, op.kind === "setFlags" ? live.mailboxId : op.mailboxId, op.flags, revision, undo);
    return null;
  }

  /** B5: a live message in it revives a mailbox that was to be removed. */
  isRevived(id: MailboxId): boolean {
    this.mustBeLive(id);
    return (this.inside.get(id)?.size ?? 0) > 0;
  }

  /** Two live mailboxes of one path are refused: somebody else made it first, so the plan is old. */
  check(): void {
    const seen = new Set<string>();
    for (const id of this.mailboxes.keys()) {
      const open = this.openMailbox(id);
      if (open === null) continue;
      const key = keyOf(open.path);
      if (seen.has(key)) throw failure("ARCHIVE_BUSY", "The mailbox was made by somebody else meanwhile; plan again.");
      seen.add(key);
    }
  }

  /** The archive as of a revision; mailboxes by path, messages by id. */
  snapshot(revision: number): readonly SnapshotMailbox[] {
    const at = (version: Version): boolean =>
      version.from <= revision && (version.to === null || revision < version.to);
    const inside = new Map<MailboxId, SnapshotMessage[]>();
    for (const message of this.messages.values()) {
      const version = message.versions.find(at);
      if (version === undefined) continue;
      const list = inside.get(version.mailboxId) ?? [];
      list.push({ sha256: message.sha256, flags: version.flags, internalDate: message.internalDate });
      inside.set(version.mailboxId, list);
    }
    const out: SnapshotMailbox[] = [];
    for (const [id, versions] of this.mailboxes) {
      const version = versions.find(at);
      if (version === undefined) continue;
      const { path, role, subscribed } = version;
      out.push({ path, role, subscribed, messages: inside.get(id) ?? [] });
    }
    return out.sort((a, b) => (keyOf(a.path) < keyOf(b.path) ? -1 : 1));
  }

  /** Everything that ever began or ended, by revision. */
  log(): readonly LogLine[] {
    const out: LogLine[] = [];
    const both = (version: Version, line: Omit<LogLine, "revision" | "what">): void => {
      out.push({ revision: version.from, what: "opened", ...line });
      if (version.to !== null) out.push({ revision: version.to, what: "closed", ...line });
    };
    for (const [mailboxId, versions] of this.mailboxes)
      for (const version of versions) both(version, { mailboxId, messageId: null, flags: null, path: version.path });
    for (const { id, versions } of this.messages.values())
      for (const version of versions)
        both(version, { mailboxId: version.mailboxId, messageId: id, flags: version.flags, path: null });
    return out.sort((a, b) => a.revision - b.revision);
  }

  private mustBeLive(id: MailboxId): MailboxVersion {
    const open = this.openMailbox(id);
    if (open === null) throw failure("ARCHIVE_BUSY", "The mailbox is gone from the archive; plan again.");
    return open;
  }

  private close(version: Version, revision: number, undo: Undo): void {
    version.to = revision;
    undo.push(() => {
      version.to = null;
    });
  }

  private openNew(id: MailboxId, shape: Omit<MailboxVersion, keyof Version>, revision: number, undo: Undo): void {
    const versions = this.mailboxes.get(id) ?? [];
    const { path, role, subscribed } = shape;
    versions.push({ path, role, subscribed, from: revision, to: null });
    undo.push(() => void versions.pop());
  }

  private openMessage(id: MessageId, mailboxId: MailboxId, flags: Flags, revision: number, undo: Undo): void {
    const versions = this.messages.get(id)?.versions ?? [];
    const set = this.inside.get(mailboxId);
    versions.push({ mailboxId, flags, from: revision, to: null });
    set?.add(id);
    undo.push(() => {
      versions.pop();
      set?.delete(id);
    });
  }

  private closeMessage(id: MessageId, revision: number, undo: Undo): void {
    const last = this.messages.get(id)?.versions.at(-1);
    if (last === undefined) return;
    const set = this.inside.get(last.mailboxId);
    this.close(last, revision, undo);
    set?.delete(id);
    undo.push(() => void set?.add(id));
  }
}
