// Writes a body to the file that is named, under whatever limits it was started with, then another, and says what became of them: what a test of a
// disk that takes no more starts. It must never be run but by that test.
import { sha256 } from "@packetboat/core";
import { pack } from "../src/codec.ts";
import { fileTask } from "../src/filing-task.ts";
import { noise } from "./noise.ts";

const place = process.argv[2] ?? "";
const bodies = [noise(1_000, 1), noise(100_000, 2), noise(1_000, 3)];
const packed = bodies.map((body) => ({ ...pack(body), size: body.length, sha256: sha256(body) }));
const all = Buffer.concat(packed.map(({ bytes }) => bytes));
const arena = new ArrayBuffer(all.length);
all.copy(Buffer.from(arena));
const asked = packed.map(({ bytes, ...rest }, i) => ({
  ...rest,
  length: bytes.length,
  path: `${place}/${i}`,
  time: null,
}));
console.log(JSON.stringify(fileTask({ packed: arena, bodies: asked })));
