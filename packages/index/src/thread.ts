// A thread of pool.ts: bytes in, what was asked of them out, one message after the other. What mailparser refuses is read in our own way at
// once. It must never hold on to a message, and it may be ended at any moment.
import { parentPort } from "node:worker_threads";
import type { Content } from "@packetboat/search";
import { contentOf, type Read } from "./content-of.ts";
import { openByParser, partByParser } from "./open.ts";
import { type OpenedMessage, type OpenedRead, openedOf, partNumber } from "./opened.ts";
import { readOrdinary } from "./ordinary.ts";
import { readByParser, textOfHtml } from "./parse.ts";
import { plainHtml } from "./plain-html.ts";
import type { ReadingAnswer, ReadingTask } from "./pool.ts";
import { openTolerantly, partTolerantly, readTolerantly } from "./tolerant.ts";

let giveUp: ((error: unknown) => void) | null = null;
// Some of what mailparser throws comes from within its streams, where nobody can catch it but here.
process.on("uncaughtException", (error) => {
  if (giveUp === null) throw error;
  giveUp(error);
});

/** mailparser's reading, or what it failed with, wherever that was thrown. */
async function caught<T>(reading: Promise<T>): Promise<T> {
  try {
    return await Promise.race([
      reading,
      new Promise<never>((_, reject) => {
        giveUp = reject;
      }),
    ]);
  } finally {
    giveUp = null;
  }
}

async function read(buffer: Buffer, { cut, failed }: ReadingTask): Promise<Content> {
  if (failed !== null) return contentOf(readTolerantly(buffer, cut), failed);
  let found: Read;
  try {
    found = readOrdinary(buffer, cut) ?? (await caught(readByParser(buffer, cut)));
  } catch {
    return contentOf(readTolerantly(buffer, cut), "parser");
  }
  if (found.text.trim() !== "" || found.attachments.length > 0) return contentOf(found, null);
  // mailparser gives nothing of a multipart that names no boundary, or one that never comes. Whoever wrote it wrote something.
  const { text, attachments } = readTolerantly(buffer, cut);
  return contentOf({ ...found, text, attachments }, null);
}

async function open(buffer: Buffer, { cut, failed }: ReadingTask): Promise<OpenedMessage> {
  if (failed !== null) return openedOf(openTolerantly(buffer, cut), "o", failed, plainHtml);
  let found: OpenedRead;
  try {
    found = await caught(openByParser(buffer, cut));
  } catch {
    return openedOf(openTolerantly(buffer, cut), "o", "parser", plainHtml);
  }
  if (found.text.trim() !== "" || found.html !== null || found.parts.length > 0)
    return openedOf(found, "m", null, textOfHtml);
  const { text, html, parts } = openTolerantly(buffer, cut);
  return openedOf({ ...found, text, html, parts }, "o", null, plainHtml);
}

/** Only in the way in which the part was found: the other may count differently. */
async function part(buffer: Buffer, name: string, { failed }: ReadingTask): Promise<Buffer | null> {
  const asked = partNumber(name);
  if (asked === null) return null;
  if (asked.way === "o") return partTolerantly(buffer, asked.number);
  if (failed !== null) return null;
  try {
    return await caught(partByParser(buffer, asked.number));
  } catch {
    return null;
  }
}

function answerTo(task: ReadingTask): Promise<Content | OpenedMessage | Buffer | null> {
  const { bytes, wanted } = task;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (wanted.kind) {
    case "content":
      return read(buffer, task);
    case "open":
      return open(buffer, task);
    case "part":
      return part(buffer, wanted.part, task);
  }
}

// Messages wait here, not in the parser: one at a time is in memory beside those that were sent.
let before: Promise<void> = Promise.resolve();
parentPort?.on("message", (tasks: readonly ReadingTask[]) => {
  before = before.then(async () => {
    const read: Awaited<ReturnType<typeof answerTo>>[] = [];
    for (const task of tasks) read.push(await answerTo(task));
    parentPort?.postMessage({ kind: "read", read } satisfies ReadingAnswer);
  });
});
const ready: ReadingAnswer = { kind: "ready" };
parentPort?.postMessage(ready);
