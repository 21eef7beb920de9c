// One pass over one link in a process of its own, to be killed: lease, archive, connection and engine as a command wires them. It knows
// nothing of the place where it will be stopped.
import { getLink, openArchive } from "@packetboat/archive";
import { asId, type LinkId } from "@packetboat/core";
import { acquireLease, openDatabase } from "@packetboat/database";
import { connectRemote } from "@packetboat/imap";
import { runLink } from "../../src/index.ts";

const [url = "", linkId = "", port = "", user = ""] = process.argv.slice(2);
await using database = await openDatabase({ url });
const { pool } = database;
const link = await getLink(pool, asId<LinkId>(linkId));
await using lease = await acquireLease(database, { accountId: link.accountId, holder: "pull" });
const auth = { kind: "password", password: "pass" } as const;
const remote = await connectRemote({ host: "127.0.0.1", port: Number(port), security: "none", user, auth });
const run = runLink({
  remote,
  writer: null,
  archive: await openArchive({ pool, link, lease }),
  link,
  names: { archive: link.archive, account: link.account },
  archiveIsPushed: false,
  dryRun: false,
  now: Date.now,
  signal: lease.lost,
});
let step = await run.next();
while (step.done !== true) step = await run.next();
await remote.close();
const memory = Math.round(process.resourceUsage().maxRSS / 1_024);
const { report, error } = step.value;
process.stdout.write(
  `${JSON.stringify({ outcome: report.outcome, error: error?.code ?? null, memory, totals: report.totals })}\n`,
);
