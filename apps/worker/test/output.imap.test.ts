// Output that cannot be written: the real program with a full disk behind its stdout says so and fails, a reader that leaves ends it in silence.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Program, program } from "./program.ts";

const SOURCES = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const FULL = "packetboat: What was to be written to the output could not be: the disk is full.\n";

let cli: Program;
let directory: string;

beforeAll(async () => {
  cli = await program();
  directory = await mkdtemp(join(tmpdir(), "pb-output-"));
  const text = Array.from(
    { length: 300 },
    (_, n) => `From a@b Thu Jan  1 00:00:00 1970\nSubject: words ${n}\n\nText ${n}.\n\n`,
  );
  await writeFile(join(directory, "mail.mbox"), text.join(""));
  await cli.must(["import", "mail", join(directory, "mail.mbox")]);
  await cli.must(["index", "mail"]);
});
afterAll(async () => {
  await cli[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

/** Runs it by a shell, which knows how to lead output somewhere; "$@" is the program. */
async function inShell(script: string, args: readonly string[]): Promise<{ code: number; stderr: string }> {
  const { PATH = "" } = process.env;
  const child = spawn("bash", ["-c", script, "bash", process.execPath, SOURCES, ...args], {
    env: {
      PATH,
      HOME: cli.home,
      TZ: "UTC",
      PACKETBOAT_HOME: cli.home,
      PACKETBOAT_DATABASE_KEEP: "1",
      PACKETBOAT_DATABASE_URL: cli.databaseUrl ?? "",
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [code] = (await once(child, "close")) as [number];
  return { code, stderr };
}

describe("a full disk", () => {
  it.each([
    [["log", "mail"]],
    [["restore", "list", "mail", "--json"]],
    [["restore", "search", "mail", "words"]],
    [["status"]],
    [["runs", "--json"]],
    [["archive", "list"]],
    [["restore", "show", "mail", "1", "--raw"]],
    [["--help"]],
    [["restore", "--help"]],
  ])("%j", async (args) => {
    expect(await inShell('exec "$@" >/dev/full', args)).toEqual({ code: 1, stderr: FULL });
  });

  it("does not end a run, but is told at its end", async () => {
    const mbox = join(directory, "more.mbox");
    await writeFile(mbox, "From a@b Thu Jan  1 00:00:00 1970\nSubject: one more\n\nText.\n");
    expect(await inShell('exec "$@" >/dev/full', ["import", "mail", mbox])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/could not be: the disk is full\.\n$/),
    });
    expect(await cli.must(["import", "mail", mbox])).toContain("nothing new in 1 message");
  });

  it("that takes the beginning of what is written", async () => {
    const file = join(directory, "cut.json");
    // A limit of the shell's cuts a write off as a full disk does.
    const script = `trap '' XFSZ; ulimit -f 1; exec "$@" >'${file}'`;
    const { code, stderr } = await inShell(script, ["restore", "list", "mail", "--mailbox", "mail", "--json"]);
    const handle = await open(file);
    const { size } = await handle.stat();
    await handle.close();
    expect({ code, stderr, size }).toEqual({
      code: 1,
      stderr:
        "packetboat: What was to be written to the output could not be: the file has become as large as it may be.\n",
      size: 1_024,
    });
  });
});

describe("a reader", () => {
  it("that leaves ends the command in silence", async () => {
    const script = `set -o pipefail; "$@" | head -c 1; echo "\${PIPESTATUS[0]}" >'${join(directory, "status")}'`;
    expect(await inShell(script, ["restore", "list", "mail", "--json"])).toMatchObject({ stderr: "" });
    expect(await readFile(join(directory, "status"), "utf8")).toBe("0\n");
  });
});
