// packetboat restore show: one message of an archive: what it is, where it is or was, and what became of it since it came; or its bytes as they
// are stored. What a sender wrote reaches a terminal harmless only, but for --raw, which gives the bytes and nothing else.
import { once } from "node:events";
import {
  type ArchiveInfo,
  type MessageDetails,
  type MessageVersion,
  mailboxPathAt,
  messageDetails,
  readBodies,
  resolveRevision,
} from "@packetboat/archive";
import { asId, type MailboxPath, MailError, type MessageId, type Revision, showPath } from "@packetboat/core";
import type { Database } from "@packetboat/database";
import { bytes, count, harmless, instant, type Screen, tableLines } from "@packetboat/terminal";
import {
  HEADER_BYTES,
  type HeaderField,
  headerBytes,
  headerFields,
  headerText,
  tellingFields,
} from "../header-lines.ts";
import type { Frame, RestoreHost } from "../host.ts";
import { isoOf } from "../iso.ts";
import { eventsOf, type MessageEvent } from "../message-events.ts";
import { readMoment } from "../moment.ts";
import { whenOf } from "../snapshot.ts";

export interface ShowOptions {
  readonly at?: string;
  readonly raw?: boolean;
  readonly headers?: boolean;
  readonly json?: boolean;
}

/** Events that people get; --json has all that are kept. */
const MOST_EVENTS = 40;

interface Shown {
  readonly archive: ArchiveInfo;
  readonly moment: { readonly revision: Revision; readonly madeAt: number | null };
  readonly message: MessageDetails;
  /** As it is at the moment that is asked for; null: it is not there then. */
  readonly version: MessageVersion | null;
  /** Of the mailbox as it is called at that moment, or when the message left it. */
  readonly path: MailboxPath;
}

/** Throws CONFIG_INVALID for a message that is not there (then), or that was erased and whose bytes are asked for; ARCHIVE_UNKNOWN, BLOB_MISMATCH. */
export async function show(
  host: RestoreHost,
  frame: Pick<Frame, "readCount">,
  name: string,
  id: string,
  options: ShowOptions,
): Promise<void> {
  const messageId = asId<MessageId>(frame.readCount("MESSAGE", id, Number.MAX_SAFE_INTEGER));
  const asked = readMoment(options.at, host.now());
  if ([options.raw, options.headers, options.json].filter((given) => given === true).length > 1)
    throw new MailError("CONFIG_INVALID", "--raw, --headers and --json exclude each other.");
  const screen = host.screen(options);
  const database = await host.open(screen);
  const archive = await host.archiveByName(database, name);
  const moment = await resolveRevision(database.pool, archive.id, asked);
  const message = await messageDetails(database.pool, archive.id, messageId);
  if (message === null)
    throw new MailError(
      "CONFIG_INVALID",
      `${archive.name} has no message ${id}. packetboat restore list ${archive.name} --mailbox INBOX shows those of INBOX.`,
    );
  const version = versionAt(message.versions, moment.revision);
  if (options.at !== undefined && version === null)
    throw new MailError(
      "CONFIG_INVALID",
      `Message ${id} is not in ${archive.name} at ${whenOf(moment)}. Without --at its history is shown.`,
    );
  const last = version ?? message.versions.at(-1);
  const seen = version === null ? (last?.ended?.revision ?? 1) - 1 : moment.revision;
  const path = last === undefined ? [] : await mailboxPathAt(database.pool, last.mailboxId, seen);
  const shown = { archive, moment, message, version, path };
  if (options.raw === true) return await writeBytes(database, shown);
  const header = await headerOf(database, shown);
  if (options.headers === true) return showHeader(screen, shown, header);
  const fields = header === null ? [] : headerFields(header);
  if (screen.json) screen.data(plain(shown, fields));
  else for (const line of linesOf(shown, fields, screen)) screen.line(line);
}

const versionAt = (versions: readonly MessageVersion[], revision: Revision): MessageVersion | null =>
  versions.find(({ begun, ended }) => begun.revision <= revision && (ended === null || ended.revision > revision)) ??
  null;

const erased = ({ archive, message }: Shown): MailError =>
  new MailError(
    "CONFIG_INVALID",
    `The bytes of message ${message.id} of ${archive.name} were erased for good by packetboat forget.`,
  );

/** The bytes as they are stored, and nothing else. */
async function writeBytes({ pool }: Database, shown: Shown): Promise<void> {
  for await (const { chunks } of readBodies(pool, shown.archive.id, [shown.message.id])) {
    for await (const chunk of chunks) if (!process.stdout.write(chunk)) await once(process.stdout, "drain");
    return;
  }
  throw erased(shown);
}

/** Null: the bytes were erased. */
async function headerOf({ pool }: Database, { archive, message }: Shown): Promise<Uint8Array | null> {
  for await (const { chunks } of readBodies(pool, archive.id, [message.id])) {
    const parts: Buffer[] = [];
    let size = 0;
    // To the end, although the header is at the beginning: only then the bytes are proved, and the answer of the database is read.
    for await (const chunk of chunks) {
      if (size < HEADER_BYTES) parts.push(chunk.subarray(0, HEADER_BYTES - size));
      size += chunk.length;
    }
    return headerBytes(Buffer.concat(parts));
  }
  return null;
}

function showHeader(screen: Screen, shown: Shown, header: Uint8Array | null): void {
  if (header === null) throw erased(shown);
  const text = headerText(header).replace(/(\r\n|\n|\r)$/, "");
  if (text !== "") for (const line of text.split(/\r\n|\n|\r/)) screen.line(harmless(line.replaceAll("\t", " ")));
}

function plain({ archive, moment, message, version, path }: Shown, headers: readonly HeaderField[]) {
  const events = eventsOf(message.versions, !message.more);
  return {
    version: 1,
    archive: archive.name,
    message: message.id,
    revision: moment.revision,
    time: isoOf(moment.madeAt),
    mailbox: version === null ? null : path,
    flags: version?.flags ?? null,
    date: isoOf(message.internalDate),
    size: message.size,
    sha256: message.sha256,
    headers,
    history: events.map(({ madeAt, runId, ...event }) => ({ ...event, time: isoOf(madeAt), run: runId })),
    moreHistory: message.more,
  };
}

function linesOf(shown: Shown, fields: readonly HeaderField[], paint: Screen): readonly string[] {
  const { archive, message, version, path } = shown;
  const { size, sha256, internalDate, versions } = message;
  const column = { title: "", align: "left" } as const;
  const rows = [
    ["mailbox", version === null ? `none: ${whyNowhere(versions.at(-1), path)}` : showPath(path)],
    ["flags", (version ?? versions.at(-1))?.flags.join(" ") || "none"],
    ["received", internalDate === null ? "the server gave no date" : instant(internalDate)],
    ["size", size === null ? "erased for good by packetboat forget" : sizeWords(size)],
    ...(sha256 === null ? [] : [["sha256", sha256]]),
  ];
  const telling = tellingFields(fields).map(({ name, value }) => `  ${harmless(name)}: ${harmless(value)}`);
  const history = historyLines(message);
  return [
    paint.bold(`Message ${message.id} of ${harmless(archive.name)} at ${whenOf(shown.moment)}`),
    ...tableLines([column, column], rows).map((line) => `  ${line}`),
    ...(telling.length === 0 ? [] : ["", ...telling]),
    ...(history.length === 0 ? [] : ["", paint.dim("History"), ...history.map((line) => `  ${line}`)]),
  ];
}

function whyNowhere(last: MessageVersion | undefined, path: MailboxPath): string {
  if (last === undefined) return "erased from every revision";
  const when = last.ended === null ? "" : ` at ${whenOf(last.ended)}`;
  return `removed from ${showPath(path)}${when}`;
}

const sizeWords = (size: number): string => (size < 1_000 ? bytes(size) : `${bytes(size)} (${count(size)} bytes)`);

function historyLines({ versions, more }: MessageDetails): readonly string[] {
  const all = eventsOf(versions, !more);
  const events = all.slice(-MOST_EVENTS);
  const columns = [
    { title: "", align: "right" },
    { title: "", align: "left" },
    { title: "", align: "left" },
    { title: "", align: "left" },
  ] as const;
  const rows = events.map((event) => [
    String(event.revision),
    event.madeAt === null ? "-" : instant(event.madeAt),
    event.runId === null ? "" : `run ${event.runId}`,
    eventWords(event),
  ]);
  const earlier = more || all.length > events.length ? ["what came before is left out: --json"] : [];
  return [...earlier, ...tableLines(columns, rows)];
}

function eventWords({ kind, from, to, gained, lost }: MessageEvent): string {
  const flags = [...gained.map((flag) => `+${flag}`), ...lost.map((flag) => `-${flag}`)].join(" ");
  switch (kind) {
    case "arrived":
      return `arrived in ${showPath(to ?? [])}  ${gained.join(" ")}`;
    case "cameBack":
      return `came back to ${showPath(to ?? [])}  ${gained.join(" ")}`;
    case "moved":
      return `moved ${showPath(from ?? [])} → ${showPath(to ?? [])}  ${flags}`;
    case "flagged":
      return `flags  ${flags}`;
    case "removed":
      return `removed from ${showPath(from ?? [])}`;
  }
}
