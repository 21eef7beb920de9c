// C1: bodies that go through the thread come back as they were, in their order; a damaged one is told apart, and its neighbours are whole.
import { sha256 } from "@packetboat/core";
import { expect, it } from "vitest";
import { type PackedBody, pack } from "../src/codec.ts";
import { unpackAll } from "../src/unpacker.ts";
import { noise } from "./noise.ts";

const message = (seed: number): Buffer => {
  const attached =
    noise(3_000 + seed * 137, seed)
      .toString("base64")
      .match(/.{1,76}/g) ?? [];
  return Buffer.from(`Subject: ${seed}\r\n\r\n${attached.join("\r\n")}\r\n${"text ".repeat(seed)}`);
};
const packed = (body: Buffer): PackedBody => ({ ...pack(body), size: body.length, sha256: sha256(body) });

it("in the thread as without it, while arenas are used again and again", async () => {
  const bodies = [Buffer.alloc(0), ...Array.from({ length: 39 }, (_, i) => message(i))];
  const all = bodies.map(packed);
  const damaged = { ...all[7], bytes: Buffer.from(all[7]?.bytes ?? []) } as PackedBody;
  damaged.bytes[1_000] = (damaged.bytes[1_000] ?? 0) ^ 1;
  const wanted = bodies.map((body, i) => (i === 7 ? null : sha256(body)));
  const asked = [...all.slice(0, 7), damaged, ...all.slice(8)];
  // The first ones are unpacked here; from 4 MB on the thread is there.
  for (let times = 0; times < 30; times++) {
    const { bodies: found, release } = await unpackAll(asked);
    expect(found.map((body) => body && sha256(body))).toEqual(wanted);
    release();
  }
});

it("sizes that lie are damage", async () => {
  const body = packed(message(20));
  const { bodies } = await unpackAll([{ ...body, size: body.size - 1 }, body, { ...body, size: body.size + 1 }]);
  expect(bodies.map((each) => each !== null)).toEqual([false, true, false]);
});
