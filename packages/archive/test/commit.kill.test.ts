// S1: a run killed at any moment between its bodies and its commit leaves a state from which the same batch ends the same.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { asId, type LinkId } from "@packetboat/core";
import { acquireLease } from "@packetboat/database";
import { scratchDatabase } from "@packetboat/database/testing";
import { describe, expect, it } from "vitest";
import { getLink, openArchive, verifyArchive } from "../src/index.ts";
import { BODIES, batchOf } from "./killed-batch.ts";
import { openOn } from "./open-archive.ts";
import { pair } from "./stocked-archive.ts";

const WRITER = fileURLToPath(new URL("./doomed-writer.ts", import.meta.url));

/** Starts the writer and kills it as soon as it says `word`, or so many milliseconds after. */
async function killedAt(url: string, word: string, delay: number): Promise<void> {
  const child = spawn(process.execPath, [WRITER, url], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  let said = "";
  await new Promise<void>((resolve, reject) => {
    // Read on after the word: a writer whose pipe is closed would end by itself.
    child.stdout.on("data", (chunk) => {
      said += chunk;
      if (said.split("\n").includes(word)) resolve();
    });
    child.once("exit", () => reject(new Error(`the writer ended before it said ${word}`)));
  });
  if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
  child.kill("SIGKILL");
  await exited;
}

describe("a run that is killed", () => {
  // The delays are where the kill falls, not something that is waited for.
  // Where a run can be cut between statements, exactly: packages/engine/test/kills.kill.test.ts. Here: a large body between its parts.
  const moments = [
    ["storing", 30],
    ["committing", 15],
    ...(process.env.PACKETBOAT_SOAK === undefined
      ? []
      : ([
          ["storing", 0],
          ["storing", 120],
          ["stored", 0],
          ["committing", 0],
          ["committed", 0],
        ] as const)),
  ] as const;

  it.each(moments)("S1: when %s, %i ms later, leaves what the next run completes", async (word, delay) => {
    await using scratch = await scratchDatabase();
    {
      await using first = await openOn(scratch, "alice");
      await pair(first, ["INBOX"]);
    }
    await killedAt(scratch.url, word, delay);
    const link = await getLink(scratch.pool, asId<LinkId>(1));
    await using lease = await acquireLease(scratch.database, { accountId: link.accountId, holder: "next" });
    const archive = await openArchive({ pool: scratch.pool, link, lease });
    await archive.storeBodies(BODIES);
    await archive.commit(await batchOf(archive));
    const counts = await scratch.pool.query(
      `select (select count(*)::int from message) as messages, (select count(*)::int from message_version) as versions,
        (select count(*)::int from placement) as placements, (select count(*)::int from blob) as blobs,
        (select revision::int from archive) as revision, (select count(*)::int from revision) as revisions`,
    );
    const all = BODIES.length;
    expect(counts.rows).toEqual([
      { messages: all, versions: all, placements: all, blobs: all, revision: 2, revisions: 2 },
    ]);
    const found = [];
    for await (const finding of verifyArchive(scratch.pool, link.archiveId)) found.push(finding);
    expect(found).toEqual([]);
  });
});
