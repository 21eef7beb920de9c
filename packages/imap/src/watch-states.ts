// Asks an account for the state of all its mailboxes on a lean connection: one LIST-STATUS where the server has it, else LIST, LSUB and a
// STATUS each. It must never give a part for the whole: a LIST that fails throws; a STATUS that is refused is a mailbox without marks.
import { MailError } from "@packetboat/core";
import { Refused } from "./errors.ts";
import type { Lean } from "./lean.ts";
import { joined } from "./lean-sign-in.ts";
import { isSelectableState, type MailboxStates, readListed, readStatus, statesOf } from "./watch-state.ts";

type Lines = ReturnType<typeof collecting>;

function collecting(lean: Lean) {
  const listed: NonNullable<ReturnType<typeof readListed>>[] = [];
  const statuses = new Map<string, string>();
  const lines = (line: string): void => {
    const status = readStatus(line);
    if (status !== null) statuses.set(status.wire, status.marks);
    const one = readListed(line);
    if (one !== null) listed.push(one);
    if (listed.length > lean.door.limits.mailboxes) lean.giveUp("TooManyResponses");
  };
  return { listed, statuses, lines };
}

/** STATUS items that this server knows. */
function itemsOf({ capabilities }: Lean): string {
  const modseq = capabilities.has("CONDSTORE") || capabilities.has("QRESYNC");
  return `MESSAGES UIDNEXT UIDVALIDITY${modseq ? " HIGHESTMODSEQ" : ""}`;
}

/** Gives the state of every mailbox that LIST shows. Throws a MailError. */
export async function askStates(lean: Lean): Promise<MailboxStates> {
  const found = collecting(lean);
  const subscribed = (await askAtOnce(lean, found)) ? null : await askEach(lean, found);
  // RFC 9051, 5.1: an account has INBOX at least. A listing of nothing is a server that is not itself.
  if (found.listed.length === 0)
    throw new MailError(
      "CONNECTION_LOST",
      "The server lists no mailbox at all, not even INBOX. Nothing was concluded from that; it is asked again.",
    );
  return statesOf(found.listed, found.statuses, subscribed);
}

async function askAtOnce(lean: Lean, { lines }: Lines): Promise<boolean> {
  const { capabilities } = lean;
  if (!capabilities.has("LIST-STATUS") && !capabilities.has("IMAP4REV2")) return false;
  try {
    await lean.command([`LIST "" "*" RETURN (SUBSCRIBED STATUS (${itemsOf(lean)}))`], { lines });
    return true;
  } catch (error) {
    if (error instanceof Refused && error.status === "BAD") return false;
    throw refused(error);
  }
}

/** RFC 3501 and nothing more. Gives the names of LSUB. */
async function askEach(lean: Lean, found: Lines): Promise<ReadonlySet<string>> {
  found.listed.length = 0;
  const subscribed = collecting(lean);
  try {
    await lean.command(['LIST "" "*"'], { lines: found.lines });
    await lean.command(['LSUB "" "*"'], { lines: subscribed.lines });
  } catch (error) {
    throw refused(error);
  }
  const shown = statesOf(found.listed, new Map(), new Set());
  for (const wire of shown.keys()) {
    if (!isSelectableState(shown, wire)) continue;
    const [last = "", ...before] = joined(["STATUS", wire]).toReversed();
    try {
      await lean.command([...before.toReversed(), `${last} (${itemsOf(lean)})`], { lines: found.lines });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
    }
  }
  return new Set(subscribed.listed.map(({ wire }) => wire));
}

/** A refused LIST is a connection that is of no use now. */
function refused(error: unknown): unknown {
  if (!(error instanceof Refused)) return error;
  return new MailError("CONNECTION_LOST", "The server refuses to list the mailboxes; it is asked again later.", {
    context: { status: error.status, code: error.code },
  });
}
