// Lists every mailbox with its STATUS in as few round trips as the server allows: NAMESPACE once, then one LIST-STATUS.
// It must never pass off a part as the whole: a LIST that fails throws (B5, trap 22), a STATUS that fails is null for its mailbox.
import { type ListedMailbox, MailError, type Marks } from "@packetboat/core";
import { mailboxGone, mailboxUnreadable, Refused } from "./errors.ts";
import type { Gate } from "./gate.ts";
import {
  isSelectable,
  type Listing,
  type ListLine,
  mailboxesOf,
  type Namespace,
  readListLine,
  readNamespaces,
  readStatusLine,
  type StatusLine,
} from "./mailbox-lines.ts";
import { encodeName, isQuotable } from "./names.ts";
import { saysNoMailbox } from "./provider-texts.ts";
import type { Token } from "./tokens.ts";

/** A mailbox name as an argument: quoted, or a literal where it cannot be. */
export function mailboxArgument(wire: string): Token {
  return isQuotable(wire) ? { type: "STRING", value: wire } : { type: "LITERAL", value: Buffer.from(wire, "utf8") };
}

const atoms = (text: string): Token[] => text.split(" ").map((value) => ({ type: "ATOM", value }));

/**
 * Courier keeps UIDs only when somebody opens a mailbox to write. Until then every EXAMINE and STATUS numbers what is \Recent by the
 * names of its files, and an arrival or a removal shifts the numbers: they are as none (U4). ACL2=UNION is its alone.
 */
export function isCourier(capabilities: ReadonlySet<string>): boolean {
  return capabilities.has("ACL2=UNION");
}

/** STATUS items that this server knows. */
function statusItems(gate: Gate): string {
  const { capabilities } = gate;
  const modseq = capabilities.has("CONDSTORE") || capabilities.has("QRESYNC") ? " HIGHESTMODSEQ" : "";
  // Cyrus 3.6.1 answers MAILBOXID beside MESSAGES with uninitialised memory, another one each time. X-CREATEDMODSEQ is Cyrus' alone.
  const objectId = capabilities.has("OBJECTID") && !capabilities.has("X-CREATEDMODSEQ");
  const recent = isCourier(capabilities) ? " RECENT" : "";
  return `MESSAGES UIDNEXT UIDVALIDITY${recent}${modseq}${objectId ? " MAILBOXID" : ""}`;
}

/** NAMESPACE; a server without it has the root as its only personal namespace. */
export async function askNamespaces(gate: Gate): Promise<readonly Namespace[]> {
  if (!gate.capabilities.has("NAMESPACE")) return [];
  let found: readonly Namespace[] = [];
  try {
    await gate.command("NAMESPACE", {
      on: {
        NAMESPACE: (answer) => {
          found = readNamespaces(answer);
        },
      },
    });
  } catch (error) {
    // A server that announces it and refuses it (seen behind proxies) has the root only.
    if (!(error instanceof Refused) || error.status !== "BAD") throw error;
  }
  return found;
}

/** What to LIST: everything from the root, and every foreign namespace that the root's wildcard does not reach. */
function patternsFor(namespaces: readonly Namespace[]): readonly string[] {
  const foreign = namespaces
    .filter(({ kind, prefix }) => kind !== "personal" && prefix !== "")
    .map(({ prefix }) => `${prefix}*`);
  return ["*", ...new Set(foreign)];
}

interface Collected {
  readonly lines: ListLine[];
  readonly statuses: Map<string, StatusLine>;
}

function collectors(gate: Gate, verb: string, collected: Collected) {
  return {
    [verb]: (answer: Parameters<typeof readListLine>[0]) => {
      const line = readListLine(answer);
      if (line === null) return;
      if (collected.lines.length >= gate.limits.mailboxes)
        throw new MailError(
          "NOT_IMAP",
          `The server lists more than ${gate.limits.mailboxes} mailboxes: this cannot be a mail account.`,
        );
      collected.lines.push(line);
    },
    STATUS: (answer: Parameters<typeof readStatusLine>[0]) => {
      const status = readStatusLine(answer);
      if (status !== null && collected.statuses.size < gate.limits.mailboxes)
        collected.statuses.set(status.wire, status);
    },
  };
}

/** One extended LIST for all patterns. Null when the server rejects its form (BAD): then it is asked plainly. */
async function extendedList(gate: Gate, patterns: readonly string[]): Promise<Listing | null> {
  const { capabilities } = gate;
  const status = capabilities.has("LIST-STATUS");
  const returns: Token[] = [
    ...(capabilities.has("SPECIAL-USE") ? atoms("SPECIAL-USE") : []),
    ...atoms("SUBSCRIBED"),
    ...(status ? [{ type: "ATOM", value: "STATUS" }, atoms(statusItems(gate))] : []),
  ];
  const what: Token = patterns.length === 1 ? mailboxArgument("*") : patterns.map(mailboxArgument);
  const collected: Collected = { lines: [], statuses: new Map() };
  try {
    await gate.command("LIST", {
      args: [mailboxArgument(""), what, { type: "ATOM", value: "RETURN" }, returns],
      on: collectors(gate, "LIST", collected),
    });
  } catch (error) {
    if (error instanceof Refused && error.status === "BAD") return null;
    throw error;
  }
  return { namespaces: [], ...collected, subscribed: null };
}

/** LIST and LSUB of each pattern: RFC 3501 and nothing more. */
async function plainList(gate: Gate, patterns: readonly string[]): Promise<Listing> {
  const verb = gate.capabilities.has("XLIST") && !gate.capabilities.has("SPECIAL-USE") ? "XLIST" : "LIST";
  const collected: Collected = { lines: [], statuses: new Map() };
  const subscribed: Collected = { lines: [], statuses: new Map() };
  for (const pattern of patterns) {
    const args = [mailboxArgument(""), mailboxArgument(pattern)];
    await gate.command(verb, { args, on: collectors(gate, verb, collected) });
    await gate.command("LSUB", { args, on: collectors(gate, "LSUB", subscribed) });
  }
  return { namespaces: [], ...collected, subscribed: new Set(subscribed.lines.map(({ wire }) => wire)) };
}

/** STATUS of one mailbox by its wire name. Throws Refused when the server says NO. */
export async function askStatus(gate: Gate, wire: string): Promise<StatusLine | null> {
  const status = await askOnce(gate, wire);
  if (status === null || !gate.writes || !(status.unnumbered || isUnopened(gate, status))) return status;
  // Who may write lets the server number what is there, before anything is planned by a UID. Refused, it stays without numbers.
  gate.selected = null;
  try {
    // Opened anew read-only, CLOSE expunges nothing (M6); Courier has no UNSELECT.
    for (const verb of ["SELECT", "EXAMINE"]) await gate.command(verb, { args: [mailboxArgument(wire)] });
    await gate.command("CLOSE");
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  }
  return await askOnce(gate, wire);
}

/** An INBOX that nobody ever opened has on Courier the second of the asking as UIDVALIDITY: it could never be written to under one. */
function isUnopened({ capabilities }: Gate, { wire, marks }: StatusLine): boolean {
  return isCourier(capabilities) && wire === "INBOX" && marks.messages === 0 && marks.uidNext === 1;
}

async function askOnce(gate: Gate, wire: string): Promise<StatusLine | null> {
  let found: StatusLine | null = null;
  await gate.command("STATUS", {
    args: [mailboxArgument(wire), atoms(statusItems(gate))],
    on: {
      STATUS: (answer) => {
        found = readStatusLine(answer) ?? found;
      },
    },
  });
  return found;
}

async function completeStatuses(gate: Gate, listing: Listing): Promise<Listing> {
  const statuses = new Map(listing.statuses);
  for (const line of listing.lines) {
    if (!isSelectable(line) || statuses.has(line.wire)) continue;
    try {
      const status = await askStatus(gate, line.wire);
      if (status !== null) statuses.set(line.wire, status);
    } catch (error) {
      // B5: a refused STATUS is an error of this mailbox; it stays listed, with `status: null`.
      if (!(error instanceof Refused)) throw error;
    }
  }
  return { ...listing, statuses };
}

export interface ListResult {
  readonly mailboxes: readonly ListedMailbox[];
  /** Wire spelling by name. */
  readonly wires: ReadonlyMap<string, string>;
  readonly delimiter: string | null;
}

/** Lists all mailboxes of all namespaces with STATUS. Throws when any LIST fails. */
export async function listMailboxes(gate: Gate, namespaces: readonly Namespace[]): Promise<ListResult> {
  const patterns = patternsFor(namespaces);
  const extended = gate.capabilities.has("LIST-EXTENDED") ? await extendedList(gate, patterns) : null;
  const listing = extended ?? (await plainList(gate, patterns));
  // RFC 9051, 5.1: an account has INBOX at least. A listing of nothing is a server that is not itself, not an account that was emptied.
  if (listing.lines.length === 0)
    throw new MailError(
      "NOT_IMAP",
      "The server lists no mailbox at all, not even INBOX. Nothing was concluded from that: check the account and run it again later.",
    );
  return mailboxesOf({ ...(await completeStatuses(gate, listing)), namespaces });
}

/** Whether LIST shows a mailbox that can be opened. */
export async function isListed(gate: Gate, wire: string): Promise<boolean> {
  const collected: Collected = { lines: [], statuses: new Map() };
  await gate.command("LIST", {
    args: [mailboxArgument(""), mailboxArgument(wire)],
    on: collectors(gate, "LIST", collected),
  });
  // The name is a pattern too: `%` and `*` in it match others.
  return collected.lines.some((line) => line.wire === wire && isSelectable(line));
}

/** What a refused SELECT or STATUS means: MAILBOX_GONE only when the server says so and LIST agrees (B5, trap 22). */
export async function whyRefused(gate: Gate, wire: string, error: Refused): Promise<MailError> {
  if (error.code === "NONEXISTENT") return mailboxGone();
  if (saysNoMailbox(error.text) || error.code === null || error.code === "TRYCREATE") {
    if (!(await isListed(gate, wire))) return mailboxGone();
  }
  return mailboxUnreadable(error);
}

/** STATUS asked anew; null when the mailbox does not exist. */
export async function statusOf(gate: Gate, wire: string): Promise<Marks | null> {
  try {
    const status = await askStatus(gate, wire);
    if (status !== null) return status.marks;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const why = await whyRefused(gate, wire, error);
    if (why.code === "MAILBOX_GONE") return null;
    throw why;
  }
  throw mailboxUnreadable(new Refused("NO", null, ""));
}

/** Wire spelling for a name that no LIST of this connection has shown. */
export function wireOf(name: string, wires: ReadonlyMap<string, string>): string {
  return wires.get(name) ?? encodeName(name);
}
