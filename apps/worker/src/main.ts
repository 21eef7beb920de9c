// The packetboat command: turns on Node's compile cache, then runs the command line. Everything else is loaded after the cache is on,
// and only what the command asked for needs (start-up is a budget). It must never import anything at the top that imports more than Node.
import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";

// For whoever starts this file without ./packetboat, which turns it on before this file is read. In the checkout, not in /tmp: a cache that
// another user may write would be code of theirs.
enableCompileCache(fileURLToPath(new URL("../../../.runtime/compile-cache", import.meta.url)));
// A password in the URL is not for everybody who types ps.
process.title = "packetboat";

/** Not at the top level: a CommonJS file, which set-up makes of this (tools/program.ts), cannot wait there. */
async function main(): Promise<void> {
  const { runCommandLine } = await import("./cli.ts");
  process.exitCode = await runCommandLine(process.argv.slice(2), process);
  // Whatever still holds the process (a socket that a server does not close) is given a moment, then left to the kernel.
  setTimeout(() => process.exit(), 2_000).unref();
}

void main();
