// A directory, or a single file, as a source. It must never follow a link, nor open anything but plain files.
import { isUtf8 } from "node:buffer";
import { createReadStream } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { MailError } from "@packetboat/core";
import { codeOf } from "../errors.ts";
import {
  asFailure,
  type FilePath,
  failed,
  type Listing,
  placeOfFile,
  type SourceFailure,
  type SourceFile,
  type SourceTree,
} from "./source.ts";

const READ_BYTES = 262_144;
const NOTHING: Listing = { directories: [], files: [] };

/** The tree below a directory. What of it cannot be listed is refused, and the rest goes on. */
export function diskTree(root: string): SourceTree {
  // A directory is listed more than once; what it refuses is told once.
  const refused = new Map<string, SourceFailure>();
  const refuse = (why: SourceFailure): void => void refused.set(why.place, why);
  return {
    name: root,
    list: (directory) => listDirectory(root, directory, refuse),
    file: (path) => fileAt(join(root, ...path), path),
    refused: () => [...refused.values()],
    close: async () => undefined,
  };
}

async function listDirectory(
  root: string,
  directory: FilePath,
  refuse: (why: SourceFailure) => void,
): Promise<Listing> {
  // As bytes: a name that is not UTF-8 cannot be told in a string that leads back to the file, and would be passed over in silence.
  const reading = readdir(join(root, ...directory), { withFileTypes: true, encoding: "buffer" });
  const entries = await reading.catch((error: unknown) => {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return [];
    const why = asFailure(placeOfFile(directory), error);
    if (directory.length === 0)
      throw new MailError("CONFIG_INVALID", `${root} cannot be read (${codeOf(error)}).`, { cause: error });
    refuse(why);
    return [];
  });
  const directories: string[] = [];
  const files: string[] = [];
  for (const entry of entries) {
    if (!entry.isDirectory() && !entry.isFile()) continue;
    const name = entry.name.toString("utf8");
    if (isUtf8(entry.name)) (entry.isDirectory() ? directories : files).push(name);
    else refuse(failed(placeOfFile([...directory, name]), "unsafeName", "Its name is not UTF-8. Rename it."));
  }
  return { directories: directories.sort(), files: files.sort() };
}

/** One file as a tree that holds nothing else. `origin`: what it was before it lay there. */
export function fileTree(
  path: string,
  origin?: { readonly name: string; readonly modified: number | null },
): SourceTree {
  const name = basename(origin?.name ?? path);
  const file = async (asked: FilePath) => {
    const found = asked.length === 1 && asked[0] === name ? await fileAt(path, asked) : null;
    return found === null || origin === undefined ? found : { ...found, modified: origin.modified };
  };
  return {
    name: origin?.name ?? path,
    list: async (directory) => (directory.length === 0 ? { directories: [], files: [name] } : NOTHING),
    file,
    refused: () => [],
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
