// One signed-in session with the model of a server, shared by the reading and the writing half of the simulated remote: what it may do, the
// faults that come, the steps that pass, the mailbox that is open, and what was counted. It must never change mail by itself.
import type { ListedMailbox, Marks, RemoteCapabilities } from "@packetboat/core";
import { failure } from "./failure.ts";
import { type Fault, FaultScript, type Point } from "./faults.ts";
import type { ServerModel, SimMailbox } from "./model.ts";

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
  /** What APPENDLIMIT states, in bytes; larger messages are refused. Default: not stated, and no limit. */
  readonly appendLimit?: number;
  readonly faults?: readonly Fault[];
  /** Called at each step, after the faults: another client at work, a crash (by throwing), a record. */
  readonly onStep?: (point: Point) => void;
  /** Bodies come in an order that this decides. Default: ascending. */
  readonly seed?: number;
}

/** What a remote was asked for: a move or an unchanged mailbox must cost no bodies, and no flag is sent twice. */
export interface SimCounts {
  readonly steps: number;
  readonly lists: number;
  readonly statuses: number;
  readonly looks: number;
  readonly identified: number;
  readonly headers: number;
  readonly bodies: number;
  /** Messages that APPEND was accepted for, merged ones too. */
  readonly appended: number;
  /** Messages that a STORE named and found, added up over all STOREs. */
  readonly stored: number;
  readonly moved: number;
  readonly copied: number;
  readonly expunged: number;
  readonly created: number;
  readonly renamed: number;
  readonly removed: number;
  readonly subscribed: number;
}

/** A mailbox that is open: each step makes sure that it is still the one that was opened. */
export interface Opened {
  readonly mailbox: SimMailbox;
  /** UIDNEXT when it was opened. */
  readonly uidNext: number;
  /** UIDVALIDITY as the server shows it; null: it gives none. */
  readonly uidValidity: bigint | null;
  step(at: Point["at"]): void;
}

export class SimSession {
  readonly model: ServerModel;
  readonly can: SimCapabilities;
  readonly capabilities: RemoteCapabilities;
  readonly script: FaultScript;
  readonly options: SimulatedRemoteOptions;
  /** Aborted when the session says goodbye. */
  readonly ended = new AbortController();
  readonly count: { -readonly [Key in keyof SimCounts]: number } = {
    ...{ steps: 0, lists: 0, statuses: 0, looks: 0, identified: 0, headers: 0, bodies: 0 },
    ...{ appended: 0, stored: 0, moved: 0, copied: 0, expunged: 0, created: 0, renamed: 0, removed: 0, subscribed: 0 },
  };

  constructor(model: ServerModel, options: SimulatedRemoteOptions) {
    const all = { condstore: true, qresync: true, move: true, uidplus: true, objectId: true, specialUse: true };
    this.model = model;
    this.can = { ...all, ...options.capabilities };
    this.script = new FaultScript(options.faults ?? []);
    this.options = options;
    const { condstore, qresync, move, uidplus, objectId } = this.can;
    const { appendLimit = null } = options;
    this.capabilities = { condstore, qresync: condstore && qresync, move, uidplus, emailId: objectId, appendLimit };
  }

  /** One moment passes: faults that are due happen, then whoever else is at work. */
  step(call: Point["call"], at: Point["at"], mailbox: string | null): void {
    if (this.ended.signal.aborted) throw failure("CONNECTION_LOST", "The connection was closed before.");
    const step = ++this.count.steps;
    for (const fault of this.script.at(step)) {
      if (fault.kind === "cut")
        throw failure("CONNECTION_LOST", "The server closed the connection; try again.", { step });
      if (fault.kind === "throttle") throw failure("THROTTLED", "The server asks to come back later.", { step });
      fault.act(this.model);
    }
    if (this.script.cuts(call, at))
      throw failure("CONNECTION_LOST", "The server closed the connection; try again.", { step });
    this.options.onStep?.({ step, call, at, mailbox });
  }

  /** SELECT, or EXAMINE. `undefined`: any UIDVALIDITY. Throws MAILBOX_GONE, MAILBOX_UNREADABLE, UIDVALIDITY_CHANGED, as each step does. */
  open(call: Point["call"], listed: ListedMailbox, uidValidity: bigint | null | undefined): Opened {
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
    return { mailbox, uidNext: mailbox.uidNext, uidValidity: shown, step };
  }

  marks(mailbox: SimMailbox): Marks {
    const not = (kind: Fault["kind"]): boolean => this.script.holds(kind, mailbox.name);
    const modseq = this.can.condstore && !not("noModseq") ? mailbox.highestModseq : null;
    return {
      uidValidity: not("noUidValidity") ? null : mailbox.uidValidity,
      uidNext: not("noUidNext") ? null : mailbox.uidNext,
      highestModseq: not("zeroModseq") ? 0n : modseq,
      messages: mailbox.messages.size,
    };
  }

  /** MODSEQ of a message as the server shows it; null where it shows none. */
  modseq(mailbox: SimMailbox, modseq: bigint): bigint | null {
    const hidden = ["noModseq", "messagesWithoutModseq"] as const;
    return this.can.condstore && !hidden.some((kind) => this.script.holds(kind, mailbox.name)) ? modseq : null;
  }
}
