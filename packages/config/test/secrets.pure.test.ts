// Passwords and their seal: which way wins, what an unreadable one says, and that a sealed one opens for its own row and key only.
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  choosePassword,
  openLogger,
  readEnvironment,
  readOrMakeSealingKey,
  readPassword,
  readSealingKey,
} from "../src/index.ts";

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "pb-config-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const never = () => Promise.reject(new Error("asked"));
const row = { table: "account", id: 7 };

describe("the seal", () => {
  it("opens for its own row and key only, and is the same for nothing twice", async () => {
    const key = await readOrMakeSealingKey(join(directory, "new", "key"));
    expect((await stat(key.path)).mode & 0o777).toBe(0o600);
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }).filter((text) => text.isWellFormed()),
        (secret) => {
          expect(key.open(row, key.seal(row, secret))).toBe(secret);
        },
      ),
    );
    const sealed = key.seal(row, "hunter2");
    expect(sealed.equals(key.seal(row, "hunter2"))).toBe(false);
    expect(sealed.includes("hunter2")).toBe(false);
    expect(() => key.open({ table: "account", id: 8 }, sealed)).toThrow(/changed or moved/);
    expect(() => key.open({ table: "secret", id: 7 }, sealed)).toThrow(/changed or moved/);
    for (let at = 5; at < sealed.length; at++) {
      const damaged = Buffer.from(sealed);
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      expect(() => key.open(row, damaged)).toThrow(expect.objectContaining({ code: "SECRET_UNREADABLE" }));
    }
    expect(() => key.open(row, Buffer.alloc(3))).toThrow(/damaged/);
    const other = await readOrMakeSealingKey(join(directory, "other"));
    expect(() => other.open(row, sealed)).toThrow(/sealed with another key/);
    expect(JSON.stringify(key)).not.toMatch(/bytes/);
  });

  it("is made once, however many make it at the same time", async () => {
    const path = join(directory, "raced");
    const keys = await Promise.all(Array.from({ length: 8 }, () => readOrMakeSealingKey(path)));
    const sealed = keys[0]!.seal(row, "hunter2");
    for (const key of keys) expect(key.open(row, sealed)).toBe("hunter2");
    expect((await readdir(directory)).filter((name) => name.startsWith("raced"))).toEqual(["raced"]);
    expect(await readFile(path, "latin1")).toMatch(/^packetboat-key-1:/);
  });

  it("names a key file that is missing or none of ours", async () => {
    await expect(readSealingKey(join(directory, "nowhere"))).rejects.toThrow(/cannot be read \(ENOENT\)/);
    await writeFile(join(directory, "foreign"), "packetboat-key-1:short");
    await expect(readSealingKey(join(directory, "foreign"))).rejects.toThrow(/not a key that Packetboat made/);
    await expect(readOrMakeSealingKey(join(directory, "foreign", "key"))).rejects.toMatchObject({
      code: "CONFIG_INVALID",
    });
  });
});

describe("the way to a password", () => {
  const all = {
    file: "f",
    url: "from url",
    environment: { variable: "PACKETBOAT_PASSWORD", password: "from environment" },
    kept: { kind: "kept", open: never } as const,
    terminal: true,
  };
  it("is the most explicit one", () => {
    expect(choosePassword(all).kind).toBe("file");
    expect(choosePassword({ ...all, file: undefined, command: "c" }).kind).toBe("command");
    expect(choosePassword({ ...all, file: undefined }).kind).toBe("url");
    expect(choosePassword({ ...all, file: undefined, url: null }).kind).toBe("environment");
    expect(choosePassword({ kept: all.kept, terminal: true }).kind).toBe("kept");
    expect(choosePassword({ terminal: true }).kind).toBe("prompt");
    expect(() => choosePassword({ terminal: false })).toThrow(
      /--password-file FILE, --password-command COMMAND.*PACKETBOAT_PASSWORD/,
    );
    expect(() => choosePassword({ file: "f", command: "c", terminal: false })).toThrow(/not both/);
  });

  it("gives the first line of a file or of a command's output", async () => {
    const path = join(directory, "password");
    await writeFile(path, "hunter2 \r\nsecond\n");
    expect(await readPassword({ kind: "file", path }, never)).toBe("hunter2 ");
    expect(await readPassword({ kind: "command", command: "printf 'a b\\nrest'" }, never)).toBe("a b");
    expect(await readPassword({ kind: "prompt" }, () => Promise.resolve("typed"))).toBe("typed");
    await writeFile(path, "\n");
    await expect(readPassword({ kind: "file", path }, never)).rejects.toThrow(/is empty/);
    await expect(readPassword({ kind: "file", path: directory }, never)).rejects.toThrow(/cannot be read \(EISDIR\)/);
    await expect(readPassword({ kind: "command", command: "echo hunter2; exit 3" }, never)).rejects.toThrow(
      /^The password command ended with exit code 3/,
    );
  });
});

describe("the environment", () => {
  it("is read once, with its defaults", () => {
    expect(readEnvironment({})).toEqual({
      databaseUrl: null,
      keepDatabase: false,
      keyFile: null,
      password: null,
      sidePasswords: { a: null, b: null, from: null, to: null },
      oidcClientSecret: null,
      logLevel: "silent",
      logFile: null,
      metricsHost: "127.0.0.1",
      color: "auto",
    });
    expect(readEnvironment({ PACKETBOAT_DATABASE_KEEP: "1", PACKETBOAT_LOG: "DEBUG", NO_COLOR: "1" })).toMatchObject({
      keepDatabase: true,
      logLevel: "debug",
      color: "never",
    });
    expect(readEnvironment({ PACKETBOAT_OIDC_CLIENT_SECRET: "hunter2" }).oidcClientSecret).toBe("hunter2");
  });
  it.each([
    [{ PACKETBOAT_DATABASE_URL: "mysql://u:hunter2@h/d" }, /PACKETBOAT_DATABASE_URL/],
    [{ PACKETBOAT_LOG: "loud" }, /PACKETBOAT_LOG is none of/],
    [{ PACKETBOAT_DATABASE_KEEP: "perhaps" }, /PACKETBOAT_DATABASE_KEEP/],
  ])("%j is refused by name", (env, sentence) => {
    expect(() => readEnvironment(env)).toThrow(sentence);
    expect(() => readEnvironment(env)).not.toThrow(/hunter2/);
  });
});

it("the log holds no secret", async () => {
  const path = join(directory, "log");
  const log = await openLogger("debug", path);
  log.info({ runId: 3, password: "hunter2", account: { user: "you", password: "hunter2" } }, "started");
  log.error(
    { err: new Error("outer", { cause: Object.assign(new Error("inner"), { code: "ECONNRESET" }) }) },
    "failed",
  );
  const text = await readFile(path, "utf8");
  expect(text).not.toMatch(/hunter2|you/);
  expect(text).toMatch(/"runId":3/);
  expect(text).toMatch(/ECONNRESET/);
});
