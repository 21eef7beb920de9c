// Reads a tree of EML files: a directory is a mailbox, a file a message, its bytes as they are. The date is the file's, which is what exports
// set it to; flags are nowhere. It must never take a file that does not call itself a message.
import type { MailboxPath } from "@packetboat/core";
import {
  type FilePath,
  messageFile,
  placeOfFile,
  type ReadOptions,
  type SourceItem,
  type SourceTree,
} from "./source.ts";

export const isEmlName = (name: string): boolean => /\.eml$/i.test(name) && !name.startsWith(".");

/** What of the tree was read already, and what directories are called. */
export interface Known {
  readonly has: (path: string) => boolean;
  readonly mailboxAt: (directory: FilePath) => MailboxPath | null;
  /** Why a message of a Maildir is not the one that it was; null: it is, or nothing is known of it. */
  readonly refuses?: (path: FilePath, bytes: Buffer) => Promise<string | null>;
}

export const NOTHING_KNOWN: Known = { has: () => false, mailboxAt: () => null };

/** Messages at the top are INBOX's. */
export async function* readEmlTree(
  tree: SourceTree,
  root: FilePath,
  options: ReadOptions,
  known: Known = NOTHING_KNOWN,
  below: MailboxPath = [],
): AsyncGenerator<SourceItem> {
  const { directories, files } = await tree.list(root);
  const mailbox = known.mailboxAt(root) ?? (below.length === 0 ? ["INBOX"] : below);
  const messages = files.filter(isEmlName);
  if (messages.length > 0) yield { kind: "mailbox", path: mailbox, role: null, subscribed: true };
  for (const name of messages) {
    const path = [...root, name];
    if (known.has(placeOfFile(path))) continue;
    const file = await tree.file(path);
    if (file === null) continue;
    const bytes = await messageFile(file, options);
    if (!Buffer.isBuffer(bytes)) yield bytes;
    else {
      const place = placeOfFile(path);
      yield { kind: "message", mailboxes: [mailbox], flags: [], internalDate: file.modified, bytes, place };
    }
  }
  for (const name of directories) yield* readEmlTree(tree, [...root, name], options, known, [...below, name]);
}
