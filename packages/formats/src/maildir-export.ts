// Writes messages as a Maildir++ tree, as Dovecot serves it: INBOX at the top, ".Work.2024" beside it, flags in the names, keywords by
// letters and dovecot-keywords, INTERNALDATE as the file's time. Bytes are as they were stored. The messages of a mailbox are written beside its
// `cur`, which is there when all of them are: one renaming instead of ten thousand. An interrupted export goes on where it was. It must never leave
// in `cur` what is not whole and proved.
import { existsSync, renameSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { pathKey } from "@packetboat/core";
import {
  type DirectoryExport,
  type ExportMailbox,
  type ExportMessage,
  type ExportOptions,
  type ExportOutcome,
  type ExportSubject,
  exportToDirectory,
  mailboxLines,
  type Put,
  type Putting,
  placeOf,
  putInOrder,
} from "./export-frame.ts";
import { KeywordLetters, maildirDirectories, maildirFileName } from "./maildir-names.ts";
import { isWritten, writeMessage } from "./message-file.ts";
import { writeWhole } from "./text-file.ts";
import { toUtf7 } from "./utf7.ts";

export const INBOX: ExportMailbox = { path: ["INBOX"], role: null, subscribed: true };

/** Exports to `directory`, as exportEml does. It has an INBOX in any case: a Maildir has one. */
export async function exportMaildir(
  directory: string,
  subject: ExportSubject,
  mailboxes: readonly ExportMailbox[],
  messages: AsyncIterable<ExportMessage>,
  options: ExportOptions = {},
): Promise<ExportOutcome> {
  const paths = [...mailboxes, INBOX].map(({ path }) => path);
  const places = maildirDirectories(paths, toUtf7);
  const about = { format: "maildir", subject, options };
  return await exportToDirectory(directory, about, mailboxLines(mailboxes, places), async (into) => {
    // A few at once: the disk makes one wait of those that each of them ends with.
    const all = [...new Set(places.values())];
    for (let at = 0; at < all.length; at += TOGETHER)
      await Promise.all(all.slice(at, at + TOGETHER).map((place) => makeMailbox(join(directory, place), place !== "")));
    await writeWhole(join(directory, "subscriptions"), subscriptionsOf(mailboxes, places));
    let at: OpenMailbox | null = null;
    for await (const message of messages) {
      into.record.check();
      const place = placeOf(places, message.mailbox);
      if (at?.place !== place) {
        if (at !== null) finishInOrder(into, at);
        at = openMailbox(directory, place);
      }
      const name = maildirFileName(message, at.keywords.of(message.flags));
      await putInOrder(into, message, await putMessage(into, at, name, message));
    }
    if (at !== null) finishInOrder(into, at);
    into.order.add(Promise.resolve(), async () => {
      for (const place of new Set(places.values())) showMailbox(join(directory, place));
    });
  });
}

/** Mailboxes that are made at once. */
const TOGETHER = 16;

/** Where messages lie until their mailbox has all of them. Begins with no dot: it is no mailbox of a Maildir++. */
const PART = "cur.part";

interface OpenMailbox {
  readonly place: string;
  readonly keywords: KeywordLetters;
  /** False: an earlier export was through with it, so that its messages are in `cur`, and each that is not goes there by itself. */
  readonly gathered: boolean;
}

function openMailbox(directory: string, place: string): OpenMailbox {
  return { place, keywords: new KeywordLetters(), gathered: existsSync(join(directory, place, PART)) };
}

/** Behind its last message. */
function finishInOrder({ directory, order }: DirectoryExport, mailbox: OpenMailbox): void {
  order.add(Promise.resolve(), () => finishMailbox(directory, mailbox));
}

async function finishMailbox(directory: string, { place, keywords }: OpenMailbox): Promise<void> {
  const text = keywords.text();
  if (text !== "") await writeWhole(join(directory, place, "dovecot-keywords"), text);
  showMailbox(join(directory, place));
}

async function makeMailbox(path: string, below: boolean): Promise<void> {
  const current = existsSync(join(path, "cur")) ? [] : [PART];
  for (const name of [...current, "new", "tmp"]) await mkdir(join(path, name), { recursive: true });
  // Maildir++: what tells a mailbox from a whole Maildir of somebody else.
  if (below) await writeWhole(join(path, "maildirfolder"), "");
}

function showMailbox(path: string): void {
  if (existsSync(join(path, PART))) renameSync(join(path, PART), join(path, "cur"));
}

/** As Dovecot and Courier read it: names between dots, one a line. */
export function subscriptionsOf(mailboxes: readonly ExportMailbox[], places: ReadonlyMap<string, string>): string {
  const lines = mailboxes
    .filter(({ subscribed }) => subscribed)
    .map(({ path }) => `${places.get(pathKey(path))?.slice(1) || "INBOX"}\n`);
  return lines.join("");
}

async function putMessage(
  { directory, resumed }: DirectoryExport,
  { place, gathered }: OpenMailbox,
  name: string,
  message: ExportMessage,
): Promise<Putting> {
  const at = (part: string): string => (place === "" ? `${part}/${name}` : `${place}/${part}/${name}`);
  const path = at("cur");
  const lies = `${directory}/${at(gathered ? PART : "cur")}`;
  if (resumed && (await isWritten(lies, message))) return { put: { kind: "there", path } };
  const rewritten = resumed && existsSync(lies);
  const written = gathered ? lies : `${directory}/${at("tmp")}`;
  const put = async (): Promise<Put> => {
    if (!(await writeMessage(written, message))) {
      const damaged = `${at("tmp")}.damaged`;
      renameSync(`${written}.damaged`, `${directory}/${damaged}`);
      return { kind: "damaged", path: damaged };
    }
    if (!gathered) renameSync(written, lies);
    return { kind: rewritten ? "rewritten" : "written", path };
  };
  return { put: put() };
}
