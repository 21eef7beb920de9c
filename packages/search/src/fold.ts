// How text is made comparable: no case, no accents, one form for what is one letter. The same for what is stored and for what is asked, and
// of our own: what Postgres has for it (unaccent) is not on every server, and differs from one to the next. Pure.
// It must never join words, nor fold what makes another word in Chinese, Japanese or Korean.

const ASCII = /^[\0-\x7f]*$/;
/** Latin, Greek and Cyrillic, whose accents go; the marks of other scripts are letters of theirs. */
const ACCENTED = /[\u00c0-\u024f\u0370-\u052f\u1e00-\u1fff]+/g;
/** Accents that stand alone, vowel points of Arabic and Hebrew, and what is not seen: soft hyphens, joiners, marks of direction. */
const INVISIBLE = /[\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u064b-\u065f\u00ad\u200b-\u200f\u2060\ufeff]/g;
const LETTERS: Readonly<Record<string, string>> = {
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ø: "o",
  ł: "l",
  đ: "d",
  ð: "d",
  þ: "th",
  ı: "i",
  ς: "σ",
};
const OTHER_LETTERS = /[ßæœøłđðþıς]/g;

/** Gives text in the form in which it is compared. */
export function fold(text: string): string {
  const lower = text.toLowerCase();
  if (ASCII.test(lower)) return lower;
  return lower
    .normalize("NFKC")
    .toLowerCase()
    .replace(ACCENTED, (run) => run.normalize("NFD"))
    .replace(INVISIBLE, "")
    .replace(OTHER_LETTERS, (letter) => LETTERS[letter] ?? letter);
}

/** The same for what is found by any piece of it (addresses, file names): spaces and controls are one space, none at the ends. */
export function foldLine(text: string): string {
  return fold(text.toWellFormed())
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim();
}
