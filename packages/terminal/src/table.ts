// Rows in columns, for people: as wide as what is in them, no lines drawn. `--json` is for programs. Pure.
import { fit, harmless, widthOf } from "./words.ts";

export type Align = "left" | "right";

export interface Column {
  /** Empty: no heading. */
  readonly title: string;
  readonly align: Align;
}

const BETWEEN = "  ";
/** Texts are not cut to less. */
const LEAST_TEXT = 12;

/**
 * Gives one line per row, and one above them when a column has a title. Cells are made harmless; spaces at line ends are cut. `within`: how wide a
 * line may be; the widest texts are cut for it, numbers never. Default: as wide as what is in them.
 */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  within = Number.POSITIVE_INFINITY,
): readonly string[] {
  const titles = columns.map(({ title }) => title);
  const cells = [...(titles.some((title) => title !== "") ? [titles] : []), ...rows.map((row) => row.map(harmless))];
  const wanted = columns.map((_, index) => cells.reduce((most, row) => Math.max(most, widthOf(row[index] ?? "")), 0));
  const widths = narrowed(columns, wanted, within);
  return cells.map((row) =>
    columns
      .map(({ align }, index) => {
        const cell = fit(row[index] ?? "", widths[index] ?? 0);
        const space = " ".repeat((widths[index] ?? 0) - widthOf(cell));
        return align === "left" ? cell + space : space + cell;
      })
      .join(BETWEEN)
      .trimEnd(),
  );
}

/** Takes from the widest column of text until a line fits, or there is nothing to take. */
function narrowed(columns: readonly Column[], wanted: readonly number[], within: number): readonly number[] {
  const widths = [...wanted];
  const texts = columns.flatMap(({ align }, index) => (align === "left" ? [index] : []));
  for (
    let over = widths.reduce((sum, width) => sum + width + BETWEEN.length, -BETWEEN.length) - within;
    over > 0;
    over--
  ) {
    const widest = texts.reduce((a, b) => ((widths[b] ?? 0) > (widths[a] ?? 0) ? b : a), texts[0] ?? 0);
    if ((widths[widest] ?? 0) <= LEAST_TEXT) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}
