// What a forget is about to erase, as it is shown before it is confirmed, and what it cannot reach. Pure. It must never sound smaller, nor more
// thorough, than it is.
import type { ForgetPlan } from "@packetboat/archive";
import { showPath } from "@packetboat/core";
import { bytes, count, harmless, plural, tableLines } from "@packetboat/terminal";

const MAX_MAILBOXES = 30;

/** Said when it is done. Postgres marks erased bytes as free, and only a rewritten table is rid of them. */
export const NOT_REACHED =
  "Dumps and exports made before still hold the bytes, and so may the database's files: delete the old copies, and run VACUUM FULL in Postgres.";

/** Gives the lines of a plan that holds at least one message. */
export function forgetLines(archive: string, plan: ForgetPlan): readonly string[] {
  const { messages, live, kept, mailboxes } = plan;
  const shown = tableLines(
    [
      { title: "", align: "left" },
      { title: "", align: "right" },
    ],
    mailboxes.slice(0, MAX_MAILBOXES).map((mailbox) => [showPath(mailbox.path), plural(mailbox.messages, "message")]),
  );
  const more = mailboxes.length - shown.length;
  const now =
    live === messages
      ? "all of them in it now"
      : `${count(live)} of them in it now, the others at earlier revisions only`;
  return [
    `This erases for good, from every revision of ${harmless(archive)}:`,
    ...shown.map((line) => `  ${line}`),
    ...(more > 0 ? [`  and ${count(more)} more mailboxes`] : []),
    `Together ${plural(messages, "message")} (${bytes(plan.bytes)}), ${now}.`,
    ...(kept > 0
      ? [`A server still holds ${count(kept)} of them: they stay there, and later runs do not pull them again.`]
      : []),
    "Dumps and exports that were made before are not touched.",
  ];
}
