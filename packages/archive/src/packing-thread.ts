// The thread of packer.ts: bytes in, packed bytes out in their place, nothing else. It must never hold more than one task.
import { parentPort } from "node:worker_threads";
import { pack, packSegment } from "./codec.ts";
import type { PackingAnswer, PackingTask } from "./packer.ts";

parentPort?.on("message", ({ arena, lengths, segments }: PackingTask) => {
  let at = 0;
  let end = 0;
  const packed = lengths.map((length) => {
    const piece = Buffer.from(arena, at, length);
    const form = segments ? packSegment(piece) : pack(piece);
    at += length;
    // Never longer than the piece, so it reaches at most to the next one. A form that is the piece itself moves down.
    end += form.bytes.copy(Buffer.from(arena), end);
    return { codec: form.codec, length: form.bytes.length };
  });
  const answer: PackingAnswer = { arena, packed };
  parentPort?.postMessage(answer, [arena]);
});
