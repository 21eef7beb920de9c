// The door of index: what can be searched and shown of messages, read on threads of their own. mailparser is loaded by these alone.
export { emptyContent } from "./content-of.ts";
export { OPENED_BYTES, READ_BYTES } from "./limits.ts";
export type { OpenedMessage, OpenedPart } from "./opened.ts";
export { type ContentReader, openReader, type ReaderOptions } from "./pool.ts";
