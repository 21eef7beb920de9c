// Reads a source as an import does and prints what it gave: for a reader who is not root. read-all.ts DIRECTORY
import { readAll, shown } from "../reading.ts";

const { messages, failures } = await readAll(process.argv[2] ?? "");
const named = failures.map(({ place, reason }) => `${place} ${reason}`).sort();
process.stdout.write(JSON.stringify({ messages: messages.map(shown), failures: named }));
