// What a server announces, as decisions of this house depend on it. Pure. It must never take a capability for granted that another one
// only suggests.
import type { RemoteCapabilities } from "@packetboat/core";

/** Largest message that the server takes, in bytes (APPENDLIMIT=n, RFC 7889); null: not stated, or by mailbox. */
export function appendLimitOf(announced: ReadonlySet<string>): number | null {
  for (const name of announced) {
    const digits = /^APPENDLIMIT=(\d{1,15})$/.exec(name)?.[1];
    if (digits !== undefined) return Number(digits);
  }
  return null;
}

/** Gives the capabilities of a Remote for what the server announced after sign-in, in upper case. */
export function capabilitiesOf(announced: ReadonlySet<string>): RemoteCapabilities {
  const qresync = announced.has("QRESYNC") && announced.has("ENABLE");
  return {
    condstore: qresync || announced.has("CONDSTORE"),
    qresync,
    move: announced.has("MOVE"),
    uidplus: announced.has("UIDPLUS"),
    emailId: announced.has("OBJECTID") || announced.has("X-GM-EXT-1"),
    appendLimit: appendLimitOf(announced),
  };
}
