// Writes generated mail as a Maildir++ tree, which Dovecot imports hundreds of times faster than APPEND would take it.
// Line ends on disk are LF, as Maildirs on Unix have them; Dovecot hands out CRLF. It must never write outside its directory.
import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, rename, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Dovecot } from "../servers/dovecot.ts";
import { cacheRoot } from "../servers/packages.ts";
import { copyTree } from "../servers/sandbox.ts";
import { toWireName } from "../wire/names.ts";
import { type GeneratedMessage, generateMail, PROFILES } from "./generate.ts";

/** Raise it when generateMail gives other bytes: cached trees are then made anew. */
const GENERATION = 1;
const KEYWORDS = ["$Forwarded", "$Label1", "NonJunk"];
const LETTERS: Readonly<Record<string, string>> = {
  "\\Draft": "D",
  "\\Flagged": "F",
  "\\Answered": "R",
  "\\Seen": "S",
};
const AT_ONCE = 64;

export interface MaildirTree {
  readonly path: string;
  readonly messages: number;
  /** As a server hands them out, with CRLF. */
  readonly bytes: number;
}

/** Writes the messages into `path`, which must not exist yet. INTERNALDATE becomes the time of the file. */
export async function writeMaildir(path: string, messages: Iterable<GeneratedMessage>): Promise<MaildirTree> {
  const made = new Set<string>();
  let count = 0;
  let bytes = 0;
  let writing: Promise<void>[] = [];
  for (const message of messages) {
    const directory =
      message.mailbox === "INBOX" ? path : join(path, `.${toWireName(message.mailbox).replaceAll("/", ".")}`);
    if (!made.has(directory)) {
      for (const name of ["cur", "new", "tmp"]) await mkdir(join(directory, name), { recursive: true });
      await writeFile(join(directory, "dovecot-keywords"), KEYWORDS.map((name, i) => `${i} ${name}\n`).join(""));
      made.add(directory);
    }
    count += 1;
    bytes += message.bytes.length;
    writing.push(writeOne(directory, message));
    if (writing.length >= AT_ONCE) {
      await Promise.all(writing);
      writing = [];
    }
  }
  await Promise.all(writing);
  return { path, messages: count, bytes };
}

async function writeOne(directory: string, message: GeneratedMessage): Promise<void> {
  const seconds = message.internalDate.getTime() / 1_000;
  const letters = message.flags.map((flag) => LETTERS[flag] ?? String.fromCharCode(97 + KEYWORDS.indexOf(flag)));
  const lf = Buffer.from(message.bytes.toString("latin1").replaceAll("\r\n", "\n"), "latin1");
  const name = `${seconds}.M${String(message.index).padStart(6, "0")}P1.generated,S=${lf.length}:2,${letters.sort().join("")}`;
  const file = join(directory, "cur", name);
  await writeFile(file, lf);
  await utimes(file, seconds, seconds);
}

/** The Maildir of a profile, made once per machine and kept in the cache. */
export async function cachedMaildir(profile: keyof typeof PROFILES, seed = 1): Promise<string> {
  const home = join(cacheRoot(), `mail-${GENERATION}`);
  const path = join(home, `${profile}-${seed}`);
  if (existsSync(path)) return path;
  await mkdir(home, { recursive: true });
  const work = await mkdtemp(join(home, "making-"));
  await writeMaildir(join(work, "maildir"), generateMail(PROFILES[profile], seed));
  // Another process may have been faster; its tree holds the same bytes.
  await rename(join(work, "maildir"), path).catch((error: unknown) => {
    if (!existsSync(path)) throw error;
  });
  await rm(work, { recursive: true, force: true });
  return path;
}

/** Puts a Maildir++ tree into a user's account, all mailboxes with flags and dates. The tree is only read. */
export async function importMaildir(server: Dovecot, user: string, maildir: string): Promise<void> {
  // Dovecot keeps indexes and UID lists beside what it reads: these go elsewhere, so that the tree stays as it is.
  const control = join(server.root, "state", `import-${user}`);
  const subdirectories = (await readdir(maildir)).filter((name) => name.startsWith("."));
  for (const name of ["", ...subdirectories]) {
    // The names of keywords are sought there too; INBOX's under both names.
    for (const target of name === "" ? ["", ".INBOX"] : [name]) {
      await mkdir(join(control, target), { recursive: true });
      await copyFile(join(maildir, name, "dovecot-keywords"), join(control, target, "dovecot-keywords"));
    }
  }
  await server.doveadm(["import", "-u", user, `maildir:${maildir}:INDEX=MEMORY:CONTROL=${control}`, "", "ALL"]);
}

/**
 * Gives a user the mail of a profile. The first time on a machine it is generated and imported (big100k: half a minute);
 * later the account is copied from the cache. The user must have no mail yet.
 */
export async function loadProfile(
  server: Dovecot,
  user: string,
  profile: keyof typeof PROFILES,
  seed = 1,
): Promise<void> {
  const home = join(cacheRoot(), `accounts-${GENERATION}`);
  const kept = join(home, `${profile}-${seed}-${server.format}`);
  if (existsSync(kept)) {
    await copyTree(kept, server.home(user));
    return;
  }
  await importMaildir(server, user, await cachedMaildir(profile, seed));
  await mkdir(home, { recursive: true });
  const work = await mkdtemp(join(home, "making-"));
  await copyTree(server.home(user), join(work, "account"));
  await rename(join(work, "account"), kept).catch((error: unknown) => {
    if (!existsSync(kept)) throw error;
  });
  await rm(work, { recursive: true, force: true });
}
