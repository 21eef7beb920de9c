// The program that set-up makes (tools/program.ts, tools/start.ts): it is what runs, it is never run when a source says something else, and
// whatever happens while it is made anew, the command is done. Lives in a copy of the checkout, which the tests edit.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  watch,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");
const text = (name: string) => readFileSync(join(ROOT, name), "utf8");
const FLAGS = (/exec sh .* node (--.*) "\$root/.exec(text("packetboat"))?.[1] ?? "").split(" ");
const SUMMARY = /what is (?:up|UP) to date/;

const copy = mkdtempSync(join(tmpdir(), "pb-program-"));
const runtime = join(copy, ".runtime");
const table = join(copy, "apps/worker/src/command-table.ts");
afterAll(() => rmSync(copy, { recursive: true, force: true }));

for (const name of ["apps", "packages", "tools", "package.json"])
  cpSync(join(ROOT, name), join(copy, name), {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !/\/test$/.test(path),
  });
symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
mkdirSync(runtime);

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** It ran the program, not the sources. */
  readonly made: boolean;
}

/** Tells on stderr whether any source of the command was loaded. */
const HOOK = `import { registerHooks } from "node:module";
  let sources = false;
  registerHooks({ load(url, context, next) { sources ||= url.endsWith("/src/cli.ts"); return next(url, context); } });
  process.on("exit", () => process.stderr.write(sources ? "RAN sources" : "RAN program"));`;

function begin(args: readonly string[]): ChildProcess {
  const hook = `--import=data:text/javascript,${encodeURIComponent(HOOK)}`;
  return spawn(process.execPath, [...FLAGS, hook, join(runtime, "program.cjs"), ...args], { cwd: tmpdir() });
}

async function end(child: ChildProcess): Promise<Ended> {
  let [stdout, stderr] = ["", ""];
  child.stdout?.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    stderr += chunk;
  });
  const code = await new Promise<number | null>((done) => child.once("close", done));
  return { code, stdout, stderr: stderr.replace(/RAN \w+$/, ""), made: stderr.endsWith("RAN program") };
}

const help = () => end(begin(["--help"]));

/** Edits the summary of `status` without changing its length: from what it says to what it did not say. Gives what it says now. */
function edit(): string {
  const before = readFileSync(table, "utf8");
  const [says = ""] = SUMMARY.exec(before) ?? [];
  const summary = says.includes("up to") ? "what is UP to date" : "what is up to date";
  writeFileSync(table, before.replace(SUMMARY, summary));
  return summary;
}

function make(): void {
  const made = spawnSync(process.execPath, [...FLAGS, join(copy, "tools/program.ts")], { encoding: "utf8" });
  expect({ status: made.status, stderr: made.stderr }).toEqual({ status: 0, stderr: "" });
}

/** Making it takes longer than all that a test does with it: a test that leaves it whole spares the next one that. */
beforeEach(async () => {
  rmSync(join(runtime, "program.mark"), { force: true });
  const ran = existsSync(join(runtime, "program.cjs")) ? await help() : null;
  if (ran?.made !== true || ran.stderr !== "") make();
});

describe("the program", () => {
  it("runs, and no source beside it", async () => {
    expect(await help()).toMatchObject({ code: 0, stderr: "", made: true, stdout: expect.stringMatching(SUMMARY) });
  });

  it("is taken compiled by V8 under the flags of ./packetboat, which are those of set-up", () => {
    expect(FLAGS.length).toBeGreaterThan(1);
    expect(text("tools/setup.sh")).toContain(`flags='${FLAGS.join(" ")}'`);
    const name = readdirSync(runtime).find((file) => file.endsWith(".code")) ?? "";
    const script = JSON.stringify(join(runtime, name.replace(".code", ".js")));
    const taken = `const { readFileSync } = require("node:fs"); const text = readFileSync(${script}, "latin1");
      const cachedData = readFileSync(${script}.replace(/js$/, "code"));
      console.log(new (require("node:vm").Script)(text, { cachedData }).cachedDataRejected);`;
    expect(spawnSync(process.execPath, [...FLAGS, "-e", taken], { encoding: "utf8" }).stdout).toBe("false\n");
  });

  it("finds every deferred library from where it is imported, with the names that are taken from it", () => {
    const [name = ""] = readdirSync(runtime).filter((file) => /^program-.*\.js$/.test(file));
    const program = readFileSync(join(runtime, name), "latin1");
    const places = [...program.matchAll(/requireAs\("([^"]+)", "([^"]+)"\)/g)];
    expect(new Set(places.map(([, , library]) => library)).size).toBeGreaterThanOrEqual(14);
    for (const [, importer = "", library = ""] of places) {
      const real = createRequire(join(copy, importer))(library) as Readonly<Record<string, unknown>>;
      const wanted = { "@zone-eu/mailsplit": ["Headers"], socks: ["SocksClient"], "log-update": ["createLogUpdate"] };
      for (const key of wanted[library as keyof typeof wanted] ?? [])
        expect(typeof real[key], `${library}: ${key}`).toBe("function");
      expect(["function", "object"], library).toContain(typeof real);
    }
  });

  it("writes a log by the deferred logger, with the stack of an error", async () => {
    const env = { ...process.env, PACKETBOAT_LOG: "debug", PACKETBOAT_DATABASE_URL: "postgres://u@127.0.0.1:1/none" };
    const args = [...FLAGS, join(runtime, "program.cjs"), "archive", "list"];
    const { status, stderr } = spawnSync(process.execPath, args, { env, encoding: "utf8" });
    expect(status).toBe(1);
    const line = stderr.split("\n").find((one) => one.startsWith("{")) ?? "";
    expect(JSON.parse(line)).toMatchObject({
      msg: "the command failed",
      err: { stack: expect.stringMatching(/program-\w+\.js:\d{3,}:\d+/) },
    });
  });
});

describe("an edited source", () => {
  it("runs as it lies at once, also while another command makes the program or nobody may write, and is the program after that", async () => {
    const summary = edit();
    writeFileSync(join(runtime, "program.mark"), "");
    for (const _ of [1, 2])
      expect(await help()).toMatchObject({ made: false, stdout: expect.stringContaining(summary) });
    // A minute later that command is taken for dead: this call still runs the sources, and the next one what it has made.
    utimesSync(join(runtime, "program.mark"), new Date(0), new Date(0));
    const ran = await help();
    expect(ran).toMatchObject({ code: 0, stderr: "", made: false, stdout: expect.stringContaining(summary) });
    expect(await help()).toEqual({ ...ran, made: true });
  });

  it("four commands at once are all done, and leave one program", async () => {
    const summary = edit();
    const all = await Promise.all(Array.from({ length: 4 }, help));
    for (const one of all) expect(one).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining(summary) });
    expect(await help()).toMatchObject({ made: true, stdout: expect.stringContaining(summary) });
    expect(readdirSync(runtime).filter((file) => file.startsWith("program")).length).toBe(3);
  });

  it("a command that is killed while it makes the program leaves the next one well", async () => {
    const summary = edit();
    const begun = new Promise<void>((done) => {
      const watcher = watch(runtime, (_, file) => {
        if (file !== "program.mark") return;
        watcher.close();
        done();
      });
    });
    const killed = begin(["--help"]);
    await begun;
    killed.kill("SIGKILL");
    expect((await end(killed)).code).toBe(null);
    expect(await help()).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining(summary) });
  });

  it("that nobody can read keeps only the commands back that need it", async () => {
    const broken = join(copy, "apps/worker/src/commands/forget.ts");
    const whole = readFileSync(broken, "utf8");
    writeFileSync(broken, "const = ;");
    const ran = await help();
    writeFileSync(broken, whole);
    expect(ran).toMatchObject({
      code: 0,
      made: false,
      stderr: expect.stringMatching(/^packetboat: no program can be/),
    });
    expect(ran.stdout).toMatch(SUMMARY);
  });

  it("a program that is not there is made again", async () => {
    for (const file of readdirSync(runtime).filter((name) => name.startsWith("program-"))) rmSync(join(runtime, file));
    expect(await help()).toMatchObject({ code: 0, stderr: "", made: false });
    expect((await help()).made).toBe(true);
  });
});

it("a moved checkout is a changed one, and works", async () => {
  const moved = `${copy}-moved`;
  cpSync(copy, moved, { recursive: true, verbatimSymlinks: true });
  const ran = spawnSync(process.execPath, [...FLAGS, join(moved, ".runtime/program.cjs"), "--version"], {
    encoding: "utf8",
  });
  rmSync(moved, { recursive: true, force: true });
  expect(ran).toMatchObject({ status: 0, stderr: "", stdout: expect.stringMatching(/^packetboat /) });
});
