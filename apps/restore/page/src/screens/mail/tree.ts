// Mailboxes as a tree. Pure.
import type { Answer } from "../../api/shapes.ts";

export type TreeRow = Answer<"get", "/archives/{archive}/mailboxes">["mailboxes"][number];

export interface Branch {
  readonly name: string;
  /** Names from the top, as one text: unlike for any two mailboxes. */
  readonly key: string;
  readonly row: TreeRow;
  readonly children: readonly Branch[];
}

const keyOf = (path: readonly string[]): string => path.join("\u0000");

/** Nests rows that come with parents before their children. */
export function treeOf(rows: readonly TreeRow[]): readonly Branch[] {
  const top: Branch[] = [];
  const known = new Map<string, Branch[]>();
  for (const row of rows) {
    const children: Branch[] = [];
    const key = keyOf(row.path);
    const branch = { name: row.path.at(-1) ?? "", key, row, children };
    known.set(key, children);
    (known.get(keyOf(row.path.slice(0, -1))) ?? top).push(branch);
  }
  return top;
}
