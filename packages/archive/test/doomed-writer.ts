// A run that is killed: stores a batch and commits it, saying where it is. Started by commit.kill.test.ts, which ends it with SIGKILL.
//   node doomed-writer.ts URL
import { asId, type LinkId } from "@packetboat/core";
import { acquireLease, openDatabase } from "@packetboat/database";
import { getLink, openArchive } from "../src/index.ts";
import { BODIES, batchOf } from "./killed-batch.ts";

const say = (word: string): void => void process.stdout.write(`${word}\n`);
const database = await openDatabase({ url: process.argv[2] ?? "" });
const link = await getLink(database.pool, asId<LinkId>(1));
const lease = await acquireLease(database, { accountId: link.accountId, holder: "doomed" });
const archive = await openArchive({ pool: database.pool, link, lease });
say("storing");
await archive.storeBodies(BODIES);
say("stored");
const batch = await batchOf(archive);
say("committing");
await archive.commit(batch);
say("committed");
setInterval(() => undefined, 1_000);
