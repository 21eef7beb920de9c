// The text of HTML without understanding it: for HTML that the library is not let at. Pure, one pass, linear whatever it is given.

const SKIPPED = /<(script|style|head|title)\b/iy;
const NAMED: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
  shy: "",
};
const INLINE = /^\/?(a|b|i|u|s|em|strong|span|font|small|big|sub|sup|tt|code|mark|abbr|wbr)$/i;

/** Gives the text between the tags; tags of blocks are blanks. */
export function plainHtml(html: string): string {
  const pieces: string[] = [];
  let at = 0;
  while (at < html.length) {
    const open = html.indexOf("<", at);
    if (open === -1) {
      pieces.push(html.slice(at));
      break;
    }
    pieces.push(html.slice(at, open));
    SKIPPED.lastIndex = open;
    const skipped = SKIPPED.exec(html)?.[1];
    const close = skipped === undefined ? endOfTag(html, open) : endOf(html, open, skipped);
    const name = /^<(\/?[a-z][a-z0-9]{0,10})/i.exec(html.slice(open, open + 13))?.[1];
    if (name === undefined || !INLINE.test(name)) pieces.push(" ");
    at = close;
  }
  return entities(pieces.join(""));
}

function endOfTag(html: string, open: number): number {
  const comment = html.startsWith("<!--", open);
  const close = comment ? html.indexOf("-->", open + 4) : html.indexOf(">", open);
  return close === -1 ? html.length : close + (comment ? 3 : 1);
}

/** Behind the end tag; all of the rest, where there is none, so that no second search goes over it. */
function endOf(html: string, open: number, name: string): number {
  const end = new RegExp(`</${name}\\s*>`, "ig");
  end.lastIndex = open;
  return end.exec(html) === null ? html.length : end.lastIndex;
}

function entities(text: string): string {
  return text.replace(
    /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|([a-z]{2,8}));/gi,
    (whole, hex?: string, digits?: string, name?: string) => {
      if (name !== undefined) return NAMED[name.toLowerCase()] ?? whole;
      const point = hex === undefined ? Number(digits) : Number.parseInt(hex, 16);
      return point > 0x10ffff ? " " : String.fromCodePoint(point);
    },
  );
}
