// The document that a message is shown in. Pure. It stands in a sandbox without scripts and without an origin, within a document of the server's
// that has a policy of its own, and says once more that nothing may be loaded but what was allowed. It must never be shown anywhere else.

/** The page's own address of the document around a message: without, and with what lies elsewhere. */
export const FRAMES = { closed: "/frame/closed", open: "/frame/open" } as const;

/** A click opens a window of its own, in which the page says where the link leads. Nothing else is allowed: no scripts, no forms, no origin. */
export const SANDBOX = "allow-popups allow-popups-to-escape-sandbox";

const policyOf = (isOpen: boolean): string =>
  [
    "default-src 'none'",
    `img-src data:${isOpen ? " https: http:" : ""}`,
    "style-src 'unsafe-inline'",
    "form-action 'none'",
    "base-uri 'none'",
  ].join("; ");

/** Paper, whatever the page is. */
const PAPER = ":root{color-scheme:light;background:#fff}body{color:#1a1a1a;background:#fff}";
/** The page at night, for what has no colours of its own. */
const NIGHT = `:root{color-scheme:dark;background:#242424}body{color:#c9c9c9;background:#242424}
blockquote{border-color:#424242;color:#b8b8b8}a{color:#3bc9db}a:focus-visible{outline-color:#3bc9db}
.packetboat-leads{color:#faa2c1;background:#4c1d2f}`;

/** Long lines break, wide things scroll, and what the message says of its own looks comes after. */
const STYLE = `
body{margin:0;padding:16px;font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;overflow-wrap:anywhere}
img{max-width:100%;height:auto}
table{max-width:100%}
pre{white-space:pre-wrap}
blockquote{margin:.5em 0;padding-left:1em;border-left:3px solid #d0d7de;color:#57606a}
a{color:#0b5c6b}
a:focus-visible{outline:2px solid #0b7285;outline-offset:2px}
.packetboat-leads{font-size:.8em;color:#a61e4d;background:#fff0f3;border-radius:3px;padding:0 4px}
.packetboat-picture{display:inline-block;font-size:.8em;color:#57606a;border:1px dashed #d0d7de;border-radius:4px;padding:1px 6px}`;

/** The document around sanitised HTML: `head` is style elements, `body` the rest. `isNight`: in the dark page's colours. */
export function frameDocument(head: string, body: string, isOpen: boolean, isNight: boolean): string {
  return `<!doctype html><html><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policyOf(isOpen)}"><meta name="referrer" content="no-referrer"><style>${STYLE}
${isNight ? NIGHT : PAPER}</style>${head}</head>${body}</html>`;
}
