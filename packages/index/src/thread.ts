// A thread of pool.ts: bytes in, content out, one message after the other. What mailparser refuses is read in our own way at once. It must
// never hold on to a message, and it may be ended at any moment.
import { parentPort } from "node:worker_threads";
import type { Content } from "@packetboat/search";
import { contentOf, type Read } from "./content-of.ts";
import { readByParser } from "./parse.ts";
import type { ReadingAnswer, ReadingTask } from "./pool.ts";
import { readTolerantly } from "./tolerant.ts";

let giveUp: ((error: unknown) => void) | null = null;
// Some of what mailparser throws comes from within its streams, where nobody can catch it but here.
process.on("uncaughtException", (error) => {
  if (giveUp === null) throw error;
  giveUp(error);
});

/** mailparser's reading, or what it failed with, wherever that was thrown. */
async function byParser(bytes: Buffer, cut: boolean): Promise<Read> {
  try {
    return await Promise.race([
      readByParser(bytes, cut),
      new Promise<never>((_, reject) => {
        giveUp = reject;
      }),
    ]);
  } finally {
    giveUp = null;
  }
}

async function read({ bytes, cut, failed }: ReadingTask): Promise<Content> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (failed !== null) return contentOf(readTolerantly(buffer, cut), failed);
  let found: Read;
  try {
    found = await byParser(buffer, cut);
  } catch {
    return contentOf(readTolerantly(buffer, cut), "parser");
  }
  return contentOf(found, null);
}

// Messages wait here, not in the parser: one at a time is in memory beside those that were sent.
let before: Promise<void> = Promise.resolve();
parentPort?.on("message", (task: ReadingTask) => {
  before = before.then(async () => {
    const answer: ReadingAnswer = { kind: "read", content: await read(task) };
    parentPort?.postMessage(answer);
  });
});
const ready: ReadingAnswer = { kind: "ready" };
parentPort?.postMessage(ready);
