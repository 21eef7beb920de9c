// Bundles the libraries that every run loads into .runtime/libraries, once at set-up: 139 files of theirs become 3, which is a third of the
// time that a run over nothing takes (docs/decisions/0006-bundled-libraries.md). Our own sources are never bundled: they run as they are.
// It must never change what a library does: what it defers is loaded from node_modules when it is first used.
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { build, type Plugin } from "esbuild";

const ROOT = resolve(import.meta.dirname, "..");
const PLACE = join(ROOT, ".runtime", "libraries");

/** The libraries, ES modules all of them, and the room that each is resolved from. */
const LIBRARIES = { imapflow: "packages/imap", pg: "packages/database", commander: "apps/worker" } as const;

/**
 * What imapflow imports at once and we never use: reading MIME, character sets, proxies, its own log. 1.5 MB that take longer to start than
 * imapflow itself. Their names are those that imapflow 2.9.1 imports; a missing one fails the bundling.
 */
const DEFERRED: Readonly<Record<string, readonly string[]>> = {
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
  return `import { createRequire } from "node:module";
    let library;
    const real = (name) => {
      library ??= createRequire(new URL(${JSON.stringify(importer)}, import.meta.url))(${JSON.stringify(library)});
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
    bundling.onResolve({ filter: DEFERRED_NAMES }, ({ path, importer }) =>
      importer.includes("/node_modules/imapflow/") ? { path, namespace: "deferred", pluginData: importer } : null,
    );
    // By a relative path: a checkout may be moved.
    bundling.onLoad({ filter: /./, namespace: "deferred" }, ({ path, pluginData }) => ({
      contents: deferredModule(path, relative(PLACE, String(pluginData))),
    }));
  },
};

/** Finds a library from the room that declares it. */
const fromItsRoom: Plugin = {
  name: "from its room",
  setup(bundling) {
    bundling.onResolve({ filter: /./ }, ({ path, kind }) => {
      const room = (LIBRARIES as Readonly<Record<string, string>>)[path];
      if (kind !== "entry-point" || room === undefined) return null;
      return bundling.resolve(path, { resolveDir: join(ROOT, room), kind: "import-statement" });
    });
  },
};

const fresh = `${PLACE}.new`;
rmSync(fresh, { recursive: true, force: true });
mkdirSync(fresh, { recursive: true });
await build({
  entryPoints: Object.keys(LIBRARIES),
  outdir: fresh,
  bundle: true,
  splitting: true,
  platform: "node",
  format: "esm",
  target: "node24",
  outExtension: { ".js": ".mjs" },
  // For the CommonJS modules inside, which ask for Node's own by require.
  banner: {
    js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
  },
  plugins: [fromItsRoom, defer],
  logLevel: "warning",
});
writeFileSync(join(fresh, "names.json"), JSON.stringify(Object.keys(LIBRARIES)));
rmSync(PLACE, { recursive: true, force: true });
renameSync(fresh, PLACE);
