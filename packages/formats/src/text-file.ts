// Text files about an export. One appears under its name only when it is whole and on the disk. It must never be read while it is written.
import { createHash } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { type Digest, sha256 } from "@packetboat/core";

/** Most lines wait for more of them: one promise does for all of these. */
const DONE = Promise.resolve();

/** Lines, written as they come. */
export class TextFile {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #hash = createHash("sha256");
  #waiting = "";
  #open = true;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  static async begin(path: string): Promise<TextFile> {
    await rm(path, { force: true });
    await rm(`${path}.part`, { force: true });
    return new TextFile(path, await open(`${path}.part`, "wx", 0o600));
  }

  line(text: string): Promise<void> {
    this.#waiting += `${text}\n`;
    return this.#waiting.length > 65_536 ? this.#flush() : DONE;
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.from(this.#waiting);
    this.#waiting = "";
    this.#hash.update(bytes);
    await this.#file.writeFile(bytes);
  }

  /** Puts the file in its place and gives its digest. */
  async finish(): Promise<Digest> {
    await this.#flush();
    await this.#file.sync();
    await this.close();
    await rename(`${this.#path}.part`, this.#path);
    await syncDirectory(dirname(this.#path));
    return this.#hash.digest("hex");
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#file.close();
  }
}

/** Writes a short text and gives its digest. */
export async function writeWhole(path: string, text: string): Promise<Digest> {
  await rm(`${path}.part`, { force: true });
  const file = await open(`${path}.part`, "wx", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.part`, path);
  return sha256(Buffer.from(text));
}

/** Names are as durable as what they name. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
