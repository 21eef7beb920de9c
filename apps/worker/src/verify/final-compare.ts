// The comparing decision of a final check: the messages of a mailbox on two servers, matched as a multiset (C3), and what differs in each
// pair. Pure. It must never call a message present whose bytes were read and are others, nor two alike whose sizes differ and that were
// not read: a header alone decides only where size and date agree as well.
import { type Digest, type Flags, sameFlags, type Uid, type UidSet, uidSet, withoutFlags } from "@packetboat/core";

/** A message on a server, without its body. */
export interface FinalMessage {
  readonly uid: Uid;
  /** In bytes, as the server says. */
  readonly size: number;
  /** Milliseconds since 1970; null: the server gives none. */
  readonly internalDate: number | null;
  readonly flags: Flags;
  /** Null: no header, or none that could be read. Such a message is matched by its bytes. */
  readonly fingerprint: Digest | null;
}

/**
 * What was read of a body. `lineless` is equal where bytes are equal but for line ends (C5). `content` (what is behind the header) and
 * `messageId` name candidates only (C4).
 */
export interface BodyIdentity {
  readonly sha256: Digest;
  readonly lineless: Digest;
  readonly content: Digest | null;
  readonly messageId: string | null;
}

/** What came of reading a body. */
export type ReadBody =
  | ({ readonly kind: "read" } & BodyIdentity)
  | { readonly kind: "failed" }
  | { readonly kind: "gone" };

export type Bodies = ReadonlyMap<Uid, ReadBody>;

/** A flag that is not the same on all pairs. */
export interface FlagDifference {
  readonly flag: string;
  /** Messages that have it on the source and not on the target, and the other way round. */
  readonly lacking: number;
  readonly extra: number;
  /** No copy of a message that has it on the source has it on the target: the server seems not to keep it (F2). */
  readonly notKept: boolean;
}

/** What a mailbox's comparison found. UIDs are the source's, but for `onlyOnTarget`. */
export interface Compared {
  /** On the source. */
  readonly messages: number;
  readonly targetMessages: number;
  /** Of `messages`: proved to be on the target. */
  readonly present: number;
  /** Of `present`: proved by the bytes of both sides. */
  readonly byBytes: number;
  readonly missing: UidSet;
  readonly onlyOnTarget: UidSet;
  /** On the target with other bytes, beyond line ends. */
  readonly altered: UidSet;
  /** Of `altered`: only the header is another one. */
  readonly headerAltered: UidSet;
  /** Could not be read on one of the sides. */
  readonly unproved: UidSet;
  /** Equal but for line ends (C5): among `present`. */
  readonly lineEnds: UidSet;
  readonly datesDiffer: UidSet;
  readonly flagsDiffer: UidSet;
  readonly flags: readonly FlagDifference[];
}

/** Distinct flags that are counted: a hostile server cannot make the count grow without end. */
const MAX_COUNTED_FLAGS = 1_000;

interface FlagCount {
  readonly flag: string;
  source: number;
  lacking: number;
  extra: number;
}

/** Grows while pairs are found; of messages that are alike it keeps numbers only. */
interface Tally {
  present: number;
  byBytes: number;
  readonly missing: Uid[];
  readonly onlyOnTarget: Uid[];
  readonly altered: Uid[];
  readonly headerAltered: Uid[];
  readonly unproved: Uid[];
  readonly lineEnds: Uid[];
  readonly datesDiffer: Uid[];
  readonly flagsDiffer: Uid[];
  readonly flags: Map<string, FlagCount>;
}

export function emptyTally(): Tally {
  const lists = { missing: [], onlyOnTarget: [], altered: [], headerAltered: [], unproved: [], lineEnds: [] };
  return { present: 0, byBytes: 0, ...lists, datesDiffer: [], flagsDiffer: [], flags: new Map() };
}

/** Gives what was found; `messages` and `targetMessages` are sums of it, so that a message that vanished meanwhile is in neither. */
function compared(tally: Tally, alteredOnTarget: number): Compared {
  const { present, byBytes, missing, onlyOnTarget, altered, unproved } = tally;
  return {
    messages: present + missing.length + altered.length + unproved.length,
    targetMessages: present + onlyOnTarget.length + alteredOnTarget,
    present,
    byBytes,
    missing: uidSet(missing),
    onlyOnTarget: uidSet(onlyOnTarget),
    altered: uidSet(altered),
    headerAltered: uidSet(tally.headerAltered),
    unproved: uidSet(unproved),
    lineEnds: uidSet(tally.lineEnds),
    datesDiffer: uidSet(tally.datesDiffer),
    flagsDiffer: uidSet(tally.flagsDiffer),
    flags: [...tally.flags.values()]
      .filter(({ lacking, extra }) => lacking + extra > 0)
      .map(({ flag, source, lacking, extra }) => ({
        flag,
        lacking,
        extra,
        notKept: !flag.startsWith("\\") && lacking > 0 && lacking === source && extra === 0,
      })),
  };
}

/** Both sides of a mailbox, or what of them is not paired yet. */
interface Sides<T> {
  readonly from: readonly T[];
  readonly to: readonly T[];
}

/** Pairs what has the same header, size and date; of several alike those with the same flags first, then in the order of UIDs (C3). */
export function matchByHeader(sides: Sides<FinalMessage>, tally: Tally): Sides<FinalMessage> {
  const pair = (a: FinalMessage, b: FinalMessage): void => {
    tally.present++;
    notePair(tally, a, b);
  };
  const alike: Order<FinalMessage> = (a, b) => byFingerprint(a, b) || a.size - b.size || byDate(a, b);
  const left = pairUp(sides, (a, b) => alike(a, b) || byFlags(a, b), pair, hasHeader);
  return pairUp(left, alike, pair, hasHeader);
}

/** Gives the messages whose bytes have to be read: those that have a candidate on the other side, by header or (a header rewritten) by date. */
export function toBeRead({ from, to }: Sides<FinalMessage>): { readonly from: UidSet; readonly to: UidSet } {
  const candidates = (some: readonly FinalMessage[], others: readonly FinalMessage[]): UidSet => {
    const headers = new Set(others.map(({ fingerprint }) => fingerprint));
    const dates = new Set(others.map(({ internalDate }) => internalDate));
    const fits = ({ fingerprint, internalDate }: FinalMessage): boolean =>
      headers.has(fingerprint) || (internalDate !== null && dates.has(internalDate));
    return uidSet(some.filter(fits).map(({ uid }) => uid));
  };
  return { from: candidates(from, to), to: candidates(to, from) };
}

/** A message with what its bytes are. `unasked`: nothing could be its counterpart. */
interface Known extends FinalMessage, BodyIdentity {
  readonly state: "read" | "failed" | "unasked";
}

/**
 * Pairs the rest by bytes: the same, the same but for line ends (C5), then the same header with other bytes, then the same date
 * with the same content or Message-ID under a rewritten header: these are `altered`. What is left is missing, or only on the target. Gives the finished result.
 */
export function matchByBytes(
  rest: Sides<FinalMessage>,
  bodies: { readonly from: Bodies; readonly to: Bodies },
  tally: Tally,
): Compared {
  let left = pairEqual({ from: known(rest.from, bodies.from), to: known(rest.to, bodies.to) }, tally);
  let elsewise = 0;
  const altered = (a: Known, b: Known): void => {
    elsewise++;
    tally.altered.push(a.uid);
    if (a.content === b.content) tally.headerAltered.push(a.uid);
    notePair(tally, a, b);
  };
  const unproved = (a: Known): void => {
    elsewise++;
    tally.unproved.push(a.uid);
  };
  // A body that cannot be read proves nothing, and nothing is concluded against it either.
  left = pairUp(left, byFingerprint, unproved, hasFailed, wasAsked);
  left = pairUp(left, byFingerprint, unproved, wasRead, hasFailed);
  left = pairUp(left, byFingerprint, altered, (message) => wasRead(message) && hasHeader(message));
  // Two messages with one text (a form letter) have names of their own: a name that is another one is another message.
  const byContent: Order<Known> = (a, b) => byDate(a, b) || byText(a.content ?? "", b.content ?? "");
  const isUnnamed = (message: Known): boolean => hasContent(message) && message.messageId === null;
  left = pairUp(left, (a, b) => byContent(a, b) || byText(a.messageId ?? "", b.messageId ?? ""), altered, hasContent);
  left = pairUp(left, byContent, altered, isUnnamed, hasContent);
  left = pairUp(left, byContent, altered, hasContent, isUnnamed);
  left = pairUp(left, (a, b) => byDate(a, b) || byText(a.messageId ?? "", b.messageId ?? ""), altered, isNamed);
  for (const message of left.from) (hasFailed(message) ? tally.unproved : tally.missing).push(message.uid);
  for (const { uid } of left.to) tally.onlyOnTarget.push(uid);
  return compared(tally, elsewise);
}

/** Equal bytes first, then equal but for line ends; of several alike the same date and flags first (C3). */
function pairEqual(sides: Sides<Known>, tally: Tally): Sides<Known> {
  const equal = (a: Known, b: Known): void => {
    tally.present++;
    tally.byBytes++;
    if (a.sha256 !== b.sha256) tally.lineEnds.push(a.uid);
    notePair(tally, a, b);
  };
  const bySha: Order<Known> = (a, b) => byText(a.sha256, b.sha256);
  const byLineless: Order<Known> = (a, b) => byText(a.lineless, b.lineless);
  let left = sides;
  for (const byBytes of [bySha, byLineless]) {
    left = pairUp(left, (a, b) => byBytes(a, b) || byDate(a, b) || byFlags(a, b), equal, wasRead);
    left = pairUp(left, (a, b) => byBytes(a, b) || byDate(a, b), equal, wasRead);
    left = pairUp(left, byBytes, equal, wasRead);
  }
  return left;
}

function known(messages: readonly FinalMessage[], bodies: Bodies): readonly Known[] {
  const nothing = { sha256: "", lineless: "", content: null, messageId: null };
  return messages.flatMap((message): Known[] => {
    const body = bodies.get(message.uid);
    if (body === undefined) return [{ ...message, ...nothing, state: "unasked" }];
    // Expunged while we looked: it is on this side no more, and no one's loss.
    if (body.kind === "gone") return [];
    if (body.kind === "failed") return [{ ...message, ...nothing, state: "failed" }];
    const { sha256, lineless, content, messageId } = body;
    return [{ ...message, sha256, lineless, content, messageId, state: "read" }];
  });
}

const hasHeader = ({ fingerprint }: FinalMessage): boolean => fingerprint !== null;
const wasRead = ({ state }: Known): boolean => state === "read";
const hasFailed = ({ state }: Known): boolean => state === "failed";
const wasAsked = ({ state }: Known): boolean => state !== "unasked";
const hasContent = ({ content, internalDate }: Known): boolean => content !== null && internalDate !== null;
const isNamed = ({ messageId, internalDate }: Known): boolean => messageId !== null && internalDate !== null;

function notePair(tally: Tally, a: FinalMessage, b: FinalMessage): void {
  // C2: what has no date on the source is appended without one, and whatever the target gave it is no difference.
  if (a.internalDate !== null && a.internalDate !== b.internalDate) tally.datesDiffer.push(a.uid);
  for (const flag of a.flags) flagCount(tally, flag).source++;
  if (sameFlags(a.flags, b.flags)) return;
  tally.flagsDiffer.push(a.uid);
  for (const flag of withoutFlags(a.flags, b.flags)) flagCount(tally, flag).lacking++;
  for (const flag of withoutFlags(b.flags, a.flags)) flagCount(tally, flag).extra++;
}

function flagCount({ flags }: Tally, flag: string): FlagCount {
  const key = flag.toLowerCase();
  const found = flags.get(key);
  if (found !== undefined) return found;
  const made = { flag, source: 0, lacking: 0, extra: 0 };
  if (flags.size < MAX_COUNTED_FLAGS) flags.set(key, made);
  return made;
}

type Order<T> = (a: T, b: T) => number;

const byText: Order<string> = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
const byFingerprint: Order<FinalMessage> = (a, b) => byText(a.fingerprint ?? "", b.fingerprint ?? "");
const byDate: Order<FinalMessage> = (a, b) => dateNumber(a) - dateNumber(b);
const dateNumber = ({ internalDate }: FinalMessage): number => internalDate ?? Number.MIN_SAFE_INTEGER;
const byFlags: Order<FinalMessage> = (a, b) => byText(flagText(a.flags), flagText(b.flags));
const flagText = (flags: Flags): string => flags.join(" ").toLowerCase();

/**
 * Sorts both sides (ties by UID) and pairs what is equal in that order, each once; gives what is left, with those that `mayFrom` and
 * `mayTo` keep out. It needs no index: two arrays.
 */
function pairUp<T extends FinalMessage>(
  sides: Sides<T>,
  order: Order<T>,
  pair: (a: T, b: T) => void,
  mayFrom: (message: T) => boolean,
  mayTo: (message: T) => boolean = mayFrom,
): Sides<T> {
  const byOrder: Order<T> = (a, b) => order(a, b) || a.uid - b.uid;
  const right = sides.to.filter(mayTo).sort(byOrder);
  const from = sides.from.filter((message) => !mayFrom(message));
  const to = sides.to.filter((message) => !mayTo(message));
  let at = 0;
  for (const a of sides.from.filter(mayFrom).sort(byOrder)) {
    let b = right[at];
    while (b !== undefined && order(b, a) < 0) {
      to.push(b);
      b = right[++at];
    }
    if (b === undefined || order(b, a) > 0) from.push(a);
    else {
      pair(a, b);
      at++;
    }
  }
  for (const b of right.slice(at)) to.push(b);
  return { from, to };
}
