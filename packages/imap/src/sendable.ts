// Which flags may be sent to a mailbox, and how a date is written. Pure. It must never let a flag through that is no atom: the rest of the
// command would be read as something else.
import { type Flags, normalFlags } from "@packetboat/core";

const SYSTEM = new Set(["\\seen", "\\answered", "\\flagged", "\\deleted", "\\draft"]);
/** RFC 3501 flag-keyword and flag-extension: an atom, behind a backslash or not. */
const FLAG = /^\\?[!#$&'+-Z[^-z|}~]+$/;

export function isKeyword(flag: string): boolean {
  return !flag.startsWith("\\");
}

/** As measured: Courier refuses the whole command for a keyword with one of these. */
const COURIER_REFUSES = /[[\]}~]/;

/**
 * Gives what a mailbox can keep of these flags, as PERMANENTFLAGS of its read-write opening states it (F2, trap 16); null: not stated.
 * Keywords that are not listed pass only with `\*`, system flags of other servers only when they are listed.
 * `courier`: the server is one.
 */
export function sendableFlags(flags: Flags, permanentFlags: readonly string[] | null, courier = false): Flags {
  const listed = permanentFlags && new Set(permanentFlags.map((flag) => flag.toLowerCase()));
  const kept = (flag: string): boolean => {
    if (!FLAG.test(flag) || (courier && COURIER_REFUSES.test(flag))) return false;
    const key = flag.toLowerCase();
    if (listed === null) return isKeyword(flag) || SYSTEM.has(key);
    return listed.has(key) || (isKeyword(flag) && listed.has("\\*"));
  };
  return normalFlags(flags).filter(kept);
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const two = (value: number): string => String(value).padStart(2, "0");

/** Writes an instant (milliseconds since 1970) as RFC 3501 date-time; null where that cannot hold it: then APPEND goes without (C2). */
export function internalDateText(internalDate: number | null): string | null {
  if (internalDate === null) return null;
  const date = new Date(Math.floor(internalDate / 1000) * 1000);
  const year = date.getUTCFullYear();
  if (Number.isNaN(year) || year < 1 || year > 9999) return null;
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(":");
  return `${two(date.getUTCDate())}-${MONTHS[date.getUTCMonth()]}-${String(year).padStart(4, "0")} ${time} +0000`;
}
