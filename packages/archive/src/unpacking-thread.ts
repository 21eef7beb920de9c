// The thread of unpacker.ts: packed bytes in, plain bytes out, each body with a yes or no. It must never say yes to bytes that are not proved.
import { parentPort } from "node:worker_threads";
import { isUnpackedInto } from "./codec.ts";
import type { UnpackingAnswer, UnpackingTask } from "./unpacker.ts";

parentPort?.on("message", ({ packed, plain, bodies }: UnpackingTask) => {
  let from = 0;
  let to = 0;
  const whole = bodies.map(({ codec, length, size, sha256 }) => {
    const bytes = Buffer.from(packed, from, length);
    const body = Buffer.from(plain, to, size);
    from += length;
    to += size;
    return isUnpackedInto({ codec, bytes, size, sha256 }, body);
  });
  const answer: UnpackingAnswer = { packed, plain, whole };
  parentPort?.postMessage(answer, [packed, plain]);
});
