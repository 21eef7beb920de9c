// What is not as one would wish about a restore, before it is begun: one sentence each, with what to do. Pure. It must never keep silent that
// nothing would reach a server, nor that more would than was chosen.
import {
  type HeldMailbox,
  type LinkInfo,
  type LinkStatus,
  MOST_ONE_SIDED,
  type OneSided,
  type Unknown,
} from "@packetboat/archive";
import { bytes, plural } from "@packetboat/terminal";
import type { InPlaceLook } from "../in-place.ts";
import type { AccountTold, Obstacle } from "./told.ts";

/** Why no server changes; null: one does. */
export function noServer({ links, writing }: Pick<InPlaceLook, "links" | "writing">): Obstacle | null {
  if (writing.length > 0) return null;
  if (links.length === 0)
    return {
      code: "NO_ACCOUNT",
      text: "No account is tied to this archive, so only the archive changes. Choose an account to put the mail into.",
    };
  const names = links.map(({ account }) => account).join(", ");
  return {
    code: "NO_RIGHT",
    text: `Packetboat only backs up ${names}, so only the archive would change. Let it write there for this restore, or for good in what its link does, or choose another account.`,
  };
}

/** The same when it is done. */
export function noServerChanged(look: Pick<InPlaceLook, "links" | "writing">): readonly string[] {
  const before = noServer(look);
  if (before === null) return [];
  if (before.code === "NO_ACCOUNT") return [before.text];
  return [
    "Only the archive changed. Restore it again and let Packetboat write to the server, and it is put there, too.",
  ];
}

/** Of each account that is sent something. */
export function ofAccount({ account, tooLarge, appendLimit, notAsked }: AccountTold): readonly Obstacle[] {
  const large = plural(tooLarge, "message");
  return [
    ...(tooLarge > 0
      ? [
          {
            code: "TOO_LARGE" as const,
            text: `${large} ${tooLarge === 1 ? "is" : "are"} larger than the server of ${account} takes (${bytes(appendLimit ?? 0)} at most), and will not be put there. Download ${tooLarge === 1 ? "it" : "them"} instead.`,
          },
        ]
      : []),
    ...(notAsked === null
      ? []
      : [{ code: "NOT_ASKED" as const, text: `The server of ${account} could not be asked: ${notAsked}` }]),
  ];
}

/** What goes to an account besides what was chosen, because its link writes for this once. */
export function alsoSent({ account }: LinkInfo, { messages, bytes: size }: Unknown): Obstacle | null {
  if (messages === 0) return null;
  return {
    code: "ALSO_SENT",
    text: `${account} lacks up to ${plural(messages, "other message")} (${bytes(size)}) that the archive holds, imported or from an earlier restore; ${messages === 1 ? "it is" : "they are"} put there as well.`,
  };
}

/**
 * What goes from an account besides what was chosen, because its link writes for this once, and what is not in the archive is to go: an earlier restore
 * removed it from the archive alone. What the restore itself brings back stays.
 */
export function alsoRemoved({ account }: LinkInfo, { onlyOnServer }: Pick<OneSided, "onlyOnServer">): Obstacle | null {
  if (onlyOnServer === null) return null;
  const { messages } = onlyOnServer;
  const isMore = messages > MOST_ONE_SIDED;
  const many = isMore ? `more than ${plural(MOST_ONE_SIDED, "message")}` : `up to ${plural(messages, "message")}`;
  return {
    code: "ALSO_REMOVED",
    text: `${account} has ${many} that the archive as it is now has not, because an earlier restore removed ${messages === 1 ? "it" : "them"} here alone; ${messages === 1 ? "it is" : "they are"} removed from its server as well, perhaps with mailboxes that the archive has no more. The archive keeps ${messages === 1 ? "it" : "them"} at earlier moments.`,
  };
}

/**
 * What a halted run holds back. Removals from the archive keep it from knowing what is gone: it has the mail still, so there is nothing to bring back.
 * Removals from the server are what a restore may be meant to prevent, and nobody is told to let them through.
 */
export function heldBack({ link, held, heldBy }: LinkStatus, kinds: ReadonlySet<HeldMailbox["kind"]>): Obstacle | null {
  if (held === 0 || heldBy === null) return null;
  const halted = `Run ${heldBy} of ${link.account} was halted and holds back ${plural(held, "change")}`;
  const text = kinds.has("serverRemoval")
    ? `${halted}, among them removals from the server. Whatever this restore brings back is not removed there; do not let them through for it.`
    : kinds.has("removal")
      ? `${halted}: what is gone from the server is still in the archive, so it is not put back. Approve run ${heldBy}, run the backup once more, then restore.`
      : `${halted}. They stay held back; look at them when this is done.`;
  return { code: "HELD", run: heldBy, text };
}

/** What would go, and from where. */
export function removes({ plan, writing, lent }: Pick<InPlaceLook, "plan" | "writing" | "lent">): Obstacle | null {
  const { totals, removedMailboxes } = plan;
  const going = [
    ...(totals.removed > 0 ? [plural(totals.removed, "message")] : []),
    ...(removedMailboxes.length > 0 ? [plural(removedMailboxes.length, "mailbox")] : []),
  ];
  if (going.length === 0) return null;
  // M7: an account that never loses what was removed elsewhere keeps it, unless it is written to for this restore alone.
  const losing = writing.filter(({ id, policy }) => lent.has(id) || policy.removals !== "never");
  const places = ["the archive as it is now", ...losing.map(({ account }) => `the server of ${account}`)];
  return {
    code: "REMOVES",
    text: `${going.join(" and ")} that came since will be removed from ${places.join(" and ")}. They stay in the archive at earlier moments.`,
  };
}

export const CHANGED: Obstacle = {
  code: "CHANGED",
  text: "The archive changed since this was looked at, and something would be removed. Look again, then begin.",
};
