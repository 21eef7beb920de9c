// What changes the model over the wire: APPEND, EXPUNGE, COPY and MOVE, mailboxes and subscriptions (RFC 9051, 4315, 3502).
import type { Role } from "@packetboat/core";
import { fromWireName } from "../wire/names.ts";
import { type Argument, type Command, itemsOf, textOfArgument, wordsOf } from "./command.ts";
import type { Ended, Selected, SessionState } from "./connection.ts";
import { chosen } from "./reading.ts";
import { parseDateTime, SPECIAL_USE, wireSet } from "./render.ts";

const nameOf = (argument: Argument | undefined): string => fromWireName(textOfArgument(argument) ?? "");

export function appendCommand(session: SessionState, command: Command): Ended {
  const { model } = session.shared;
  const mailbox = model.find(nameOf(command.args[0]));
  if (mailbox === undefined) return "NO [TRYCREATE] no such mailbox";
  const uids: number[] = [];
  let flags: readonly string[] = [];
  let internalDate = Date.now() - (Date.now() % 1_000);
  for (const argument of command.args.slice(1)) {
    if (argument.kind === "list") flags = argument.items.map((flag) => textOfArgument(flag) ?? "");
    else if (
      argument.kind === "string" &&
      /^[ \d]\d-\w{3}-\d{4} [\d:]{8} [+-]\d{4}$/.test(argument.bytes.toString("latin1"))
    )
      internalDate = parseDateTime(argument.bytes.toString("latin1")) ?? internalDate;
    else if (argument.kind === "string") {
      uids.push(model.append(mailbox.name, argument.bytes, { flags, internalDate }));
      flags = [];
    } else return "BAD not understood";
  }
  if (uids.length > 1 && !session.has("MULTIAPPEND")) return "BAD one message at a time";
  return session.has("UIDPLUS") ? `OK [APPENDUID ${mailbox.uidValidity} ${wireSet(uids)}] done` : "OK done";
}

export function expungeCommand(session: SessionState, selected: Selected, command: Command): Ended {
  if (selected.readOnly) return "NO read-only";
  const all = [...selected.mailbox.messages.values()];
  const asked =
    command.name === "EXPUNGE"
      ? all
      : chosen(selected, command, textOfArgument(command.args[0]) ?? "")?.map(([, m]) => m);
  if (asked === undefined) return "BAD no set of messages";
  const deleted = asked.filter((message) => message.flags.includes("\\Deleted"));
  session.shared.model.expunge(
    selected.mailbox.name,
    deleted.map((message) => message.uid),
  );
  return "OK done";
}

export function copyCommand(session: SessionState, selected: Selected, command: Command): Ended {
  const { model } = session.shared;
  const messages = chosen(selected, command, textOfArgument(command.args[0]) ?? "");
  const target = model.find(nameOf(command.args[1]));
  if (messages === null) return "BAD no set of messages";
  if (target === undefined) return "NO [TRYCREATE] no such mailbox";
  const move = command.name.endsWith("MOVE");
  if (move && (selected.readOnly || !session.has("MOVE"))) return "NO not here";
  const uids = messages.map(([, message]) => message.uid);
  const arrived = model[move ? "move" : "copy"](selected.mailbox.name, uids, target.name);
  if (!session.has("UIDPLUS") || uids.length === 0) return "OK done";
  return `OK [COPYUID ${target.uidValidity} ${wireSet(uids)} ${wireSet(arrived)}] done`;
}

export function mailboxCommand(session: SessionState, command: Command): Ended {
  const { model } = session.shared;
  const name = nameOf(command.args[0]).replace(new RegExp(`[${model.delimiter}]$`), "");
  switch (command.name) {
    case "CREATE": {
      if (model.find(name)) return "NO [ALREADYEXISTS] it exists";
      const uses = itemsOf(command.args[1]).flatMap((item) => wordsOf(item));
      const role = (Object.keys(SPECIAL_USE) as Role[]).find((one) =>
        uses.includes(SPECIAL_USE[one]?.toUpperCase() ?? ""),
      );
      model.create(name, role === undefined ? {} : { role });
      return "OK done";
    }
    case "DELETE":
      if (!model.find(name) || name.toUpperCase() === "INBOX") return "NO [NONEXISTENT] no such mailbox";
      model.remove(name);
      return "OK done";
    case "RENAME": {
      const to = nameOf(command.args[1]);
      if (model.find(to)) return "NO [ALREADYEXISTS] it exists";
      if (!model.list().some((line) => line.name === name)) return "NO [NONEXISTENT] no such mailbox";
      model.rename(name, to);
      return "OK done";
    }
    default:
      model.subscribe(name, command.name === "SUBSCRIBE");
      return "OK done";
  }
}
