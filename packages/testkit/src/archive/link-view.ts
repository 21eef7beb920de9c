// The archive in memory as one link sees it: what core's Archive port asks, answered by plain loops over everything there is. It must never
// change anything but through the archive's own commit.
import type {
  AppendHabits,
  Archive,
  BaseIdentity,
  BaseRow,
  Batch,
  BegunRun,
  Body,
  Committed,
  Digest,
  LinkId,
  MailboxId,
  MessageId,
  OpenIntent,
  Pending,
  Placement,
  PushRow,
  RemoteMailboxId,
  Revision,
  RunId,
  RunOutcome,
  RunReport,
  StoredBytes,
  TracedVersion,
  Tree,
  Uid,
  UidSet,
  UnboundHeading,
  UnboundMessage,
} from "@packetboat/core";
import { failure } from "../simulator/failure.ts";
import { pick, rangesOf } from "../simulator/uids.ts";
import type { History } from "./history.ts";
import type { LinkBase } from "./link-base.ts";

const PAGE = 1_000;
const MOST_VERSIONS = 64;
/** G1: an approval expires after 7 days. */
const APPROVAL_MS = 7 * 86_400_000;

export interface Run {
  readonly id: RunId;
  readonly link: string;
  outcome: RunOutcome | null;
  report: RunReport | null;
  approvedAt: number | null;
  approvalUsed: boolean;
}

/** What all links of an archive share. */
export interface Shared {
  readonly history: History;
  readonly runs: Run[];
  readonly removals: readonly { readonly link: string; readonly at: number; readonly mailboxId: MailboxId }[];
  /** Bodies whose stored bytes a test has damaged. */
  readonly damaged: ReadonlySet<Digest>;
  readonly revisions: ReadonlyMap<number, { readonly at: number; readonly run: RunId | null }>;
  run(id: RunId): Run;
  linkId(link: string): LinkId;
  commit(link: string, base: LinkBase, batch: Batch, run: RunId | null): Committed;
}

export class LinkView implements Archive {
  private readonly archive: Shared;
  private readonly link: string;
  private readonly own: LinkBase;
  /** S4: throws when the lease was taken by somebody else. */
  private readonly fenced: () => void;
  /** The run that changes are recorded under. */
  private begun: RunId | null = null;

  constructor(archive: Shared, link: string, own: LinkBase, fenced: () => void) {
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
    const bases = [...this.own.mailboxes.values()].map(({ base, pending }) => ({
      ...base,
      pending: pending.size,
      unsent: this.own.push.unsentOf(base.id),
    }));
    return { mailboxes, bases };
  }

  async known(mailbox: RemoteMailboxId, from: Uid): Promise<{ bound: UidSet; pending: readonly Pending[] }> {
    const { rows, pending } = this.own.must(mailbox);
    return {
      bound: rangesOf([...rows.keys()].filter((uid) => uid >= from)),
      pending: [...pending.values()].sort((a, b) => a.uid - b.uid),
    };
  }

  base(mailbox: RemoteMailboxId, uids: UidSet): AsyncIterable<readonly BaseRow[]> {
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
        const known = row && this.identityOf(row.messageId);
        if (!row || !known) return [];
        const { messageId, flags, modseq, emailId, copy } = row;
        const archive = this.archive.history.live(messageId);
        const { sha256: _, ...identity } = known;
        const shown = copy === null ? {} : { size: copy.size, fingerprint: copy.fingerprint };
        const base = { remoteMailboxId: mailbox, uid, messageId, flags, modseq, emailId, archive };
        return [{ ...base, ...identity, ...shown, copy }];
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

  async *unboundIn(mailbox: MailboxId): AsyncGenerator<readonly UnboundHeading[]> {
    const gone = new Set([...this.own.mailboxes.values()].flatMap((one) => one.gone.map((row) => row.messageId)));
    const ids = inOrder(this.archive.history.inside.get(mailbox) ?? []);
    const unbound = ids.filter((id) => !this.own.boundTimes.has(id) && !gone.has(id));
    for (let at = 0; at < unbound.length; at += PAGE)
      yield unbound.slice(at, at + PAGE).flatMap((messageId) => {
        const known = this.identityOf(messageId);
        if (known === null) return [];
        const { size, internalDate, fingerprint } = known;
        return [{ messageId, size, internalDate, fingerprint }];
      });
  }

  async byEmailId(emailIds: readonly string[]): Promise<ReadonlyMap<string, { sha256: Digest; canonical: Digest }>> {
    const wanted = new Set(emailIds);
    const out = new Map<string, { sha256: Digest; canonical: Digest }>();
    for (const { rows, gone } of this.own.mailboxes.values())
      for (const { emailId, messageId } of [...rows.values(), ...gone]) {
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
    return this.archive.commit(this.link, this.own, batch, this.begun);
  }

  async removedSince(since: number): Promise<ReadonlyMap<MailboxId, number>> {
    const out = new Map<MailboxId, number>();
    for (const { link, at, mailboxId } of this.archive.removals)
      if (link === this.link && at >= since) out.set(mailboxId, (out.get(mailboxId) ?? 0) + 1);
    return out;
  }

  async beginRun(): Promise<BegunRun> {
    this.fenced();
    const id = (this.archive.runs.length + 1) as RunId;
    this.archive.runs.push({ id, link: this.link, outcome: null, report: null, approvedAt: null, approvalUsed: false });
    this.begun = id;
    return { runId: id, revision: this.archive.history.revision as Revision };
  }

  async finishRun(run: RunId, outcome: RunOutcome, report: RunReport): Promise<void> {
    this.fenced();
    Object.assign(this.archive.run(run), { outcome, report });
  }

  async revision(): Promise<Revision> {
    return this.archive.history.revision as Revision;
  }

  async changed(): Promise<readonly MessageId[]> {
    const bases = [...this.own.mailboxes.values()].map(({ base }) => base).filter(({ resting }) => !resting);
    const pushed = new Map(bases.map((base) => [base.mailboxId, base.pushed]));
    const awake = new Set(bases.map(({ id }) => id));
    const resting = new Set(
      [...this.own.mailboxes.values()].filter(({ base }) => base.resting).map(({ base }) => base.mailboxId),
    );
    // Of mailboxes that the link is not paired with: what changed since its oldest push.
    const oldest = Math.min(...bases.map(({ pushed: at }) => at).filter((at) => at > 0));
    const out = new Set<MessageId>();
    for (const { id, versions } of this.archive.history.messages.values())
      for (const { mailboxId, from, to } of versions)
        if ((to ?? from) > (pushed.get(mailboxId) ?? (resting.has(mailboxId) ? Number.POSITIVE_INFINITY : oldest)))
          out.add(id);
    for (const { messageId, remoteMailboxId } of this.own.push.unsent.values())
      if (awake.has(remoteMailboxId)) out.add(messageId);
    return inOrder(out);
  }

  async *pushRows(messages: readonly MessageId[]): AsyncGenerator<readonly PushRow[]> {
    const ids = inOrder(messages);
    for (let at = 0; at < ids.length; at += PAGE) {
      const page = ids.slice(at, at + PAGE);
      const placements = this.placementsOf(new Set(page));
      yield page.flatMap((messageId): PushRow[] => {
        const identity = this.identityOf(messageId);
        if (identity === null) return [];
        const live = this.archive.history.live(messageId);
        const unsent = this.own.push.unsent.get(messageId) ?? null;
        const lastMailboxId = this.archive.history.messages.get(messageId)?.versions.at(-1)?.mailboxId ?? null;
        return [{ messageId, live, lastMailboxId, placements: placements.get(messageId) ?? [], ...identity, unsent }];
      });
    }
  }

  async versionsSince(
    messages: readonly MessageId[],
    since: number,
    atLeast: number,
  ): Promise<ReadonlyMap<MessageId, readonly TracedVersion[]>> {
    const { history, revisions } = this.archive;
    const before = [...revisions].filter(([, { at }]) => at < since).map(([revision]) => revision);
    const start = Math.max(0, ...before);
    const out = new Map<MessageId, readonly TracedVersion[]>();
    for (const messageId of inOrder(messages)) {
      const versions = history.messages.get(messageId)?.versions ?? [];
      if (versions.filter(({ from }) => from > start).length < atLeast) continue;
      const lately = versions.filter(({ to }) => to === null || to > start).slice(-MOST_VERSIONS);
      out.set(
        messageId,
        lately.map(({ mailboxId, flags, from }) => ({ mailboxId, flags, ...this.madeBy(from) })),
      );
    }
    return out;
  }

  private madeBy(revision: number): Pick<TracedVersion, "at" | "made"> {
    const { at, run } = this.archive.revisions.get(revision) ?? { at: 0, run: null };
    return { at, made: run === null ? null : { link: this.archive.linkId(this.archive.run(run).link), run } };
  }

  async *bytes(messages: readonly MessageId[]): AsyncGenerator<StoredBytes> {
    for (const messageId of inOrder(messages)) {
      const sha256 = this.archive.history.messages.get(messageId)?.sha256 ?? "";
      const bytes = this.archive.history.blobs.get(sha256)?.bytes;
      if (this.archive.damaged.has(sha256))
        yield { kind: "damaged", messageId, error: failure("BLOB_MISMATCH", "The stored bytes are damaged.") };
      else if (bytes) yield { kind: "bytes", messageId, bytes: Buffer.from(bytes) };
    }
  }

  async intents(): Promise<readonly OpenIntent[]> {
    return [...this.own.push.intents.values()]
      .sort((a, b) => a.remoteMailboxId - b.remoteMailboxId || a.messageId - b.messageId || (a.kind < b.kind ? -1 : 1))
      .flatMap((intent) => {
        const known = this.identityOf(intent.messageId);
        if (known === null) return [];
        const { sha256: _, ...identity } = known;
        return [{ ...intent, ...identity }];
      });
  }

  async appendHabits(): Promise<AppendHabits> {
    return this.own.push.habits;
  }

  async expungedSince(since: number): Promise<ReadonlyMap<RemoteMailboxId, number>> {
    const out = new Map<RemoteMailboxId, number>();
    for (const { remoteMailboxId: id, messages, at } of this.own.push.removed.values())
      if (at >= since) out.set(id, (out.get(id) ?? 0) + messages);
    return out;
  }

  async approvedPushes(now: number): Promise<ReadonlyMap<MessageId, RunId>> {
    const open = new Set(this.openApprovals(now));
    const out = new Map<MessageId, RunId>();
    for (const { messageId, kind, reason, runId } of this.own.push.unsent.values())
      if ((kind === "remove" || kind === "append") && reason === "HALTED" && open.has(runId)) out.set(messageId, runId);
    return out;
  }

  async approved(now: number): Promise<ReadonlyMap<RemoteMailboxId, { runId: RunId; uids: UidSet }>> {
    const out = new Map<RemoteMailboxId, { runId: RunId; uids: UidSet }>();
    for (const runId of this.openApprovals(now)) {
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

  /** Runs of this link that were approved: not used yet, not expired. */
  private openApprovals(now: number): readonly RunId[] {
    return this.archive.runs
      .filter(
        ({ link, approvedAt, approvalUsed }) =>
          link === this.link && approvedAt !== null && !approvalUsed && now <= approvedAt + APPROVAL_MS,
      )
      .map(({ id }) => id);
  }

  private identityOf(
    id: MessageId,
  ): Omit<PushRow, "messageId" | "live" | "lastMailboxId" | "placements" | "unsent"> | null {
    const message = this.archive.history.messages.get(id);
    const blob = message && this.archive.history.blobs.get(message.sha256);
    if (!message || !blob) return null;
    const { fingerprint, canonical } = blob.digests;
    return {
      size: blob.bytes.length,
      internalDate: message.internalDate,
      fingerprint,
      canonical,
      sha256: message.sha256,
    };
  }

  /** Of these messages on this link: by mailbox, then UID, gone ones last. */
  private placementsOf(wanted: ReadonlySet<MessageId>): ReadonlyMap<MessageId, readonly Placement[]> {
    const out = new Map<MessageId, Placement[]>();
    for (const [remoteMailboxId, { rows, gone }] of [...this.own.mailboxes].sort(([a], [b]) => a - b)) {
      const bound = [...rows].sort(([a], [b]) => a - b);
      for (const [uid, { messageId, flags, unproved, copy }] of [
        ...bound,
        ...gone.map((row) => [null, row] as const),
      ]) {
        if (!wanted.has(messageId)) continue;
        const list = out.get(messageId) ?? [];
        list.push({ remoteMailboxId, uid, flags, unproved, copy });
        out.set(messageId, list);
      }
    }
    return out;
  }
}

const inOrder = (ids: Iterable<MessageId>): readonly MessageId[] => [...new Set(ids)].sort((a, b) => a - b);
