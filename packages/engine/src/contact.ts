// The first contact of a mailbox with one of the archive that other accounts have filled (G3): before a body is fetched the headers of both
// are counted, and where they share fewer than half, two mailboxes that have nothing to do with each other were about to be poured together.
// It must never decide by a header which message is which (C4), nor hold anything of a link that only pulls, or only pushes.
import {
  type BaseOp,
  countShared,
  FEW_AT_LEAST,
  fewMatches,
  type Heading,
  type ListedMailbox,
  type MailboxBase,
  type Marks,
  type MessageId,
  NO_UIDS,
  type UidSet,
  uidCount,
} from "@packetboat/core";
import type { Pass } from "./context.ts";
import { holdAdditions, holdAppends } from "./held.ts";

/** What a first contact holds back. */
export interface Contact {
  readonly held: UidSet;
  /** The rows of it, of both directions: to be committed in one piece. */
  readonly ops: readonly BaseOp[];
}

const NOTHING_HELD: Contact = { held: NO_UIDS, ops: [] };

/** Judges a mailbox none of whose messages this link has bound; `arrived`: all that the server shows in it. */
export async function judgeContact(
  run: Pass,
  listed: ListedMailbox,
  base: MailboxBase,
  { uidValidity }: Marks,
  arrived: UidSet,
): Promise<Contact> {
  const { pull, push } = run.link.rights;
  // U4: without UIDs that last, rows of what waits would mean nothing in the next run, and nothing would ever be let through (U3).
  if (!pull || !push || uidValidity === null || uidValidity === 0n) return NOTHING_HELD;
  const there = uidCount(arrived);
  if (there < FEW_AT_LEAST) return NOTHING_HELD;
  // What another account is just filling is to be judged when it is full.
  await run.place.earlierHaveLeft();
  const here = await unboundHeadings(run, base);
  if (here.length < FEW_AT_LEAST) return NOTHING_HELD;
  const seen: Heading[] = [];
  for await (const page of run.remote.identify(listed, uidValidity, arrived, { fingerprint: true })) seen.push(...page);
  if (!fewMatches(here.length, there, countShared(here, seen))) return NOTHING_HELD;
  const messages = here.map(({ messageId }) => messageId);
  const ops = [...holdAdditions(run, base, arrived, "contact"), ...holdAppends(run, base, messages, "contact")];
  return { held: arrived, ops };
}

/** What the archive's mailbox has that this link has nowhere. */
export async function unboundHeadings(
  run: Pass,
  { mailboxId }: MailboxBase,
): Promise<readonly (Heading & { readonly messageId: MessageId })[]> {
  const all: (Heading & { readonly messageId: MessageId })[] = [];
  for await (const page of run.archive.unboundIn(mailboxId))
    for (const { messageId, fingerprint, size, internalDate } of page)
      all.push({ messageId, fingerprint, size, internalDate });
  return all;
}
