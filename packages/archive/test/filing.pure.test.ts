// Bodies as files of their own: the same bytes, by the thread or without it; what is damaged, or cannot be written, leaves no file.
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sha256 } from "@packetboat/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type PackedBody, pack } from "../src/codec.ts";
import { Filing } from "../src/filing.ts";
import { noise } from "./noise.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "pb-filing-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const packed = (body: Buffer): PackedBody => ({ ...pack(body), size: body.length, sha256: sha256(body) });
const body = (seed: number): Buffer =>
  Buffer.from(
    `Subject: ${seed}\r\n\r\n${noise(seed * 997, seed)
      .toString("base64")
      .replace(/.{76}/g, "$&\r\n")}`,
  );

// The first one is the one without: once there is a thread, it is used.
describe.each([
  ["here", 0],
  ["by the thread", 100_000_000],
])("files that are written %s", (_where, expected) => {
  it("C1: have the bytes and the time, though what was packed is overwritten meanwhile", async () => {
    const filing = new Filing(expected);
    const bodies = [Buffer.alloc(0), ...Array.from({ length: 40 }, (_, i) => body(i)), noise(1_500_000, 7)];
    const asked: Promise<boolean>[] = [];
    for (const [i, each] of bodies.entries()) {
      const one = packed(Buffer.from(each));
      asked.push(filing.file(one, { path: join(root, `${i}`), time: i === 0 ? null : Date.UTC(2020, 0, i) }));
      one.bytes.fill(0);
      await filing.room();
    }
    filing.flush();
    expect(new Set(await Promise.all(asked))).toEqual(new Set([true]));
    for (const [i, each] of bodies.entries()) {
      expect(readFileSync(join(root, `${i}`)).equals(each)).toBe(true);
      if (i > 0) expect(statSync(join(root, `${i}`)).mtimeMs).toBe(Date.UTC(2020, 0, i));
    }
  });

  it("do not exist where a body is damaged; its neighbours do", async () => {
    const filing = new Filing(expected);
    const damaged = { ...packed(body(9)), sha256: sha256(body(8)) };
    const files = [packed(body(1)), damaged, packed(body(2))].map((each, i) =>
      filing.file(each, { path: join(root, `${i}`), time: null }),
    );
    filing.flush();
    expect(await Promise.all(files)).toEqual([true, false, true]);
    expect(readdirSync(root).sort()).toEqual(["0", "2"]);
  });

  it("take the place of a link, and leave alone what it leads to", async () => {
    const victim = join(root, "victim");
    writeFileSync(victim, "mine");
    symlinkSync(victim, join(root, "file"));
    const filing = new Filing(expected);
    const file = filing.file(packed(body(3)), { path: join(root, "file"), time: null });
    filing.flush();
    expect(await file).toBe(true);
    expect(readFileSync(victim, "utf8")).toBe("mine");
    expect(readFileSync(join(root, "file")).equals(body(3))).toBe(true);
  });

  it("that cannot be made are refused by name, and none behind them is tried", async () => {
    const filing = new Filing(expected);
    const paths = [join(root, "0"), join(root, "missing", "1"), join(root, "2")];
    const files = paths.map((path) => filing.file(packed(body(4)), { path, time: null }));
    filing.flush();
    const [first, second, third] = await Promise.allSettled(files);
    expect(first).toEqual({ status: "fulfilled", value: true });
    const refused = { status: "rejected", reason: { code: "ENOENT", path: paths[1] } };
    expect([second, third]).toMatchObject([refused, refused]);
    expect(existsSync(join(root, "2"))).toBe(false);
  });
});

it("a file that the system lets be no larger is named, and no part of it stays", () => {
  const script = fileURLToPath(new URL("limited-filing.ts", import.meta.url));
  const limited = ["-c", 'ulimit -f 64; exec "$@"', "sh", process.execPath, script, root];
  const outcomes = JSON.parse(execFileSync("sh", limited, { encoding: "utf8" })) as unknown[];
  const refused = { code: "EFBIG", path: join(root, "1"), message: expect.stringContaining(join(root, "1")) };
  expect(outcomes).toEqual([true, refused, refused]);
  expect(readdirSync(root)).toEqual(["0"]);
});
