// The thread of packer.ts: bytes in, packed bytes out, nothing else. It must never hold more than one task.
import { parentPort } from "node:worker_threads";
import { pack, packSegment } from "./codec.ts";
import type { PackingAnswer, PackingTask } from "./packer.ts";

parentPort?.on("message", ({ id, arena, lengths, segments }: PackingTask) => {
  let at = 0;
  const packed = lengths.map((length) => {
    at += length;
    const piece = Buffer.from(arena, at - length, length);
    return segments ? packSegment(piece) : pack(piece);
  });
  const joined = Buffer.from(new ArrayBuffer(packed.reduce((sum, { bytes }) => sum + bytes.length, 0)));
  let end = 0;
  for (const { bytes } of packed) end += bytes.copy(joined, end);
  const answer: PackingAnswer = {
    id,
    arena: joined.buffer,
    packed: packed.map(({ codec, bytes }) => ({ codec, length: bytes.length })),
  };
  parentPort?.postMessage(answer, [answer.arena]);
});
