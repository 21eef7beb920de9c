// What `verify --deep` finds different is had from the server once more: the UID is taken off the message that it was bound to, and waits
// to be fetched like one that could not be. It must never touch the message of the archive: which of the two bytes are right is not known.
import {
  type Archive,
  asId,
  type LinkId,
  MailError,
  type RemoteMailboxId,
  type RunId,
  type Uid,
  type UidSet,
} from "@packetboat/core";
import type { Pool } from "pg";
import { rowsOf } from "./catalog/asking.ts";

const DETAIL = "The server hands out other bytes than the archive holds.";

/**
 * Lets the link's next run fetch these messages anew, under the lease of `archive`; UIDs that are bound to nothing are left out. Gives how
 * many. The archive keeps what it has, live and without a place on this link: the same bytes are met again (0 1 1), others are a message
 * beside it, and a link with `push` then sends the old one. Throws CONFIG_INVALID when no run ever was, LEASE_LOST.
 */
export async function fetchAgain(
  pool: Pool,
  archive: Archive,
  linkId: LinkId,
  { mailbox, uids }: { readonly mailbox: RemoteMailboxId; readonly uids: UidSet },
): Promise<number> {
  const bound: Uid[] = [];
  for await (const page of archive.base(mailbox, uids)) bound.push(...page.map(({ uid }) => uid));
  if (bound.length === 0) return 0;
  const runId = await lastRun(pool, linkId);
  const because = { kind: "fetch", reason: "BLOB_MISMATCH", detail: DETAIL, bytes: null, attempts: 0, runId } as const;
  await archive.commit({
    archive: [],
    base: [
      { kind: "unbind", remoteMailboxId: mailbox, uids: bound.map((uid) => [uid, uid] as const) },
      ...bound.map((uid) => ({ kind: "pending", pending: { ...because, remoteMailboxId: mailbox, uid } }) as const),
    ],
  });
  return bound.length;
}

/** A pending row names the run that tried last. By run_link. */
async function lastRun(pool: Pool, linkId: LinkId): Promise<RunId> {
  const [row] = await rowsOf<{ id: bigint }>(pool, "select id from run where link_id = $1 order by id desc limit 1", [
    linkId,
  ]);
  if (row === undefined)
    throw new MailError(
      "CONFIG_INVALID",
      "This link was never run, so there is nothing to fetch again. Run packetboat sync.",
    );
  return asId<RunId>(row.id);
}
