// A directory, or a single file, as a source. It must never follow a link, nor open anything but plain files.
import { createReadStream } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { codeOf } from "../errors.ts";
import type { FilePath, Listing, SourceFile, SourceTree } from "./source.ts";

const READ_BYTES = 262_144;
const NOTHING: Listing = { directories: [], files: [] };

/** The tree below a directory. */
export function diskTree(root: string): SourceTree {
  return {
    name: root,
    list: async (directory) => {
      const entries = await readdir(join(root, ...directory), { withFileTypes: true }).catch((error: unknown) => {
        if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return null;
        throw error;
      });
      if (entries === null) return NOTHING;
      const names = (is: "isDirectory" | "isFile"): readonly string[] =>
        entries
          .filter((entry) => entry[is]())
          .map(({ name }) => name)
          .sort();
      return { directories: names("isDirectory"), files: names("isFile") };
    },
    file: (path) => fileAt(join(root, ...path), path),
    refused: [],
    close: async () => undefined,
  };
}

/** One file as a tree that holds nothing else. */
export function fileTree(path: string): SourceTree {
  const name = basename(path);
  return {
    name: path,
    list: async (directory) => (directory.length === 0 ? { directories: [], files: [name] } : NOTHING),
    file: async (asked) => (asked.length === 1 && asked[0] === name ? await fileAt(path, asked) : null),
    refused: [],
    close: async () => undefined,
  };
}

async function fileAt(path: string, inTree: FilePath): Promise<SourceFile | null> {
  const found = await lstat(path).catch(() => null);
  if (found === null || !found.isFile()) return null;
  return {
    path: inTree,
    size: found.size,
    modified: found.mtimeMs,
    bytes: () => createReadStream(path, { highWaterMark: READ_BYTES }) as AsyncIterable<Buffer>,
  };
}
