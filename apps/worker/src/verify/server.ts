// Asks a server what it has and compares it with the archive, mailbox by mailbox, in pages: who is there, with which flags, and with
// --deep every byte. It must never write: neither to the server nor to the base.
import { oneSided, readBodies } from "@packetboat/archive";
import {
  type Archive,
  asMailError,
  type BaseIdentity,
  type Digest,
  intersectUids,
  isSelected,
  type Link,
  type ListedMailbox,
  type MailboxBase,
  MailError,
  type Marks,
  type MessageId,
  type ObservedMessage,
  type Remote,
  showPath,
  type Uid,
  type UidSet,
  uidChunks,
  uidCount,
  uidSet,
} from "@packetboat/core";
import type { Database } from "@packetboat/database";
import {
  compareBytes,
  compareMailbox,
  differingFlags,
  type Finding,
  flagsFinding,
  type Remark,
  type StoredBody,
} from "./compare.ts";

export interface ServerCheck {
  readonly database: Database;
  readonly remote: Remote;
  readonly archive: Archive;
  readonly link: Link;
  readonly deep: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: {
    readonly mailbox: string;
    readonly messages: number;
    readonly bytes: number;
  }) => void;
}

export interface ServerResult {
  readonly mailboxes: number;
  /** Mailboxes of the server that the link leaves out: nothing is said of them. */
  readonly leftOut: number;
  /** Messages that the archive as it is now has not, because a restore removed them there alone; it has them at earlier moments. */
  readonly onlyEarlier: number;
  /** Whose presence and flags were compared. */
  readonly messages: number;
  /** Downloaded and compared, with --deep. */
  readonly bytes: number;
  readonly findings: readonly Finding[];
  readonly remarks: readonly Remark[];
}

interface Totals {
  mailboxes: number;
  leftOut: number;
  onlyEarlier: number;
  messages: number;
  bytes: number;
  readonly findings: Finding[];
  readonly remarks: Remark[];
}

/** Bodies asked for at once. */
const DEEP_CHUNK = 500;
const FIRST_UID = 1 as Uid;

/** Compares one link's server with the archive. Throws what stops the whole account; what stops a mailbox is a finding. */
export async function checkServer(check: ServerCheck): Promise<ServerResult> {
  const totals: Totals = { mailboxes: 0, leftOut: 0, onlyEarlier: 0, messages: 0, bytes: 0, findings: [], remarks: [] };
  const listing = new Map((await check.remote.list()).map((listed) => [listed.name, listed]));
  const { bases } = await check.archive.tree();
  for (const base of bases) {
    if (base.resting) continue; // B8: out of sight, nothing is concluded
    check.signal.throwIfAborted();
    totals.mailboxes++;
    await checkMailbox(check, totals, base, listing.get(base.name));
  }
  const known = new Map(bases.map((base) => [base.name, base]));
  for (const listed of listing.values()) {
    const base = known.get(listed.name);
    if (!listed.selectable || base?.resting === false) continue;
    if (base !== undefined || !isSelected(check.link, listed)) totals.leftOut++;
    else totals.remarks.push({ kind: "mailboxNew", mailbox: showPath(listed.path), uids: [] });
  }
  const { onlyOnServer } = await oneSided(check.database.pool, check.link);
  totals.onlyEarlier = onlyOnServer?.messages ?? 0;
  return totals;
}

async function checkMailbox(
  check: ServerCheck,
  totals: Totals,
  base: MailboxBase,
  listed: ListedMailbox | undefined,
): Promise<void> {
  const mailbox = showPath(base.path);
  if (listed === undefined || !listed.selectable) {
    const text = "The mailbox is not on the server any more.";
    totals.findings.push({ kind: "mailboxMissingOnServer", mailbox, uids: [], text });
    return;
  }
  try {
    const look = await lookAt(check, base, listed);
    const { bound, pending } = await check.archive.known(base.id, FIRST_UID);
    const { findings, remarks } = compareMailbox({
      mailbox,
      uidValidity: base.uidValidity,
      uidNext: base.marks?.uidNext ?? null,
      bound,
      pending: uidSet(pending.filter(({ kind }) => kind === "fetch").map(({ uid }) => uid)),
      server: { uidValidity: look.marks.uidValidity, messages: look.marks.messages, listed: look.listed },
    });
    totals.findings.push(...findings);
    totals.remarks.push(...remarks);
    // After a new UIDVALIDITY a UID means another message: nothing else can be compared.
    if (findings.some(({ kind }) => kind === "uidValidityChanged")) return;
    const flags = flagsFinding(mailbox, look.flagsDiffer);
    if (flags !== null) totals.findings.push(flags);
    const both = intersectUids(bound, look.listed);
    totals.messages += uidCount(both);
    check.onProgress({ mailbox, messages: totals.messages, bytes: totals.bytes });
    if (check.deep) await checkBytes(check, totals, { mailbox, base, listed, uids: both });
  } catch (thrown) {
    const error = asMailError(thrown);
    if (error.scope !== "mailbox" && error.scope !== "message") throw error;
    totals.findings.push({ kind: "mailboxNotReadable", mailbox, uids: [], text: error.message });
  }
}

interface LookResult {
  readonly marks: Marks;
  readonly listed: UidSet;
  readonly flagsDiffer: readonly Uid[];
}

/** A complete look; flags are compared page by page. */
async function lookAt(check: ServerCheck, base: MailboxBase, listed: ListedMailbox): Promise<LookResult> {
  let marks: Marks | null = null;
  let all: UidSet | null = null;
  const flagsDiffer: Uid[] = [];
  for await (const part of check.remote.observe(listed, { kind: "flags" })) {
    check.signal.throwIfAborted();
    if (part.kind === "marks") marks = part.marks;
    else if (part.kind === "end") all = part.listed;
    else flagsDiffer.push(...(await flagsOfPage(check, base, part.messages)));
  }
  if (marks === null || all === null) {
    throw new MailError("OBSERVATION_INCOMPLETE", "The server did not list the whole mailbox. Try again later.");
  }
  return { marks, listed: all, flagsDiffer };
}

async function flagsOfPage(
  check: ServerCheck,
  base: MailboxBase,
  page: readonly ObservedMessage[],
): Promise<readonly Uid[]> {
  const differing: Uid[] = [];
  const uids = uidSet(page.map(({ uid }) => uid));
  for await (const rows of check.archive.base(base.id, uids))
    differing.push(...differingFlags(page, rows, !check.link.rights.push));
  return differing;
}

interface DeepMailbox {
  readonly mailbox: string;
  readonly base: MailboxBase;
  readonly listed: ListedMailbox;
  readonly uids: UidSet;
}

async function checkBytes(
  check: ServerCheck,
  totals: Totals,
  { mailbox, base, listed, uids }: DeepMailbox,
): Promise<void> {
  const different: Uid[] = [];
  const lineEnds: Uid[] = [];
  const rewritten: Uid[] = [];
  const unreadable: Uid[] = [];
  for (const chunk of uidChunks(uids, DEEP_CHUNK)) {
    const stored = await storedDigests(check, base, chunk);
    for await (const fetched of check.remote.fetch(listed, base.uidValidity, chunk)) {
      check.signal.throwIfAborted();
      const expected = stored.get(fetched.uid);
      if (fetched.kind === "failed") unreadable.push(fetched.uid);
      if (fetched.kind !== "message" || expected === undefined) continue;
      totals.bytes += fetched.bytes.length;
      const verdict = compareBytes(expected, fetched.digests);
      if (verdict === "different") different.push(fetched.uid);
      if (verdict === "lineEnds") lineEnds.push(fetched.uid);
      if (verdict === "rewritten") rewritten.push(fetched.uid);
    }
    check.onProgress({ mailbox, messages: totals.messages, bytes: totals.bytes });
  }
  const add = (kind: Finding["kind"], found: readonly Uid[], text: string) => {
    if (found.length > 0) totals.findings.push({ kind, mailbox, uids: uidSet(found), text });
  };
  add("bytesDiffer", different, "The server hands out other bytes than the archive holds.");
  add("notReadable", unreadable, "The server could not hand out what the archive holds.");
  if (lineEnds.length > 0) totals.remarks.push({ kind: "lineEndsDiffer", mailbox, uids: uidSet(lineEnds) });
  if (rewritten.length > 0) totals.remarks.push({ kind: "rewritten", mailbox, uids: uidSet(rewritten) });
}

/** Digests of what is stored for these UIDs; messages that were erased for good (forget) are left out. */
async function storedDigests(
  check: ServerCheck,
  base: MailboxBase,
  uids: UidSet,
): Promise<ReadonlyMap<Uid, StoredBody>> {
  const rows: BaseIdentity[] = [];
  for await (const page of check.archive.identities(base.id, uids)) rows.push(...page);
  const sha256 = new Map<MessageId, Digest>();
  const ids = rows.map(({ messageId }) => messageId);
  for await (const body of readBodies(check.database.pool, check.link.archiveId, ids))
    sha256.set(body.messageId, body.sha256);
  return new Map(
    rows.flatMap(({ uid, messageId, canonical, copy }) => {
      const digest = sha256.get(messageId);
      return digest === undefined ? [] : [[uid, { sha256: digest, canonical, copy }] as const];
    }),
  );
}
