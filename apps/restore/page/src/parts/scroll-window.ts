// Which rows of a long list are in the window, and where they stand. Pure. Browsers end an element at some 17 (Firefox) to 33 million pixels, which
// 500,000 rows exceed: such a list is scrolled through a shorter one, over which it glides. Small steps move by as many pixels as the reader
// scrolled; a jump goes to the same part of the list. (So does SlickGrid's "virtual paging".)

/** Pixels that every browser lays out. */
export const MOST_PX = 6_000_000;

/** Rows beyond the edges, so that none is missing while one scrolls. */
const BEYOND = 8;

export interface Shape {
  readonly rows: number;
  readonly rowPx: number;
  /** Of the window. */
  readonly viewPx: number;
}

/** Where one is: `top` is the element's scrollTop, `offset` how far the list is ahead of it. */
export interface Place {
  readonly top: number;
  readonly offset: number;
}

export const START: Place = { top: 0, offset: 0 };

const wholePx = ({ rows, rowPx }: Shape): number => rows * rowPx;

/** How high the element is. */
export const heightPx = (shape: Shape): number => Math.min(wholePx(shape), MOST_PX);

/** The place of a pixel of the whole list. */
export function placeAt(px: number, shape: Shape): Place {
  const most = Math.max(0, wholePx(shape) - shape.viewPx);
  const at = Math.min(Math.max(0, px), most);
  const mostTop = Math.max(0, heightPx(shape) - shape.viewPx);
  // In proportion, so that the bar stands where the reader is, and both ends are reached.
  const top = most === 0 ? 0 : Math.round((at / most) * mostTop);
  return { top, offset: at - top };
}

/** Where one is after the element was scrolled to `top`. */
export function scrolled(before: Place, top: number, shape: Shape): Place {
  const moved = top - before.top;
  const mostTop = Math.max(0, heightPx(shape) - shape.viewPx);
  if (wholePx(shape) <= MOST_PX) return { top, offset: 0 };
  const isJump = Math.abs(moved) > shape.viewPx;
  const isEnd = top <= 0 || top >= mostTop;
  if (isJump || isEnd) {
    const most = wholePx(shape) - shape.viewPx;
    return { top, offset: Math.round((top / mostTop) * most) - top };
  }
  return { top, offset: before.offset };
}

export interface Shown {
  /** The first row, and the one after the last. */
  readonly from: number;
  readonly to: number;
}

/** The rows to be drawn. */
export function rowsShown({ top, offset }: Place, { rows, rowPx, viewPx }: Shape): Shown {
  const first = Math.floor((top + offset) / rowPx);
  return {
    from: Math.max(0, first - BEYOND),
    to: Math.min(rows, first + Math.ceil(viewPx / rowPx) + BEYOND + 1),
  };
}

/** Where a row stands within the element. */
export const rowTop = (row: number, { offset }: Place, { rowPx }: Pick<Shape, "rowPx">): number => row * rowPx - offset;

/** The place at which a row is in the window: the same one if it is already, else the nearest. */
export function placeWith(row: number, place: Place, shape: Shape): Place {
  const px = row * shape.rowPx;
  const at = place.top + place.offset;
  if (px < at) return near(px, place, shape);
  if (px + shape.rowPx > at + shape.viewPx) return near(px + shape.rowPx - shape.viewPx, place, shape);
  return place;
}

/** A short way is scrolled, a long one jumped. */
function near(px: number, place: Place, shape: Shape): Place {
  const top = px - place.offset;
  const mostTop = heightPx(shape) - shape.viewPx;
  const isShort = Math.abs(px - place.top - place.offset) <= shape.viewPx;
  return isShort && top >= 0 && top <= mostTop ? { top, offset: place.offset } : placeAt(px, shape);
}
