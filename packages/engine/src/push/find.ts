// Finds on the server what was sent and whose answer is not known (S2): by what arrived there since, read and compared by its bytes. Used
// after an answer without UIDs, and for intents that an earlier run left open. It must never take a message for ours by its header alone
// unless the server said OK to it.
import {
  eachUid,
  type Flags,
  type Intent,
  type OpenIntent,
  type ServerCopy,
  subtractUids,
  type Uid,
  type UidSet,
  uidSet,
} from "@packetboat/core";
import type { Pass } from "../context.ts";
import { type Paired, validityOf } from "./writing.ts";

/** What a search has found, and whether something that might be ours could not be read: then nothing else is concluded. */
export interface Search {
  readonly found: readonly Found[];
  readonly unsure: boolean;
}

/** A message of ours under the UID that it has. */
export interface Found {
  readonly intent: OpenIntent;
  readonly uid: Uid;
  readonly flags: Flags;
  readonly emailId: string | null;
  /** Known by its header only: the server altered it beyond line ends. */
  readonly unproved: boolean;
  /** C5: what it made of it then. */
  readonly copy: ServerCopy | null;
}

const FIRST_UID = 1;

/**
 * Looks for these among the messages of a mailbox that no base row has, from the lowest `uidNext` upwards; N identical ones are matched in
 * order (C3). `confirmed`: the server said OK, so a message with the same header, and no other, is the one, whatever the server made of it.
 */
export async function findSent(
  run: Pass,
  mailbox: Paired,
  intents: readonly OpenIntent[],
  confirmed: boolean,
): Promise<Search> {
  const { listed, base } = mailbox;
  const validity = validityOf(mailbox);
  const from = Math.min(...intents.map((intent) => sameValidity(intent, validity) ?? FIRST_UID));
  const present = await uidsFrom(run, mailbox, from as Uid);
  const { bound } = await run.archive.known(base.id, from as Uid);
  const strangers = subtractUids(present, bound);
  if (strangers.length === 0) return { found: [], unsure: false };
  const headers = new Set(intents.map((intent) => intent.fingerprint));
  const candidates: { uid: Uid; fingerprint: string | null }[] = [];
  for await (const page of run.remote.identify(listed, validity, strangers, { fingerprint: true }))
    for (const { uid, fingerprint } of page) if (headers.has(fingerprint)) candidates.push({ uid, fingerprint });
  if (candidates.length === 0) return { found: [], unsure: false };
  const waiting = [...intents];
  const found: Found[] = [];
  let unsure = false;
  const others: { uid: Uid; flags: Flags; emailId: string | null; copy: ServerCopy }[] = [];
  for await (const got of run.remote.fetch(listed, validity, uidSet(candidates.map(({ uid }) => uid)))) {
    if (got.kind === "failed") unsure = true;
    if (got.kind !== "message") continue;
    const { uid, flags, emailId, digests } = got;
    const at = waiting.findIndex((intent) => intent.canonical === digests.canonical);
    const [intent] = at === -1 ? [] : waiting.splice(at, 1);
    if (intent !== undefined) found.push({ intent, uid, flags, emailId, unproved: false, copy: null });
    else others.push({ uid, flags, emailId, copy: { ...digests, size: got.bytes.length } });
  }
  if (!confirmed) return { found, unsure };
  for (const { copy, ...other } of others) {
    const { sha256, fingerprint, size } = copy;
    const alike = waiting.filter((intent) => intent.fingerprint === fingerprint);
    const [intent] = alike;
    if (
      intent === undefined ||
      alike.length > 1 ||
      others.filter((one) => one.copy.fingerprint === fingerprint).length > 1
    )
      continue;
    waiting.splice(waiting.indexOf(intent), 1);
    found.push({ intent, ...other, unproved: true, copy: { sha256, fingerprint, size } });
  }
  return { found, unsure };
}

/** The UIDNEXT of an intent, where it is of the mailbox's UIDVALIDITY; else nothing is known of where it may be. */
function sameValidity(intent: Intent, validity: bigint | null): number | null {
  return intent.uidValidity === validity ? intent.uidNext : null;
}

async function uidsFrom(run: Pass, { listed }: Paired, from: Uid): Promise<UidSet> {
  for await (const part of run.remote.observe(listed, { kind: "list" })) {
    if (part.kind === "end") return uidSet([...eachUid(part.listed ?? [])].filter((uid) => uid >= from));
  }
  return [];
}
