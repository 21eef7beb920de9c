// Help and usage: what `--help` loads (start-up is a budget), examples on every command, and wrong usage in one line with exit code 2.
import { describe, expect, it } from "vitest";
import { COMMANDS } from "../src/command-table.ts";
import { loadedFiles, runProgram } from "./program.ts";

const NOWHERE = { PACKETBOAT_HOME: "/nonexistent/home" };

async function loadedBy(args: readonly string[]): Promise<readonly string[]> {
  return (await loadedFiles((options) => runProgram(args, NOWHERE, options))).loaded;
}

describe("what help loads", () => {
  it("is the frame and commander, and nothing of the database, the mail or the prompts", async () => {
    const loaded = await loadedBy(["--help"]);
    expect(loaded.length).toBeLessThan(63);
    for (const name of [
      "/pg/",
      "imapflow",
      "drizzle",
      "pino",
      "log-update",
      "clack",
      "packages/database",
      "packages/archive",
      "packages/imap",
      "/commands/",
    ]) {
      expect(
        loaded.filter((url) => url.includes(name)),
        name,
      ).toEqual([]);
    }
  });
});

describe("every command", () => {
  it.each(COMMANDS.map(({ name }) => name))("%s has examples and says what it does", async (name) => {
    const { code, stdout, stderr } = await runProgram([name, "--help"], NOWHERE);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(new RegExp(`^Usage: packetboat ${name} `));
    expect(stdout).toMatch(/\nExamples:\n {2}packetboat /);
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(120);
    expect(await runProgram(["help", name], NOWHERE)).toEqual({ code, stdout, stderr });
  });
});

describe("wrong usage is one line and exit code 2", () => {
  it.each([
    [["databse"], /^packetboat: unknown command 'databse'; did you mean database\? See packetboat --help\.\n$/],
    [["--jsn"], /^packetboat: unknown option '--jsn'\. See packetboat --help\.\n$/],
    [
      ["database", "url", "--jsn"],
      /^packetboat: unknown option '--jsn'; did you mean --json\? See packetboat database --help\.\n$/,
    ],
    [
      ["database", "url", "imap://you:hunter2@host"],
      /^packetboat: too many arguments.* See packetboat database --help\.\n$/,
    ],
    [
      ["imaps://you:hunter2@mail.example.com"],
      /^packetboat: say what to do with this account, for example: packetboat backup URL\n$/,
    ],
    [["imaps//you:hunter2@mail.example.com"], /^packetboat: unknown command .* See packetboat --help\.\n$/],
  ])("%j", async (args, line) => {
    const { code, stdout, stderr } = await runProgram(args, NOWHERE);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(line);
    expect(stderr).not.toContain("hunter2");
  });

  it("without a command the help is on stderr", async () => {
    const { code, stdout, stderr } = await runProgram([], NOWHERE);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^Usage: packetboat COMMAND/);
  });

  it("a variable that cannot be understood is named", async () => {
    const { code, stderr } = await runProgram(["database", "url"], { ...NOWHERE, PACKETBOAT_LOG: "loud" });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(/^packetboat: PACKETBOAT_LOG is none of .*\n$/),
    });
  });
});
