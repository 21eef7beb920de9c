// The corpus of real and hostile messages: public test fixtures under permissive licences, kept outside this repository.
// Bytes are given exactly as they are on disk. Treat them as hostile; it must never follow a link or unpack what they hold.
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ServerUnavailable } from "../servers/unavailable.ts";

export interface CorpusMessage {
  /** Path inside the corpus, with "/" as separator. */
  readonly name: string;
  readonly bytes: Buffer;
}

/** PACKETBOAT_CORPUS, else `shared/corpus` beside the checkout. Throws ServerUnavailable when there is none. */
export function corpusDirectory(): string {
  const named = process.env.PACKETBOAT_CORPUS;
  const checkout = fileURLToPath(new URL("../../../../", import.meta.url));
  const path = named ?? resolve(checkout, "..", "shared", "corpus");
  if (existsSync(join(path, "README.md"))) return path;
  throw new ServerUnavailable(`no mail corpus at ${path}: set PACKETBOAT_CORPUS to its directory`);
}

/** What is in the corpus directory but holds no message, and what holds several. */
const NO_MESSAGE = /(^|\/)(README\.md|\.gitattributes)$/;
const MBOX = /\.mbox$|\/mbox\.rlug$/;

/**
 * Every message file of the corpus, in the order of their names. With `mboxes`, also each message of the mboxes, named
 * `file.mbox#1` and so on, cut at lines that begin with "From " at the start or after an empty line, and no unquoting.
 */
export async function* corpusMessages(options: { readonly mboxes?: boolean } = {}): AsyncGenerator<CorpusMessage> {
  const root = corpusDirectory();
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const file of files.sort()) {
    const name = relative(root, file).replaceAll("\\", "/");
    if (NO_MESSAGE.test(name)) continue;
    if (!MBOX.test(name)) yield { name, bytes: await readFile(file) };
    else if (options.mboxes) {
      const parts = splitMbox(await readFile(file));
      for (const [index, bytes] of parts.entries()) yield { name: `${name}#${index + 1}`, bytes };
    }
  }
}

/** The messages of an mbox, without their "From " lines. Bytes are otherwise kept, so a `>From ` stays quoted. */
export function splitMbox(mbox: Buffer): Buffer[] {
  const text = mbox.toString("latin1");
  const starts = [...text.matchAll(/(?:^|\n\r?\n)(From [^\n]*\n)/g)].map((found) => {
    const line = found[1] ?? "";
    const at = found.index + found[0].length;
    return { from: at - line.length, body: at };
  });
  return starts.map(({ body }, i) => mbox.subarray(body, starts[i + 1]?.from ?? mbox.length));
}

/** Every line end (LF, CR, CR CR LF) as CRLF, nothing else changed: what a server that refuses bare CR and LF (Cyrus) can be given. */
export function withCrlf(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString("latin1").replace(/\r*\n|\r/g, "\r\n"), "latin1");
}
