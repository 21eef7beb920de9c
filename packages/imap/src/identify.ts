// Identities of messages without their bodies: size, date, flags, immutable id, and the header's fingerprint when it is asked for.
// It must never fetch a body.
import {
  asId,
  fingerprintOf,
  formatUids,
  hasUid,
  normalFlags,
  type RemoteIdentity,
  type Uid,
  type UidSet,
  uidCount,
  uidSet,
} from "@packetboat/core";
import type { FetchSink } from "./client.ts";
import { Refused } from "./errors.ts";
import type { FetchRow } from "./fetch-line.ts";
import { afterAttempt } from "./isolate.ts";
import { isLost, MailboxSession, type Wanted } from "./mailbox-session.ts";
import { PAGE, Pager } from "./pages.ts";
import { uidPieces } from "./pieces.ts";
import type { Pool } from "./pool.ts";
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

/** New connections for one question: a line that breaks more often is left for the next run. */
const MAX_RECONNECTS = 20;

/** Asks for these UIDs, piece by piece, ascending. A message whose header the server cannot hand out is left out (trap 28). */
async function ask(
  session: MailboxSession,
  uids: UidSet,
  items: Items,
  each: FetchSink,
  going: () => boolean,
): Promise<void> {
  const stack = [...uidPieces(uids)].reverse();
  let suspect: number | null = null;
  let reconnects = 0;
  for (let set = stack.pop(); set !== undefined && going(); set = stack.pop()) {
    const gate = await session.open();
    const answered = new Set<number>();
    const onFetch: FetchSink = (row) => {
      if (row.uid !== undefined && row.size !== undefined) answered.add(row.uid);
      return each(row);
    };
    try {
      const text = `UID FETCH ${formatUids(set)} (${items(gate.capabilities)})`;
      await gate.command(text, { onFetch, maxRows: 4 * uidCount(set) + 10_000 });
    } catch (error) {
      const refused = error instanceof Refused;
      if (!refused && (!isLost(error) || ++reconnects > MAX_RECONNECTS)) throw error;
      const again = uidCount(set) === 1 && set[0]?.[0] === suspect;
      const ended = refused ? "refused" : "lost";
      const steps = afterAttempt({ asked: set, answered: uidSet(answered), ended, existing: null, again });
      suspect = steps.suspect;
      if (steps.failed.length > 0) gate.log?.warn({ ended }, "a message without identity: its header cannot be read");
      stack.push(...[...steps.again].reverse());
    }
  }
}

type Items = (capabilities: ReadonlySet<string>) => string;

/** Streams identities in pages; UIDs that are gone are left out. Throws UIDVALIDITY_CHANGED, and what ends a connection for good. */
export async function* identify(
  pool: Pool,
  wanted: Wanted,
  fingerprint: boolean,
): AsyncGenerator<readonly RemoteIdentity[]> {
  const items: Items = (capabilities) =>
    `UID FLAGS INTERNALDATE RFC822.SIZE${emailIdItem(capabilities)}${fingerprint ? " BODY.PEEK[HEADER]" : ""}`;
  const pager = new Pager<RemoteIdentity>();
  const stream = new Stream<readonly RemoteIdentity[]>(PAGE);
  const session = new MailboxSession(pool, wanted);
  const each: FetchSink = (row) => {
    const identity = identityOf(row, fingerprint);
    if (identity === null || !hasUid(wanted.uids, identity.uid)) return undefined;
    pager.add(identity);
    const page = pager.next();
    return page === undefined ? undefined : stream.put(page, page.length);
  };
  const done = ask(session, wanted.uids, items, each, () => !stream.abandoned).then(
    () => {
      for (const page of pager.rest()) stream.put(page, page.length);
      stream.end();
    },
    (error: unknown) => stream.fail(error),
  );
  try {
    yield* stream;
  } finally {
    session.leave();
    await done;
    session.release();
  }
}
