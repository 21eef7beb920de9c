// One way to ask the database for people's sake: a query outside a transaction, its failure mapped, its dates as milliseconds since 1970.
// It must never be used for what a run writes: that goes through session.ts and its lease.
import { asDatabaseError } from "@packetboat/database";
import type { Pool, PoolClient, QueryResultRow } from "pg";

export type Asked = Pick<Pool, "query"> | Pick<PoolClient, "query">;

/** Gives the rows; `name`: of a statement that is asked so often that it is prepared once. Throws what asDatabaseError says. */
export async function rowsOf<R extends QueryResultRow>(
  asked: Asked,
  text: string,
  values: unknown[] = [],
  name?: string,
): Promise<R[]> {
  try {
    return (await asked.query<R>({ text, values, ...(name && { name }) })).rows;
  } catch (error) {
    throw asDatabaseError(error);
  }
}

/** SQL that gives a timestamptz as milliseconds since 1970. */
export const millis = (column: string): string => `(extract(epoch from ${column}) * 1000)::float8`;

/** SQL that makes a timestamptz of a parameter in milliseconds since 1970. */
export const moment = (parameter: string): string => `to_timestamp(${parameter}::float8 / 1000)`;
