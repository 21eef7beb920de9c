// What becomes on a server of mail that was removed elsewhere, where nobody chose (M7). Pure.
import type { Removals, Rights } from "@packetboat/core";

/** M7: `mirror` for two-way; an account that mail only goes to keeps what it has. */
export function defaultRemovals({ pull, push }: Rights): Removals {
  return pull && push ? "mirror" : "never";
}
