// Finds modules without Node's search: a library in the bundle that set-up made (tools/libraries.ts), a file of ours by its written name, a
// package of the house where it was found before. It saves a third of the start (docs/decisions/0006-bundled-libraries.md).
// It must never find anything else than Node would: what it does not know, and everything of a checkout without a bundle, is Node's.
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";

const HOUSE = new URL("../../../", import.meta.url).href;
const BUNDLE = new URL("../../../.runtime/libraries/", import.meta.url);

/** The libraries in the bundle by the name that they are imported by; none where set-up made no bundle (an image, an editor). */
function bundledLibraries(): ReadonlyMap<string, string> {
  try {
    const names = JSON.parse(readFileSync(new URL("names.json", BUNDLE), "utf8")) as readonly string[];
    return new Map(names.map((name) => [name, new URL(`${name}.mjs`, BUNDLE).href]));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return new Map();
    throw error;
  }
}

/** Holds for every import of this thread from now on. */
export function quickenImports(): void {
  const libraries = bundledLibraries();
  const rooms = new Map<string, ReturnType<Parameters<typeof registerHooks>[0]["resolve"] & object>>();
  registerHooks({
    resolve(specifier, context, next) {
      const library = libraries.get(specifier);
      if (library !== undefined) return { url: library, format: "module", shortCircuit: true };
      const from = context.parentURL;
      if (from?.startsWith(HOUSE) !== true || from.includes("/node_modules/")) return next(specifier, context);
      // Erasable TypeScript names its files in full, so there is nothing to search for.
      if (specifier.startsWith(".") && specifier.endsWith(".ts"))
        return { url: new URL(specifier, from).href, format: "module-typescript", shortCircuit: true };
      if (!specifier.startsWith("@packetboat/")) return next(specifier, context);
      // In a workspace a package of the house is the same one for everybody.
      const known = rooms.get(specifier);
      if (known !== undefined) return { ...known, shortCircuit: true };
      const found = next(specifier, context);
      rooms.set(specifier, found);
      return found;
    },
  });
}
