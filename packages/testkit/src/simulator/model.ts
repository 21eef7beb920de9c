// The model of an IMAP server: mailboxes and messages as a well-behaved server keeps them (RFC 9051, CONDSTORE, QRESYNC, OBJECTID), and
// everything that a user with another client does to them. Plain data and synchronous functions; who lies about it is another's affair
// (faults). It imports nothing of core but types, because it is the judge. It must never forget an expunge or reuse a UID.
import type { Digests, MailboxNamespace, MailboxPath, Role } from "@packetboat/core";
import { judgeDigests } from "./digests.ts";

export interface SimMessage {
  readonly uid: number;
  readonly bytes: Buffer;
  readonly digests: Digests;
  readonly flags: readonly string[];
  /** Milliseconds since 1970, whole seconds; null: the server gives none. */
  readonly internalDate: number | null;
  readonly modseq: bigint;
  /** Survives moves and copies, as EMAILID does. */
  readonly emailId: string;
}

export interface SimMailbox {
  name: string;
  readonly mailboxId: string;
  uidValidity: bigint;
  uidNext: number;
  highestModseq: bigint;
  /** Ascending by UID. */
  messages: Map<number, SimMessage>;
  /** What was expunged, and at which MODSEQ: what VANISHED (EARLIER) is answered from. */
  expunged: { readonly uid: number; readonly modseq: bigint }[];
  role: Role | null;
  /** Keywords that may be set; system flags always may. */
  permanentFlags: "any" | readonly string[];
}

/** A line of LIST. */
export interface SimListed {
  readonly name: string;
  readonly path: MailboxPath;
  /** Null: a name without mailbox, above others (\Noselect). */
  readonly mailbox: SimMailbox | null;
  readonly subscribed: boolean;
  readonly namespace: MailboxNamespace;
  readonly role: Role | null;
}

export interface SimNamespace {
  readonly kind: MailboxNamespace;
  readonly prefix: string;
}

export interface ModelOptions {
  /** One character. Default: "/". */
  readonly delimiter?: string;
  /** Default: one personal namespace without prefix. */
  readonly namespaces?: readonly SimNamespace[];
  /** First UIDVALIDITY given out; each next mailbox gets the next. Default: 1,000,000,001. */
  readonly firstUidValidity?: bigint;
}

export interface AppendOptions {
  readonly flags?: readonly string[];
  /** Default: 1 January 2024. */
  readonly internalDate?: number | null;
}

const SYSTEM = ["\\Answered", "\\Deleted", "\\Draft", "\\Flagged", "\\Seen"];
const lower = (flag: string): string => flag.toLowerCase();

/** The judge's own normal form: no \Recent, nothing twice, sorted, system flags in their usual spelling. */
export function judgeFlags(flags: readonly string[]): readonly string[] {
  const out = new Map<string, string>();
  for (const flag of flags) {
    const system = SYSTEM.find((known) => lower(known) === lower(flag));
    if (lower(flag) !== "\\recent" && !out.has(lower(flag))) out.set(lower(flag), system ?? flag);
  }
  return [...out.values()].sort((a, b) => (lower(a) < lower(b) ? -1 : 1));
}

export class ServerModel {
  readonly delimiter: string;
  readonly namespaces: readonly SimNamespace[];
  readonly mailboxes = new Map<string, SimMailbox>();
  /** By name, whether the mailbox exists or not (RFC 9051 section 6.3.7). */
  readonly subscriptions = new Set<string>();
  /** Called after each change of a mailbox or of what is in it: what IDLE tells. */
  readonly listeners = new Set<(mailbox: SimMailbox) => void>();
  private nextUidValidity: bigint;
  private nextId = 1;

  constructor(options: ModelOptions = {}) {
    this.delimiter = options.delimiter ?? "/";
    this.namespaces = options.namespaces ?? [{ kind: "personal", prefix: "" }];
    this.nextUidValidity = options.firstUidValidity ?? 1_000_000_001n;
    this.create("INBOX", { role: "inbox" });
  }

  /** Finds a mailbox by the server's name for it; INBOX without case. Undefined for names without mailbox. */
  find(name: string): SimMailbox | undefined {
    return this.mailboxes.get(name.toUpperCase() === "INBOX" ? "INBOX" : name);
  }

  get(name: string): SimMailbox {
    const mailbox = this.find(name);
    if (mailbox === undefined) throw new Error(`the model has no mailbox ${name}`);
    return mailbox;
  }

  /** Every name, with the parents that are only names; sorted. */
  list(): readonly SimListed[] {
    const names = new Set<string>();
    for (const name of this.mailboxes.keys()) {
      names.add(name);
      for (const parent of this.parentsOf(name)) names.add(parent);
    }
    return [...names].sort((a, b) => (a < b ? -1 : 1)).map((name) => this.listed(name));
  }

  /** The server's name of a path in the personal namespace. */
  nameOf(path: MailboxPath): string {
    const joined = path.join(this.delimiter);
    const prefix = this.namespaces.find((namespace) => namespace.kind === "personal")?.prefix ?? "";
    return joined.toUpperCase() === "INBOX" ? "INBOX" : `${prefix}${joined}`;
  }

  create(name: string, options: { readonly role?: Role; readonly subscribed?: boolean } = {}): SimMailbox {
    if (this.find(name)) throw new Error(`the model has a mailbox ${name} already`);
    const mailbox: SimMailbox = {
      name,
      mailboxId: `F${this.nextId++}`,
      uidValidity: this.nextUidValidity++,
      uidNext: 1,
      highestModseq: 1n,
      messages: new Map(),
      expunged: [],
      role: options.role ?? null,
      permanentFlags: "any",
    };
    this.mailboxes.set(name, mailbox);
    if (options.subscribed) this.subscriptions.add(name);
    return mailbox;
  }

  /** DELETE: children stay, and then the name stays as their parent. */
  remove(name: string): void {
    const mailbox = this.get(name);
    this.mailboxes.delete(mailbox.name);
    this.changed(mailbox);
  }

  /** RENAME with children. INBOX stays, and its messages move (RFC 9051 section 6.3.6). Subscriptions stay with the old name. */
  rename(from: string, to: string): void {
    if (from.toUpperCase() === "INBOX") {
      this.create(to);
      this.move("INBOX", [...this.get("INBOX").messages.keys()], to);
      return;
    }
    const under = `${from}${this.delimiter}`;
    const moved = [...this.mailboxes.values()].filter(({ name }) => name === from || name.startsWith(under));
    if (moved.length === 0) throw new Error(`the model has no mailbox ${from}`);
    for (const mailbox of moved) {
      if (this.mailboxes.has(to + mailbox.name.slice(from.length))) throw new Error(`${to} exists`);
    }
    for (const mailbox of moved) {
      this.mailboxes.delete(mailbox.name);
      mailbox.name = to + mailbox.name.slice(from.length);
      this.mailboxes.set(mailbox.name, mailbox);
      this.changed(mailbox);
    }
  }

  subscribe(name: string, subscribed = true): void {
    if (subscribed) this.subscriptions.add(name);
    else this.subscriptions.delete(name);
  }

  /** Gives the UID of the new message. */
  append(name: string, bytes: Buffer | string, options: AppendOptions = {}): number {
    const { flags = [], internalDate = Date.UTC(2024, 0, 1) } = options;
    const body = Buffer.from(bytes);
    const message = { bytes: body, digests: judgeDigests(body), internalDate, emailId: `M${this.nextId++}` };
    return this.enter(this.get(name), { ...message, flags });
  }

  /** STORE: UIDs that are gone are passed over, as a server does. */
  store(name: string, uids: Iterable<number>, change: { add?: readonly string[]; remove?: readonly string[] }): void {
    const mailbox = this.get(name);
    const remove = new Set((change.remove ?? []).map(lower));
    for (const uid of uids) {
      const message = mailbox.messages.get(uid);
      if (message === undefined) continue;
      const flags = permitted(mailbox, [...message.flags.filter((f) => !remove.has(lower(f))), ...(change.add ?? [])]);
      if (flags.join(" ") === message.flags.join(" ")) continue;
      mailbox.messages.set(uid, { ...message, flags, modseq: ++mailbox.highestModseq });
      this.changed(mailbox);
    }
  }

  expunge(name: string, uids: Iterable<number>): void {
    const mailbox = this.get(name);
    for (const uid of uids) {
      if (!mailbox.messages.delete(uid)) continue;
      mailbox.expunged.push({ uid, modseq: ++mailbox.highestModseq });
      this.changed(mailbox);
    }
  }

  /** Gives the new UIDs, in the order of the old ones. */
  copy(name: string, uids: Iterable<number>, to: string): readonly number[] {
    const { messages } = this.get(name);
    const target = this.get(to);
    return [...uids].flatMap((uid) => {
      const message = messages.get(uid);
      return message === undefined ? [] : [this.enter(target, message)];
    });
  }

  move(name: string, uids: Iterable<number>, to: string): readonly number[] {
    const list = [...uids];
    const arrived = this.copy(name, list, to);
    this.expunge(name, list);
    return arrived;
  }

  /** What a restore from a backup or a broken index does to a mailbox: UIDVALIDITY is new, UIDs are given again from 1. */
  bumpUidValidity(name: string): void {
    const mailbox = this.get(name);
    const messages = [...mailbox.messages.values()];
    mailbox.uidValidity = this.nextUidValidity++;
    mailbox.uidNext = 1;
    mailbox.highestModseq = 1n;
    mailbox.messages = new Map();
    mailbox.expunged = [];
    for (const message of messages) this.enter(mailbox, message);
    this.changed(mailbox);
  }

  /** U2: the server lost its newest MODSEQs and gives them out again; later changes hide below what a client has seen. */
  rewindModseq(name: string, by: bigint): void {
    const mailbox = this.get(name);
    const limit = mailbox.highestModseq > by ? mailbox.highestModseq - by : 1n;
    mailbox.highestModseq = limit;
    for (const [uid, message] of mailbox.messages)
      if (message.modseq > limit) mailbox.messages.set(uid, { ...message, modseq: limit });
    mailbox.expunged = mailbox.expunged.map((gone) => (gone.modseq > limit ? { ...gone, modseq: limit } : gone));
  }

  private enter(mailbox: SimMailbox, message: Omit<SimMessage, "uid" | "modseq">): number {
    const uid = mailbox.uidNext++;
    const flags = permitted(mailbox, message.flags);
    mailbox.messages.set(uid, { ...message, uid, flags, modseq: ++mailbox.highestModseq });
    this.changed(mailbox);
    return uid;
  }

  private changed(mailbox: SimMailbox): void {
    for (const listener of this.listeners) listener(mailbox);
  }

  private parentsOf(name: string): string[] {
    const prefix = this.namespaces.find((one) => one.prefix !== "" && name.startsWith(one.prefix))?.prefix ?? "";
    const out: string[] = [];
    for (let at = name.indexOf(this.delimiter, prefix.length); at > 0; at = name.indexOf(this.delimiter, at + 1))
      out.push(name.slice(0, at));
    return out.filter((parent) => parent !== "");
  }

  private listed(name: string): SimListed {
    const mailbox = this.mailboxes.get(name) ?? null;
    const namespace = this.namespaces.find(({ prefix }) => prefix !== "" && name.startsWith(prefix));
    const kind = namespace?.kind ?? "personal";
    // Only the personal prefix is no part of the path; what is shared keeps its own.
    const inner = kind === "personal" ? name.slice(namespace?.prefix.length ?? 0) : name;
    const path = inner.split(this.delimiter);
    const role = mailbox?.role ?? null;
    return { name, path, mailbox, subscribed: this.subscriptions.has(name), namespace: kind, role };
  }
}

function permitted(mailbox: SimMailbox, flags: readonly string[]): readonly string[] {
  const { permanentFlags } = mailbox;
  const known = new Set(permanentFlags === "any" ? [] : permanentFlags.map(lower));
  const may = (flag: string): boolean =>
    permanentFlags === "any" || known.has(lower(flag)) || SYSTEM.some((system) => lower(system) === lower(flag));
  return judgeFlags(flags.filter(may));
}
