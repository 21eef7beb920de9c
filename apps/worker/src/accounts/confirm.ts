// The question before something goes for good. It must never take silence, or a missing terminal, for a yes.
import { MailError } from "@packetboat/core";
import type { Host } from "../host.ts";

/** Asks. Throws CONFIG_INVALID where nobody can be asked, INTERRUPTED when the answer is no. */
export async function confirmRemoval(host: Host, what: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (!host.canAsk) {
    throw new MailError(
      "CONFIG_INVALID",
      `This removes ${what}, and there is no terminal to ask on. Add --yes to do it.`,
    );
  }
  const { askYesNo } = await import("./ask.ts");
  if (!(await askYesNo(`Remove ${what}? It cannot be brought back.`, false))) {
    throw new MailError("INTERRUPTED", "Nothing was removed.");
  }
}
