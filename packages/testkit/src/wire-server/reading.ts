// SELECT, FETCH, SEARCH and STORE of the wire server, with CONDSTORE and QRESYNC (RFC 7162), and the lies that faults tell there.
import type { SimMailbox, SimMessage } from "../simulator/model.ts";
import { fromWireName } from "../wire/names.ts";
import { type Argument, type Command, itemsOf, parseSet, textOfArgument, wordsOf } from "./command.ts";
import type { Ended, Selected, SessionState } from "./connection.ts";
import { shownUidValidity } from "./listing.ts";
import { fetchAnswer, wireSet } from "./render.ts";

const SYSTEM_FLAGS = "\\Answered \\Deleted \\Draft \\Flagged \\Seen";

export async function selectCommand(session: SessionState, command: Command): Promise<Ended> {
  const { model, faults } = session.shared;
  session.selected = null;
  const mailbox = model.find(fromWireName(textOfArgument(command.args[0]) ?? ""));
  if (mailbox === undefined) return "NO [NONEXISTENT] no such mailbox";
  const readOnly = command.name === "EXAMINE";
  const { uidValidity } = mailbox;
  session.selected = { mailbox, uidValidity, readOnly, view: [...mailbox.messages.keys()] };
  const lines = [`* FLAGS (${SYSTEM_FLAGS})`, `* ${mailbox.messages.size} EXISTS`, "* 0 RECENT"];
  const words = mailbox.permanentFlags === "any" ? "\\*" : mailbox.permanentFlags.join(" ");
  lines.push(`* OK [PERMANENTFLAGS (${readOnly ? "" : `${SYSTEM_FLAGS} ${words}`})] may be set`);
  const shown = shownUidValidity(session, mailbox);
  if (shown !== null) lines.push(`* OK [UIDVALIDITY ${shown}] valid`);
  if (!faults.take("selectWithoutUidNext") && !faults.take("noUidNext"))
    lines.push(`* OK [UIDNEXT ${mailbox.uidNext}] next`);
  if (session.has("CONDSTORE")) {
    const zero = faults.take("zeroModseq");
    if (faults.take("noModseq")) lines.push("* OK [NOMODSEQ] none are kept");
    else lines.push(`* OK [HIGHESTMODSEQ ${zero ? 0 : mailbox.highestModseq}] highest`);
  }
  if (session.has("OBJECTID")) lines.push(`* OK [MAILBOXID (${mailbox.mailboxId})] id`);
  await session.wire.send(lines.map((line) => `${line}\r\n`).join(""));
  const since = qresyncParameter(command.args[1]);
  if (since !== null) {
    if (!session.qresync) return "BAD ENABLE QRESYNC first";
    if (since.uidValidity === shown) await resync(session, mailbox, since.modseq);
  }
  return `OK [READ-${readOnly ? "ONLY" : "WRITE"}] done`;
}

function qresyncParameter(argument: Argument | undefined): { uidValidity: bigint; modseq: bigint } | null {
  const items = itemsOf(argument);
  const at = items.findIndex((item) => textOfArgument(item)?.toUpperCase() === "QRESYNC");
  const [uidValidity, modseq] = itemsOf(items[at + 1]).map(textOfArgument);
  return at === -1 || !uidValidity || !modseq ? null : { uidValidity: BigInt(uidValidity), modseq: BigInt(modseq) };
}

async function resync(session: SessionState, mailbox: SimMailbox, modseq: bigint): Promise<void> {
  await tellVanished(session, mailbox, modseq, [[1, 4294967295]]);
  for (const [i, message] of [...mailbox.messages.values()].entries()) {
    if (message.modseq <= modseq) continue;
    const wish = { items: ["UID", "FLAGS", "MODSEQ"], modseq: true, sizeOff: 0, nil: false };
    await session.wire.send(...(fetchAnswer(i + 1, message, wish) ?? []));
  }
}

type Ranges = readonly (readonly [number, number])[];
const within = (set: Ranges, uid: number): boolean => set.some(([from, to]) => from <= uid && uid <= to);

async function tellVanished(session: SessionState, mailbox: SimMailbox, modseq: bigint, set: Ranges): Promise<void> {
  const lie = session.shared.faults.take("falseVanished");
  const gone = lie
    ? Array.from({ length: mailbox.uidNext - 1 }, (_, i) => i + 1)
    : mailbox.expunged.filter((one) => one.modseq > modseq).map((one) => one.uid);
  const told = gone.filter((uid) => within(set, uid));
  if (told.length > 0) await session.wire.send(`* VANISHED (EARLIER) ${wireSet(told)}\r\n`);
}

/** The messages of a set, with their numbers, as the client knows them. Null: no set. */
export function chosen(
  selected: Selected,
  command: Command,
  set: string,
): readonly (readonly [number, SimMessage])[] | null {
  const byUid = command.name.startsWith("UID ");
  const { view, mailbox } = selected;
  const ranges = parseSet(set, byUid ? (view.at(-1) ?? 0) : view.length);
  if (ranges === null) return null;
  const out: (readonly [number, SimMessage])[] = [];
  for (const [i, uid] of view.entries()) {
    const message = mailbox.messages.get(uid);
    if (message && within(ranges, byUid ? uid : i + 1)) out.push([i + 1, message]);
  }
  return out;
}

interface Modifiers {
  readonly changedSince: bigint | null;
  readonly vanished: boolean;
}

function modifiersOf(argument: Argument | undefined): Modifiers {
  const words = wordsOf(argument);
  const at = words.indexOf("CHANGEDSINCE");
  const since = at === -1 ? null : (words[at + 1] ?? "");
  return { changedSince: since === null ? null : BigInt(since), vanished: words.includes("VANISHED") };
}

export async function fetchCommand(session: SessionState, selected: Selected, command: Command): Promise<Ended> {
  const { faults } = session.shared;
  const set = textOfArgument(command.args[0]) ?? "";
  let messages = chosen(selected, command, set);
  if (messages === null) return "BAD no set of messages";
  const { changedSince, vanished } = modifiersOf(command.args[2]);
  const asked = wordsOf(command.args[1]);
  const items = command.name === "UID FETCH" && !asked.includes("UID") ? ["UID", ...asked] : [...asked];
  if (changedSince !== null && !items.includes("MODSEQ")) items.push("MODSEQ");
  if (items.includes("MODSEQ") && !session.has("CONDSTORE")) return "BAD unknown item MODSEQ";
  if (items.includes("EMAILID") && !session.has("OBJECTID")) return "BAD unknown item EMAILID";
  if (vanished && !session.qresync) return "BAD ENABLE QRESYNC first";
  if (changedSince === 0n) return "BAD CHANGEDSINCE 0 is not allowed";
  if (changedSince !== null) {
    messages = messages.filter(([, message]) => message.modseq > changedSince);
    const ranges = parseSet(set, selected.view.at(-1) ?? 0) ?? [];
    if (vanished) await tellVanished(session, selected.mailbox, changedSince, ranges);
  }
  if (set.includes("*") && faults.take("truncatedFetch")) messages = messages.slice(0, messages.length >> 1);
  const bodies = items.some((item) => item.startsWith("BODY"));
  for (const [seq, message] of messages) {
    const ended = await tellMessage(session, seq, message, items, bodies);
    if (ended !== undefined) return ended;
  }
  return "OK done";
}

/** One FETCH answer with the faults of its message. Gives how the command ends when it ends here. */
async function tellMessage(
  session: SessionState,
  seq: number,
  message: SimMessage,
  items: readonly string[],
  bodies: boolean,
): Promise<Ended | undefined> {
  const { faults } = session.shared;
  const here = (fault: { readonly uid: number }): boolean => bodies && fault.uid === message.uid;
  const refused = faults.take("refuseFetch", here);
  if (refused) return `NO ${refused.text ?? "cannot read this message"}`;
  if (faults.take("skipFetch", here)) return undefined;
  const answer = fetchAnswer(seq, message, {
    items,
    modseq: !faults.take("fetchWithoutModseq"),
    sizeOff: faults.take("wrongSize")?.by ?? 0,
    nil: faults.take("nilBody", here) !== null,
  });
  if (answer === null) return "BAD unknown item";
  if (faults.take("cutLiteral", here)) {
    const cut = answer.map((piece) => (typeof piece === "string" ? piece : piece.subarray(0, piece.length >> 1)));
    await session.wire.send(...cut.slice(0, cut.findIndex((piece) => typeof piece !== "string") + 1));
    session.wire.close("end");
    return null;
  }
  if (items.some((item) => item.endsWith("[]"))) session.shared.bodies++;
  await session.wire.send(...answer);
  if (faults.take("repeatFetch")) await session.wire.send(...answer);
  return undefined;
}

export async function searchCommand(session: SessionState, selected: Selected, command: Command): Promise<Ended> {
  let args = command.args;
  let returns: readonly string[] | null = null;
  if (textOfArgument(args[0])?.toUpperCase() === "RETURN") {
    if (!session.has("ESEARCH")) return "BAD unknown criterion RETURN";
    returns = wordsOf(args[1]);
    args = args.slice(2);
  }
  const word = (textOfArgument(args[0]) ?? "").toUpperCase();
  const set = word === "UID" ? textOfArgument(args[1]) : word === "ALL" ? "1:4294967295" : null;
  if (set === null || args.length > 2) return "BAD unknown criterion";
  const found = chosen(selected, { ...command, name: "UID SEARCH" }, set);
  if (found === null) return "BAD no set of messages";
  let uids = found.map(([seq, message]) => (command.name === "UID SEARCH" ? message.uid : seq));
  if (session.shared.faults.take("truncatedSearch")) uids = uids.slice(0, uids.length >> 1);
  if (returns === null) await session.wire.send(`* SEARCH${uids.map((uid) => ` ${uid}`).join("")}\r\n`);
  else {
    const all = returns.includes("ALL") || returns.length === 0;
    const parts = [
      ...(all && uids.length > 0 ? [` ALL ${wireSet(uids)}`] : []),
      ...(returns.includes("COUNT") ? [` COUNT ${uids.length}`] : []),
    ];
    const uid = command.name === "UID SEARCH" ? " UID" : "";
    await session.wire.send(`* ESEARCH (TAG "${command.tag}")${uid}${parts.join("")}\r\n`);
  }
  return "OK done";
}

export async function storeCommand(session: SessionState, selected: Selected, command: Command): Promise<Ended> {
  if (selected.readOnly) return "NO read-only";
  const messages = chosen(selected, command, textOfArgument(command.args[0]) ?? "");
  const item = (textOfArgument(command.args[1]) ?? "").toUpperCase();
  if (messages === null || !/^[+-]?FLAGS(\.SILENT)?$/.test(item)) return "BAD not understood";
  const flags = itemsOf(command.args[2]).map((flag) => textOfArgument(flag) ?? "");
  for (const [seq, { uid, flags: before }] of messages) {
    const { model } = session.shared;
    const change = item.startsWith("+")
      ? { add: flags }
      : item.startsWith("-")
        ? { remove: flags }
        : { add: flags, remove: before };
    model.store(selected.mailbox.name, [uid], change);
    const now = selected.mailbox.messages.get(uid);
    if (now === undefined || item.endsWith(".SILENT")) continue;
    await session.wire.send(`* ${seq} FETCH (UID ${uid} FLAGS (${now.flags.join(" ")}))\r\n`);
  }
  return "OK done";
}
