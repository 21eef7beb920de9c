// The plain text of a message as pieces to show: what was written, what is quoted of others, and links. Pure. Links are found, never believed: each
// leads over the page that says where it goes.
import { type LinkTarget, linkTarget } from "./links.ts";

export interface Block {
  readonly isQuoted: boolean;
  readonly lines: readonly string[];
}

export type Piece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "link"; readonly text: string; readonly target: LinkTarget };

/** Quoted lines that are shown anyway: an answer below two lines is read with them. */
const FEW_QUOTED = 4;
const MOST_LINKS = 2_000;

/** Turns what changes the reading direction into nothing: it would let one text look like another. */
const DIRECTIONS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Gives runs of quoted and other lines; few quoted lines stay with what is around them. */
export function blocksOf(text: string): readonly Block[] {
  const runs: { isQuoted: boolean; lines: string[] }[] = [];
  for (const line of text.replace(DIRECTIONS, "").split("\n")) {
    const isQuoted = /^ {0,3}>/.test(line);
    const last = runs.at(-1);
    if (last?.isQuoted === isQuoted) last.lines.push(line);
    else runs.push({ isQuoted, lines: [line] });
  }
  const blocks: { isQuoted: boolean; lines: string[] }[] = [];
  for (const { isQuoted, lines } of runs) {
    const folds = isQuoted && lines.length > FEW_QUOTED;
    const last = blocks.at(-1);
    if (last?.isQuoted === folds && !folds) last.lines.push(...lines);
    else blocks.push({ isQuoted: folds, lines: [...lines] });
  }
  return blocks;
}

/** Gives the pieces of a text with the links in it, the first so many. */
export function piecesOf(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  let links = 0;
  for (const found of text.matchAll(/\bhttps?:\/\/[^\s<>"]{1,2000}|\bmailto:[^\s<>"]{1,300}/gi)) {
    if (++links > MOST_LINKS) break;
    const word = withoutEnd(found[0]);
    const target = linkTarget(word, word);
    if (target === null) continue;
    if (found.index > at) pieces.push({ kind: "text", text: text.slice(at, found.index) });
    pieces.push({ kind: "link", text: word, target });
    at = found.index + word.length;
  }
  if (at < text.length) pieces.push({ kind: "text", text: text.slice(at) });
  return pieces;
}

/** Signs that end a sentence, not an address; a bracket only where it was not opened within. */
function withoutEnd(word: string): string {
  const plain = word.replace(/[.,;:!?'*_]+$/, "");
  const count = (sign: string): number => plain.split(sign).length;
  const isOpened = plain.endsWith("]") ? count("[") >= count("]") : count("(") >= count(")");
  return /[)\]]$/.test(plain) && !isOpened ? withoutEnd(plain.slice(0, -1)) : plain;
}
