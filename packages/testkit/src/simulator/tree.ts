// Mailboxes in the simulator: names, CREATE, RENAME, DELETE, subscriptions. It must never remove a mailbox that
// holds a message (B5), or subscribe one that was only created.
import type { ListedMailbox, MailboxPath, Spelled } from "@packetboat/core";
import { failure } from "./failure.ts";
import { concerns, type TreeCall } from "./faults.ts";
import type { ServerModel } from "./model.ts";
import type { SimSession } from "./session.ts";

/** The nearest name: a segment that holds the delimiter, or nothing at all, is spelled with "_" (B2). */
export function spellPath(model: ServerModel, path: MailboxPath): Spelled {
  const spelled = path.map((segment) => segment.replaceAll(model.delimiter, "_") || "_");
  const name = model.nameOf(spelled);
  return { name, path: name === "INBOX" ? ["INBOX"] : spelled };
}

export async function createMailbox(session: SimSession, name: string): Promise<boolean> {
  const { model } = session;
  session.step("create", "start", name);
  refuse(session, "create", name);
  if (model.find(name)) return false;
  if (name.split(model.delimiter).includes("")) throw failure("OP_REFUSED", "The server cannot hold this name.");
  model.create(name);
  session.count.created++;
  session.step("create", "effect", name);
  return true;
}

export async function renameMailbox(session: SimSession, mailbox: ListedMailbox, to: string): Promise<void> {
  const { model } = session;
  const { name } = mailbox;
  session.step("rename", "start", name);
  const names = model.list().map((line) => line.name);
  if (!names.includes(name)) throw failure("MAILBOX_GONE", "The mailbox does not exist any more.");
  refuse(session, "rename", name);
  const under = name + model.delimiter;
  const moved = name === "INBOX" ? [name] : names.filter((one) => one === name || one.startsWith(under));
  const taken = moved.some((one) => model.find(to + one.slice(name.length)));
  if (taken || to === name || to.startsWith(under) || to.split(model.delimiter).includes(""))
    throw failure("OP_REFUSED", "The server cannot rename the mailbox to this name.");
  model.rename(name, to);
  session.count.renamed++;
  session.step("rename", "effect", name);
}

/** STATUS and DELETE, back to back. Gives true as well when it was gone before. */
export async function removeMailbox(session: SimSession, mailbox: ListedMailbox): Promise<boolean> {
  const { model } = session;
  const { name } = mailbox;
  session.step("remove", "start", name);
  const found = model.find(name);
  if (found === undefined) return true;
  if (found.messages.size > 0) return false;
  if (found.name === "INBOX") throw failure("OP_REFUSED", "INBOX cannot be removed.");
  refuse(session, "remove", name);
  model.remove(name);
  session.count.removed++;
  session.step("remove", "effect", name);
  return true;
}

export async function subscribeMailbox(
  session: SimSession,
  mailbox: ListedMailbox,
  subscribed: boolean,
): Promise<void> {
  const { name } = mailbox;
  session.step("subscribe", "start", name);
  refuse(session, "subscribe", name);
  session.model.subscribe(name, subscribed);
  session.count.subscribed++;
  session.step("subscribe", "effect", name);
}

function refuse(session: SimSession, call: TreeCall, name: string): void {
  if (session.script.take("commandRefused", (fault) => fault.call === call && concerns(fault, name), 1))
    throw failure("OP_REFUSED", "The server refused the command; it is tried again.");
}
