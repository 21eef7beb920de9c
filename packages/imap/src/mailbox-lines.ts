// What NAMESPACE, LIST, LSUB and STATUS answers say of mailboxes, as values. Pure. Roles come from declared attributes only, without
// case (Cyrus sends \drafts): it must never guess one from a name (B3), and never take a \Noselect name for a mailbox (B4).
import type { ListedMailbox, MailboxNamespace, Marks, Role } from "@packetboat/core";
import { decodeName } from "./names.ts";
import { type Answer, bigintOf, isList, listOf, numberOf, type Token, textOf, textsOf } from "./tokens.ts";

export interface Namespace {
  readonly kind: MailboxNamespace;
  /** Wire spelling, with its delimiter at the end: "INBOX.", "Shared/". Empty for the root. */
  readonly prefix: string;
  readonly delimiter: string | null;
}

/** One LIST line. `wire` is the name as it came. */
export interface ListLine {
  readonly wire: string;
  readonly delimiter: string | null;
  /** Lower case. */
  readonly attributes: ReadonlySet<string>;
}

export interface StatusLine {
  readonly wire: string;
  /** Some of its messages have UIDs for this session only (U4, Courier): its UIDVALIDITY counts as none. */
  readonly unnumbered: boolean;
  readonly marks: Marks;
  readonly mailboxId: string | null;
}

const ROLES: ReadonlyMap<string, Role> = new Map([
  ["\\drafts", "drafts"],
  ["\\sent", "sent"],
  ["\\trash", "trash"],
  ["\\junk", "junk"],
  ["\\archive", "archive"],
  ["\\all", "all"],
  ["\\flagged", "flagged"],
  ["\\important", "important"],
  // XLIST, the ancestor of SPECIAL-USE.
  ["\\spam", "junk"],
  ["\\starred", "flagged"],
  ["\\allmail", "all"],
]);

/** Wire name in normal form: INBOX without case (trap 21); everything else as it came. */
function normalWire(wire: string): string {
  return wire.toUpperCase() === "INBOX" ? "INBOX" : wire;
}

/** Reads a NAMESPACE answer: personal, other users', shared. */
export function readNamespaces(answer: Answer): readonly Namespace[] {
  const kinds: readonly MailboxNamespace[] = ["personal", "other", "shared"];
  return kinds.flatMap((kind, index) =>
    listOf(answer.attributes?.[index]).flatMap((entry) => {
      const [name, delimiter] = listOf(entry);
      const prefix = textOf(name);
      if (prefix === undefined) return [];
      return [{ kind, prefix, delimiter: textOf(delimiter) ?? null }];
    }),
  );
}

/** Reads a LIST, LSUB or XLIST answer; null when it names nothing. */
export function readListLine(answer: Answer): ListLine | null {
  const [attributes, delimiter, name] = answer.attributes ?? [];
  const wire = textOf(name);
  // The empty name answers LIST "" "" only; a NUL cannot be stored nor sent.
  if (wire === undefined || wire === "" || wire.includes("\0")) return null;
  return {
    wire: normalWire(wire),
    delimiter: textOf(delimiter) || null,
    attributes: new Set(textsOf(attributes).map((attribute) => attribute.toLowerCase())),
  };
}

/** UIDVALIDITY 0 and HIGHESTMODSEQ 0 mean "none" (U4, trap 4, trap 10). */
export function positive(value: bigint | null): bigint | null {
  return value !== null && value > 0n ? value : null;
}

/** RFC 8474 section 4: what is not an ObjectID by its letters names nothing. */
function objectId(text: string | undefined): string | null {
  return text !== undefined && /^[A-Za-z0-9_-]{1,255}$/.test(text) ? text : null;
}

/** Reads a STATUS answer; null when it is none. Items that are missing or nonsense are null. */
export function readStatusLine(answer: Answer): StatusLine | null {
  const [name, items] = answer.attributes ?? [];
  const wire = textOf(name);
  if (wire === undefined || !isList(items)) return null;
  const found = new Map<string, Token>();
  for (let i = 0; i + 1 < items.length; i += 2) found.set((textOf(items[i]) ?? "").toUpperCase(), items[i + 1]);
  const id = found.get("MAILBOXID");
  const uidNext = numberOf(found.get("UIDNEXT"), 4_294_967_296);
  // Asked only of a server whose recent messages have no lasting UIDs (list.ts).
  const unnumbered = (numberOf(found.get("RECENT")) ?? 0) > 0;
  return {
    wire: normalWire(wire),
    unnumbered,
    marks: {
      uidValidity: unnumbered ? null : positive(bigintOf(found.get("UIDVALIDITY"))),
      uidNext: uidNext === 0 ? null : uidNext,
      highestModseq: positive(bigintOf(found.get("HIGHESTMODSEQ"))),
      messages: numberOf(found.get("MESSAGES")),
    },
    mailboxId: objectId(isList(id) ? textOf(id[0]) : textOf(id)),
  };
}

/** The namespace that a name lies in: the longest prefix wins; personal where none fits. */
function namespaceOf(wire: string, namespaces: readonly Namespace[]): Namespace | null {
  let best: Namespace | null = null;
  for (const namespace of namespaces) {
    const root = namespace.delimiter !== null && namespace.prefix === wire + namespace.delimiter;
    if (!root && !wire.startsWith(namespace.prefix)) continue;
    if (best === null || namespace.prefix.length > best.prefix.length) best = namespace;
  }
  return best;
}

/** Gives the segments of a name: prefix of a personal namespace off, cut at the delimiter, each decoded for itself. */
export function pathOf(wire: string, delimiter: string | null, namespace: Namespace | null): readonly string[] {
  if (wire === "INBOX") return ["INBOX"];
  const bare =
    namespace?.kind === "personal" && wire.startsWith(namespace.prefix) && wire.length > namespace.prefix.length
      ? wire.slice(namespace.prefix.length)
      : wire;
  if (delimiter === null) return [decodeName(bare)];
  // Empty segments are kept: "a//b" and "/a" are other names than "a/b" and "a" (trap 20).
  return bare.split(delimiter).map(decodeName);
}

function roleOf(line: ListLine): Role | null {
  if (line.wire === "INBOX") return "inbox";
  for (const attribute of line.attributes) {
    const role = ROLES.get(attribute);
    if (role !== undefined) return role;
  }
  return null;
}

/** What the commands gave: lines of LIST, names of LSUB (null: LIST told), STATUS by wire name. */
export interface Listing {
  readonly namespaces: readonly Namespace[];
  readonly lines: readonly ListLine[];
  readonly subscribed: ReadonlySet<string> | null;
  readonly statuses: ReadonlyMap<string, StatusLine>;
}

export function isSelectable(line: ListLine): boolean {
  return !line.attributes.has("\\noselect") && !line.attributes.has("\\nonexistent");
}

/**
 * Gives the mailboxes of a listing, sorted by name, each name once, and the wire spelling of each name. Two spellings that decode to one
 * text keep their wire spelling as the name of the second.
 */
export function mailboxesOf(listing: Listing): {
  readonly mailboxes: ListedMailbox[];
  readonly wires: Map<string, string>;
  /** The root's: of INBOX, or of any other line. */
  readonly delimiter: string | null;
} {
  const wires = new Map<string, string>();
  const mailboxes: ListedMailbox[] = [];
  const seen = new Set<string>();
  for (const line of listing.lines) {
    if (seen.has(line.wire)) continue;
    seen.add(line.wire);
    const decoded = decodeName(line.wire);
    const name = wires.has(decoded) ? line.wire : decoded;
    wires.set(name, line.wire);
    const namespace = namespaceOf(line.wire, listing.namespaces);
    const status = listing.statuses.get(line.wire);
    const role = roleOf(line);
    mailboxes.push({
      name,
      path: pathOf(line.wire, line.delimiter, namespace),
      selectable: isSelectable(line),
      subscribed: listing.subscribed?.has(line.wire) ?? line.attributes.has("\\subscribed"),
      role,
      namespace: namespace?.kind ?? "personal",
      virtual:
        line.attributes.has("\\all") ||
        line.attributes.has("\\allmail") ||
        line.attributes.has("\\flagged") ||
        line.attributes.has("\\starred"),
      mailboxId: status?.mailboxId ?? null,
      status: status?.marks ?? null,
    });
  }
  mailboxes.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const root = listing.lines.find(({ wire }) => wire === "INBOX") ?? listing.lines[0];
  return { mailboxes, wires, delimiter: root?.delimiter ?? null };
}
