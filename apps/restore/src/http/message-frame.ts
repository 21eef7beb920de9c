// The documents that a message's design stands in: empty, ours, and each with a policy that binds what is put into it. A message in a frame of the page
// itself would have the page's policy, which knows neither a message's styles nor which of them may load pictures from elsewhere. They must never
// run a script, nor be framed by anybody but the page.
import type { PageAnswer } from "./page.ts";

/** With and without what lies elsewhere. */
const PICTURES: ReadonlyMap<string, string> = new Map([
  ["/frame/closed", "data:"],
  ["/frame/open", "data: https: http:"],
]);

const DOCUMENT = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>A message</title>
    <meta name="color-scheme" content="light dark">
    <style>html,body{margin:0;height:100%}iframe{display:block;width:100%;height:100%;border:0}</style>
  </head>
  <body></body>
</html>
`;

/** The answer to whoever asks for such a document; null: it is none. */
export function frameAnswer(path: string): PageAnswer | null {
  const pictures = PICTURES.get(path);
  if (pictures === undefined) return null;
  const policy = [
    "default-src 'none'",
    `img-src ${pictures}`,
    "style-src 'unsafe-inline'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
  ];
  return {
    headers: {
      "Content-Type": "text/html; charset=utf-8",
      "Content-Security-Policy": policy.join("; "),
      "X-Frame-Options": "SAMEORIGIN",
      "X-DNS-Prefetch-Control": "off",
    },
    body: DOCUMENT,
  };
}
