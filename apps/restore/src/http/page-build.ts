// Has the page built when its sources say something else than what it was built of: on a fresh checkout, and after an edit. In an image it was
// built before, and nothing that builds is there. It must never keep the API from being served.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { MailError } from "@packetboat/core";
import { type Page, readPage } from "./page.ts";
import { pageStamp } from "./page-stamp.ts";

const FOLDER = fileURLToPath(new URL("../../page", import.meta.url));
const BUILT = `${FOLDER}/dist/page`;

function stampOfBuilt(): string | null {
  try {
    return readFileSync(`${BUILT}/stamp`, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** Gives the page, built if need be. `told`: called before it takes a few seconds. Throws CONFIG_INVALID, with why in its cause. */
export async function builtPage(told: () => void): Promise<Page> {
  if (stampOfBuilt() !== pageStamp(FOLDER)) {
    told();
    await promisify(execFile)(process.execPath, [`${FOLDER}/build.ts`]).catch((error: unknown) => {
      const text =
        "The page could not be built, so only the API is served. Check the free disk space and that this checkout may be written to, then start it again.";
      throw new MailError("CONFIG_INVALID", text, { cause: error });
    });
  }
  return readPage(BUILT);
}
