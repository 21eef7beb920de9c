// The options by which every command selects messages, as a query: --from, --to, --subject, --has, --query. Pure. Each holds a value of a field,
// or for --query a whole query, so that a selection means what a search finds.
import { MailError } from "@packetboat/core";
import { FIELDS, Refusal } from "./fields.ts";
import { queryOf } from "./parse.ts";
import type { Query } from "./query.ts";

/** As they were typed. */
export interface QueryOptions {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly subject?: string | undefined;
  readonly has?: string | undefined;
  readonly query?: string | undefined;
}

/** Gives what the options mean together; null: none was given. `now`: milliseconds since 1970. Throws CONFIG_INVALID, naming the option. */
export function queryOfOptions({ query, ...fields }: QueryOptions, now: number): Query | null {
  const all: Query[] = [];
  for (const field of ["from", "to", "subject", "has"] as const) {
    const value = fields[field];
    if (value === undefined) continue;
    const read = FIELDS[field]?.(value, now);
    if (read === undefined || read instanceof Refusal)
      throw new MailError("CONFIG_INVALID", `--${field} is not understood: ${read?.text ?? "it is no field."}`);
    all.push(read);
  }
  if (query !== undefined) {
    // Nothing would be everything, and whoever writes it means something.
    if (query.trim() === "") throw new MailError("CONFIG_INVALID", "--query is a query, such as 'from:ann invoice'.");
    all.push(queryOf(query, now));
  }
  const [only] = all;
  return only === undefined ? null : all.length === 1 ? only : { kind: "and", of: all };
}
