// What a word is: a run of letters and digits, folded. Scripts that are written without spaces have no words that a program could know, so
// each two neighbouring characters are one, and the last character by itself: any piece of a run is then a row of such words. Pure.
// It must never give a word with a space in it, an empty one, or one longer than a word can be in Postgres.
import { fold } from "./fold.ts";

/** Longer runs are no words; they are cut, in what is stored and in what is asked alike. */
const LONGEST = 40;

const ASCII = /^[\0-\x7f]*$/;
const ASCII_RUN = /[a-z0-9]+/g;
const RUN = /[\p{L}\p{N}\p{M}]+/gu;
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}ー々]+/gu;
const HAS_UNSPACED = new RegExp(UNSPACED.source, "u");

/** Gives the words of a text in their order. */
export function wordsOf(text: string): string[] {
  const folded = fold(text.toWellFormed());
  if (ASCII.test(folded)) {
    const runs: string[] = folded.match(ASCII_RUN) ?? [];
    return runs.map((run) => (run.length > LONGEST ? run.slice(0, LONGEST) : run));
  }
  const words: string[] = [];
  for (const run of folded.match(RUN) ?? []) {
    if (HAS_UNSPACED.test(run)) addMixed(words, run);
    else addWord(words, run);
  }
  return words;
}

/** Words as they are stored: each between spaces, so that a row of words is found as a text. */
export function spaced(words: readonly string[]): string {
  return words.length === 0 ? "" : ` ${words.join(" ")} `;
}

function addWord(words: string[], run: string): void {
  // By characters: half a character would be another one in the database.
  if (run !== "") words.push(run.length > LONGEST ? [...run].slice(0, LONGEST).join("") : run);
}

/** "iphoneを買う": what is written with spaces, then each two characters of what is not. */
function addMixed(words: string[], run: string): void {
  let end = 0;
  for (const match of run.matchAll(UNSPACED)) {
    addWord(words, run.slice(end, match.index));
    const characters = [...match[0]];
    for (let i = 0; i < characters.length; i++) words.push(characters.slice(i, i + 2).join(""));
    end = match.index + match[0].length;
  }
  addWord(words, run.slice(end));
}

/**
 * Words as they are asked for: those of the text, but of a run without spaces not its last character, which stands there for the run's end
 * only. With `open`, the last word is the beginning of one: always so for a single character of such a script, else where a `*` says so.
 */
export function askedWords(text: string): { readonly words: readonly string[]; readonly open: boolean } {
  const words = wordsOf(text);
  const last = words.at(-1) ?? "";
  if ([...last].length !== 1 || !HAS_UNSPACED.test(last)) return { words, open: false };
  const before = words.at(-2) ?? "";
  const continues = [...before].length === 2 && before.endsWith(last) && HAS_UNSPACED.test(before);
  return continues ? { words: words.slice(0, -1), open: false } : { words, open: true };
}
