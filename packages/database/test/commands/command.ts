// A small command for the tests to start, freeze and kill: opens the database of a home, asks one thing, says so, waits for a line (or the
// end) of its input, and closes.
import { openDatabase } from "@packetboat/database";

const [home = ""] = process.argv.slice(2);
const database = await openDatabase({
  url: "",
  home,
  onNotice: (sentence) => process.stdout.write(`notice ${sentence}\n`),
});
const { rows } = await database.pool.query("select 1 as one");
process.stdout.write(`open ${JSON.stringify(rows)}\n`);
await new Promise((resolve) => process.stdin.once("data", resolve).once("end", resolve));
process.stdin.destroy();
await database.close();
process.stdout.write("closed\n");
