// Builds the page into page/dist: files named after their content, each also compressed, and `stamp`, which says what they were made of.
// `packetboat web` runs it when the stamp is another one. It must never leave half a page: the folder is put in place in one step.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "vite";
import { pageStamp } from "../src/http/page-stamp.ts";

const ROOT = import.meta.dirname;
const COMPRESSED = /\.(js|css|svg|html)$/;

async function buildPage(): Promise<void> {
  // Before it is read: what is edited meanwhile makes the page stale.
  const stamp = pageStamp(ROOT);
  const fresh = join(ROOT, "dist", `new-${process.pid}`);
  mkdirSync(fresh, { recursive: true });
  try {
    await build({
      root: ROOT,
      configFile: false,
      logLevel: "warn",
      // The name that the libraries for dialogs look for; main.tsx says what it is.
      define: { __webpack_nonce__: "globalThis.__webpack_nonce__" },
      build: {
        outDir: fresh,
        emptyOutDir: true,
        target: "es2023",
        // Browsers that know light-dark(): what stands in for it is taken from the style sheet alone, not from the scheme that is chosen.
        cssTarget: ["chrome123", "firefox120", "safari17.5"],
        // Nothing of the page may be a data: address.
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
        chunkSizeWarningLimit: 1_000,
        // "use client" means something to servers that render, and stands in a thousand files of the libraries.
        rolldownOptions: { onLog: (level, log, tell) => log.code === "MODULE_LEVEL_DIRECTIVE" || tell(level, log) },
      },
    });
    for (const file of readdirSync(fresh, { recursive: true, withFileTypes: true }).filter(
      (one) => one.isFile() && COMPRESSED.test(one.name) && one.name !== "index.html",
    ))
      compress(join(file.parentPath, file.name));
    writeFileSync(join(fresh, "stamp"), stamp);
    const place = join(ROOT, "dist", "page");
    const old = `${fresh}-old`;
    rename(place, old);
    rename(fresh, place);
    rmSync(old, { recursive: true, force: true });
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** Another build may have been quicker; its page is as good. */
function rename(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (!["ENOENT", "ENOTEMPTY", "EEXIST"].includes(code)) throw error;
  }
}

function compress(path: string): void {
  const bytes = readFileSync(path);
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
  writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }));
}

// Vite would take a test's word for it and build what is for developing, twice as large.
process.env.NODE_ENV = "production";
await buildPage();
