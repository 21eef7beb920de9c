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
import { type Fault, FaultScript, type Point } from "./faults.ts";
import type { ServerModel, SimListed, SimMailbox, SimMessage } from "./model.ts";
import { pick, rangesOf } from "./uids.ts";

const PAGE = 1_000;

export interface SimCapabilities {
  readonly condstore: boolean;
  /** Without effect when `condstore` is false. */
  readonly qresync: boolean;
  readonly move: boolean;
  readonly uidplus: boolean;
  /** MAILBOXID and EMAILID. */
  readonly objectId: boolean;
  readonly specialUse: boolean;
}

export interface SimulatedRemoteOptions {
  /** Default: everything is offered. */
  readonly capabilities?: Partial<SimCapabilities>;
  readonly faults?: readonly Fault[];
  /** Called at each step, after the faults: another client at work, a crash (by throwing), a record. */
  readonly onStep?: (point: Point) => void;
  /** Bodies come in an order that this decides. Default: ascending. */
  readonly seed?: number;
}

/** What a remote was asked for: a move or an unchanged mailbox must cost no bodies. */
export interface SimCounts {
  readonly steps: number;
  readonly lists: number;
  readonly statuses: number;
  readonly looks: number;
  readonly identified: number;
  readonly headers: number;
  readonly bodies: number;
}

export interface SimulatedRemote extends Remote {
  counts(): SimCounts;
}

/** Signs in to the model. Any number of remotes over one model see the same mail. */
export function simulatedRemote(model: ServerModel, options: SimulatedRemoteOptions = {}): SimulatedRemote {
  return new SimRemote(model, options);
}

class SimRemote implements SimulatedRemote {
  readonly capabilities: RemoteCapabilities;
  private readonly model: ServerModel;
  private readonly can: SimCapabilities;
  private readonly script: FaultScript;
  private readonly options: SimulatedRemoteOptions;
  private readonly count = { steps: 0, lists: 0, statuses: 0, looks: 0, identified: 0, headers: 0, bodies: 0 };
  private closed = false;

  constructor(model: ServerModel, options: SimulatedRemoteOptions) {
    const all = { condstore: true, qresync: true, move: true, uidplus: true, objectId: true, specialUse: true };
    this.model = model;
    this.can = { ...all, ...options.capabilities };
    this.script = new FaultScript(options.faults ?? []);
    this.options = options;
    const { condstore, qresync, move, uidplus, objectId } = this.can;
    this.capabilities = { condstore, qresync: condstore && qresync, move, uidplus, emailId: objectId };
  }

  counts(): SimCounts {
    return { ...this.count };
  }

  async list(): Promise<readonly ListedMailbox[]> {
    this.count.lists++;
    this.step("list", "start", null);
    const partial = this.script.take("partialList", () => true, 1);
    const lines = this.model.list().filter((line) => !partial?.omit.includes(line.name));
    const out = lines.map((line) => this.listed(line));
    this.step("list", "end", null);
    return out;
  }

  async status(mailbox: ListedMailbox): Promise<Marks | null> {
    this.count.statuses++;
    this.step("status", "start", mailbox.name);
    const found = this.model.find(mailbox.name);
    if (found === undefined) return null;
    if (this.script.take("statusRefused", (fault) => fault.mailbox === mailbox.name, 1))
      throw failure("MAILBOX_UNREADABLE", "The server refused STATUS.");
    return this.marks(found);
  }

  async *observe(mailbox: ListedMailbox, look: Look): AsyncGenerator<ObservationPart> {
    this.count.looks++;
    const session = this.select("observe", mailbox, undefined);
    const marks = this.marks(session.mailbox);
    yield { kind: "marks", marks };
    // New mail, expunges and flags of this moment are in the listing, and not in the marks (S3).
    session.step("listing");
    const kind = this.possible(look, marks);
    const present = [...session.mailbox.messages.values()];
    if (kind !== "delta" && this.script.take("truncatedListing", (fault) => fault.mailbox === mailbox.name, 1))
      throw failure("OBSERVATION_INCOMPLETE", "The server's listing holds fewer messages than the mailbox.");
    const since = look.kind === "delta" ? look.since : null;
    const shown = kind === "delta" ? present.filter((m) => since && m.modseq > since.highestModseq) : present;
    if (kind !== "list")
      for (let at = 0; at < shown.length; at += PAGE) {
        yield { kind: "messages", messages: shown.slice(at, at + PAGE).map((m) => this.observed(session.mailbox, m)) };
        session.step("page");
      }
    if (kind === "delta" && since) yield this.deltaEnd(session, since, present);
    else yield { kind: "end", listed: rangesOf(present.map((m) => m.uid)), arrived: [], vanished: [] };
  }

  async *identify(
    mailbox: ListedMailbox,
    uidValidity: bigint | null,
    uids: UidSet,
    want: { readonly fingerprint: boolean },
  ): AsyncGenerator<readonly RemoteIdentity[]> {
    const session = this.select("identify", mailbox, uidValidity);
    const wanted = pick(uids, session.mailbox.messages.keys());
    for (let at = 0; at < wanted.length; at += PAGE) {
      session.step("page");
      const page = wanted.slice(at, at + PAGE).flatMap((uid): RemoteIdentity[] => {
        const message = session.mailbox.messages.get(uid);
        if (message === undefined) return [];
        this.count.identified++;
        if (want.fingerprint) this.count.headers++;
        const { bytes, internalDate, flags, digests } = message;
        const size = bytes.length + (this.script.holds("wrongSize", mailbox.name) ? 7 : 0);
        const fingerprint = want.fingerprint ? digests.fingerprint : null;
        return [{ uid, size, internalDate, flags, emailId: this.emailId(message), fingerprint }];
      });
      if (page.length > 0) yield page;
    }
  }

  async *fetch(mailbox: ListedMailbox, uidValidity: bigint | null, uids: UidSet): AsyncGenerator<Fetched> {
    const session = this.select("fetch", mailbox, uidValidity);
    for (const uid of this.order(uids)) {
      session.step("message");
      const message = session.mailbox.messages.get(uid);
      if (message === undefined) {
        yield { kind: "gone", uid };
        continue;
      }
      this.count.bodies++;
      const { bytes, digests, flags, internalDate } = message;
      const fits = (fault: { mailbox: string; uid: number }) => fault.mailbox === mailbox.name && fault.uid === uid;
      // The adapter tries a message that breaks the connection once more on a new one, alone.
      const broken = this.script.take("unreadable", fits, Number.POSITIVE_INFINITY);
      if (broken && this.script.take("unreadable", fits, Number.POSITIVE_INFINITY)) {
        const error = failure("MESSAGE_UNREADABLE", `The server cannot give message ${uid}.`, { uid });
        yield { kind: "failed", uid, error, bytes: bytes.length };
        continue;
      }
      const { modseq } = this.observed(session.mailbox, message);
      const emailId = this.emailId(message);
      yield { kind: "message", uid, flags, modseq, internalDate, emailId, bytes: Buffer.from(bytes), digests };
    }
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  /** One moment passes: faults that are due happen, then whoever else is at work. */
  private step(call: Point["call"], at: Point["at"], mailbox: string | null): void {
    if (this.closed) throw failure("CONNECTION_LOST", "The connection was closed before.");
    const step = ++this.count.steps;
    for (const fault of this.script.at(step)) {
      if (fault.kind === "cut")
        throw failure("CONNECTION_LOST", "The server closed the connection; try again.", { step });
      if (fault.kind === "throttle") throw failure("THROTTLED", "The server asks to come back later.", { step });
      fault.act(this.model);
    }
    this.options.onStep?.({ step, call, at, mailbox });
  }

  /** EXAMINE. From then on each step makes sure that the mailbox is still the one that was selected. `undefined`: any UIDVALIDITY. */
  private select(call: Point["call"], listed: ListedMailbox, uidValidity: bigint | null | undefined) {
    const { name } = listed;
    this.step(call, "start", name);
    const mailbox = this.model.find(name);
    if (mailbox === undefined) throw failure("MAILBOX_GONE", "The mailbox does not exist any more.");
    if (this.script.take("selectRefused", (fault) => fault.mailbox === name, 1))
      throw failure("MAILBOX_UNREADABLE", "The server refused to open the mailbox.");
    const opened = mailbox.uidValidity;
    const check = (): void => {
      if (this.model.find(name) !== mailbox) throw failure("MAILBOX_GONE", "The mailbox went away meanwhile.");
      if (mailbox.uidValidity !== opened) throw failure("UIDVALIDITY_CHANGED", "The mailbox was renumbered meanwhile.");
    };
    const shown = this.marks(mailbox).uidValidity;
    if (uidValidity !== undefined && uidValidity !== shown)
      throw failure("UIDVALIDITY_CHANGED", "The mailbox was renumbered since it was looked at.");
    const step = (at: Point["at"]): void => {
      this.step(call, at, name);
      check();
    };
    return { mailbox, step };
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
    session: { readonly mailbox: SimMailbox; step(at: Point["at"]): void },
    since: Extract<Look, { kind: "delta" }>["since"],
    present: readonly SimMessage[],
  ): ObservationPart {
    const { mailbox } = session;
    const arrived = rangesOf(present.filter((m) => m.uid >= since.uidNext).map((m) => m.uid));
    let vanished: readonly number[] = [];
    if (this.capabilities.qresync) {
      const claims = this.vanishedClaims(mailbox, since.highestModseq);
      session.step("end");
      // M1: what VANISHED names is asked for once more; a server that lies is not believed.
      vanished = claims.filter((uid) => uid < since.uidNext && !mailbox.messages.has(uid));
    }
    // I3, I5: when the count contradicts the delta, everybody is asked for.
    const known = since.messages - vanished.length + present.filter((m) => m.uid >= since.uidNext).length;
    if (known === present.length) return { kind: "end", listed: null, arrived, vanished: rangesOf(vanished) };
    session.step("end");
    if (this.script.take("truncatedListing", (fault) => fault.mailbox === mailbox.name, 1))
      throw failure("OBSERVATION_INCOMPLETE", "The server's listing holds fewer messages than the mailbox.");
    return { kind: "end", listed: rangesOf(mailbox.messages.keys()), arrived: [], vanished: [] };
  }

  private vanishedClaims(mailbox: SimMailbox, modseq: bigint): readonly number[] {
    const honest = mailbox.expunged.filter((gone) => gone.modseq > modseq).map((gone) => gone.uid);
    if (this.script.holds("falseVanished", mailbox.name)) return [...honest, ...mailbox.messages.keys()];
    if (!this.script.holds("forgottenExpunges", mailbox.name)) return honest;
    return Array.from({ length: mailbox.uidNext - 1 }, (_, i) => i + 1).filter((uid) => !mailbox.messages.has(uid));
  }

  private listed(line: SimListed): ListedMailbox {
    const { name, path, mailbox, subscribed, namespace } = line;
    const role = this.can.specialUse || line.role === "inbox" ? line.role : null;
    const refused = mailbox && this.script.take("statusRefused", (fault) => fault.mailbox === name, 1);
    return {
      name,
      path,
      selectable: mailbox !== null,
      subscribed,
      role,
      namespace,
      virtual: role === "all" || role === "flagged",
      mailboxId: mailbox && this.can.objectId ? mailbox.mailboxId : null,
      status: mailbox === null || refused ? null : this.marks(mailbox),
    };
  }

  private marks(mailbox: SimMailbox): Marks {
    const not = (kind: Fault["kind"]): boolean => this.script.holds(kind, mailbox.name);
    const modseq = this.can.condstore && !not("noModseq") ? mailbox.highestModseq : null;
    return {
      uidValidity: not("noUidValidity") ? null : mailbox.uidValidity,
      uidNext: not("noUidNext") ? null : mailbox.uidNext,
      highestModseq: not("zeroModseq") ? 0n : modseq,
      messages: mailbox.messages.size,
    };
  }

  private observed(mailbox: SimMailbox, message: SimMessage): ObservedMessage {
    const without =
      !this.can.condstore ||
      ["noModseq", "messagesWithoutModseq"].some((kind) => this.script.holds(kind as Fault["kind"], mailbox.name));
    return { uid: message.uid as Uid, flags: message.flags, modseq: without ? null : message.modseq };
  }

  private emailId(message: SimMessage): string | null {
    return this.can.objectId ? message.emailId : null;
  }

  private order(uids: UidSet): Uid[] {
    const all: Uid[] = [];
    for (const [from, to] of uids) for (let uid = from; uid <= to; uid++) all.push(uid as Uid);
    if (this.options.seed === undefined) return all;
    const random = seeded(this.options.seed + this.count.steps);
    for (let i = all.length - 1; i > 0; i--) {
      const j = random.below(i + 1);
      const [a, b] = [all[i], all[j]];
      if (a !== undefined && b !== undefined) [all[i], all[j]] = [b, a];
    }
    return all;
  }
}
