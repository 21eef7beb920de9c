// The columns that the tables of schema.ts and schema-base.ts are made of. It must never be imported for its values by anything but these.
import { bigint, customType, timestamp } from "drizzle-orm/pg-core";

export const bytea = customType<{ data: Buffer }>({ dataType: () => "bytea" });
export const id = () => bigint({ mode: "bigint" }).primaryKey().generatedAlwaysAsIdentity();
export const int8 = () => bigint({ mode: "bigint" });
export const moment = () => timestamp({ withTimezone: true });
