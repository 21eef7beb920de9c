// A world of two mailboxes for the planner's tests: what base, archive and server hold, the whole plan of one pass over it, and the state
// after every op of that plan was confirmed. Written from the rules, without the engine. It must never decide anything by itself.
import {
  type ArchiveOp,
  type BaseIdentity,
  type BaseOp,
  DEFAULT_POLICY,
  eachUid,
  type Flags,
  type Link,
  type MailboxId,
  type MessageId,
  type MessagePlan,
  normalFlags,
  planArrivals,
  planFlags,
  planGone,
  planMoves,
  type RemoteMailboxId,
  type Revision,
  type Rights,
  type Uid,
} from "../src/index.ts";

/** Two letters: the first names the bytes, the second tells messages with the same bytes apart. "Aa" and "Ab" are identical mail. */
export type Name = string;

export interface Seen {
  readonly mailbox: number;
  readonly uid: number;
  readonly flags: Flags;
}
export interface Kept {
  readonly mailbox: number;
  readonly flags: Flags;
}
export interface Message {
  readonly name: Name;
  readonly base: Seen | null;
  readonly archive: Kept | null;
  /** Bound: present under the base's UID unless it says otherwise. */
  readonly remote: Seen | null;
}
export type World = readonly Message[];

export const PULL: Rights = { pull: true, push: false };
export const BOTH: Rights = { pull: true, push: true };
export const PUSH: Rights = { pull: false, push: true };

export function linkWith(rights: Rights, policy: Partial<Link["policy"]> = {}): Link {
  return { id: 1, accountId: 1, archiveId: 1, rights, policy: { ...DEFAULT_POLICY, ...policy } } as Link;
}

const content = (name: Name): string => name.slice(0, 1);
/** Bytes "N…" have no INTERNALDATE, bytes "H…" no header: then nothing but bytes can tell. */
const dateOf = (name: Name): number | null => (content(name) === "N" ? null : content(name).charCodeAt(0) * 1000);
const fingerprintOfName = (name: Name): string | null => (content(name) === "H" ? null : `header ${content(name)}`);
const canonicalOfName = (name: Name): string => `canonical ${content(name)}`;
const sha256OfName = (name: Name): string => `bytes ${content(name)}`;

const mailboxId = (n: number): MailboxId => (10 + n) as MailboxId;
const remoteId = (n: number): RemoteMailboxId => n as RemoteMailboxId;
const idOf = (index: number): MessageId => (index + 1) as MessageId;
const SINCE = 1 as Revision;

function live(kept: Kept): NonNullable<BaseIdentity["archive"]> {
  return { mailboxId: mailboxId(kept.mailbox), flags: kept.flags, since: SINCE };
}

function rowOf(message: Message, index: number): BaseIdentity[] {
  if (message.base === null) return [];
  const { mailbox, uid, flags } = message.base;
  return [
    {
      remoteMailboxId: remoteId(mailbox),
      uid: uid as Uid,
      messageId: idOf(index),
      flags,
      modseq: null,
      archive: message.archive === null ? null : live(message.archive),
      size: 100,
      internalDate: dateOf(message.name),
      emailId: null,
      fingerprint: fingerprintOfName(message.name),
      canonical: canonicalOfName(message.name),
    },
  ];
}

/** What the server shows in both mailboxes, by mailbox and UID. */
function shown(world: World): { name: Name; seen: Seen }[] {
  return world
    .flatMap(({ name, remote }) => (remote === null ? [] : [{ name, seen: remote }]))
    .sort((a, b) => a.seen.mailbox - b.seen.mailbox || a.seen.uid - b.seen.uid);
}

/** The plan of one pass: flags, moves, arrivals, then what is gone (S5). */
export function planWorld(link: Link, world: World): MessagePlan {
  const parts: MessagePlan[] = [];
  const rows = world.flatMap(rowOf);
  const keyOf = (mailbox: number, uid: number): string => `${mailbox} ${uid}`;
  const known = new Set(rows.map((row) => keyOf(row.remoteMailboxId, row.uid)));
  const present = new Set(shown(world).map(({ seen }) => keyOf(seen.mailbox, seen.uid)));
  const inOrder = (a: BaseIdentity, b: BaseIdentity): number => a.remoteMailboxId - b.remoteMailboxId || a.uid - b.uid;
  const gone = rows.filter((row) => !present.has(keyOf(row.remoteMailboxId, row.uid))).sort(inOrder);
  const arrived = shown(world).filter(({ seen }) => !known.has(keyOf(seen.mailbox, seen.uid)));
  for (const mailbox of [1, 2]) {
    const observed = shown(world)
      .filter(({ seen }) => seen.mailbox === mailbox)
      .map(({ seen }) => ({ uid: seen.uid as Uid, flags: seen.flags, modseq: null }));
    parts.push(
      planFlags(
        link,
        mailboxId(mailbox),
        rows.filter((row) => row.remoteMailboxId === mailbox),
        observed,
      ),
    );
  }
  const moves = planMoves(
    link,
    gone,
    arrived.map(({ name, seen }) => ({
      remoteMailboxId: remoteId(seen.mailbox),
      mailboxId: mailboxId(seen.mailbox),
      identity: {
        uid: seen.uid as Uid,
        size: 100,
        internalDate: dateOf(name),
        flags: seen.flags,
        emailId: null,
        fingerprint: fingerprintOfName(name),
      },
    })),
    new Map([1, 2].map((n) => [remoteId(n), mailboxId(n)])),
  );
  parts.push(...moves.moves.map((move) => move.ops));
  const moved = new Set(moves.moves.map(({ to }) => keyOf(to.remoteMailboxId, to.identity.uid)));
  for (const mailbox of [1, 2]) {
    const arrivals = arrived
      .filter(({ seen }) => seen.mailbox === mailbox && !moved.has(keyOf(seen.mailbox, seen.uid)))
      .map(({ name, seen }) => ({
        uid: seen.uid as Uid,
        flags: seen.flags,
        modseq: null,
        internalDate: dateOf(name),
        emailId: null,
        sha256: sha256OfName(name),
        canonical: canonicalOfName(name),
      }));
    const unbound = world.flatMap(({ name, base, archive }, index) =>
      base !== null || archive?.mailbox !== mailbox
        ? []
        : [
            {
              messageId: idOf(index),
              canonical: canonicalOfName(name),
              sha256: sha256OfName(name),
              internalDate: dateOf(name),
              live: live(archive),
            },
          ],
    );
    const lost = moves.gone.filter((row) => row.remoteMailboxId === mailbox);
    const plan = planArrivals(link, mailboxId(mailbox), remoteId(mailbox), arrivals, unbound, lost);
    parts.push(plan);
    parts.push(
      planGone(
        link,
        mailboxId(mailbox),
        lost.filter((row) => !plan.renewed.includes(row)),
      ),
    );
  }
  return { archive: parts.flatMap((part) => part.archive), base: parts.flatMap((part) => part.base) };
}

type Changed = { -readonly [Key in keyof Message]: Message[Key] };

/** The world after every op of a plan was confirmed. The server is as it was: a pull changes nothing there. */
export function applyPlan(world: World, plan: MessagePlan): World {
  const next: Changed[] = world.map((message) => ({ ...message }));
  const at = (id: MessageId): Changed => {
    const message = next[id - 1];
    if (message === undefined) throw new Error(`a plan names message ${id}, which does not exist`);
    return message;
  };
  const bound = (mailbox: number, uid: number): Changed | undefined =>
    next.find((message) => message.base?.mailbox === mailbox && message.base.uid === uid);
  const touched = new Set<MessageId>();
  for (const op of plan.archive) {
    if (op.kind === "addMessage") {
      if (op.binding === null) throw new Error("a pull binds what it stores");
      const { remoteMailboxId: mailbox, uid, flags } = op.binding;
      // The server's line becomes the message's own: one row for one message.
      const source = next.find((one) => one.remote?.mailbox === mailbox && one.remote.uid === uid);
      if (source === undefined) throw new Error("a plan stores what the server does not show");
      const remote = source.remote;
      source.remote = null;
      const name = source.name;
      next.push({
        name,
        base: { mailbox, uid, flags },
        archive: { mailbox: op.mailboxId - 10, flags: op.flags },
        remote,
      });
      continue;
    }
    if (!("messageId" in op)) throw new Error(`not an op of messages: ${op.kind}`);
    if (touched.has(op.messageId)) throw new Error("one commit changes one message twice");
    touched.add(op.messageId);
    const message = at(op.messageId);
    if (op.kind === "reviveMessage") {
      if (message.archive !== null) throw new Error("a plan revives what lives");
      message.archive = { mailbox: op.mailboxId - 10, flags: op.flags };
      continue;
    }
    if (message.archive === null) throw new Error("a plan changes a tombstone");
    if (op.kind === "removeMessage") message.archive = null;
    else if (op.kind === "setFlags") message.archive = { ...message.archive, flags: op.flags };
    else message.archive = { mailbox: op.mailboxId - 10, flags: op.flags };
  }
  for (const op of plan.base) {
    switch (op.kind) {
      case "unbind":
        for (const uid of eachUid(op.uids)) {
          const message = bound(op.remoteMailboxId, uid);
          if (message === undefined) throw new Error("a plan unbinds what is not bound");
          message.base = null;
        }
        break;
      case "bind": {
        const { remoteMailboxId: mailbox, uid, flags } = op.binding;
        if (bound(mailbox, uid) !== undefined) throw new Error("a UID is bound twice");
        at(op.messageId).base = { mailbox, uid, flags };
        break;
      }
      case "rebase": {
        const message = bound(op.remoteMailboxId, op.uid);
        if (message?.base == null) throw new Error("a plan rebases what is not bound");
        message.base = { ...message.base, flags: op.flags };
        break;
      }
      default:
        throw new Error(`not an op of messages: ${op.kind}`);
    }
  }
  return next;
}

const LETTERS: Readonly<Record<string, string>> = {
  S: "\\Seen",
  F: "\\Flagged",
  D: "\\Deleted",
  A: "\\Answered",
  k: "$work",
};
const toFlags = (text: string): Flags => normalFlags([...text].map((letter) => LETTERS[letter] ?? letter));
const toLetters = (flags: Flags): string =>
  flags.map((flag) => Object.entries(LETTERS).find(([, long]) => long === flag)?.[0] ?? `<${flag}>`).join("") || ".";

const MAILBOXES: readonly string[] = ["", "in", "ar"];

/** Reads `in:3 SF` (a UID), `in SF` (none) or `-`. */
function place(text: string): { mailbox: number; uid: number; flags: Flags } | null {
  if (text === "-") return null;
  const match = /^(in|ar)(?::(\d+))?(?: ([A-Za-z.]+))?$/.exec(text);
  if (match === null) throw new Error(`not a place: ${text}`);
  return {
    mailbox: MAILBOXES.indexOf(match[1] ?? ""),
    uid: Number(match[2] ?? 0),
    flags: toFlags((match[3] ?? "").replaceAll(".", "")),
  };
}

/** Reads one line of the column notation: `message | base | archive | remote`. */
export function readMessage(line: string): Message {
  const [name = "", base = "", archive = "", remote = ""] = line.split("|").map((cell) => cell.trim());
  return { name, base: place(base), archive: place(archive), remote: place(remote) };
}

/** Writes ops in the notation of the tables, sorted: their order inside one commit means nothing to a reader. */
export function writeOps(world: World, plan: MessagePlan): string[] {
  const name = (id: MessageId): Name => world[id - 1]?.name ?? "??";
  const archive = plan.archive.map((op: ArchiveOp): string => {
    switch (op.kind) {
      case "addMessage":
        return `add ${op.sha256.slice(-1)} ${MAILBOXES[op.mailboxId - 10]} ${toLetters(op.flags)} = ${MAILBOXES[op.binding?.remoteMailboxId ?? 0]}:${op.binding?.uid}`;
      case "setFlags":
        return `flags ${name(op.messageId)} ${toLetters(op.flags)}`;
      case "moveMessage":
        return `move ${name(op.messageId)} ${MAILBOXES[op.mailboxId - 10]} ${toLetters(op.flags)}`;
      case "removeMessage":
        return `remove ${name(op.messageId)}`;
      default:
        return op.kind;
    }
  });
  const base = plan.base.map((op: BaseOp): string => {
    switch (op.kind) {
      case "bind":
        return `bind ${name(op.messageId)} ${MAILBOXES[op.binding.remoteMailboxId]}:${op.binding.uid} ${toLetters(op.binding.flags)}`;
      case "rebase":
        return `base ${MAILBOXES[op.remoteMailboxId]}:${op.uid} ${toLetters(op.flags)}`;
      case "unbind":
        return `unbind ${MAILBOXES[op.remoteMailboxId]}:${op.uids.map(([from, to]) => (from === to ? from : `${from}-${to}`)).join(",")}`;
      default:
        return op.kind;
    }
  });
  return [...archive, ...base].sort();
}
