// What every step of a push is given: the writer, where things are, and what this push has learned on the way. It must never hold bodies.
import {
  type AppendHabits,
  type ListedMailbox,
  type MailboxBase,
  MailError,
  type MessageId,
  type PushPlaces,
  type RemoteMailboxId,
  type RemoteWriter,
  type RunId,
  showPath,
} from "@packetboat/core";
import type { Pass } from "../context.ts";

/** A mailbox of the server with its base row. */
export interface Paired {
  readonly listed: ListedMailbox;
  readonly base: MailboxBase;
}

export interface Writing {
  readonly run: Pass;
  readonly writer: RemoteWriter;
  readonly paired: ReadonlyMap<RemoteMailboxId, Paired>;
  readonly places: PushPlaces;
  /** Messages that were sent before and whose answer is not known, with where they may be: nothing is done with them (S2). */
  readonly unanswered: ReadonlyMap<MessageId, RemoteMailboxId>;
  /** Removals on the server that a person let through, with the run that listed them (G1). */
  readonly approved: ReadonlyMap<MessageId, RunId>;
  /** Something of theirs was not even tried: what they wait for stays where it was (S3). */
  readonly unfinished: Set<RemoteMailboxId>;
  /** Messages of which the server has refused something in this push, flags or a removal: that row is the one to keep. */
  readonly refused: Set<MessageId>;
  /** G4: messages that were left alone, and until when (milliseconds since 1970), by mailbox. */
  readonly restless: Map<RemoteMailboxId, { readonly messages: number; readonly until: number }>;
  /** G3: messages that wait for an approval before they are sent, by mailbox. */
  readonly held: Map<RemoteMailboxId, number>;
  /** C5: how the server treats what is appended; null: not asked yet. */
  habits: AppendHabits | null;
  /** S5: the server took no more; additions end, nothing else. */
  full: boolean;
}

/** The mailbox of an op. Its absence is a defect: the plan knows only paired ones. */
export function pairedOf(writing: Writing, id: RemoteMailboxId): Paired {
  const found = writing.paired.get(id);
  if (found === undefined)
    throw new MailError(
      "BUG",
      "Packetboat has a defect: a push names a mailbox that is not paired. Please report this.",
    );
  return found;
}

export const nameOf = (writing: Writing, id: RemoteMailboxId): string => showPath(pairedOf(writing, id).listed.path);

/** Under which UIDVALIDITY its UIDs are valid; the server's, where nothing is bound yet. */
export const validityOf = ({ listed, base }: Paired): bigint | null =>
  base.uidValidity ?? listed.status?.uidValidity ?? null;
