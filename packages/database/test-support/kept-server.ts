// Loaded by vitest once for a ring (globalSetup): the server of the scratch databases stays up from its first file to its last, and is not
// stopped and started whenever no test happens to use it. It must never be imported by a test.
import { openTestServer } from "./scratch.ts";

/** Starts the server; what it gives is called after the last file. */
export async function setup(): Promise<() => Promise<void>> {
  const server = await openTestServer();
  return () => server.close();
}
