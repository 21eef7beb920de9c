// What the page is made of, as a digest: its sources and the versions of its libraries. By content, not by time: copying a checkout into an image
// changes every time.
import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Gives the digest of the page whose folder this is, in hex. */
export function pageStamp(folder: string): string {
  const digest = createHash("sha256");
  const sources = globSync(["src/**/*.*", "public/**/*.*", "index.html", "build.ts"], { cwd: folder });
  for (const name of ["../package.json", ...sources.sort()])
    digest
      .update(`${name}\0`)
      .update(readFileSync(join(folder, name)))
      .update("\0");
  return digest.digest("hex");
}
