// What became of a message, told from its versions: when it came, moved, was flagged, went and came back. Pure.
import type { Made, MessageVersion } from "@packetboat/archive";
import { type Flags, type MailboxPath, withoutFlags } from "@packetboat/core";

export interface MessageEvent extends Made {
  readonly kind: "arrived" | "moved" | "flagged" | "removed" | "cameBack";
  /** Where it was; null: nowhere. */
  readonly from: MailboxPath | null;
  /** Where it is after this; null: nowhere. */
  readonly to: MailboxPath | null;
  readonly gained: Flags;
  readonly lost: Flags;
}

/** Gives the events of the versions, which come with the earliest first. `isWhole`: the first of them is the message's first. */
export function eventsOf(versions: readonly MessageVersion[], isWhole: boolean): readonly MessageEvent[] {
  return versions.flatMap((version, at) => {
    const before = versions[at - 1];
    const events: MessageEvent[] = [];
    if (before !== undefined && before.ended?.revision === version.begun.revision) {
      events.push(changed(before, version));
    } else if (before !== undefined || isWhole) {
      const kind = before === undefined ? "arrived" : "cameBack";
      events.push({ ...version.begun, kind, from: null, to: version.path, gained: version.flags, lost: [] });
    }
    if (version.ended !== null && version.ended.revision !== versions[at + 1]?.begun.revision)
      events.push({ ...version.ended, kind: "removed", from: version.path, to: null, gained: [], lost: version.flags });
    return events;
  });
}

function changed(before: MessageVersion, version: MessageVersion): MessageEvent {
  const gained = withoutFlags(version.flags, before.flags);
  const lost = withoutFlags(before.flags, version.flags);
  const kind = before.mailboxId === version.mailboxId ? "flagged" : "moved";
  return { ...version.begun, kind, from: before.path, to: version.path, gained, lost };
}
