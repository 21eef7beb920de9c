// A remote account behind core's Remote port, straight over the model of a server: what the engine's random interleavings run on. It
// keeps the port's promises as a good adapter does, whatever the fault script does to it, and passes the same contract as real servers.
// It imports nothing of core but types. It must never hide a fault that a good adapter could not hide either.
import type {
  Fetched,
  ListedMailbox,
  Look,
  Marks,
  ObservationPart,
  ObservedMessage,
  Remote,
  RemoteCapabilities,
  RemoteIdentity,
  Uid,
  UidSet,
} from "@packetboat/core";
import { seeded } from "../mail/random.ts";
import { failure } from "./failure.ts";
import type { ServerModel, SimListed, SimMailbox, SimMessage } from "./model.ts";
import { type Opened, type SimCounts, SimSession, type SimulatedRemoteOptions } from "./session.ts";
import { pick, rangesOf } from "./uids.ts";

const PAGE = 1_000;

export interface SimulatedRemote extends Remote {
  counts(): SimCounts;
}

/** Signs in to the model. Any number of remotes over one model see the same mail. */
export function simulatedRemote(model: ServerModel, options: SimulatedRemoteOptions = {}): SimulatedRemote {
  return new SimReader(new SimSession(model, options));
}

/** The reading half over a session that a writer may share. */
export class SimReader implements SimulatedRemote {
  readonly capabilities: RemoteCapabilities;
  private readonly session: SimSession;

  constructor(session: SimSession) {
    this.session = session;
    this.capabilities = session.capabilities;
  }

  counts(): SimCounts {
    return { ...this.session.count };
  }

  async list(): Promise<readonly ListedMailbox[]> {
    this.session.count.lists++;
    this.session.step("list", "start", null);
    const partial = this.session.script.take("partialList", () => true, 1);
    const lines = this.session.model.list().filter((line) => !partial?.omit.includes(line.name));
    const out = lines.map((line) => this.listed(line));
    this.session.step("list", "end", null);
    return out;
  }

  async status(mailbox: ListedMailbox): Promise<Marks | null> {
    this.session.count.statuses++;
    this.session.step("status", "start", mailbox.name);
    const found = this.session.model.find(mailbox.name);
    if (found === undefined) return null;
    if (this.session.script.take("statusRefused", (fault) => fault.mailbox === mailbox.name, 1))
      throw failure("MAILBOX_UNREADABLE", "The server refused STATUS.");
    return this.session.marks(found);
  }

  async *observe(mailbox: ListedMailbox, look: Look): AsyncGenerator<ObservationPart> {
    this.session.count.looks++;
    const opened = this.session.open("observe", mailbox, undefined);
    const marks = this.session.marks(opened.mailbox);
    yield { kind: "marks", marks };
    // New mail, expunges and flags of this moment are in the listing, and not in the marks (S3).
    opened.step("listing");
    const kind = this.possible(look, marks);
    const present = [...opened.mailbox.messages.values()];
    if (kind !== "delta" && this.session.script.take("truncatedListing", (fault) => fault.mailbox === mailbox.name, 1))
      throw failure("OBSERVATION_INCOMPLETE", "The server's listing holds fewer messages than the mailbox.");
    const since = look.kind === "delta" ? look.since : null;
    const shown = kind === "delta" ? present.filter((m) => since && m.modseq > since.highestModseq) : present;
    if (kind !== "list")
      for (let at = 0; at < shown.length; at += PAGE) {
        yield { kind: "messages", messages: shown.slice(at, at + PAGE).map((m) => this.observed(opened.mailbox, m)) };
        opened.step("page");
      }
    if (kind === "delta" && since) yield this.deltaEnd(opened, since, present);
    else yield { kind: "end", listed: rangesOf(present.map((m) => m.uid)), arrived: [], vanished: [] };
  }

  async *identify(
    mailbox: ListedMailbox,
    uidValidity: bigint | null,
    uids: UidSet,
    want: { readonly fingerprint: boolean },
  ): AsyncGenerator<readonly RemoteIdentity[]> {
    const opened = this.session.open("identify", mailbox, uidValidity);
    const wanted = pick(uids, opened.mailbox.messages.keys());
    for (let at = 0; at < wanted.length; at += PAGE) {
      opened.step("page");
      const page = wanted.slice(at, at + PAGE).flatMap((uid): RemoteIdentity[] => {
        const message = opened.mailbox.messages.get(uid);
        if (message === undefined) return [];
        this.session.count.identified++;
        if (want.fingerprint) this.session.count.headers++;
        const { bytes, internalDate, flags, digests } = message;
        const size = bytes.length + (this.session.script.holds("wrongSize", mailbox.name) ? 7 : 0);
        const fingerprint = want.fingerprint ? digests.fingerprint : null;
        return [{ uid, size, internalDate, flags, emailId: this.emailId(message), fingerprint }];
      });
      if (page.length > 0) yield page;
    }
  }

  async *fetch(mailbox: ListedMailbox, uidValidity: bigint | null, uids: UidSet): AsyncGenerator<Fetched> {
    const opened = this.session.open("fetch", mailbox, uidValidity);
    for (const uid of this.order(uids)) {
      opened.step("message");
      const message = opened.mailbox.messages.get(uid);
      if (message === undefined) {
        yield { kind: "gone", uid };
        continue;
      }
      this.session.count.bodies++;
      const { bytes, digests, flags, internalDate } = message;
      const fits = (fault: { mailbox: string; uid: number }) => fault.mailbox === mailbox.name && fault.uid === uid;
      // The adapter tries a message that breaks the connection once more on a new one, alone.
      const broken = this.session.script.take("unreadable", fits, Number.POSITIVE_INFINITY);
      if (broken && this.session.script.take("unreadable", fits, Number.POSITIVE_INFINITY)) {
        const error = failure("MESSAGE_UNREADABLE", `The server cannot give message ${uid}.`, { uid });
        yield { kind: "failed", uid, error, bytes: bytes.length };
        continue;
      }
      const { modseq } = this.observed(opened.mailbox, message);
      const emailId = this.emailId(message);
      yield { kind: "message", uid, flags, modseq, internalDate, emailId, bytes: Buffer.from(bytes), digests };
    }
  }

  async close(): Promise<void> {
    this.session.ended.abort();
  }

  /** A delta from another UIDVALIDITY is a list; where the server keeps no MODSEQ it is a scan of all flags. */
  private possible(look: Look, marks: Marks): Look["kind"] {
    if (look.kind !== "delta") return look.kind;
    if (marks.uidValidity !== look.since.uidValidity) return "list";
    if (marks.highestModseq === null || marks.highestModseq === 0n || look.since.highestModseq === 0n) return "flags";
    // U2: nothing is concluded from marks that run backwards.
    if (marks.highestModseq < look.since.highestModseq) return "flags";
    return marks.uidNext !== null && marks.uidNext < look.since.uidNext ? "flags" : "delta";
  }

  private deltaEnd(
    opened: Opened,
    since: Extract<Look, { kind: "delta" }>["since"],
    present: readonly SimMessage[],
  ): ObservationPart {
    const { mailbox } = opened;
    const arrived = rangesOf(present.filter((m) => m.uid >= since.uidNext).map((m) => m.uid));
    let vanished: readonly number[] = [];
    if (this.capabilities.qresync) {
      const claims = this.vanishedClaims(mailbox, since.highestModseq);
      opened.step("end");
      // M1: what VANISHED names is asked for once more; a server that lies is not believed.
      vanished = claims.filter((uid) => uid < since.uidNext && !mailbox.messages.has(uid));
    }
    // I3, I5: when the count contradicts the delta, everybody is asked for.
    const known = since.messages - vanished.length + present.filter((m) => m.uid >= since.uidNext).length;
    if (known === present.length) return { kind: "end", listed: null, arrived, vanished: rangesOf(vanished) };
    opened.step("end");
    if (this.session.script.take("truncatedListing", (fault) => fault.mailbox === mailbox.name, 1))
      throw failure("OBSERVATION_INCOMPLETE", "The server's listing holds fewer messages than the mailbox.");
    return { kind: "end", listed: rangesOf(mailbox.messages.keys()), arrived: [], vanished: [] };
  }

  private vanishedClaims(mailbox: SimMailbox, modseq: bigint): readonly number[] {
    const honest = mailbox.expunged.filter((gone) => gone.modseq > modseq).map((gone) => gone.uid);
    if (this.session.script.holds("falseVanished", mailbox.name)) return [...honest, ...mailbox.messages.keys()];
    if (!this.session.script.holds("forgottenExpunges", mailbox.name)) return honest;
    return Array.from({ length: mailbox.uidNext - 1 }, (_, i) => i + 1).filter((uid) => !mailbox.messages.has(uid));
  }

  private listed(line: SimListed): ListedMailbox {
    const { name, path, mailbox, subscribed, namespace } = line;
    const role = this.session.can.specialUse || line.role === "inbox" ? line.role : null;
    const refused = mailbox && this.session.script.take("statusRefused", (fault) => fault.mailbox === name, 1);
    return {
      name,
      path,
      selectable: mailbox !== null,
      subscribed,
      role,
      namespace,
      virtual: role === "all" || role === "flagged",
      mailboxId: mailbox && this.session.can.objectId ? mailbox.mailboxId : null,
      status: mailbox === null || refused ? null : this.session.marks(mailbox),
    };
  }

  private observed(mailbox: SimMailbox, message: SimMessage): ObservedMessage {
    return { uid: message.uid as Uid, flags: message.flags, modseq: this.session.modseq(mailbox, message.modseq) };
  }

  private emailId(message: SimMessage): string | null {
    return this.session.can.objectId ? message.emailId : null;
  }

  private order(uids: UidSet): Uid[] {
    const all: Uid[] = [];
    for (const [from, to] of uids) for (let uid = from; uid <= to; uid++) all.push(uid as Uid);
    if (this.session.options.seed === undefined) return all;
    const random = seeded(this.session.options.seed + this.session.count.steps);
    for (let i = all.length - 1; i > 0; i--) {
      const j = random.below(i + 1);
      const [a, b] = [all[i], all[j]];
      if (a !== undefined && b !== undefined) [all[i], all[j]] = [b, a];
    }
    return all;
  }
}
