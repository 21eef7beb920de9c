// "Did you mean …?": the known word that a mistyped one is nearest to. Pure. It must never suggest what is further away than a slip of the
// finger, nor depend on the order of the words other than to break a tie.

/** Insertions, removals, replacements and swaps of neighbours that lead from one word to the other. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const steps = [
        (above[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (above[column - 1] ?? 0) + (same ? 0 : 1),
        ...(swapped ? [(before[column - 2] ?? 0) + 1] : []),
      ];
      current.push(Math.min(...steps));
    }
    before = above;
    above = current;
  }
  return above[b.length] ?? 0;
}

/** time_zone, time-zone and TimeZone are timeZone. */
const bare = (word: string): string => word.toLowerCase().replace(/[-_ ]/g, "");

/** Longer is no slip of the finger, and comparing takes time with the square of the length. */
const LONGEST = 64;

/** The nearest of the known words, or null when none is near. */
export function nearest(word: string, known: readonly string[]): string | null {
  if (word.length > LONGEST) return null;
  const written = bare(word);
  const allowed = Math.max(1, Math.floor(written.length / 3));
  const ranked = known
    .map((candidate) => ({ candidate, steps: distance(written, bare(candidate)) }))
    .filter(({ steps }) => steps <= allowed)
    .sort((a, b) => a.steps - b.steps);
  return ranked[0]?.candidate ?? null;
}
