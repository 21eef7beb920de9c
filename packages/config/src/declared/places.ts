// Where in the text something stands: from a path of keys to line and column. Pure. The YAML library's own lookup is not used, because it
// tells the key 1 from "1" and keeps aliases apart from what they stand for.
import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type LineCounter, type Node, type Pair } from "yaml";

export type Path = readonly PropertyKey[];

export interface Place {
  readonly line: number;
  readonly column: number;
}

type Doc = Document.Parsed;

function resolved(doc: Doc, value: unknown): Node | null {
  if (isAlias(value)) return value.resolve(doc) ?? null;
  return isNode(value) ? value : null;
}

function pairAt(node: Node | null, key: PropertyKey): Pair | null {
  if (!isMap(node)) return null;
  return node.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === String(key)) ?? null;
}

/** The node of a path, or null where the path leads to nothing. */
function nodeAt(doc: Doc, path: Path): Node | null {
  let node: Node | null = resolved(doc, doc.contents);
  for (const step of path) {
    const next: unknown = isSeq(node) ? node.items[Number(step)] : pairAt(node, step)?.value;
    node = resolved(doc, next);
    if (node === null) return null;
  }
  return node;
}

const startOf = (node: unknown): number | null => (isNode(node) ? (node.range?.[0] ?? null) : null);

/** Where the key of a path stands, or the item of a list; the nearest thing around it where there is none. */
export function placeOf(doc: Doc, lines: LineCounter, path: Path): Place {
  for (let length = path.length; length > 0; length--) {
    const parent = nodeAt(doc, path.slice(0, length - 1));
    const last = path[length - 1] ?? "";
    const at = isSeq(parent) ? startOf(parent.items[Number(last)]) : startOf(pairAt(parent, last)?.key);
    if (at !== null) return placeAt(lines, at);
  }
  return { line: 1, column: 1 };
}

/** Where an offset of the text is. */
export function placeAt(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}
