// A found message as programs read it: the same for `restore search --json` and the API. Pure.
import type { SearchHit } from "@packetboat/archive";
import { isoOf } from "./iso.ts";

/** Names and subjects are of foreign origin. */
export function plainHit({ messageId, date, shown, mailbox, flags, size, present, state }: SearchHit) {
  return { message: messageId, date: isoOf(date), ...shown, mailbox, flags, size, present, content: state };
}
