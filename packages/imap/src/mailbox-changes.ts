// CREATE, RENAME, DELETE, SUBSCRIBE, raw. What exists, or is gone, is what the server says and LIST confirms. It must never delete a mailbox
// that STATUS shows a message in (B5).
import type { ListedMailbox } from "@packetboat/core";
import { mailboxGone, mailboxUnreadable, Refused } from "./errors.ts";
import type { Gate } from "./gate.ts";
import { isListed, mailboxArgument, statusOf, whyRefused } from "./list.ts";
import { saysExists } from "./provider-texts.ts";
import { namesNoMailbox, thrownRefusal, wantsPause } from "./write-errors.ts";

/** CREATE. False: it exists already. Throws OP_REFUSED. */
export async function createMailbox(gate: Gate, wire: string): Promise<boolean> {
  try {
    await gate.command("CREATE", { args: [mailboxArgument(wire)] });
    return true;
  } catch (error) {
    if (!(error instanceof Refused) || wantsPause(error)) throw thrownRefusal(error, gate.endpoint);
    if (error.code === "ALREADYEXISTS" || saysExists(error.text) || (await isListed(gate, wire))) return false;
    throw thrownRefusal(error, gate.endpoint);
  }
}

/** RENAME. Throws MAILBOX_GONE when there is nothing of the old name, OP_REFUSED. */
export async function renameMailbox(gate: Gate, from: string, to: string): Promise<void> {
  try {
    await gate.command("RENAME", { args: [mailboxArgument(from), mailboxArgument(to)] });
  } catch (error) {
    if (error instanceof Refused && (await isGone(gate, from, error))) throw mailboxGone();
    throw thrownRefusal(error, gate.endpoint);
  }
}

async function isGone(gate: Gate, wire: string, refused: Refused): Promise<boolean> {
  return namesNoMailbox(refused) && (await whyRefused(gate, wire, refused)).code === "MAILBOX_GONE";
}

/** DELETE, when STATUS shows no message. Gives whether the mailbox is gone. Throws OP_REFUSED, MAILBOX_UNREADABLE. */
export async function deleteMailbox(gate: Gate, mailbox: ListedMailbox, wire: string): Promise<boolean> {
  if (mailbox.selectable) {
    const marks = await statusOf(gate, wire);
    if (marks === null) return true;
    if (marks.messages === null) throw mailboxUnreadable(new Refused("NO", null, ""));
    if (marks.messages > 0) return false;
  }
  try {
    await gate.command("DELETE", { args: [mailboxArgument(wire)] });
    return true;
  } catch (error) {
    if (error instanceof Refused && (await isGone(gate, wire, error))) return true;
    throw thrownRefusal(error, gate.endpoint);
  }
}

/** SUBSCRIBE or UNSUBSCRIBE. Throws OP_REFUSED. */
export async function subscribeMailbox(gate: Gate, wire: string, subscribed: boolean): Promise<void> {
  try {
    await gate.command(subscribed ? "SUBSCRIBE" : "UNSUBSCRIBE", { args: [mailboxArgument(wire)] });
  } catch (error) {
    throw thrownRefusal(error, gate.endpoint);
  }
}
