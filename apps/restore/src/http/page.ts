// Serves the page that was built: files named after their content, kept by browsers for good, and the document itself, which is never kept and
// carries a nonce of its own. Any address that is not a file shows the document: the page knows its screens. It must never read a file
// by a name that was asked for, only those it found in the folder when it started.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { Random } from "@packetboat/archive";

export interface PageFile {
  readonly type: string;
  /** By the coding that a browser may ask for; "" is none. */
  readonly codings: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

export interface Page {
  /** With %NONCE% where a nonce goes. */
  readonly document: string;
  /** By path, from the root of the site. */
  readonly files: ReadonlyMap<string, PageFile>;
}

const TYPES: Readonly<Record<string, string>> = {
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  woff2: "font/woff2",
};
const CODINGS = { br: ".br", gzip: ".gz", "": "" } as const;

const NONCE_BYTES = 18;

/** Reads a folder that build.ts made. */
export function readPage(folder: string): Page {
  const files = new Map<string, PageFile>();
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  for (const name of names) {
    const type = TYPES[name.split(".").at(-1) ?? ""];
    if (type === undefined) continue;
    const codings = new Map<string, Uint8Array<ArrayBuffer>>();
    for (const [coding, end] of Object.entries(CODINGS))
      if (names.includes(`${name}${end}`))
        codings.set(coding, new Uint8Array(readFileSync(join(folder, `${name}${end}`))));
    files.set(`/${name}`, { type, codings });
  }
  return { document: readFileSync(join(folder, "index.html"), "utf8"), files };
}

/** Scripts are ours alone; style sheets too, and those that the page makes with this nonce. Nothing comes from, or goes to, anywhere else. */
const policyOf = (nonce: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self'",
    "connect-src 'self'",
    "frame-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");

export interface PageAnswer {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array<ArrayBuffer>;
}

const IMMUTABLE = "public, max-age=31536000, immutable";
const A_DAY = "public, max-age=86400";

/** The answer to whoever asks for `path`; null: there is no such file. `accepted`: the header Accept-Encoding. */
export function pageAnswer(page: Page, path: string, accepted: string, random: Random): PageAnswer | null {
  const file = page.files.get(path);
  if (file !== undefined) {
    const coding = ["br", "gzip"].find((one) => file.codings.has(one) && accepts(accepted, one)) ?? "";
    return {
      headers: {
        "Content-Type": file.type,
        "Cache-Control": path.startsWith("/assets/") ? IMMUTABLE : A_DAY,
        // An image that is opened by itself does nothing either.
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        Vary: "Accept-Encoding",
        ...(coding === "" ? {} : { "Content-Encoding": coding }),
      },
      body: file.codings.get(coding) ?? "",
    };
  }
  if (path.startsWith("/assets/")) return null;
  const nonce = Buffer.from(random(NONCE_BYTES)).toString("base64");
  return {
    headers: {
      "Content-Type": "text/html; charset=utf-8",
      "Cache-Control": "no-store",
      "Content-Security-Policy": policyOf(nonce),
      "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    },
    body: page.document.replace("%NONCE%", nonce),
  };
}

/** Whoever forbids a coding says `;q=0`. */
const accepts = (header: string, coding: string): boolean =>
  header.split(",").some((one) => {
    const [name, ...rest] = one.split(";").map((word) => word.trim().toLowerCase());
    return name === coding && !rest.some((word) => /^q=0(\.0*)?$/.test(word));
  });
