// Sizes and spans of time as a person writes them in packetboat.yaml: 5MB, 15 minutes. Pure. Decimal units as everywhere in the program,
// binary ones where they are named so. It must never round: what is no whole number of bytes or milliseconds is refused by the pattern.

const SIZE = /^([1-9]\d{0,5}) ?(kB|MB|GB|KiB|MiB|GiB)$/;
const SPAN = /^(\d{1,5}) ?(s|seconds?|m|min|minutes?|h|hours?|d|days?)$/;

/** As JSON Schema takes them. */
export const SIZE_PATTERN = SIZE;
export const SPAN_PATTERN = SPAN;

const BYTES: Readonly<Record<string, number>> = {
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};

const MILLISECONDS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Bytes of a number or a text that SIZE_PATTERN matches. */
export function bytesOf(size: number | string): number {
  if (typeof size === "number") return size;
  const [, digits = "", unit = ""] = SIZE.exec(size) ?? [];
  return Number(digits) * (BYTES[unit] ?? Number.NaN);
}

/** Milliseconds of a text that SPAN_PATTERN matches. */
export function millisecondsOf(span: string): number {
  const [, digits = "", unit = ""] = SPAN.exec(span) ?? [];
  return Number(digits) * (MILLISECONDS[unit.charAt(0)] ?? Number.NaN);
}
