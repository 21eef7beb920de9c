// A file that messages are appended to, one after the other, and that an interrupted export finds again: what lies in it can be read
// before more is appended. It must never follow a link that lies in its place, nor keep what was cut off.
import { constants } from "node:fs";
import { type FileHandle, lstat, open, rm } from "node:fs/promises";

const WAITING_BYTES = 1_048_576;

/** Made by `open`. Everything before `position` is in the file; what lies behind it goes when the file is finished. */
export class AppendedFile {
  readonly #file: FileHandle;
  #size: number;
  #written = 0;
  readonly #waiting = Buffer.allocUnsafeSlow(WAITING_BYTES);
  #waitingBytes = 0;
  #open = true;

  private constructor(file: FileHandle, size: number) {
    this.#file = file;
    this.#size = size;
  }

  /** `keep`: what is there can be gone on with. Otherwise it begins empty. */
  static async open(path: string, keep: boolean): Promise<AppendedFile> {
    const found = await lstat(path).catch(() => null);
    if (found !== null && (!keep || !found.isFile())) await rm(path, { force: true });
    const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
    return new AppendedFile(file, (await file.stat()).size);
  }

  /** Where the next byte goes. */
  get position(): number {
    return this.#written + this.#waitingBytes;
  }

  /** Bytes that lie behind the position, from an earlier export. */
  get found(): number {
    return Math.max(0, this.#size - this.position);
  }

  /** Takes so many of the bytes that were found as written. */
  async take(bytes: number): Promise<void> {
    await this.flush();
    this.#written += bytes;
  }

  /** Bytes from anywhere in the file; fewer where it ends. */
  async read(at: number, length: number): Promise<Buffer> {
    const into = Buffer.alloc(length);
    let got = 0;
    while (got < length) {
      const { bytesRead } = await this.#file.read(into, got, length - got, at + got);
      if (bytesRead === 0) break;
      got += bytesRead;
    }
    return into.subarray(0, got);
  }

  /** The bytes are the caller's again when this is done; not before that are the next ones given. */
  async append(bytes: Uint8Array): Promise<void> {
    if (bytes.length > WAITING_BYTES - this.#waitingBytes) await this.flush();
    if (bytes.length > WAITING_BYTES) {
      await this.#write(bytes);
      return;
    }
    this.#waiting.set(bytes, this.#waitingBytes);
    this.#waitingBytes += bytes.length;
  }

  async flush(): Promise<void> {
    if (this.#waitingBytes === 0) return;
    const bytes = this.#waiting.subarray(0, this.#waitingBytes);
    this.#waitingBytes = 0;
    await this.#write(bytes);
  }

  async #write(bytes: Uint8Array): Promise<void> {
    await writeAll(this.#file, bytes, this.#written);
    this.#written += bytes.length;
    this.#size = Math.max(this.#size, this.#written);
  }

  /** Writes over bytes that are in the file already. */
  async patch(at: number, bytes: Buffer): Promise<void> {
    await this.flush();
    await writeAll(this.#file, bytes, at);
  }

  /** Goes back to an earlier position; what came after it is gone. */
  async cutTo(position: number): Promise<void> {
    await this.flush();
    await this.#file.truncate(position);
    this.#written = position;
    this.#size = position;
  }

  /** All of it is on the disk, and nothing behind it. */
  async finish(): Promise<void> {
    await this.flush();
    await this.#file.truncate(this.#written);
    await this.#file.sync();
    this.#open = false;
    await this.#file.close();
  }

  /** What waits is written, for the next export to find; where that fails (a full disk), why was told to whoever wrote it before. */
  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    try {
      await this.flush().catch(() => undefined);
    } finally {
      await this.#file.close();
    }
  }
}

/** A full disk may take a part of a write, and say ENOSPC to the next only. */
async function writeAll(file: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; )
    done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
}
