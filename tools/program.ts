// Makes the program that ./packetboat runs: our sources and the libraries that every run loads in one file, that file compiled, and
// program.cjs, which runs them while every source is as it was seen before it was read (docs/decisions/0006-one-file.md).
// It must never change what a library does (what it defers is loaded from node_modules when it is first used), nor leave half
// a program: program.cjs is replaced last, in one step.
import { createHash } from "node:crypto";
import { globSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { setFlagsFromString } from "node:v8";
import { build, type OnLoadArgs, type OnLoadResult, type Plugin } from "esbuild";
import { type Seen, scriptOf, seenOf } from "./start.ts";

const ROOT = resolve(import.meta.dirname, "..");
const PLACE = join(ROOT, ".runtime");

/**
 * What is imported at once and a quiet run does not use, with the names that are imported of it; a missing one fails the bundling. By us: a log
 * that was asked for, a terminal, somebody to ask, mail to store, the API. By imapflow 2.9.1: reading MIME, character sets, proxies, its own log; 1.5 MB
 * that take longer to start than imapflow itself.
 */
const DEFERRED: Readonly<Record<string, readonly string[]>> = {
  "@hono/node-server": ["getRequestListener"],
  "@clack/prompts": ["confirm", "isCancel", "password"],
  hono: ["Hono"],
  "log-update": ["createLogUpdate"],
  "node:child_process": ["execFile", "execFileSync", "spawn"],
  "node:worker_threads": ["Worker"],
  "pg-copy-streams": ["from", "to"],
  "@zone-eu/mailsplit": ["Headers"],
  "@zone-eu/mailsplit/lib/flowed-decoder.js": ["default"],
  "encoding-japanese": ["default"],
  "iconv-lite": ["default"],
  libbase64: ["default"],
  libmime: ["default"],
  libqp: ["default"],
  pino: ["default"],
  socks: ["SocksClient"],
};

const DEFERRED_NAMES = new RegExp(`^(${Object.keys(DEFERRED).join("|").replaceAll(".", "\\.")})$`);

/** A module whose exports are stand-ins: whatever is done to one loads the library and is done to the real one. */
function deferredModule(library: string, importer: string): string {
  const names = DEFERRED[library] ?? [];
  const lines = names.map((name) => `export ${name === "default" ? "default" : `const ${name} =`} standIn("${name}");`);
  return `let library;
    const real = (name) => {
      library ??= requireAs(${JSON.stringify(importer)}, ${JSON.stringify(library)});
      return name === "default" ? (library.default ?? library) : library[name];
    };
    const standIn = (name) => new Proxy(class {}, {
      get: (_, key) => real(name)[key],
      has: (_, key) => key in real(name),
      apply: (_, self, args) => Reflect.apply(real(name), self, args),
      construct: (_, args) => Reflect.construct(real(name), args),
    });
    ${lines.join("\n")}`;
}

const defer: Plugin = {
  name: "defer",
  setup(bundling) {
    bundling.onResolve({ filter: DEFERRED_NAMES }, ({ path, importer }) => {
      const wanted = !importer.includes("/node_modules/") || importer.includes("/node_modules/imapflow/");
      return wanted ? { path, namespace: "deferred", pluginData: importer } : null;
    });
    // By a relative path: a checkout may be moved.
    bundling.onLoad({ filter: /./, namespace: "deferred" }, ({ path, pluginData }) => ({
      contents: deferredModule(path, relative(ROOT, String(pluginData))),
    }));
  },
};

/** Reads our sources: notes what is seen of each before it is read, and lets each know where it lies, as it would by itself. */
function house(seen: Map<string, Seen>): Plugin {
  const load = ({ path }: OnLoadArgs): OnLoadResult | null => {
    if (path.includes("/node_modules/")) return null;
    const name = relative(ROOT, path);
    seen.set(name, seenOf(path));
    const text = readFileSync(path, "utf8");
    const own = text.includes("import.meta.url") ? `const importMetaUrl = urlOf(${JSON.stringify(name)});` : "";
    return { contents: `${own}${text}`, loader: "ts" };
  };
  return { name: "house", setup: (bundling) => bundling.onLoad({ filter: /\.ts$/, namespace: "file" }, load) };
}

/** What every module of the program may use. */
const HELPERS = `const { join: joinPath } = require("node:path");
const urlOf = (name) => require("node:url").pathToFileURL(joinPath(CHECKOUT, name)).href;
const requireAs = (importer, library) => require("node:module").createRequire(joinPath(CHECKOUT, importer))(library);`;

/** One CommonJS text of what `entry` imports. */
async function textOf(entry: string, plugins: Plugin[]): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: ROOT, sourcefile: "entry" },
    absWorkingDir: ROOT,
    write: false,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node24",
    tsconfigRaw: {},
    define: { "import.meta.url": "importMetaUrl" },
    minifySyntax: true,
    legalComments: "none",
    plugins,
    logLevel: "warning",
  });
  // V8 reads a text of ASCII in half the time. esbuild has done this to strings already; what is left is in patterns and comments.
  return (outputFiles[0]?.text ?? "").replace(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** The text compiled whole. By itself V8 compiles a function when it is first called, in each run again: a fifth of a short one. */
function compiled(text: string, path: string): Buffer {
  setFlagsFromString("--no-lazy");
  const script = scriptOf(text, path);
  // The flags are part of what V8 compares before it takes the code.
  setFlagsFromString("--lazy");
  return script.createCachedData();
}

/** Complete on the disk before it has its name. */
function put(name: string, content: string | Buffer): void {
  const fresh = join(PLACE, `${name}.${process.pid}.new`);
  try {
    writeFileSync(fresh, content, { flush: true });
    renameSync(fresh, join(PLACE, name));
  } finally {
    rmSync(fresh, { force: true });
  }
}

const seen = new Map<string, Seen>();
// How the program is made, and where each package of the house begins.
for (const name of ["tools/program.ts", ...globSync("{apps,packages}/*/package.json", { cwd: ROOT })])
  seen.set(name, seenOf(join(ROOT, name)));
const begin = await textOf('import { start } from "./tools/start.ts"; start(PROGRAM, require);', [house(seen)]);
const inner = await textOf('import "./apps/worker/src/main.ts";', [defer, house(seen)]);
const text = `(function (CHECKOUT, require) {${HELPERS}\n${inner}})`;
// Named by its bytes: V8 asks no more of a text than its length before it runs the code that was compiled of it.
const name = `program-${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
put(`${name}.js`, text);
put(`${name}.code`, compiled(text, join(PLACE, `${name}.js`)));
put("program.cjs", `const PROGRAM = ${JSON.stringify({ name, sources: Object.fromEntries(seen) })};\n${begin}`);
for (const other of globSync("program-*", { cwd: PLACE }))
  if (!other.startsWith(name)) rmSync(join(PLACE, other), { force: true });
