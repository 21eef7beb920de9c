// The door of archive: what the engine and the apps may use of it. Nothing here loads drizzle.
export { readBodies, readBody, type StoredBody } from "./bodies.ts";
export { type OpenArchiveOptions, openArchive } from "./postgres-archive.ts";
