// From a query to what rows are asked: SQL over the columns of a hit, for what the index does not know exactly. Pure. Rows are c (content),
// m (message), v (the version that counts) and b (blob). Everything that people write is a parameter; it must never be text of a statement.
import type { MailboxId } from "@packetboat/core";
import { assertNever } from "@packetboat/core";
import type { ContentTerm, PlaceTerm, Query, Term } from "@packetboat/search";
import { moment } from "../catalog/asking.ts";
import type { Span } from "./places.ts";
import { indexTerms } from "./terms.ts";

/** The parameters of a statement. */
export class Values {
  readonly all: unknown[] = [];

  /** Gives the place of a value: `$1`, `$2` and so on. */
  add(value: unknown): string {
    this.all.push(value);
    return `$${this.all.length}`;
  }
}

/** Which mailboxes each pattern of `in:` means. */
export type MailboxesByPattern = ReadonlyMap<string, readonly MailboxId[]>;

/** When a message counts as received: as the server said, else as it says itself. */
export const RECEIVED = "coalesce(m.internal_date, c.sent_at)";

/** What is to be asked of rows beside the index. Null: nothing. */
export function restOf(query: Query, values: Values, mailboxes: MailboxesByPattern): string | null {
  if (indexTerms(query).exact) return null;
  if (query.kind !== "and") return conditionOf(query, values, mailboxes);
  const rest = query.of.flatMap((each) => restOf(each, values, mailboxes) ?? []);
  return rest.length === 0 ? null : `(${rest.join(" and ")})`;
}

function conditionOf(query: Query, values: Values, mailboxes: MailboxesByPattern): string {
  switch (query.kind) {
    case "and":
    case "or": {
      const all = query.of.map((each) => conditionOf(each, values, mailboxes));
      return all.length === 0 ? "true" : `(${all.join(` ${query.kind} `)})`;
    }
    case "not":
      return `not ${conditionOf(query.of, values, mailboxes)}`;
    default:
      return isContent(query) ? contentCondition(query, values) : placeCondition(query, values, mailboxes);
  }
}

const isContent = (term: Term): term is ContentTerm =>
  term.kind === "words" || term.kind === "piece" || term.kind === "attachment";

const WORD_COLUMNS = { any: ["c.words", "c.subject", "c.names"], subject: ["c.subject"], body: ["c.words"] } as const;
const LINE_COLUMNS = {
  from: ["c.from_line"],
  to: ["c.to_line", "c.cc_line", "c.bcc_line"],
  cc: ["c.cc_line"],
  bcc: ["c.bcc_line"],
  filename: ["c.files"],
} as const;

/** Words stand between blanks. */
export const needleOf = ({ words, open }: Extract<ContentTerm, { kind: "words" }>): string =>
  ` ${words.join(" ")}${open ? "" : " "}`;

function contentCondition(term: ContentTerm, values: Values): string {
  if (term.kind === "attachment") return "c.attached";
  const needle = values.add(term.kind === "words" ? needleOf(term) : term.text);
  const columns = term.kind === "words" ? WORD_COLUMNS[term.field] : LINE_COLUMNS[term.field];
  return `(${columns.map((column) => `strpos(${column}, ${needle}::text) > 0`).join(" or ")})`;
}

function placeCondition(term: PlaceTerm, values: Values, mailboxes: MailboxesByPattern): string {
  switch (term.kind) {
    case "flag":
      // Flags have no case (RFC 9051, 2.3.2).
      return `lower(v.flags::text)::text[] @> array[lower(${values.add(term.flag)}::text)]`;
    case "mailbox":
      return `v.mailbox_id = any(${values.add(mailboxes.get(term.pattern) ?? [])}::bigint[])`;
    case "since":
      return `coalesce(${RECEIVED} >= ${moment(values.add(term.time))}, false)`;
    case "before":
      return `coalesce(${RECEIVED} < ${moment(values.add(term.time))}, false)`;
    case "larger":
      return `b.size > ${values.add(term.bytes)}::bigint`;
    case "smaller":
      return `b.size < ${values.add(term.bytes)}::bigint`;
    default:
      return assertNever(term);
  }
}

/** Every pattern of `in:` in a query. */
export function patternsOf(query: Query): readonly string[] {
  switch (query.kind) {
    case "and":
    case "or":
      return [...new Set(query.of.flatMap(patternsOf))];
    case "not":
      return patternsOf(query.of);
    case "mailbox":
      return [query.pattern];
    default:
      return [];
  }
}

/** Within which time all that is meant was received. */
export function spanOf(query: Query): Span {
  if (query.kind === "since") return { ...ALWAYS, since: query.time, undated: false };
  if (query.kind === "before") return { ...ALWAYS, before: query.time, undated: false };
  if (query.kind !== "and") return ALWAYS;
  const spans = query.of.map(spanOf);
  return {
    since: Math.max(-Infinity, ...spans.map(({ since }) => since)),
    before: Math.min(Infinity, ...spans.map(({ before }) => before)),
    undated: spans.every(({ undated }) => undated),
  };
}

const ALWAYS: Span = { since: -Infinity, before: Infinity, undated: true };
