// One message as of a moment: what it is, where it is or was, its header and what became of it. The command `restore show` and the API tell it
// from here. It must never show a message of another archive than the one it was asked for in.
import {
  type ArchiveInfo,
  type At,
  type MessageDetails,
  type MessageVersion,
  mailboxPathAt,
  messageDetails,
  readBodies,
  resolveRevision,
} from "@packetboat/archive";
import type { MailboxPath, MessageId, Revision } from "@packetboat/core";
import type { Database } from "@packetboat/database";
import { HEADER_BYTES, type HeaderField, headerBytes } from "./header-lines.ts";
import { isoOf } from "./iso.ts";
import { eventsOf } from "./message-events.ts";

export interface Shown {
  readonly archive: ArchiveInfo;
  readonly moment: { readonly revision: Revision; readonly madeAt: number | null };
  readonly message: MessageDetails;
  /** As it is at the moment that is asked for; null: it is not there then. */
  readonly version: MessageVersion | null;
  /** Of the mailbox as it is called at that moment, or when the message left it. */
  readonly path: MailboxPath;
}

/** Gives a message, or null when the archive never had it. Throws CONFIG_INVALID for a moment that is not there. */
export async function shownOf(
  pool: Database["pool"],
  archive: ArchiveInfo,
  messageId: MessageId,
  at: At,
): Promise<Shown | null> {
  const moment = await resolveRevision(pool, archive.id, at);
  const message = await messageDetails(pool, archive.id, messageId);
  if (message === null) return null;
  const version = versionAt(message.versions, moment.revision);
  const last = version ?? message.versions.at(-1);
  const seen = version === null ? (last?.ended?.revision ?? 1) - 1 : moment.revision;
  const path = last === undefined ? [] : await mailboxPathAt(pool, last.mailboxId, seen);
  return { archive, moment, message, version, path };
}

const versionAt = (versions: readonly MessageVersion[], revision: Revision): MessageVersion | null =>
  versions.find(({ begun, ended }) => begun.revision <= revision && (ended === null || ended.revision > revision)) ??
  null;

/** Gives the first `most` bytes of a message; null: they were erased. `cut`: there are more. Throws BLOB_MISMATCH. */
export async function beginningOf(
  pool: Database["pool"],
  { archive, message }: Pick<Shown, "archive" | "message">,
  most: number,
): Promise<{ readonly bytes: Buffer; readonly cut: boolean } | null> {
  for await (const { chunks } of readBodies(pool, archive.id, [message.id])) {
    const parts: Buffer[] = [];
    let size = 0;
    // To the end, although the beginning is asked for: only then the bytes are proved, and the answer of the database is read.
    for await (const chunk of chunks) {
      if (size < most) parts.push(chunk.subarray(0, most - size));
      size += chunk.length;
    }
    return { bytes: Buffer.concat(parts), cut: size > most };
  }
  return null;
}

/** Gives the header; null: the bytes were erased. Throws BLOB_MISMATCH. */
export async function headerOf(
  pool: Database["pool"],
  shown: Pick<Shown, "archive" | "message">,
): Promise<Uint8Array | null> {
  const found = await beginningOf(pool, shown, HEADER_BYTES);
  return found === null ? null : headerBytes(found.bytes);
}

/** As programs read it. */
export function plainMessage({ moment, message, version, path }: Shown, headers: readonly HeaderField[]) {
  const events = eventsOf(message.versions, !message.more);
  return {
    message: message.id,
    revision: moment.revision,
    time: isoOf(moment.madeAt),
    mailbox: version === null ? null : path,
    flags: version?.flags ?? null,
    date: isoOf(message.internalDate),
    size: message.size,
    sha256: message.sha256,
    headers,
    history: events.map(({ madeAt, runId, ...event }) => ({ ...event, time: isoOf(madeAt), run: runId })),
    moreHistory: message.more,
  };
}
