// Messages that two clients change to and fro: a rule on one side and a person, or a rule, on the other. Carrying that on would never end,
// so it is left alone for a day (G4). Plain data in, a time out. It must never take for a quarrel what one person does on two sides, nor
// what an undo did.
import type { TracedVersion } from "../base.ts";
import type { MessageId } from "../ids.ts";

/** So many changes in a row, each of them undoing the one before, each made by a run of another link than that. */
export const RESTLESS_CHANGES = 4;
const DAY = 86_400_000;
/** How far back versions are to be known: a day of changes, and the day for which they are left alone after it. In milliseconds. */
export const RESTLESS_WINDOW = 2 * DAY;

/** What was changed of one thing, the place or one flag. */
interface Change {
  readonly from: unknown;
  readonly to: unknown;
  readonly version: TracedVersion;
}

/**
 * Until when a message is left alone, in milliseconds since 1970; null: it is not restless. `versions`: what it was lately, oldest first, the
 * first of them what it was before. Only runs of links count: what an undo or an import changed belongs to nobody's quarrel.
 */
export function restlessUntil(versions: readonly TracedVersion[], now: number): number | null {
  const flags = new Set(versions.flatMap((version) => version.flags.map((flag) => flag.toLowerCase())));
  const things: ((version: TracedVersion) => unknown)[] = [
    (version) => version.mailboxId,
    ...[...flags].map((flag) => (version: TracedVersion) => version.flags.some((one) => one.toLowerCase() === flag)),
  ];
  const until = Math.max(...things.map((thing) => quarrelEnd(changesOf(versions, thing)))) + DAY;
  return until > now ? until : null;
}

function changesOf(versions: readonly TracedVersion[], thing: (version: TracedVersion) => unknown): readonly Change[] {
  return versions.flatMap((version, at): Change[] => {
    const before = versions[at - 1];
    if (before === undefined || thing(before) === thing(version)) return [];
    return [{ from: thing(before), to: thing(version), version }];
  });
}

/** When the last quarrel about a thing was at its height; -Infinity: there was none. */
function quarrelEnd(changes: readonly Change[]): number {
  let end = Number.NEGATIVE_INFINITY;
  for (let at = RESTLESS_CHANGES; at <= changes.length; at++) {
    const row = changes.slice(at - RESTLESS_CHANGES, at);
    const [first, last] = [row[0], row.at(-1)];
    if (first === undefined || last === undefined || last.version.at - first.version.at > DAY) continue;
    const runs = new Set(row.map(({ version }) => version.made?.run));
    if (runs.size === row.length && row.every((change, i) => i === 0 || undoes(change, row[i - 1])) && isLinked(row))
      end = last.version.at;
  }
  return end;
}

const undoes = (change: Change, before: Change | undefined): boolean =>
  before !== undefined && change.to === before.from && change.version.made?.link !== before.version.made?.link;

const isLinked = (row: readonly Change[]): boolean => row.every(({ version }) => version.made !== null);

/** Which of these messages are left alone, and until when. */
export function restless(
  lately: ReadonlyMap<MessageId, readonly TracedVersion[]>,
  now: number,
): ReadonlyMap<MessageId, number> {
  const found = new Map<MessageId, number>();
  for (const [id, versions] of lately) {
    const until = restlessUntil(versions, now);
    if (until !== null) found.set(id, until);
  }
  return found;
}
