// Identities of messages without their bodies: size, date, flags, immutable id, and the header's fingerprint when it is asked for.
// It must never fetch a body.
import {
  asId,
  fingerprintOf,
  formatUids,
  normalFlags,
  type RemoteIdentity,
  type Uid,
  type UidSet,
  uidCount,
} from "@packetboat/core";
import type { FetchRow } from "./fetch-line.ts";
import type { Gate } from "./gate.ts";
import { PAGE, Pager } from "./pages.ts";
import { uidPieces } from "./pieces.ts";
import { Stream } from "./stream.ts";

/** Data item of immutable ids: OBJECTID's, or Gmail's. Empty where neither is offered. */
export function emailIdItem(capabilities: ReadonlySet<string>): string {
  if (capabilities.has("OBJECTID")) return " EMAILID";
  return capabilities.has("X-GM-EXT-1") ? " X-GM-MSGID" : "";
}

function identityOf(row: FetchRow, fingerprint: boolean): RemoteIdentity | null {
  // A row without RFC822.SIZE is a flag change that the server announces meanwhile, not our answer.
  if (row.uid === undefined || row.size === undefined) return null;
  return {
    uid: asId<Uid>(row.uid),
    size: row.size ?? 0,
    internalDate: row.internalDate ?? null,
    flags: normalFlags(row.flags ?? []),
    emailId: row.emailId ?? null,
    fingerprint: fingerprint && row.header ? fingerprintOf(row.header) : null,
  };
}

/** Streams identities in pages from the opened mailbox; UIDs that are gone are left out. */
export async function* identify(
  gate: Gate,
  uids: UidSet,
  fingerprint: boolean,
): AsyncGenerator<readonly RemoteIdentity[]> {
  const items = `UID FLAGS INTERNALDATE RFC822.SIZE${emailIdItem(gate.capabilities)}${fingerprint ? " BODY.PEEK[HEADER]" : ""}`;
  const pager = new Pager<RemoteIdentity>();
  const stream = new Stream<readonly RemoteIdentity[]>(PAGE);
  const onFetch = (row: FetchRow) => {
    const identity = identityOf(row, fingerprint);
    if (identity === null) return undefined;
    pager.add(identity);
    const page = pager.next();
    return page === undefined ? undefined : stream.put(page, page.length);
  };
  const work = async () => {
    for (const piece of uidPieces(uids)) {
      if (stream.abandoned) return;
      await gate.command(`UID FETCH ${formatUids(piece)} (${items})`, {
        onFetch,
        maxRows: 4 * uidCount(piece) + 10_000,
      });
    }
    for (const page of pager.rest()) stream.put(page, page.length);
  };
  const done = work().then(
    () => stream.end(),
    (error: unknown) => stream.fail(error),
  );
  try {
    yield* stream;
  } finally {
    if (stream.abandoned && gate.busy) gate.destroy();
    await done;
  }
}
