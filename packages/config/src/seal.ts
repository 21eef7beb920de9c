// Seals secrets that are kept (a password for the nightly run) with AES-256-GCM, under a key that lies in a file outside the database,
// and bound to the row that holds them: copied to another row they do not open. It must never log, print or return a key.
import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { link, mkdir, open, readFile, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { MailError } from "@packetboat/core";

/** The row a secret belongs to. It enters the seal as additional authenticated data. */
export interface SealedRow {
  readonly table: string;
  readonly id: number;
}

/** A key and where it lies (for messages). The bytes are in a private field: printing the object does not show them. */
export class SealingKey {
  readonly path: string;
  readonly #bytes: Buffer;

  constructor(path: string, bytes: Buffer) {
    this.path = path;
    this.#bytes = bytes;
  }

  /** Gives version (1 byte), key mark (4), nonce (12), tag (16), ciphertext. */
  seal(row: SealedRow, secret: string, nonce: Buffer = randomBytes(NONCE_BYTES)): Buffer {
    const cipher = createCipheriv("aes-256-gcm", this.#bytes, nonce, { authTagLength: TAG_BYTES }).setAAD(boundTo(row));
    const text = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()]);
    return Buffer.concat([Buffer.from([VERSION]), this.#mark(), nonce, cipher.getAuthTag(), text]);
  }

  /** Gives the secret. Throws SECRET_UNREADABLE when it was sealed with another key, for another row, or was changed. */
  open(row: SealedRow, sealed: Buffer): string {
    if (sealed.length < HEAD_BYTES || sealed[0] !== VERSION) throw unreadable("A kept password is damaged.");
    const mark = sealed.subarray(1, 1 + MARK_BYTES);
    if (!mark.equals(this.#mark())) throw unreadable(`A kept password was sealed with another key than ${this.path}.`);
    const nonce = sealed.subarray(1 + MARK_BYTES, 1 + MARK_BYTES + NONCE_BYTES);
    const tag = sealed.subarray(HEAD_BYTES - TAG_BYTES, HEAD_BYTES);
    try {
      const decipher = createDecipheriv("aes-256-gcm", this.#bytes, nonce, { authTagLength: TAG_BYTES })
        .setAAD(boundTo(row))
        .setAuthTag(tag);
      return decipher.update(sealed.subarray(HEAD_BYTES), undefined, "utf8") + decipher.final("utf8");
    } catch (error) {
      throw unreadable("A kept password was changed or moved since it was sealed.", error);
    }
  }

  /** Tells "another key" from "damaged" without saying anything about the key itself. */
  #mark(): Buffer {
    return createHash("sha256").update("packetboat key mark").update(this.#bytes).digest().subarray(0, MARK_BYTES);
  }
}

const VERSION = 1;
const MARK_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + MARK_BYTES + NONCE_BYTES + TAG_BYTES;
const KEY_BYTES = 32;
const KEY_LINE = /^packetboat-key-1:([A-Za-z0-9+/]{43}=)\s*$/;

function boundTo(row: SealedRow): Buffer {
  return Buffer.from(JSON.stringify(["packetboat", VERSION, row.table, row.id]));
}

function unreadable(what: string, cause?: unknown): MailError {
  return new MailError(
    "SECRET_UNREADABLE",
    `${what} Restore the key file, or give the password again with --password-file.`,
    {
      cause,
    },
  );
}

/** Reads the key. Throws SECRET_UNREADABLE when the file is missing or is no key. */
export async function readSealingKey(path: string): Promise<SealingKey> {
  let text: string;
  try {
    text = await readFile(path, "latin1");
  } catch (error) {
    throw unreadable(`The key of the kept passwords, ${path}, cannot be read (${codeOf(error)}).`, error);
  }
  const match = KEY_LINE.exec(text);
  const bytes = Buffer.from(match?.[1] ?? "", "base64");
  if (bytes.length !== KEY_BYTES) throw unreadable(`${path} is not a key that Packetboat made.`);
  return new SealingKey(path, bytes);
}

/** Reads the key, and makes one with mode 0600 where there is none. Two commands that make it at once end with the same key. */
export async function readOrMakeSealingKey(path: string): Promise<SealingKey> {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeDraft(draft);
    await placeOnce(draft, path);
  } catch (error) {
    throw new MailError(
      "CONFIG_INVALID",
      `The key file ${path} cannot be made (${codeOf(error)}). Set PACKETBOAT_KEY_FILE to a path that you may write to.`,
      { cause: error },
    );
  }
  return await readSealingKey(path);
}

async function writeDraft(draft: string): Promise<void> {
  const file = await open(draft, "wx", 0o600);
  try {
    await file.writeFile(`packetboat-key-1:${randomBytes(KEY_BYTES).toString("base64")}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Links, never renames: it fails where a key exists, so a key is never replaced. */
async function placeOnce(draft: string, path: string): Promise<void> {
  try {
    await link(draft, path);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
