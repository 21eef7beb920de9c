// packetboat restore list: the mailboxes of an archive as it is or was, or the messages of some of them. Messages are printed page by
// page as they are read; the JSON of them is one object too, written in pieces.
import { messagesAt } from "@packetboat/archive";
import { showPath } from "@packetboat/core";
import type { Database } from "@packetboat/database";
import { harmless, plural, type Screen } from "@packetboat/terminal";
import type { RestoreHost } from "../host.ts";
import { isoOf } from "../iso.ts";
import { MESSAGE_HEADING, messageLine } from "../message-rows.ts";
import { type Snapshot, snapshotOf, whenOf } from "../snapshot.ts";
import { totalsOf, treeLines } from "../tree.ts";

export interface ListOptions {
  readonly at?: string;
  readonly mailbox?: readonly string[];
  readonly json?: boolean;
}

/** Lists an archive. Throws as snapshotOf does. */
export async function list(host: RestoreHost, name: string, options: ListOptions): Promise<void> {
  const screen = host.screen(options);
  const database = await host.open(screen);
  const snapshot = await snapshotOf(host, database, name, options);
  if (options.mailbox === undefined) listMailboxes(screen, snapshot);
  else if (screen.json) await messagesAsJson(screen, database, snapshot);
  else await listMessages(screen, database, snapshot);
}

function listMailboxes(screen: Screen, snapshot: Snapshot): void {
  const { archive, mailboxes, revision } = snapshot;
  screen.data({ ...headOf(snapshot), mailboxes: mailboxes.map(({ id, ...mailbox }) => ({ mailbox: id, ...mailbox })) });
  if (mailboxes.length === 0) {
    const more = archive.revision > revision ? ` Its newest revision is ${archive.revision}.` : "";
    screen.line(`${harmless(archive.name)} is empty at revision ${revision}.${more}`);
    return;
  }
  const [heading = "", ...lines] = treeLines(mailboxes, screen.width());
  screen.line(screen.dim(heading));
  for (const line of lines) screen.line(line);
  screen.line();
  screen.line(`${totalsOf(mailboxes)}, at ${whenOf(snapshot)}.`);
}

async function listMessages(screen: Screen, database: Database, snapshot: Snapshot): Promise<void> {
  for (const mailbox of snapshot.mailboxes) {
    const { path, messages, unread } = mailbox;
    screen.line(`${screen.bold(harmless(showPath(path)))}: ${plural(messages, "message")}, ${unread} unread`);
    if (messages > 0) screen.line(screen.dim(MESSAGE_HEADING));
    for await (const page of pagesOf(database, snapshot, mailbox.id))
      for (const message of page) screen.line(messageLine(message, screen.width()));
    screen.line();
  }
  screen.line(`${totalsOf(snapshot.mailboxes)}, at ${whenOf(snapshot)}.`);
}

async function messagesAsJson(screen: Screen, database: Database, snapshot: Snapshot): Promise<void> {
  const head = JSON.stringify(headOf(snapshot));
  screen.value(`${head.slice(0, -1)},"messages":[`);
  let separator = "";
  for (const mailbox of snapshot.mailboxes) {
    for await (const page of pagesOf(database, snapshot, mailbox.id)) {
      const rows = page.map(({ id, internalDate, flags, size, sha256 }) =>
        JSON.stringify({ message: id, mailbox: mailbox.path, date: isoOf(internalDate), flags, size, sha256 }),
      );
      screen.value(separator + rows.join(",\n"));
      separator = ",";
    }
  }
  screen.value("]}");
}

async function* pagesOf(database: Database, { revision }: Snapshot, mailboxId: Snapshot["mailboxes"][number]["id"]) {
  for (let after = 0; ; ) {
    const page = await messagesAt(database.pool, mailboxId, revision, after);
    const last = page.at(-1);
    if (last === undefined) return;
    yield page;
    after = last.id;
  }
}

function headOf({ archive, revision, madeAt }: Snapshot) {
  return { version: 1, archive: archive.name, revision, time: isoOf(madeAt) };
}
