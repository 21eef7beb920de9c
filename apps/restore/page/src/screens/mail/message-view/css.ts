// Which declarations of a message's style sheets stay. Pure: the browser has read the sheet, so that comments and escapes are gone and a `url(` is
// one. It must never let a style ask for anything, lay one thing over another, or turn the direction of reading.
import { type Resource, resourceOf } from "./resources.ts";

/** They move things over others or out of sight, hold text of their own kind, or do more than style. */
const NEVER =
  /^(--|position$|z-index$|inset|top$|right$|bottom$|left$|behavior$|-moz-binding$|cursor$|content$|unicode-bidi$|pointer-events$|transform|translate$|rotate$|scale$|offset|animation|transition|will-change$|clip|mask|-webkit-mask|filter$|backdrop-filter$|-webkit-user|user-select$|view-transition|anchor|position-|contain|app-region|-webkit-app-region)/;
/** What is filled in later, or asked for in another way than url(). */
const LATER = /(var|env|attr|image-set|-webkit-image-set|element|cross-fade|paint|src|expression|image)\s*\(/i;
const ADDRESS = /url\(\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^)"']*))\s*\)/gi;

export interface Kept {
  /** Null: the declaration goes. */
  readonly value: string | null;
  /** Addresses elsewhere that it asks for, allowed or not. */
  readonly remote: readonly string[];
}

/** Judges one declaration, as the browser writes it. `address`: what to ask for in the place of a resource; null: nothing. */
export function keptDeclaration(property: string, value: string, address: (resource: Resource) => string | null): Kept {
  // What is no whole address, such as one that does not end, is not guessed at.
  const isOdd = LATER.test(value) || /url\s*\(/i.test(value.replace(ADDRESS, ""));
  if (NEVER.test(property) || isOdd || isOutOfSight(property, value)) return { value: null, remote: [] };
  const remote: string[] = [];
  let isWhole = true;
  const kept = value.replace(ADDRESS, (_, double?: string, single?: string, bare?: string) => {
    const resource = resourceOf(unescaped(double ?? single ?? bare ?? ""));
    if (resource.kind === "remote") remote.push(resource.url);
    const allowed = address(resource);
    if (allowed === null) isWhole = false;
    return allowed === null
      ? "none"
      : `url("${allowed.replace(/["\\\n\r]/g, (sign) => `\\${sign.charCodeAt(0).toString(16)} `)}")`;
  });
  // A picture that is not shown leaves the colour of a background, not the whole of it.
  const isStyled = isWhole || (property.startsWith("background") && remote.length > 0);
  return { value: isStyled ? kept : null, remote };
}

/** Margins that pull one thing over another. */
const isOutOfSight = (property: string, value: string): boolean =>
  /^(margin|text-indent|letter-spacing|word-spacing)/.test(property) && /(^|[\s(,])-/.test(value);

const unescaped = (text: string): string =>
  text.replace(/\\(?:([0-9a-f]{1,6})\s?|(.))/gi, (_, hex?: string, sign?: string) =>
    hex === undefined ? (sign ?? "") : String.fromCodePoint(Math.min(Number.parseInt(hex, 16), 0x10ffff)),
  );
