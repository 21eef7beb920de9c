// Reads Maildirs in every layout that is met: Maildir++ (".Work.2024" beside cur), nested ones (mbsync's Verbatim, Dovecot's LAYOUT=fs), and
// mbsync's Legacy (".Work" below its parent). Flags and keywords from names, the date from the file's time, which is what servers keep there.
// It must never touch tmp, nor move a message from new to cur: nothing of the source is changed.
import { type MailboxPath, normalFlags } from "@packetboat/core";
import { flagsOfFileName, readKeywords } from "../maildir-names.ts";
import { fromUtf7 } from "../utf7.ts";
import { type Known, NOTHING_KNOWN } from "./eml-read.ts";
import {
  asMail,
  type FilePath,
  failed,
  messageFile,
  placeOfFile,
  type ReadOptions,
  type SourceItem,
  type SourceTree,
  textOf,
} from "./source.ts";

/** Deeper trees are no mail. */
const MAX_DEPTH = 32;

/** Reads all mailboxes below `root`; `root` itself, where it is one, is INBOX. */
export async function* readMaildirTree(
  tree: SourceTree,
  root: FilePath,
  options: ReadOptions,
  known: Known = NOTHING_KNOWN,
): AsyncGenerator<SourceItem> {
  yield* readBelow({ tree, root, options, known }, root);
}

interface Reading {
  readonly tree: SourceTree;
  readonly root: FilePath;
  readonly options: ReadOptions;
  readonly known: Known;
}

async function* readBelow(reading: Reading, directory: FilePath): AsyncGenerator<SourceItem> {
  const { tree, root } = reading;
  if (directory.length - root.length > MAX_DEPTH) return;
  const { directories, files } = await tree.list(directory);
  const isMailbox = isMaildir(directories);
  if (isMailbox) yield* readMailbox(reading, directory, files);
  for (const name of directories) {
    if (isMailbox && ["cur", "new", "tmp"].includes(name)) continue;
    yield* readBelow(reading, [...directory, name]);
  }
}

/** `tmp` alone says nothing; a Maildir without `new` was copied by something that leaves out empty directories. */
export const isMaildir = (directories: readonly string[]): boolean =>
  directories.includes("cur") || (directories.includes("new") && directories.includes("tmp"));

async function* readMailbox(
  { tree, root, options, known }: Reading,
  directory: FilePath,
  files: readonly string[],
): AsyncGenerator<SourceItem> {
  const mailbox = known.mailboxAt(directory) ?? mailboxOf(directory.slice(root.length));
  yield { kind: "mailbox", path: mailbox, role: null, subscribed: true };
  const text = files.includes("dovecot-keywords") ? await textOf(tree, [...directory, "dovecot-keywords"]) : null;
  const keywords = readKeywords(text ?? "");
  for (const part of ["cur", "new"]) {
    for (const name of (await tree.list([...directory, part])).files) {
      const path = [...directory, part, name];
      if (name.startsWith(".") || known.has(placeOfFile(path))) continue;
      const file = await tree.file(path);
      // Moved or renamed by a mail program meanwhile; a second import finds it under its new name.
      if (file === null) continue;
      const bytes = await messageFile(file, options);
      if (!Buffer.isBuffer(bytes)) {
        yield bytes;
        continue;
      }
      const why = (await known.refuses?.(path, bytes)) ?? null;
      if (why !== null) {
        yield failed(placeOfFile(path), "damaged", why);
        continue;
      }
      const flags = normalFlags(part === "cur" ? flagsOfFileName(name, keywords) : []);
      const place = placeOfFile(path);
      const { modified } = file;
      yield {
        kind: "message",
        mailboxes: [mailbox],
        flags,
        internalDate: modified,
        bytes: asMail(bytes, options),
        place,
      };
    }
  }
}

/** A dot in front: Maildir++, or Legacy below a parent; dots separate then. */
function mailboxOf(path: FilePath): MailboxPath {
  const segments = path.flatMap((name) => {
    const dotted = name.startsWith(".") && name.length > 1;
    return dotted ? fromUtf7(name.slice(1)).split(".").filter(Boolean) : [fromUtf7(name)];
  });
  return segments.length === 0 ? ["INBOX"] : segments;
}
