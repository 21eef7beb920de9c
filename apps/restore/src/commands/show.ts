// packetboat restore show: one message of an archive: what it is, where it is or was, and what became of it since it came; or its bytes as they
// are stored. What a sender wrote reaches a terminal harmless only, but for --raw, which gives the bytes and nothing else.
import { once } from "node:events";
import { type MessageDetails, type MessageVersion, readBodies } from "@packetboat/archive";
import { asId, type MailboxPath, MailError, type MessageId, showPath } from "@packetboat/core";
import type { Database } from "@packetboat/database";
import { bytes, count, harmless, instant, type Screen, tableLines } from "@packetboat/terminal";
import { type HeaderField, headerFields, headerText, tellingFields } from "../header-lines.ts";
import type { Frame, RestoreHost } from "../host.ts";
import { eventsOf, type MessageEvent } from "../message-events.ts";
import { readMoment } from "../moment.ts";
import { headerOf, plainMessage, type Shown, shownOf } from "../shown.ts";
import { whenOf } from "../snapshot.ts";

export interface ShowOptions {
  readonly at?: string;
  readonly raw?: boolean;
  readonly headers?: boolean;
  readonly json?: boolean;
}

/** Events that people get; --json has all that are kept. */
const MOST_EVENTS = 40;

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
  const shown = await shownOf(database.pool, archive, messageId, asked);
  if (shown === null)
    throw new MailError(
      "CONFIG_INVALID",
      `${archive.name} has no message ${id}. packetboat restore list ${archive.name} --mailbox INBOX shows those of INBOX.`,
    );
  const { moment, version } = shown;
  if (options.at !== undefined && version === null)
    throw new MailError(
      "CONFIG_INVALID",
      `Message ${id} is not in ${archive.name} at ${whenOf(moment)}. Without --at its history is shown.`,
    );
  if (options.raw === true) return await writeBytes(database, shown);
  const header = await headerOf(database.pool, shown);
  if (options.headers === true) return showHeader(screen, shown, header);
  const fields = header === null ? [] : headerFields(header);
  if (screen.json) screen.data({ version: 1, archive: archive.name, ...plainMessage(shown, fields) });
  else for (const line of linesOf(shown, fields, screen)) screen.line(line);
}

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

function showHeader(screen: Screen, shown: Shown, header: Uint8Array | null): void {
  if (header === null) throw erased(shown);
  const text = headerText(header).replace(/(\r\n|\n|\r)$/, "");
  if (text !== "") for (const line of text.split(/\r\n|\n|\r/)) screen.line(harmless(line.replaceAll("\t", " ")));
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
