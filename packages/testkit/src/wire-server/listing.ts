// NAMESPACE, LIST in its plain and extended forms, LSUB and STATUS of the wire server (RFC 9051, 5258, 5819, 6154, 8474).
import type { SimListed, SimMailbox } from "../simulator/model.ts";
import { fromWireName, quoted, toWireName } from "../wire/names.ts";
import { type Argument, type Command, itemsOf, textOfArgument, wordsOf } from "./command.ts";
import type { Ended, SessionState } from "./connection.ts";
import { SPECIAL_USE, wireName } from "./render.ts";

export async function namespaceCommand(session: SessionState): Promise<Ended> {
  if (!session.has("NAMESPACE")) return "BAD unknown command";
  const { delimiter, namespaces } = session.shared.model;
  const group = (kind: string): string => {
    const own = namespaces.filter((namespace) => namespace.kind === kind);
    const each = own.map(({ prefix }) => `(${quoted(toWireName(prefix))} ${quoted(delimiter)})`);
    return own.length === 0 ? "NIL" : `(${each.join("")})`;
  };
  await session.wire.send(`* NAMESPACE ${group("personal")} ${group("other")} ${group("shared")}\r\n`);
  return "OK done";
}

interface ListWish {
  readonly subscribedOnly: boolean;
  readonly patterns: readonly RegExp[];
  readonly subscribed: boolean;
  readonly specialUse: boolean;
  readonly status: readonly string[] | null;
}

function patternOf(reference: string, pattern: string, delimiter: string): RegExp {
  const escaped = `${reference}${pattern}`.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const inside = `[^${delimiter.replace(/[\\\]^-]/g, "\\$&")}]*`;
  return new RegExp(`^${escaped.replaceAll("\\*", ".*").replaceAll("%", inside)}$`, "s");
}

/** Null: a form that was not announced. */
function wishOf(session: SessionState, args: readonly Argument[]): ListWish | null {
  const extended = args[0]?.kind === "list" || args[2]?.kind === "list" || args.length > 2;
  if (extended && !session.has("LIST-EXTENDED")) return null;
  const rest = args[0]?.kind === "list" ? args.slice(1) : args;
  const reference = textOfArgument(rest[0]) ?? "";
  const returns = (textOfArgument(rest[2]) ?? "").toUpperCase() === "RETURN" ? itemsOf(rest[3]) : [];
  const words = returns.map((item) => (textOfArgument(item) ?? "").toUpperCase());
  const at = words.indexOf("STATUS");
  if (at !== -1 && !session.has("LIST-STATUS")) return null;
  const { delimiter } = session.shared.model;
  return {
    subscribedOnly: args[0]?.kind === "list" && wordsOf(args[0]).includes("SUBSCRIBED"),
    patterns: itemsOf(rest[1]).map((item) => patternOf(reference, textOfArgument(item) ?? "", delimiter)),
    subscribed: words.includes("SUBSCRIBED"),
    specialUse: words.includes("SPECIAL-USE") || (!extended && session.has("SPECIAL-USE")),
    status: at === -1 ? null : wordsOf(returns[at + 1]),
  };
}

function attributesOf(line: SimListed, all: readonly SimListed[], wish: ListWish, delimiter: string): string {
  const children = all.some((other) => other.name.startsWith(`${line.name}${delimiter}`));
  const use = line.role === null ? undefined : SPECIAL_USE[line.role];
  return [
    ...(line.mailbox === null ? ["\\Noselect"] : []),
    children ? "\\HasChildren" : "\\HasNoChildren",
    ...((wish.subscribed || wish.subscribedOnly) && line.subscribed ? ["\\Subscribed"] : []),
    ...(wish.specialUse && use !== undefined ? [use] : []),
  ].join(" ");
}

export async function listCommand(session: SessionState, command: Command): Promise<Ended> {
  const { model, faults } = session.shared;
  const wish = wishOf(session, command.args);
  if (wish === null) return "BAD unknown form of LIST";
  const delimiter = quoted(model.delimiter);
  if (command.args.length === 2 && textOfArgument(command.args[1]) === "") {
    await session.wire.send(`* LIST (\\Noselect) ${delimiter} ""\r\n`);
    return "OK done";
  }
  const all = model.list();
  const partial = faults.take("partialList");
  for (const line of all) {
    if (partial?.omit.includes(line.name) || (wish.subscribedOnly && !line.subscribed)) continue;
    if (!wish.patterns.some((pattern) => pattern.test(toWireName(line.name)))) continue;
    const attributes = attributesOf(line, all, wish, model.delimiter);
    await session.wire.send(`* LIST (${attributes}) ${delimiter} ${wireName(line.name)}\r\n`);
    if (wish.status !== null && line.mailbox !== null) {
      const status = statusItems(session, line.mailbox, wish.status);
      if (status === null) return "BAD unknown status item";
      await session.wire.send(`* STATUS ${wireName(line.name)} (${status})\r\n`);
    }
  }
  return "OK done";
}

export async function lsubCommand(session: SessionState, command: Command): Promise<Ended> {
  const { model } = session.shared;
  const pattern = patternOf(
    textOfArgument(command.args[0]) ?? "",
    textOfArgument(command.args[1]) ?? "",
    model.delimiter,
  );
  for (const name of model.subscriptions)
    if (pattern.test(toWireName(name)))
      await session.wire.send(`* LSUB () ${quoted(model.delimiter)} ${wireName(name)}\r\n`);
  return "OK done";
}

export async function statusCommand(session: SessionState, command: Command): Promise<Ended> {
  const name = fromWireName(textOfArgument(command.args[0]) ?? "");
  const mailbox = session.shared.model.find(name);
  if (mailbox === undefined) return "NO [NONEXISTENT] no such mailbox";
  const status = statusItems(session, mailbox, wordsOf(command.args[1]));
  if (status === null) return "BAD unknown status item";
  await session.wire.send(`* STATUS ${wireName(mailbox.name)} (${status})\r\n`);
  return "OK done";
}

/** Null: an item that was not announced. */
function statusItems(session: SessionState, mailbox: SimMailbox, items: readonly string[]): string | null {
  const { faults } = session.shared;
  const out: string[] = [];
  for (const item of items) {
    switch (item) {
      case "MESSAGES":
        out.push(`MESSAGES ${mailbox.messages.size}`);
        break;
      case "RECENT":
        out.push("RECENT 0");
        break;
      case "UNSEEN":
        out.push(`UNSEEN ${[...mailbox.messages.values()].filter((m) => !m.flags.includes("\\Seen")).length}`);
        break;
      case "UIDNEXT":
        if (!faults.take("noUidNext")) out.push(`UIDNEXT ${mailbox.uidNext}`);
        break;
      case "UIDVALIDITY": {
        const shown = shownUidValidity(session, mailbox);
        if (shown !== null) out.push(`UIDVALIDITY ${shown}`);
        break;
      }
      case "HIGHESTMODSEQ":
        if (!session.has("CONDSTORE")) return null;
        out.push(`HIGHESTMODSEQ ${faults.take("noModseq") || faults.take("zeroModseq") ? 0 : mailbox.highestModseq}`);
        break;
      case "MAILBOXID":
        if (!session.has("OBJECTID")) return null;
        out.push(`MAILBOXID (${mailbox.mailboxId})`);
        break;
      default:
        return null;
    }
  }
  return out.join(" ");
}

/** UIDVALIDITY as this server shows it; null where it gives none. */
export function shownUidValidity(session: SessionState, mailbox: SimMailbox): bigint | null {
  const { faults } = session.shared;
  if (faults.take("noUidValidity")) return null;
  if (faults.take("zeroUidValidity")) return 0n;
  return faults.take("unstableUidValidity") ? mailbox.uidValidity + BigInt(session.number) : mailbox.uidValidity;
}
