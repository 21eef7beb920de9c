// Which remote mailbox is which of the base (B1, B8, trap 23): by MAILBOXID, by name, by a rename that evidence proves, by name again.
// Every base row and every line of LIST is used once. It must never believe a rename from UIDVALIDITY alone: servers reuse it.
import type { MailboxBase } from "../base.ts";
import { type ListedMailbox, pathKey, samePath } from "../mailbox.ts";

/** What only another look can tell. */
export type MailboxQuestion =
  /** B1: does the mailbox of this name hold the UIDs that the base knows (below its UIDNEXT none but those)? */
  | { readonly kind: "sameUids"; readonly base: MailboxBase; readonly listed: ListedMailbox }
  /** B5: does the server say, asked for it by name, that it does not exist? */
  | { readonly kind: "gone"; readonly base: MailboxBase }
  /**
   * B5: its name belongs to another mailbox now; does LIST, asked anew, show it (its MAILBOXID, else its UIDVALIDITY) nowhere? The names in
   * `claimed` are of other rows: servers give one UIDVALIDITY to mailboxes made in one second, and what such a name shows is its own.
   */
  | { readonly kind: "replaced"; readonly base: MailboxBase; readonly claimed: readonly string[] };

/** Answers so far, by {@link questionKey}. */
export type Evidence = ReadonlyMap<string, boolean>;

export interface MailboxPair {
  readonly base: MailboxBase;
  readonly listed: ListedMailbox;
}

export interface Pairing {
  readonly pairs: readonly MailboxPair[];
  /** Base rows that no line of LIST belongs to. */
  readonly bases: readonly MailboxBase[];
  /** Lines of LIST that the base does not know. */
  readonly listed: readonly ListedMailbox[];
  readonly questions: readonly MailboxQuestion[];
}

interface Rest {
  readonly pairs: MailboxPair[];
  readonly bases: MailboxBase[];
  readonly listed: ListedMailbox[];
  readonly questions: MailboxQuestion[];
}

export function questionKey(question: MailboxQuestion): string {
  const id = question.base.id;
  return question.kind === "sameUids" ? `same ${id} ${pathKey(question.listed.path)}` : `${question.kind} ${id}`;
}

const sameValidity = (base: MailboxBase, listed: ListedMailbox): boolean =>
  base.uidValidity === null || listed.status === null || base.uidValidity === listed.status.uidValidity;

function takeOut(rest: Rest, base: MailboxBase, listed: ListedMailbox): void {
  rest.bases.splice(rest.bases.indexOf(base), 1);
  rest.listed.splice(rest.listed.indexOf(listed), 1);
}

/** Takes pairs out of the two rests wherever `pick` names a partner. */
function takePairs(rest: Rest, pick: (base: MailboxBase, listed: ListedMailbox) => boolean): void {
  for (const base of [...rest.bases]) {
    const listed = rest.listed.find((one) => pick(base, one));
    if (listed === undefined) continue;
    rest.pairs.push({ base, listed });
    takeOut(rest, base, listed);
  }
}

/** B1: a rename without MAILBOXID is believed only if exactly one vanished and one appeared with that UIDVALIDITY, and the UIDs agree. */
function pairRenames(rest: Rest, evidence: Evidence): void {
  for (const validity of new Set(rest.bases.map((base) => base.uidValidity))) {
    if (validity === null) continue;
    const bases = rest.bases.filter((base) => base.uidValidity === validity);
    const listed = rest.listed.filter((one) => one.status?.uidValidity === validity);
    const [base] = bases;
    const [appeared] = listed;
    if (base === undefined || appeared === undefined || bases.length > 1 || listed.length > 1) continue;
    const question: MailboxQuestion = { kind: "sameUids", base, listed: appeared };
    const answer = evidence.get(questionKey(question));
    if (answer === undefined) rest.questions.push(question);
    if (answer === false) continue;
    // Unanswered: neither is anything else until the answer is there.
    takeOut(rest, base, appeared);
    if (answer) rest.pairs.push({ base, listed: appeared });
  }
}

/** Pairs base rows with lines of LIST; both in the order of their names, so that the same input gives the same pairs (P2). */
export function pairMailboxes(
  bases: readonly MailboxBase[],
  listed: readonly ListedMailbox[],
  evidence: Evidence,
): Pairing {
  const rest: Rest = { pairs: [], bases: [...bases], listed: [...listed], questions: [] };
  const sameName = (base: MailboxBase, one: ListedMailbox): boolean => base.name === one.name;
  const samePlace = (base: MailboxBase, one: ListedMailbox): boolean => samePath(base.path, one.path);
  takePairs(rest, (base, one) => base.objectId !== null && base.objectId === one.mailboxId);
  // S2: a RENAME of ours whose answer was lost.
  const renamedByUs = (base: MailboxBase, one: ListedMailbox): boolean =>
    base.renamingTo === one.name && !listed.some((other) => sameName(base, other));
  takePairs(rest, (base, one) => renamedByUs(base, one) && sameValidity(base, one));
  takePairs(rest, (base, one) => sameName(base, one) && sameValidity(base, one));
  takePairs(rest, (base, one) => samePlace(base, one) && sameValidity(base, one));
  pairRenames(rest, evidence);
  // Same name, other UIDVALIDITY, and no rename explains it: the same mailbox, to be rekeyed (U1).
  takePairs(rest, sameName);
  takePairs(rest, samePlace);
  return rest;
}
