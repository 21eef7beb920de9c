// Reads a Thunderbird profile, or the directory of one of its accounts: `ImapMail/server/INBOX`, `Mail/Local Folders/Archive.sbd/2024`, each
// an mbox. Notes that Thunderbird puts before a message are read for its flags and taken off, so that the message is the one that the server
// gave; what it has removed and not yet cleared away is left out. It must never read anything but mboxes: no settings, no passwords.
import type { MailboxPath } from "@packetboat/core";
import { fromUtf7 } from "../utf7.ts";
import { beginsLikeMbox, readMboxFile } from "./mbox-read.ts";
import type { FilePath, ReadOptions, SourceItem, SourceTree } from "./source.ts";

const STORES = ["ImapMail", "Mail"];
const NO_MBOX = /\.(msf|dat|html?|json|sqlite.*|log|txt|js|ini|db|mab)$|^\./i;
const MAX_DEPTH = 32;

/** Several accounts lie below their own names; a single one does not. */
export async function* readThunderbird(
  tree: SourceTree,
  root: FilePath,
  options: ReadOptions,
): AsyncGenerator<SourceItem> {
  const accounts: FilePath[] = [];
  for (const store of STORES) {
    for (const name of (await tree.list([...root, store])).directories) {
      const account = [...root, store, name];
      if (await holdsMail(tree, account)) accounts.push(account);
    }
  }
  if (accounts.length === 0) yield* readAccount(tree, root, [], options);
  for (const account of accounts)
    yield* readAccount(tree, account, accounts.length === 1 ? [] : [account.at(-1) ?? ""], options);
}

async function holdsMail(tree: SourceTree, directory: FilePath): Promise<boolean> {
  const { directories, files } = await tree.list(directory);
  for (const name of files) {
    const file = NO_MBOX.test(name) ? null : await tree.file([...directory, name]);
    if (file !== null && (await beginsLikeMbox(file))) return true;
  }
  for (const name of directories)
    if (/\.sbd$/i.test(name) && (await holdsMail(tree, [...directory, name]))) return true;
  return false;
}

async function* readAccount(
  tree: SourceTree,
  directory: FilePath,
  below: MailboxPath,
  options: ReadOptions,
  depth = 0,
): AsyncGenerator<SourceItem> {
  const { directories, files } = await tree.list(directory);
  for (const name of files) {
    const file = NO_MBOX.test(name) ? null : await tree.file([...directory, name]);
    if (file === null || (file.size > 0 && !(await beginsLikeMbox(file)))) continue;
    // A file without a byte is a mailbox only where Thunderbird has an index of it.
    if (file.size === 0 && !files.includes(`${name}.msf`)) continue;
    const mailbox = [...below, fromUtf7(name)];
    yield { kind: "mailbox", path: mailbox, role: null, subscribed: true };
    yield* readMboxFile(file, { mailbox, dialect: "auto", writer: "thunderbird" }, options);
  }
  if (depth >= MAX_DEPTH) return;
  for (const name of directories)
    if (/\.sbd$/i.test(name))
      yield* readAccount(
        tree,
        [...directory, name],
        [...below, fromUtf7(name.replace(/\.sbd$/i, ""))],
        options,
        depth + 1,
      );
}
