// The final check of a migration: asks two servers anew, mailbox by mailbox, and compares message by message. Nothing of the base is used
// but names. It holds the identities of one mailbox at a time (about 200 bytes a message on each side, 700 with `deep`), and one body
// a side. It must never write to a server, nor take what a server did not list to the end for absent (M1).
import {
  asMailError,
  contentOf,
  type ErrorCode,
  type Flags,
  type ListedMailbox,
  lineEndsApart,
  type MailboxBase,
  MailError,
  messageIdOf,
  type Remote,
  showPath,
  subtractUids,
  type Uid,
  type UidSet,
  uidCount,
  uidSet,
} from "@packetboat/core";
import {
  type Bodies,
  type Compared,
  emptyTally,
  type FinalMessage,
  matchByBytes,
  matchByHeader,
  type ReadBody,
  toBeRead,
} from "./final-compare.ts";

/** Which mailbox is which: the servers' names. `to` is null where no run made a counterpart yet. */
export interface MailboxPair {
  readonly from: string;
  readonly to: string | null;
}

export interface FinalCheck {
  readonly from: Remote;
  readonly to: Remote;
  readonly pairs: readonly MailboxPair[];
  /** Reads every body on both sides. Default: those that header, size and date do not decide. */
  readonly deep?: boolean;
  /** Whether a mailbox of the source is meant to be carried over (the link's selection). Default: personal ones that are not virtual. */
  readonly isCarried?: (mailbox: ListedMailbox) => boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: FinalProgress) => void;
}

export interface FinalProgress {
  readonly mailbox: string;
  /** Mailboxes done, of so many. */
  readonly done: number;
  readonly of: number;
  /** Messages asked for on both sides, and bytes downloaded. */
  readonly messages: number;
  readonly bytes: number;
}

/** Why a mailbox was not compared. */
export interface NotCompared {
  readonly kind: "missingOnTarget" | "missingOnSource" | "notRead";
  readonly code: ErrorCode | null;
  readonly text: string;
}

export interface FinalMailbox extends Compared {
  /** On the source; as people read it. */
  readonly mailbox: string;
  /** On the target; null: it has none. */
  readonly target: string | null;
  readonly notCompared: NotCompared | null;
}

export interface FinalResult {
  readonly deep: boolean;
  readonly mailboxes: readonly FinalMailbox[];
  /** Mailboxes of the source that no run paired, though they are selected. `messages` null: the server does not say. */
  readonly notCarried: readonly { readonly mailbox: string; readonly messages: number | null }[];
  /** Downloaded from both sides. */
  readonly bytes: number;
}

/**
 * Gives the pairs of two links of one archive: only names come from their base. What rests is out of selection (B8); so is what has no
 * counterpart and is not `isWanted` on the target.
 */
export function mailboxPairs(
  from: readonly MailboxBase[],
  to: readonly MailboxBase[],
  isWanted: (base: MailboxBase) => boolean = () => true,
): readonly MailboxPair[] {
  const targets = new Map(to.map((base) => [base.mailboxId, base]));
  return from.flatMap((base): MailboxPair[] => {
    const target = targets.get(base.mailboxId);
    if (base.resting || target?.resting || (target === undefined && !isWanted(base))) return [];
    return [{ from: base.name, to: target?.name ?? null }];
  });
}

interface Work extends FinalCheck {
  readonly totals: { messages: number; bytes: number };
  readonly tell: (more: { readonly messages?: number; readonly bytes?: number }) => void;
}

type Listing = ReadonlyMap<string, ListedMailbox>;

/** Compares two accounts. Throws what stops a whole account, and the signal's reason; what stops a mailbox is in the result. */
export async function finalCheck(check: FinalCheck): Promise<FinalResult> {
  const [from, to] = await Promise.all([
    listing(
      check.from,
      check.pairs.map((pair) => pair.from),
    ),
    listing(
      check.to,
      check.pairs.map((pair) => pair.to),
    ),
  ]);
  const totals = { messages: 0, bytes: 0 };
  const mailboxes: FinalMailbox[] = [];
  for (const [done, pair] of check.pairs.entries()) {
    check.signal.throwIfAborted();
    const a = from.get(nameKey(pair.from));
    const mailbox = a === undefined ? pair.from : showPath(a.path);
    const tell: Work["tell"] = ({ messages = 0, bytes = 0 }) => {
      totals.messages += messages;
      totals.bytes += bytes;
      check.onProgress({ mailbox, done, of: check.pairs.length, ...totals });
    };
    tell({});
    const b = pair.to === null ? undefined : to.get(nameKey(pair.to));
    mailboxes.push(await checkPair({ ...check, totals, tell }, pair, a, b));
  }
  return { deep: check.deep === true, mailboxes, notCarried: notCarried(check, from), bytes: totals.bytes };
}

/** INBOX is matched without case (B2). */
const nameKey = (name: string): string => (name.toUpperCase() === "INBOX" ? "INBOX" : name);

/** LIST; where a name is not in it, a second look before it is believed (B5). */
async function listing(remote: Remote, names: readonly (string | null)[]): Promise<Listing> {
  const ask = async () => (await remote.list()).filter(({ selectable }) => selectable);
  const first = new Map((await ask()).map((listed) => [nameKey(listed.name), listed]));
  if (names.every((name) => name === null || first.has(nameKey(name)))) return first;
  return new Map([...first, ...(await ask()).map((listed) => [nameKey(listed.name), listed] as const)]);
}

function notCarried(check: FinalCheck, from: Listing): FinalResult["notCarried"] {
  const isCarried = check.isCarried ?? (({ namespace, virtual }) => namespace === "personal" && !virtual);
  const paired = new Set(check.pairs.map((pair) => nameKey(pair.from)));
  return [...from.values()]
    .filter((listed) => !paired.has(nameKey(listed.name)) && isCarried(listed))
    .map(({ path, status }) => ({ mailbox: showPath(path), messages: status?.messages ?? null }));
}

async function checkPair(
  work: Work,
  pair: MailboxPair,
  from: ListedMailbox | undefined,
  to: ListedMailbox | undefined,
): Promise<FinalMailbox> {
  const target = to === undefined ? pair.to : showPath(to.path);
  const names = { mailbox: from === undefined ? pair.from : showPath(from.path), target };
  if (from === undefined)
    return { ...names, ...NOTHING, notCompared: notCompared("missingOnSource", "The mailbox is not on the source.") };
  // What happened to the mailbox under our eyes (renumbered, replaced) is looked at once more.
  for (let again = false; ; again = true) {
    try {
      if (to !== undefined) return { ...names, ...(await compareMailbox(work, from, to)), notCompared: null };
      const messages = await listUids(work, work.from, from);
      const missing = { messages: uidCount(messages.uids), missing: messages.uids };
      const told = notCompared("missingOnTarget", "The mailbox is not on the target.");
      return { ...names, ...NOTHING, ...missing, notCompared: told };
    } catch (thrown) {
      work.signal.throwIfAborted();
      const error = asMailError(thrown);
      if (error.scope !== "mailbox" && error.scope !== "message") throw error;
      if (error.retry === "now" && !again) continue;
      const messages = from.status?.messages ?? 0;
      return { ...names, ...NOTHING, messages, notCompared: notCompared("notRead", error.message, error.code) };
    }
  }
}

const NOTHING: Compared = matchByBytes({ from: [], to: [] }, { from: new Map(), to: new Map() }, emptyTally());

function notCompared(kind: NotCompared["kind"], text: string, code: ErrorCode | null = null): NotCompared {
  return { kind, code, text };
}

async function compareMailbox(work: Work, from: ListedMailbox, to: ListedMailbox): Promise<Compared> {
  const [a, b] = await both(readSide(work, work.from, from), readSide(work, work.to, to));
  const tally = emptyTally();
  // Deep: nothing is decided by headers, and all bodies were read already.
  const rest =
    work.deep === true
      ? { from: a.messages, to: b.messages }
      : matchByHeader({ from: a.messages, to: b.messages }, tally);
  const wanted = toBeRead(rest);
  const more = await both(readMore(work, work.from, from, a, wanted.from), readMore(work, work.to, to, b, wanted.to));
  return matchByBytes(rest, { from: more[0], to: more[1] }, tally);
}

/** Waits for both, also when one fails: nothing reads on behind the caller's back. */
async function both<A, B>(a: Promise<A>, b: Promise<B>): Promise<readonly [A, B]> {
  await Promise.allSettled([a, b]);
  return [await a, await b];
}

interface Side {
  readonly uidValidity: bigint | null;
  readonly messages: readonly FinalMessage[];
  /** Those that were read so far. */
  readonly bodies: Map<Uid, ReadBody>;
}

/** All messages of a mailbox: by their headers, or with `deep` by their bodies. */
async function readSide(work: Work, remote: Remote, mailbox: ListedMailbox): Promise<Side> {
  const { uids, uidValidity } = await listUids(work, remote, mailbox);
  const messages: FinalMessage[] = [];
  const share = sharedFlags();
  if (work.deep !== true)
    for await (const page of remote.identify(mailbox, uidValidity, uids, { fingerprint: true })) {
      work.signal.throwIfAborted();
      for (const { uid, size, internalDate, flags, fingerprint } of page)
        messages.push({ uid, size, internalDate, flags: share(flags), fingerprint });
      work.tell({ messages: page.length });
    }
  // Without an answer: expunged meanwhile, or a header that the server cannot hand out (trap 28). The body tells which.
  const silent = subtractUids(uids, uidSet(messages.map(({ uid }) => uid)));
  const bodies = new Map<Uid, ReadBody>();
  for await (const { message, body } of readBodies(work, remote, mailbox, uidValidity, silent)) {
    if (body.kind !== "gone") messages.push({ ...message, flags: share(message.flags) });
    bodies.set(message.uid, body);
    work.tell({ messages: 1 });
  }
  return { uidValidity, messages, bodies };
}

async function readMore(
  work: Work,
  remote: Remote,
  mailbox: ListedMailbox,
  side: Side,
  wanted: UidSet,
): Promise<Bodies> {
  const unread = subtractUids(wanted, uidSet(side.bodies.keys()));
  for await (const { message, body } of readBodies(work, remote, mailbox, side.uidValidity, unread))
    side.bodies.set(message.uid, body);
  return side.bodies;
}

/** Who is there: a listing that ended (M1). */
async function listUids(work: Work, remote: Remote, mailbox: ListedMailbox) {
  let uidValidity: bigint | null = null;
  let uids: UidSet | null = null;
  for await (const part of remote.observe(mailbox, { kind: "list" })) {
    work.signal.throwIfAborted();
    if (part.kind === "marks") uidValidity = part.marks.uidValidity;
    if (part.kind === "end") uids = part.listed;
  }
  if (uids === null)
    throw new MailError("OBSERVATION_INCOMPLETE", "The server did not list the whole mailbox. Try again later.");
  return { uids, uidValidity };
}

/** Bodies one by one; only their digests stay. */
async function* readBodies(
  work: Work,
  remote: Remote,
  mailbox: ListedMailbox,
  uidValidity: bigint | null,
  uids: UidSet,
): AsyncGenerator<{ readonly message: FinalMessage; readonly body: ReadBody }> {
  if (uids.length === 0) return;
  for await (const fetched of remote.fetch(mailbox, uidValidity, uids)) {
    work.signal.throwIfAborted();
    const { uid } = fetched;
    if (fetched.kind !== "message") {
      const size = fetched.kind === "failed" ? (fetched.bytes ?? 0) : 0;
      const message = { uid, size, internalDate: null, flags: [], fingerprint: null };
      yield { message, body: { kind: fetched.kind } };
      continue;
    }
    const { bytes, internalDate, flags, digests } = fetched;
    const { sha256, canonical, fingerprint } = digests;
    work.tell({ bytes: bytes.length });
    const lineless = lineEndsApart(bytes, canonical);
    const body: ReadBody = {
      kind: "read",
      sha256,
      lineless,
      content: contentOf(bytes),
      messageId: messageIdOf(bytes),
    };
    yield { message: { uid, size: bytes.length, internalDate, flags, fingerprint }, body };
  }
}

/** Most messages have one of a few sets of flags: each is kept once. */
function sharedFlags(): (flags: Flags) => Flags {
  const known = new Map<string, Flags>();
  return (flags) => {
    const key = flags.join(" ");
    const found = known.get(key);
    if (found !== undefined) return found;
    known.set(key, flags);
    return flags;
  };
}
