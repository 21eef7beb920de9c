// packetboat restore search: finds messages in an archive, as it is or was, a page at a time. What is not indexed yet is said, never passed over.
import { resolveRevision, type SearchPage, searchMessages } from "@packetboat/archive";
import { MailError } from "@packetboat/core";
import { queryOf } from "@packetboat/search";
import { count, harmless, plural, type Screen } from "@packetboat/terminal";
import { plainHit } from "../found.ts";
import type { RestoreHost } from "../host.ts";
import { isoOf } from "../iso.ts";
import { readMoment } from "../moment.ts";
import { hitHeading, hitLine } from "../search-lines.ts";
import { shellWord } from "../shell-word.ts";
import { whenOf } from "../snapshot.ts";

export interface SearchOptions {
  readonly at?: string;
  readonly removed?: boolean;
  readonly sort?: string;
  readonly limit?: string;
  readonly after?: string;
  readonly json?: boolean;
}

/** Wider lines are hard to follow with the eye; files and pipes have these. */
const MOST_COLUMNS = 132;
const DEFAULT_LIMIT = 50;

/** Searches an archive. Throws CONFIG_INVALID for a query that is not understood, saying where and why. */
export async function search(
  host: RestoreHost,
  name: string,
  words: readonly string[],
  options: SearchOptions,
): Promise<void> {
  const screen = host.screen(options);
  const text = queryText(words);
  const query = queryOf(text, host.now());
  const sort = sortOf(options.sort);
  const limit = limitOf(options.limit);
  const moment = readMoment(options.at, host.now());
  const database = await host.open(screen);
  const archive = await host.archiveByName(database, name);
  const at = await resolveRevision(database.pool, archive.id, moment);
  const removed = options.removed === true;
  const page = await searchMessages(database.pool, {
    archiveId: archive.id,
    query,
    revision: at.revision,
    removed,
    sort,
    limit,
    after: options.after,
  });
  screen.data({
    version: 1,
    archive: archive.name,
    revision: at.revision,
    time: isoOf(at.madeAt),
    query: text,
    sort,
    removed,
    rankedAmong: page.rankedAmong,
    notIndexed: page.waiting,
    next: page.next,
    messages: page.hits.map(plainHit),
  });
  print(screen, page, { archive: archive.name, text, sort, limit, when: whenOf(at), options });
}

/** One text, whether the shell was given one word or many. A word with blanks in it was in quotes. */
export function queryText(words: readonly string[]): string {
  const option = words.find((word) => word.startsWith("--"));
  if (option !== undefined)
    throw new MailError(
      "CONFIG_INVALID",
      `There is no option ${harmless(option)}. See packetboat restore search --help.`,
    );
  const text = words.length === 1 ? (words[0] ?? "") : words.map(requoted).join(" ");
  if (text.trim() === "") throw new MailError("CONFIG_INVALID", "Say what to search for, such as 'from:ann invoice'.");
  return text;
}

function requoted(word: string): string {
  if (!/\s/.test(word) || /["()]/.test(word)) return word;
  const [, before = "", value = word] = /^(-?(?:[A-Za-z_-]+:)?)(.*)$/s.exec(word) ?? [];
  return `${before}"${value}"`;
}

function sortOf(text: string | undefined): "date" | "rank" {
  if (text === undefined || text === "date") return "date";
  if (text === "rank") return "rank";
  throw new MailError("CONFIG_INVALID", "--sort is date (newest first) or rank (best first).");
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_LIMIT;
  if (/^[1-9]\d{0,3}$/.test(text) && Number(text) <= 1_000) return Number(text);
  throw new MailError("CONFIG_INVALID", "--limit is a number of messages, 1 to 1000.");
}

interface Asked {
  readonly archive: string;
  readonly text: string;
  readonly sort: "date" | "rank";
  readonly limit: number;
  readonly when: string;
  readonly options: SearchOptions;
}

function print(screen: Screen, { hits, next, rankedAmong, waiting }: SearchPage, asked: Asked): void {
  const columns = Math.min(screen.width(), MOST_COLUMNS);
  if (hits.length > 0) screen.line(screen.dim(hitHeading(columns)));
  for (const hit of hits) screen.line(hitLine(hit, columns));
  if (hits.length > 0) screen.line();
  const order = asked.sort === "rank" ? "best first" : "newest first";
  // A page is not all: its number must not read as how many there are.
  const page = next === null ? "" : " on this page";
  const what = hits.length === 0 ? "Nothing is found" : `${plural(hits.length, "message")}${page}, ${order}`;
  screen.line(`${what}, at ${asked.when}.`);
  if (rankedAmong !== null)
    screen.line(`Only the newest ${count(rankedAmong)} that fit were compared; --sort date goes through all.`);
  const [first] = hits;
  if (first !== undefined)
    screen.line(`One of them: packetboat restore show ${shellWord(asked.archive)} ${first.messageId}`);
  if (next !== null) screen.line(`More: ${nextLine(asked, next)}`);
  if (waiting > 0) {
    const are = waiting === 1 ? "is" : "are";
    screen.warning(
      `packetboat: ${plural(waiting, "message")} of ${harmless(asked.archive)} ${are} not indexed yet and cannot be found. To index: packetboat index ${shellWord(asked.archive)}`,
    );
  }
}

/** The line that gives the next page. */
function nextLine({ archive, text, sort, limit, options }: Asked, next: string): string {
  const more = [
    ...(options.at === undefined ? [] : ["--at", shellWord(options.at)]),
    ...(options.removed === true ? ["--removed"] : []),
    ...(sort === "date" ? [] : ["--sort", sort]),
    ...(limit === DEFAULT_LIMIT ? [] : ["--limit", String(limit)]),
  ];
  return ["packetboat restore search", shellWord(archive), shellWord(text), ...more, "--after", next].join(" ");
}
