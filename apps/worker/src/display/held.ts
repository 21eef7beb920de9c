// What a halted run holds back, mailbox by mailbox with the exact UIDs, as it is shown before it is let through. Pure.
import type { HeldMailbox } from "@packetboat/archive";
import { formatUids } from "@packetboat/core";
import { count, harmless, plural, tableLines } from "@packetboat/terminal";

/** UIDs of one mailbox longer than this are cut: `--json` has all. */
const MAX_UIDS = 60;

/** One line for each mailbox. */
export function heldLines(held: readonly HeldMailbox[]): readonly string[] {
  const column = { title: "", align: "left" } as const;
  const rows = held.map(({ mailbox, kind, messages, uids }) => {
    const text = formatUids(uids);
    const cut = text.length > MAX_UIDS ? `${text.slice(0, text.lastIndexOf(",", MAX_UIDS))}, and more` : text;
    return [mailbox, heldWords(kind, messages), text === "" ? "" : `UID ${cut}`];
  });
  return tableLines([column, column, column], rows).map((line) => `  ${harmless(line)}`);
}

/** "250 messages to be removed". */
function heldWords(kind: HeldMailbox["kind"], messages: number): string {
  return `${plural(messages, "message")} ${TO_BE[kind]}`;
}

const TO_BE = {
  removal: "to be removed",
  serverRemoval: "to be removed on the server",
  addition: "to be added",
  serverAddition: "to be sent to the server",
} as const;

/** "250 messages to be removed and 3 to be added". */
export function heldSum(held: readonly HeldMailbox[]): string {
  const sum = (kind: HeldMailbox["kind"]) =>
    held.filter((each) => each.kind === kind).reduce((total, { messages }) => total + messages, 0);
  const [first, ...rest] = (["removal", "serverRemoval", "addition", "serverAddition"] as const).filter(
    (kind) => sum(kind) > 0,
  );
  if (first === undefined) return heldWords("addition", 0);
  const others = rest.map((kind) => `${count(sum(kind))} ${TO_BE[kind]}`);
  return [heldWords(first, sum(first)), ...others].join(" and ");
}
