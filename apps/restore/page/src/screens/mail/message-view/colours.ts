// Whether a message has colours of its own. Pure. One that has none is shown in the page's, also at night; one that has any is shown on paper, as its
// sender saw it: dark words on a dark page would be a message that nobody can read.

/** Attributes of HTML that colour what is written, or what it is written on. */
export const COLOURING = ["bgcolor", "background", "color", "text", "link", "alink", "vlink"] as const;

const COLOURS = /^(color|background-color|background-image|-webkit-text-fill-color)$/;
/** What leaves the colour as it is around it. */
const NONE = /^(inherit|initial|unset|revert|revert-layer|currentcolor|transparent|none|rgba\(0, 0, 0, 0\)|)$/i;

/** Judges one declaration, as the browser writes it: shorthands are taken apart. */
export const isOwnColour = (property: string, value: string): boolean =>
  COLOURS.test(property) && !NONE.test(value.trim());
