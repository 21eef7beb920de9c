// The bundle of tools/libraries.ts: what it defers is loaded when it is used, and is the real thing; nothing of it is loaded before.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const BUNDLE = new URL("../../.runtime/libraries/", import.meta.url);

/** Runs a program over the bundle in a process of its own and gives what it printed. */
function printed(code: string): string {
  const ended = spawnSync(process.execPath, ["--input-type=module", "-e", code], { encoding: "utf8" });
  if (ended.status !== 0) throw new Error(ended.stderr);
  return ended.stdout;
}

it("set-up made the bundle", () => {
  const names = JSON.parse(readFileSync(new URL("names.json", BUNDLE), "utf8")) as string[];
  expect(names.sort()).toEqual(["commander", "imapflow", "pg"]);
  for (const name of names) expect(existsSync(new URL(`${name}.mjs`, BUNDLE))).toBe(true);
});

it("a deferred library is loaded when something of it is used, and works", () => {
  const code = `
    import { registerHooks } from "node:module";
    const seen = [];
    registerHooks({ resolve(name, context, next) { seen.push(name); return next(name, context); } });
    const { ImapFlow } = await import(${JSON.stringify(new URL("imapflow.mjs", BUNDLE).href)});
    const before = seen.includes("pino");
    // Without a logger of its own imapflow makes one of pino's.
    const client = new ImapFlow({ host: "127.0.0.1", port: 1, secure: false, auth: { user: "u", pass: "p" } });
    process.stdout.write(JSON.stringify([before, seen.includes("pino"), typeof client.log.info]));`;
  expect(JSON.parse(printed(code))).toEqual([false, true, "function"]);
});

it("every deferred library is found from where imapflow lies, with the names that are taken from it", () => {
  const bundle = readFileSync(new URL("imapflow.mjs", BUNDLE), "utf8");
  const places = [...bundle.matchAll(/createRequire\w*\(new URL\("([^"]+)", import\.meta\.url\)\)\("([^"]+)"\)/g)];
  expect(places.length).toBeGreaterThanOrEqual(9);
  for (const [, importer = "", name = ""] of places) {
    const library = createRequire(fileURLToPath(new URL(importer, BUNDLE)))(name) as Readonly<Record<string, unknown>>;
    for (const wanted of { "@zone-eu/mailsplit": ["Headers"], socks: ["SocksClient"] }[name] ?? [])
      expect(typeof library[wanted], `${name}: ${wanted}`).toBe("function");
    expect(["function", "object"], name).toContain(typeof library);
  }
});
