// What an export that was interrupted was about, so that the same command goes on with it. It only reads, and believes nothing that is
// not exactly as an export writes it.
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { ExportSubject } from "./export-frame.ts";
import { ABOUT, SUMS } from "./file-names.ts";
import { readAbout } from "./zip-export.ts";

const MAX_BYTES = 1024 * 1024;

/** Gives the subject of the unfinished export in a directory, or to a zip file; null where there is none, or it is finished. */
export async function unfinishedExport(place: string): Promise<ExportSubject | null> {
  const zipped = await readAbout(place);
  if (zipped !== null) return readSubject(zipped);
  const path = join(place, ABOUT);
  const [about, sums] = await Promise.all([sizeOf(path), sizeOf(join(place, SUMS))]);
  if (about === null || about > MAX_BYTES || sums !== null) return null;
  return readSubject(await readFile(path, "utf8"));
}

async function sizeOf(path: string): Promise<number | null> {
  const found = await stat(path).catch(() => null);
  return found?.isFile() === true ? found.size : null;
}

function readSubject(text: string): ExportSubject | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null) return null;
  const { archive, revision, time, selection } = value as Partial<Record<keyof ExportSubject, unknown>>;
  const known = typeof archive === "string" && typeof selection === "string" && Number.isSafeInteger(revision);
  return known && (time === null || typeof time === "number")
    ? { archive, revision: revision as number, time, selection }
    : null;
}
