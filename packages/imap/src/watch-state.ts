// What an account's mailboxes showed when they were asked for their state: a name and a few marks each, to be compared with the next answer.
// Pure. It must never take an answer that was cut off for a state: what is missing in it would look like a mailbox that is gone.
import { decodeName } from "./names.ts";

/** Marks by name as it came on the wire, INBOX in its normal form. Only equality means anything. */
export type MailboxStates = ReadonlyMap<string, string>;

/** One LIST or LSUB line. */
interface Listed {
  readonly wire: string;
  readonly selectable: boolean;
  readonly subscribed: boolean;
}

/** An atom, a quoted string or a literal at this place, unescaped, and where the next one begins. Null: there is none. */
function tokenAt(line: string, at: number): { readonly text: string; readonly next: number } | null {
  const literal = /^\{(\d{1,9})\+?\}\r?\n/.exec(line.slice(at, at + 20));
  if (literal !== null) {
    const begin = at + literal[0].length;
    const end = begin + Number(literal[1]);
    return { text: line.slice(begin, end), next: end + 1 };
  }
  const plain = /^(?:"((?:\\.|[^"\\])*)"|([^ ()"]+))/s.exec(line.slice(at));
  if (plain === null) return null;
  const [whole, quoted, atom = ""] = plain;
  return { text: quoted === undefined ? atom : quoted.replace(/\\(.)/gs, "$1"), next: at + whole.length + 1 };
}

/** The text of a name, apart from the line that it came in: it is kept, and the line is not. */
function wireOf(bytes: string): string {
  const text = Buffer.from(bytes, "latin1").toString("utf8");
  return text.toUpperCase() === "INBOX" ? "INBOX" : text;
}

/** Reads an untagged LIST or LSUB line; null for any other. */
export function readListed(line: string): Listed | null {
  const head = /^\* (?:LIST|LSUB) \(([^)]*)\) (?:NIL|"(?:\\.|[^"\\])*"|[^ ]+) /i.exec(line);
  if (head === null) return null;
  const name = tokenAt(line, head[0].length);
  if (name === null || name.text === "") return null;
  const attributes = (head[1] ?? "").toLowerCase().split(" ");
  return {
    wire: wireOf(name.text),
    selectable: !attributes.includes("\\noselect") && !attributes.includes("\\nonexistent"),
    subscribed: attributes.includes("\\subscribed"),
  };
}

const ITEMS = ["UIDVALIDITY", "UIDNEXT", "HIGHESTMODSEQ", "MESSAGES"] as const;

/** Reads an untagged STATUS line; null for any other. Items that a server left out are empty. */
export function readStatus(line: string): { readonly wire: string; readonly marks: string } | null {
  if (!/^\* STATUS /i.test(line)) return null;
  const name = tokenAt(line, 9);
  if (name === null) return null;
  const items = line.slice(name.next);
  const marks = ITEMS.map((item) => new RegExp(`\\b${item} (\\d{1,20})`, "i").exec(items)?.[1] ?? "");
  return { wire: wireOf(name.text), marks: marks.join(" ") };
}

export function hasModseq(marks: string): boolean {
  return marks.split(" ")[2] !== "";
}

/** Puts the answers of one asking together. `subscribed`: names of LSUB; null where LIST told. */
export function statesOf(
  listed: readonly Listed[],
  statuses: ReadonlyMap<string, string>,
  subscribed: ReadonlySet<string> | null,
): MailboxStates {
  const states = new Map<string, string>();
  for (const { wire, selectable, subscribed: told } of listed) {
    const isSubscribed = subscribed?.has(wire) ?? told;
    states.set(wire, `${selectable ? "" : "-"}${isSubscribed ? "+" : ""}${statuses.get(wire) ?? ""}`);
  }
  return states;
}

/** The state after a STATUS line that nobody asked for (NOTIFY). */
export function withMarks(states: MailboxStates, wire: string, marks: string): MailboxStates {
  const before = states.get(wire) ?? "";
  return new Map(states).set(wire, `${/^[-+]*/.exec(before)?.[0] ?? ""}${marks}`);
}

/** Names, decoded, of mailboxes that came, went or are not as they were; sorted. */
export function differing(before: MailboxStates, after: MailboxStates): readonly string[] {
  const names: string[] = [];
  for (const [wire, marks] of after) if (before.get(wire) !== marks) names.push(decodeName(wire));
  for (const wire of before.keys()) if (!after.has(wire)) names.push(decodeName(wire));
  return names.sort();
}

/**
 * True when at most the mail in a mailbox differs: it is there, subscribed as before, and numbered as before. The number of INBOX does not
 * count: Courier gives one that nobody opened the second of the asking.
 */
export function isSameMailbox(before: MailboxStates, after: MailboxStates, wire: string): boolean {
  const pattern = wire === "INBOX" ? /^[-+]*/ : /^[-+]*\d*/;
  const [was, is] = [before.get(wire), after.get(wire)].map((state) => state && pattern.exec(state)?.[0]);
  return was !== undefined && was === is;
}

export function isSelectableState(states: MailboxStates, wire: string): boolean {
  const state = states.get(wire);
  return state !== undefined && !state.startsWith("-");
}
