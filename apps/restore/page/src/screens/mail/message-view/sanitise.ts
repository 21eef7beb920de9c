// Makes a message's HTML harmless: DOMPurify takes out what acts, then every address that is left is judged, links are led over a page that says
// where they go, and style sheets keep what only styles. It works on documents that load nothing. It must never let an address through that
// links.ts and resources.ts did not name.
import DOMPurify from "dompurify";
import { COLOURING, isOwnColour } from "./colours.ts";
import { keptDeclaration } from "./css.ts";
import { frameDocument } from "./frame-document.ts";
import { leavingAddress, linkTarget } from "./links.ts";
import { cidOf, type Resource, resourceOf } from "./resources.ts";

export interface Wishes {
  /** Pictures that the message brought along and that are there already: data: addresses by Content-ID. */
  readonly pictures: ReadonlyMap<string, string>;
  /** What lies elsewhere may be asked for. */
  readonly isOpen: boolean;
  /** Of the page. */
  readonly origin: string;
  /** What stands after a link whose text names another host. */
  readonly leadsTo: (host: string) => string;
  /** In the place of a picture that is not shown. */
  readonly noPicture: string;
}

export interface Harmless {
  /** For the sandbox; `isDark`: how the page is, which counts where the message has no colours of its own. */
  readonly document: (isDark: boolean) => string;
  /** Pictures count: many are dark signs on nothing. */
  readonly hasColours: boolean;
  /** There is something to see: text, or a picture. */
  readonly isSomething: boolean;
  /** Addresses elsewhere that it wants to ask for. */
  readonly remote: ReadonlySet<string>;
  /** Content-IDs that it shows. */
  readonly parts: ReadonlySet<string>;
}

const GONE = [
  ..."form input button textarea select option optgroup datalist fieldset legend output meter progress".split(" "),
  ..."audio video source track picture map area dialog marquee template slot portal bdo search".split(" "),
];
const NO_ATTRIBUTES = [
  ..."ping download autofocus contenteditable srcset sizes poster usemap ismap name tabindex accesskey autoplay role".split(
    " ",
  ),
  ..."is slot part popover popovertarget command commandfor loading fetchpriority crossorigin integrity nonce translate".split(
    " ",
  ),
];
const MOST_SHEET_CHARACTERS = 500_000;
const MOST_RULES = 5_000;

/** Gives what is shown of a message's HTML. */
export function harmless(html: string, wishes: Wishes): Harmless {
  const root = DOMPurify.sanitize(html, {
    USE_PROFILES: { html: true },
    WHOLE_DOCUMENT: true,
    RETURN_DOM: true,
    FORBID_TAGS: GONE,
    FORBID_ATTR: NO_ATTRIBUTES,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    ALLOW_UNKNOWN_PROTOCOLS: false,
    ADD_ATTR: ["background", "bgcolor"],
    ADD_TAGS: ["style"],
  }) as HTMLElement;
  const remote = new Set<string>();
  const parts = new Set<string>();
  let hasColours = root.querySelector(COLOURED) !== null || root.matches(COLOURED);
  const judge: Judge = {
    address: (resource) => {
      if (resource.kind === "part") parts.add(resource.cid);
      if (resource.kind === "remote") remote.add(resource.url);
      return addressFor(resource, wishes);
    },
    kept: (property, value) => {
      hasColours ||= isOwnColour(property, value);
    },
  };
  const sheets = takenSheets(root, judge);
  for (const element of root.querySelectorAll<HTMLElement>("*")) clean(element, judge, wishes);
  const body = root.querySelector("body") ?? root;
  clean(body, judge, wishes);
  const hasPictures = body.querySelector("img, .packetboat-picture") !== null;
  const head = sheets === "" ? "" : `<style>${sheets}</style>`;
  const shown = body.outerHTML;
  const isPaper = hasColours || hasPictures;
  return {
    document: (isDark) => frameDocument(head, shown, wishes.isOpen, isDark && !isPaper),
    hasColours: isPaper,
    isSomething: hasPictures || (body.textContent ?? "").trim() !== "",
    remote,
    parts,
  };
}

const COLOURED = COLOURING.map((name) => `[${name}]`).join();

/** What is asked for in the place of a resource; null: nothing. */
function addressFor(resource: Resource, { pictures, isOpen }: Wishes): string | null {
  switch (resource.kind) {
    case "own":
      return resource.url;
    case "part":
      return pictures.get(cidOf(resource.cid)) ?? null;
    case "remote":
      return isOpen ? resource.url : null;
    case "none":
      return null;
  }
}

interface Judge {
  /** What is asked for in the place of a resource; null: nothing. */
  readonly address: (resource: Resource) => string | null;
  /** Told of each declaration that stays. */
  readonly kept: (property: string, value: string) => void;
}

function clean(element: Element, judge: Judge, wishes: Wishes): void {
  const style = element.getAttribute("style");
  if (style !== null) restyle(element, style, judge);
  for (const name of ["src", "background"]) {
    const given = element.getAttribute(name);
    if (given === null) continue;
    const allowed = element.localName === "img" || name === "background" ? judge.address(resourceOf(given)) : null;
    if (allowed === null) element.removeAttribute(name);
    else element.setAttribute(name, allowed);
  }
  if (element.localName === "img" && !element.hasAttribute("src")) standIn(element, wishes);
  if (element.hasAttribute("href")) lead(element, wishes);
  // Addresses of other kinds, such as those of a quotation's source.
  for (const name of ["cite", "longdesc", "data", "xlink:href"]) element.removeAttribute(name);
}

/** A picture that is not shown leaves what its sender says it is, or a word; nothing of one that is there to count readers. */
function standIn(image: Element, { noPicture }: Wishes): void {
  const [width, height] = ["width", "height"].map((name) => Number.parseInt(image.getAttribute(name) ?? "", 10));
  if ((width ?? 99) <= 2 || (height ?? 99) <= 2) {
    image.remove();
    return;
  }
  const place = image.ownerDocument.createElement("span");
  place.className = "packetboat-picture";
  place.textContent = (image.getAttribute("alt") ?? "").trim() || noPicture;
  image.replaceWith(place);
}

/** Over the page that says where it goes; what leads nowhere is text. */
function lead(link: Element, { origin, leadsTo }: Wishes): void {
  const target = link.localName === "a" ? linkTarget(link.getAttribute("href") ?? "", link.textContent ?? "") : null;
  if (target === null) {
    link.removeAttribute("href");
    return;
  }
  link.setAttribute("href", origin + leavingAddress(target.url));
  link.setAttribute("title", target.url);
  link.setAttribute("target", "_blank");
  link.setAttribute("rel", "noopener noreferrer nofollow");
  if (!target.tricks.includes("other-host")) return;
  const told = link.ownerDocument.createElement("span");
  told.className = "packetboat-leads";
  told.textContent = leadsTo(target.host);
  link.append(" ", told);
}

/** Takes the style sheets out and gives what is kept of them, as one. */
function takenSheets(root: Element, judge: Judge): string {
  let text = "";
  for (const element of root.querySelectorAll("style")) {
    text += `${element.textContent ?? ""}\n`;
    element.remove();
  }
  const kept: string[] = [];
  if (text.length <= MOST_SHEET_CHARACTERS) keepRules(sheetOf(text).cssRules, judge, kept);
  // No end tag can be within it: < is written as CSS writes it.
  return kept.join("\n").replaceAll("<", "\\3c ");
}

/** Read by the browser as it reads any, but applied to nothing, so that nothing is asked for; @import is left out. */
function sheetOf(text: string): CSSStyleSheet {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  return sheet;
}

function keepRules(rules: CSSRuleList, judge: Judge, kept: string[]): void {
  for (const rule of rules) {
    if (kept.length >= MOST_RULES) return;
    if (rule instanceof CSSStyleRule) {
      const style = keptStyle(rule.style, judge);
      if (style !== "") kept.push(`${rule.selectorText}{${style}}`);
    } else if (rule instanceof CSSMediaRule) {
      const within: string[] = [];
      keepRules(rule.cssRules, judge, within);
      if (within.length > 0) kept.push(`@media ${rule.conditionText}{${within.join("\n")}}`);
    }
  }
}

function keptStyle(style: CSSStyleDeclaration, judge: Judge): string {
  const kept: string[] = [];
  for (const property of style) {
    const { value } = keptDeclaration(property, style.getPropertyValue(property), judge.address);
    const priority = style.getPropertyPriority(property);
    if (value === null || value === "") continue;
    judge.kept(property, value);
    kept.push(`${property}:${value}${priority === "" ? "" : " !important"}`);
  }
  return kept.join(";");
}

function restyle(element: Element, text: string, judge: Judge): void {
  const [rule, ...others] = text.length <= MOST_SHEET_CHARACTERS ? sheetOf(`x{${text}\n}`).cssRules : [];
  const style = rule instanceof CSSStyleRule && others.length === 0 ? keptStyle(rule.style, judge) : "";
  if (style === "") element.removeAttribute("style");
  else element.setAttribute("style", style);
}
