// Takes jobs, says which, keeps them alive while its input is open, and never finishes: for tests that kill it.
import { openDatabase } from "@packetboat/database";
import { openQueue } from "../../src/index.ts";

const [url = "", most = "1"] = process.argv.slice(2);
await using database = await openDatabase({ url });
await using queue = await openQueue(database, {
  upkeepSeconds: 1,
  onProblem: (error) => process.stderr.write(`${error.message}\n`),
});
const jobs = await queue.take(Number(most));
process.stdout.write(`${JSON.stringify(jobs.map(({ linkId }) => linkId))}\n`);
const beat = setInterval(() => void queue.keepAlive(jobs), 1_000);
await new Promise((resolve) => process.stdin.once("end", resolve).resume());
clearInterval(beat);
