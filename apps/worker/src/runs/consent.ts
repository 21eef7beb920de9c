// The question before something that cannot be taken back. It must never take silence, or a missing terminal, for a yes.
import { MailError } from "@packetboat/core";
import type { Host } from "../host.ts";

/** Asks, unless `yes`. Throws CONFIG_INVALID where nobody can be asked, INTERRUPTED when the answer is no. */
export async function askConsent(host: Host, question: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (!host.canAsk)
    throw new MailError("CONFIG_INVALID", "There is no terminal to ask on. Look at what is listed, then add --yes.");
  const { askYesNo } = await import("../accounts/ask.ts");
  if (!(await askYesNo(question, false))) throw new MailError("INTERRUPTED", "Nothing was done.");
}
