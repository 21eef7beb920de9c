// The door of terminal: what a person reads. Both apps print by it; no other room does.
export { openScreen, type Screen, type ScreenOptions, type Streams } from "./screen.ts";
export { type Align, type Column, tableLines } from "./table.ts";
export { bytes, count, duration, fit, folded, harmless, instant, percent, plural, widthOf } from "./words.ts";
