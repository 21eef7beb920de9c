// The options of restore push, checked as a whole: what contradicts itself is refused before anything is opened. Pure.
import type { UndoSelection } from "@packetboat/archive";
import { asId, type MailboxPath, MailError, type MessageId } from "@packetboat/core";
import { type Query, queryOfOptions } from "@packetboat/search";
import type { AccountWords, Frame } from "./host.ts";

/** As commander gives them. */
export interface PushOptions extends AccountWords {
  readonly inPlace?: boolean;
  readonly to?: string;
  readonly at?: string;
  readonly mailbox?: readonly string[];
  readonly since?: string;
  readonly before?: string;
  readonly message?: readonly string[];
  readonly from?: string;
  readonly subject?: string;
  readonly has?: string;
  readonly query?: string;
  readonly keepNew?: boolean;
  readonly carryOut?: boolean;
  readonly mailboxPrefix?: string;
  /** False: --no-sync. */
  readonly sync?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** What a person wants. */
export type Wanted =
  | {
      readonly kind: "inPlace";
      readonly at: string;
      readonly selection: UndoSelection;
      /** What of it a search finds. Null: all. */
      readonly query: Query | null;
    }
  | {
      readonly kind: "to";
      readonly account: string;
      /** Null: now, and whatever comes later. */
      readonly at: string | null;
      readonly selection: UndoSelection;
      readonly query: Query | null;
      /** Null: everything. */
      readonly words: string | null;
      readonly below: MailboxPath;
    };

const refuse = (text: string): never => {
  throw new MailError("CONFIG_INVALID", text);
};

/** `now`: milliseconds since 1970. Throws CONFIG_INVALID for options that do not go together. */
export function readPush(options: PushOptions, readDate: Frame["readDate"], now: number): Wanted {
  const { inPlace = false, to, at, mailbox, message, since, before, keepNew, mailboxPrefix, sync } = options;
  const selection: UndoSelection = {
    ...(mailbox === undefined ? {} : { mailboxes: [...new Set(mailbox)].sort() }),
    ...(since === undefined ? {} : { since: readDate("--since", since) }),
    ...(before === undefined ? {} : { before: readDate("--before", before) }),
    ...(message === undefined ? {} : { messages: readMessages(message) }),
  };
  const { from, subject, has } = options;
  // --to is the account here.
  const query = queryOfOptions({ from, subject, has, query: options.query }, now);
  if (inPlace === (to !== undefined)) return refuse("Say where to: either --in-place, or --to ACCOUNT.");
  if (to === undefined) {
    if (at === undefined) return refuse("Say which revision is to come back: --at. packetboat log shows them.");
    if (options.carryOut === true && sync === false)
      return refuse("--carry-out writes to the servers, --no-sync does not. Give one of them.");
    if (mailboxPrefix !== undefined) return refuse("--mailbox-prefix goes with --to; --in-place keeps every name.");
    return { kind: "inPlace", at, selection, query };
  }
  if (keepNew === true || sync === false || options.carryOut === true)
    return refuse("--keep-new, --carry-out and --no-sync go with --in-place.");
  const words = [
    ...(selection.mailboxes ?? []),
    ...(since === undefined ? [] : [`since ${since}`]),
    ...(before === undefined ? [] : [`before ${before}`]),
    ...Object.entries({ from, subject, has, query: options.query }).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name} ${value}`],
    ),
    ...(selection.messages === undefined ? [] : [`message ${selection.messages.join(" ")}`]),
  ];
  const below = (mailboxPrefix ?? "").split("/").filter((segment) => segment !== "");
  return {
    kind: "to",
    account: to,
    at: at ?? null,
    selection,
    query,
    words: words.length === 0 ? null : words.join(", "),
    below,
  };
}

/** That one order may name one by one, by whichever door it comes: the command line, the API, the page. */
export const MOST_MESSAGES = 10_000;

/** The numbers of messages as list, diff and show print them, one or several in a word: "96", "96,97". Throws CONFIG_INVALID. */
export function readMessages(words: readonly string[]): readonly MessageId[] {
  const ids = words.flatMap((word) => word.split(/[\s,]+/)).filter((word) => word !== "");
  if (ids.length === 0 || ids.some((word) => !/^[1-9]\d{0,14}$/.test(word)))
    return refuse("--message is the number of a message, as restore list and restore diff print it: --message 96,97.");
  if (ids.length > MOST_MESSAGES)
    return refuse(`--message takes ${MOST_MESSAGES} messages at most; select by mailbox and date.`);
  return [...new Set(ids.map(Number))].sort((a, b) => a - b).map((id): MessageId => asId(id));
}
