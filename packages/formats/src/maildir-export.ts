// Writes messages as a Maildir++ tree, as Dovecot serves it: INBOX at the top, ".Work.2024" beside it, flags in the names, keywords by
// letters and dovecot-keywords, INTERNALDATE as the file's time. Bytes are as they were stored; a file appears in `cur` when it is whole. An
// interrupted export goes on where it was. It must never leave in `cur` what is not proved.
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
  placeOf,
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
  const all = [...mailboxes, INBOX].map(({ path }) => path);
  const places = maildirDirectories(all, toUtf7);
  const about = { format: "maildir", subject, options };
  return await exportToDirectory(directory, about, mailboxLines(mailboxes, places), async (into) => {
    for (const place of new Set(places.values())) await makeMailbox(join(directory, place), place !== "");
    await writeWhole(join(directory, "subscriptions"), subscriptionsOf(mailboxes, places));
    let at = openMailbox(directory, null);
    for await (const message of messages) {
      into.record.check();
      const place = placeOf(places, message.mailbox);
      if (at.place !== place) {
        await at.done();
        at = openMailbox(directory, place);
      }
      const put = await putMessage(into, place, maildirFileName(message, at.keywords.of(message.flags)), message);
      if (await into.record.add(message, put)) await into.sums.line(`${message.sha256}  ${put.path}`);
    }
    await at.done();
  });
}

/** The mailbox that messages go into; `done` writes the names of its keywords. */
function openMailbox(directory: string, place: string | null) {
  const keywords = new KeywordLetters();
  const done = async (): Promise<void> => {
    const text = keywords.text();
    if (place !== null && text !== "") await writeWhole(join(directory, place, "dovecot-keywords"), text);
  };
  return { place, keywords, done };
}

async function makeMailbox(path: string, below: boolean): Promise<void> {
  for (const name of ["cur", "new", "tmp"]) await mkdir(join(path, name), { recursive: true });
  // Maildir++: what tells a mailbox from a whole Maildir of somebody else.
  if (below) await writeWhole(join(path, "maildirfolder"), "");
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
  place: string,
  name: string,
  message: ExportMessage,
): Promise<Put> {
  const at = (part: string): string => (place === "" ? `${part}/${name}` : `${place}/${part}/${name}`);
  const path = at("cur");
  if (resumed && (await isWritten(join(directory, path), message))) return { kind: "there", path };
  const rewritten = resumed && existsSync(join(directory, path));
  if (!(await writeMessage(join(directory, at("tmp")), message)))
    return { kind: "damaged", path: `${at("tmp")}.damaged` };
  renameSync(join(directory, at("tmp")), join(directory, path));
  return { kind: rewritten ? "rewritten" : "written", path };
}
