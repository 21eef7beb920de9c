// The comparing decision of verify: what a server shows against what the base and the archive say. Pure, by ranges and pages, so that a
// mailbox of a million messages costs a few bytes. It must never call an arrival since the last run a fault, nor let a fault pass as one.
import {
  type BaseRow,
  type CompleteMarks,
  type Digest,
  type Digests,
  intersectUids,
  type ObservedMessage,
  type ServerCopy,
  sameFlags,
  subtractUids,
  type Uid,
  type UidSet,
  uidCount,
  uidSet,
  unionUids,
} from "@packetboat/core";

/** What is wrong between an archive and a server, by name. */
export type FindingKind =
  /** The archive holds it as present on the server, and the server does not have it. */
  | "missingOnServer"
  /** The server had it before the last run ended, and the archive knows nothing of it. */
  | "missingInArchive"
  | "flagsDiffer"
  | "bytesDiffer"
  /** A message that no run could fetch so far (C6). */
  | "notStored"
  /** Found by --deep: the server could not hand it out now. */
  | "notReadable"
  | "mailboxMissingOnServer"
  | "uidValidityChanged"
  | "countDiffers"
  | "mailboxNotReadable";

export interface Finding {
  readonly kind: FindingKind;
  readonly mailbox: string;
  /** Empty where the finding is about the mailbox itself. */
  readonly uids: UidSet;
  readonly text: string;
}

/** What is no fault, but worth a line. */
export interface Remark {
  readonly kind: "arrivedSince" | "lineEndsDiffer" | "rewritten" | "mailboxNew";
  readonly mailbox: string;
  readonly uids: UidSet;
}

export interface Comparison {
  readonly findings: readonly Finding[];
  readonly remarks: readonly Remark[];
}

/** One mailbox: what the base says, and what a complete look showed. */
export interface MailboxSides {
  readonly mailbox: string;
  readonly uidValidity: bigint | null;
  /** UIDNEXT of the last look whose work was done; null: none was. */
  readonly uidNext: CompleteMarks["uidNext"] | null;
  readonly bound: UidSet;
  /** UIDs that no run could fetch. */
  readonly pending: UidSet;
  readonly server: {
    readonly uidValidity: bigint | null;
    /** MESSAGES of STATUS before the look; null where the server gave none. */
    readonly messages: number | null;
    /** EXISTS when the listing ended. */
    readonly listed: UidSet;
  };
}

const messagesWord = (uids: UidSet): string => (uidCount(uids) === 1 ? "1 message" : `${uidCount(uids)} messages`);
const are = (uids: UidSet): string => (uidCount(uids) === 1 ? "is" : "are");

/** Compares who is there. */
export function compareMailbox(sides: MailboxSides): Comparison {
  const { mailbox, server, bound, pending } = sides;
  if (sides.uidValidity !== null && server.uidValidity !== null && sides.uidValidity !== server.uidValidity) {
    const text = "The server gave the mailbox a new UIDVALIDITY since the last run; the next run matches it again.";
    return { findings: [{ kind: "uidValidityChanged", mailbox, uids: [], text }], remarks: [] };
  }
  const findings: Finding[] = [];
  const add = (kind: FindingKind, uids: UidSet, text: string) => {
    if (uidCount(uids) > 0) findings.push({ kind, mailbox, uids, text });
  };
  const missing = subtractUids(bound, server.listed);
  add(
    "missingOnServer",
    missing,
    `${messagesWord(missing)} of the archive ${are(missing)} not on the server any more.`,
  );
  const unknown = subtractUids(server.listed, unionUids(bound, pending));
  // Below the last run's UIDNEXT nothing new can appear (RFC 9051, 2.3.1.1); without marks nothing was promised.
  const arrived = sides.uidNext === null ? unknown : intersectUids(unknown, [[sides.uidNext, 4_294_967_295]]);
  const lost = subtractUids(unknown, arrived);
  add("missingInArchive", lost, `${messagesWord(lost)} of the server ${are(lost)} not in the archive.`);
  const waiting = intersectUids(pending, server.listed);
  add("notStored", waiting, `${messagesWord(waiting)} could not be fetched so far; every run tries again.`);
  if (server.messages !== null && server.messages !== uidCount(server.listed)) {
    const text = `The server counts ${server.messages} messages and lists ${uidCount(server.listed)}. If that was no change in between, the mailbox is damaged there.`;
    findings.push({ kind: "countDiffers", mailbox, uids: [], text });
  }
  const remarks: Remark[] = uidCount(arrived) > 0 ? [{ kind: "arrivedSince", mailbox, uids: arrived }] : [];
  return { findings, remarks };
}

/** Gives the UIDs of a page whose flags are not those of the base, or (where the archive only follows this server) of the archive. */
export function differingFlags(
  page: readonly ObservedMessage[],
  rows: readonly Pick<BaseRow, "uid" | "flags" | "archive">[],
  archiveFollows: boolean,
): readonly Uid[] {
  const byUid = new Map(rows.map((row) => [row.uid, row]));
  return page.flatMap(({ uid, flags }) => {
    const row = byUid.get(uid);
    if (row === undefined) return [];
    const same =
      sameFlags(flags, row.flags) && (!archiveFollows || row.archive === null || sameFlags(flags, row.archive.flags));
    return same ? [] : [uid];
  });
}

/** The finding of all flags that differ in a mailbox; null when none does. */
export function flagsFinding(mailbox: string, uids: readonly Uid[]): Finding | null {
  if (uids.length === 0) return null;
  const set = uidSet(uids);
  return { kind: "flagsDiffer", mailbox, uids: set, text: `${messagesWord(set)} with other flags on the server.` };
}

/** A body as it is stored, and what the server made of it when it was sent there (null: nothing else, as far as is known). */
export interface StoredBody {
  readonly sha256: Digest | null;
  readonly canonical: Digest;
  readonly copy: ServerCopy | null;
}

/**
 * How the bytes that a server hands out now compare with what is stored (C5): equal but for line ends is equal, and told apart; so is what
 * the server has rewritten, as long as it is what it was after that.
 */
export function compareBytes(stored: StoredBody, now: Digests): "same" | "lineEnds" | "rewritten" | "different" {
  if (stored.sha256 === null ? stored.canonical === now.canonical : stored.sha256 === now.sha256) return "same";
  if (stored.canonical === now.canonical) return "lineEnds";
  return stored.copy?.sha256 === now.sha256 ? "rewritten" : "different";
}
