// packetboat restore diff: what differs between two revisions or times of an archive. The difference is read once, page by page: all of it is
// counted, the first lines of it are kept and printed below the counts; with --json everything is written as it is read.
import { type DifferingMessage, type Placed, resolveRevision } from "@packetboat/archive";
import { count, harmless, type Screen } from "@packetboat/terminal";
import { NO_CHANGES, placeLines, type Tally, tallyWords, tell } from "../change-lines.ts";
import { type Compared, compare, type Moments } from "../compared.ts";
import {
  DIFFERENCE_HEADING,
  differenceLine,
  headingOf,
  mailboxWords,
  type Names,
  placeOf,
} from "../difference-lines.ts";
import type { Frame, RestoreHost } from "../host.ts";
import { isoOf } from "../iso.ts";
import { readMoment } from "../moment.ts";
import { whenOf } from "../snapshot.ts";

export interface DiffOptions {
  readonly mailbox?: readonly string[];
  readonly limit?: string;
  readonly json?: boolean;
}

/** Lines that people get without --limit; --json has all. */
const LINES = 100;

/** Throws CONFIG_INVALID for a moment that is not understood or not there, or a pattern that fits no mailbox; ARCHIVE_UNKNOWN. */
export async function diff(
  host: RestoreHost,
  frame: Pick<Frame, "readCount">,
  name: string,
  moments: { readonly from: string; readonly to: string | undefined },
  options: DiffOptions,
): Promise<void> {
  const given = options.limit === undefined ? null : frame.readCount("--limit", options.limit, 1_000_000);
  const now = host.now();
  const asked = [readMoment(moments.from, now, "FROM"), readMoment(moments.to, now, "TO")] as const;
  const screen = host.screen(options);
  const database = await host.open(screen);
  const archive = await host.archiveByName(database, name);
  const from = await resolveRevision(database.pool, archive.id, asked[0]);
  const to = await resolveRevision(database.pool, archive.id, asked[1]);
  const compared = await compare(database.pool, archive, { from, to }, options.mailbox ?? []);
  if (screen.json) await asJson(screen, compared, given ?? Number.POSITIVE_INFINITY);
  else await asLines(screen, compared, given ?? LINES);
}

async function asLines(screen: Screen, compared: Compared, limit: number): Promise<void> {
  const { archive, from, to, names, mailboxes } = compared;
  const places = new Map<string, Tally>();
  const first: DifferingMessage[] = [];
  for await (const page of compared.pages) {
    for (const message of page) tell(places, placeOf(message, names), message.kind);
    first.push(...page.slice(0, limit - first.length));
  }
  const all = [...places.values()].reduce(summed, { ...NO_CHANGES, mailboxes: mailboxes.length });
  screen.line(screen.bold(`${harmless(archive.name)} from ${whenOf(from)} to ${whenOf(to)}`));
  const changes = all.added + all.removed + all.moved + all.flagged;
  if (changes + mailboxes.length === 0) {
    screen.line("Nothing differs.");
    return;
  }
  screen.line(tallyWords(all));
  for (const line of placeLines(places, mailboxes.map(mailboxWords), screen.width() - 2)) screen.line(`  ${line}`);
  if (first.length === 0) return;
  screen.line();
  screen.line(screen.dim(DIFFERENCE_HEADING));
  let open: string | null = null;
  for (const message of first) {
    const heading = headingOf(message, names);
    if (heading !== open) screen.line(screen.bold(harmless(heading)));
    open = heading;
    screen.line(differenceLine(message, names, screen, screen.width()));
  }
  if (changes > first.length)
    screen.line(screen.dim(`and ${count(changes - first.length)} more: --limit N, or --json for all of them.`));
}

function summed(a: Tally, b: Tally): Tally {
  return {
    ...a,
    added: a.added + b.added,
    removed: a.removed + b.removed,
    moved: a.moved + b.moved,
    flagged: a.flagged + b.flagged,
  };
}

/** One object, written as it is read; the counts are its end. */
async function asJson(screen: Screen, compared: Compared, limit: number): Promise<void> {
  const { archive, from, to, names, mailboxes } = compared;
  const side = ({ revision, madeAt }: Moments["from"]) => ({ revision, time: isoOf(madeAt) });
  const head = JSON.stringify({ version: 1, archive: archive.name, from: side(from), to: side(to), mailboxes });
  screen.value(`${head.slice(0, -1)},"messages":[`);
  const counts = { added: 0, removed: 0, moved: 0, flagged: 0, mailboxes: mailboxes.length };
  const placed = (at: Placed | null, path: Names["before"]) =>
    at === null ? null : { mailbox: path(at.mailboxId), flags: at.flags };
  let written = 0;
  for await (const page of compared.pages) {
    for (const { kind } of page) counts[kind]++;
    const rows = page
      .slice(0, limit - written)
      .map(({ messageId, kind, before, after, internalDate, size, subject }) => {
        const sides = { before: placed(before, names.before), after: placed(after, names.after) };
        return JSON.stringify({ message: messageId, kind, ...sides, date: isoOf(internalDate), size, subject });
      });
    if (rows.length > 0) screen.value((written === 0 ? "" : ",") + rows.join(",\n"));
    written += rows.length;
  }
  screen.value(`],"counts":${JSON.stringify(counts)}}`);
}
