// Messages that are opened over the API, with parts that are not what they say they are: what is given out, under which names and types, and what
// is put on record for it.
import { afterAll, beforeAll, expect, it } from "vitest";
import { BASE, type Caller, person, type Served, type Stocked, served, stocked } from "./served.ts";

const PNG = Buffer.from("89504e470d0a1a0a0000", "hex");
const SVG = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');

const part = (bytes: Buffer, ...lines: readonly string[]): string =>
  ["--b", ...lines, "Content-Transfer-Encoding: base64", "", bytes.toString("base64"), ""].join("\r\n");

const MAIL = Buffer.from(
  [
    "From: =?utf-8?q?Ann?= <ann@example.com>",
    "Subject: =?utf-8?q?Cr=C3=A8me?=",
    "Content-Type: multipart/mixed; boundary=b",
    "",
    "--b",
    "Content-Type: text/html",
    "",
    '<p>Hello</p><script>alert(1)</script><img src="cid:a@b">',
    part(PNG, "Content-Type: image/png", "Content-ID: <a@b>"),
    part(SVG, "Content-Type: image/png; name=logo.png", "Content-ID: <s@b>"),
    part(
      SVG,
      "Content-Type: text/html",
      'Content-Disposition: attachment; filename="../..\\\\C:\\\\evil\u202egpj.html"',
    ),
    part(
      Buffer.from("x"),
      "Content-Type: te<xt/javascript",
      "Content-Disposition: attachment; filename*=utf-8''M%C3%A4rz%22.pdf",
    ),
    "--b--",
  ].join("\r\n"),
);

let api: Served;
let own: Stocked;
let reader: Caller;
let admin: Caller;
let place: string;

beforeAll(async () => {
  api = await served();
  own = await stocked(api, "own", [MAIL]);
  await person(api, "admin", "admin");
  await person(api, "reader", "reader", [own.id]);
  admin = await api.signedIn("admin");
  reader = await api.signedIn("reader");
  place = `/archives/${own.id}/messages/${own.message}`;
}, 60_000);
afterAll(async () => api?.[Symbol.asyncDispose]());

const bytesAt = (path: string): Promise<Response> =>
  fetch(`${api.listening.place.origin}${BASE}${path}`, { headers: reader.headers });

const onRecord = async (): Promise<readonly string[]> =>
  (await admin.ask("/audit")).body.entries
    .map(({ kind }: { readonly kind: string }) => kind)
    .filter((kind: string) => !kind.includes("."));

it("a message is opened once, with the pictures within it, and is on record once", async () => {
  const { body } = await reader.ask(`${place}/view?at=2`);
  expect(body).toMatchObject({
    mailbox: ["Parent", "Work"],
    content: "whole",
    subject: "Crème",
    from: [{ name: "Ann", address: "ann@example.com" }],
    text: "Hello",
    textOfHtml: true,
    parts: [
      { part: "m1", cid: "a@b", within: true, size: 10 },
      { part: "m2", name: "logo.png", cid: "s@b" },
      { part: "m3", name: "evilgpj.html", type: "text/html" },
      { part: "m4", name: "März_.pdf", type: "application/octet-stream" },
    ],
  });
  expect(body.html).toContain("<script>alert(1)</script>");
  for (let n = 0; n < 3; n++) {
    const picture = await bytesAt(`${place}/parts/m1/picture`);
    expect([picture.status, picture.headers.get("content-type")]).toEqual([200, "image/png"]);
    expect(picture.headers.get("content-security-policy")).toContain("sandbox");
    expect(Buffer.from(await picture.arrayBuffer())).toEqual(PNG);
  }
  expect(await onRecord()).toEqual(["read"]);
  api.clock.now += 3_600_000;
  await bytesAt(`${place}/parts/m1/picture`);
  expect(await onRecord()).toEqual(["read", "read"]);
});

it("what only says that it is a picture is not shown, and every part is a download of no type that a browser knows", async () => {
  for (const name of ["m2", "m3", "m9", "o9"])
    expect([name, (await bytesAt(`${place}/parts/${name}/picture`)).status]).toEqual([name, 404]);
  const before = (await onRecord()).length;
  const names = [
    ["m2", "logo.png", 'attachment; filename="logo.png"'],
    ["m3", "x/../\u202eevil\r\n.html", 'attachment; filename="evil.html"'],
    ["m4", "März_.pdf", `attachment; filename="M_rz_.pdf"; filename*=UTF-8''M%C3%A4rz_.pdf`],
    ["m4", "", `attachment; filename="message-${own.message}-part-m4"`],
  ] as const;
  for (const [name, told, disposition] of names) {
    const answer = await bytesAt(`${place}/parts/${name}${told === "" ? "" : `?name=${encodeURIComponent(told)}`}`);
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "application/octet-stream"]);
    expect(answer.headers.get("content-disposition")).toBe(disposition);
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect(Buffer.from(await answer.arrayBuffer()).length).toBe(name === "m4" ? 1 : SVG.length);
  }
  expect((await onRecord()).slice(0, (await onRecord()).length - before)).toEqual(names.map(() => "download"));
  expect((await bytesAt(`${place}/parts/..%2Fraw`)).status).toBe(400);
  expect(api.failures).toEqual([]);
});

it("a message whose bytes were erased is gone, and says so", async () => {
  await api.scratch.pool.query("update message set blob_id = null where id = $1", [own.message]);
  for (const path of ["view", "parts/m1", "parts/m1/picture"])
    expect([path, (await bytesAt(`${place}/${path}`)).status]).toEqual([path, 410]);
});
