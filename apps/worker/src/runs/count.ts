// A whole number given as an option.
import { MailError } from "@packetboat/core";

/** Throws CONFIG_INVALID naming the option when it is no whole number from 1 to `most`. */
export function readCount(option: string, text: string, most: number): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= 1 && value <= most)) {
    throw new MailError("CONFIG_INVALID", `${option} is a whole number from 1 to ${most}.`);
  }
  return value;
}
