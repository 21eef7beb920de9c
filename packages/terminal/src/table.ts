// Rows in columns, for people: as wide as what is in them, no lines drawn. `--json` is for programs. Pure.
import { harmless, widthOf } from "./words.ts";

export type Align = "left" | "right";

export interface Column {
  /** Empty: no heading. */
  readonly title: string;
  readonly align: Align;
}

/** Gives one line per row, and one above them when a column has a title. Cells are made harmless; spaces at line ends are cut. */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[]): readonly string[] {
  const titles = columns.map(({ title }) => title);
  const cells = [...(titles.some((title) => title !== "") ? [titles] : []), ...rows.map((row) => row.map(harmless))];
  const widths = columns.map((_, index) => Math.max(0, ...cells.map((row) => widthOf(row[index] ?? ""))));
  return cells.map((row) =>
    columns
      .map(({ align }, index) => {
        const cell = row[index] ?? "";
        const space = " ".repeat((widths[index] ?? 0) - widthOf(cell));
        return align === "left" ? cell + space : space + cell;
      })
      .join("  ")
      .trimEnd(),
  );
}
