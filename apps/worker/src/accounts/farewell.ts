// What is told of a sign-in that was forgotten here and is ended at its provider, or is not. It must never keep an account from being removed.
import { asMailError } from "@packetboat/core";
import type { Screen } from "@packetboat/terminal";
import type { Farewell } from "./sign-ins.ts";

/** Ends the sign-in at its provider, as far as that can be done; what cannot is said, with what the person can do. */
export async function endSignIn(screen: Pick<Screen, "warning">, { provider, revoke }: Farewell): Promise<boolean> {
  const yourself = `To end it, take Packetboat's access away in your account at ${provider}.`;
  try {
    if (await revoke()) return true;
    screen.warning(`packetboat: ${provider} takes no sign-in back from a program. ${yourself}`);
  } catch (thrown) {
    screen.warning(`packetboat: the sign-in could not be ended. ${asMailError(thrown).message} ${yourself}`);
  }
  return false;
}
