// Hostile messages in a real browser: the harmless text of each is shown, nothing of it acts, nothing is asked of anybody but our own server, not even
// a name is looked up; and what the reader may choose: pictures from elsewhere, a link, a download.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { corpusDirectory, orSkip } from "@packetboat/testkit";
import type { FrameLocator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Stocked, stocked } from "../served.ts";
import { ATTACKS, messageOf } from "./attacks.ts";
import { looked, type Visit } from "./chromium.ts";
import { MADE } from "./corpus-mail.ts";
import { type Site, site } from "./site.ts";
import { openTrap, type Trap } from "./trap.ts";

let trap: Trap;
let home: Site;
let own: Stocked;
let hostile: Stocked;

const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

const LETTER = Buffer.from(
  [
    'From: "Ann\u202e <boss@example.com>" <ann@shop.example>',
    "To: you@example.com",
    "Subject: Your order\u202e",
    "Date: Tue, 03 Feb 2026 04:05:06 +0000",
    "Content-Type: multipart/mixed; boundary=b",
    "",
    "--b",
    "Content-Type: multipart/related; boundary=r",
    "",
    "--r",
    "Content-Type: text/html; charset=utf-8",
    "",
    '<style>h1{color:#0b5c6b;font-size:22px}td{padding:6px 12px;background:#f1f5f9}</style><h1>Thank you, Bob</h1><p>Your order is on its way. <img src="cid:logo%40x" alt="our mark" width="48" height="48"></p>' +
      "<table><tr><td>1 ×</td><td>Compass</td><td>42.00</td></tr><tr><td>2 ×</td><td>Rope, 10 m</td><td>18.50</td></tr></table>" +
      '<p><a href="http://user@tracker.example/track">https://shop.example/track</a></p><img src="http://tracker.example/open.gif?u=1" alt="banner" width="300" height="80">',
    "--r",
    "Content-Type: image/png",
    "Content-ID: <logo@x>",
    "Content-Transfer-Encoding: base64",
    "",
    PNG,
    "--r--",
    "--b",
    "Content-Type: application/pdf",
    'Content-Disposition: attachment; filename="invoice.pdf"',
    "",
    "%PDF-1.4 not really",
    "--b",
    "Content-Type: text/html",
    'Content-Disposition: attachment; filename="../../\u202efdp.exe"',
    "",
    "<script>alert(1)</script>",
    "--b--",
  ].join("\r\n"),
);

const PLAIN = Buffer.from(
  `Subject: Re: plans\r\nFrom: Ben <ben@example.org>\r\n\r\nSee https://maps.example/place?x=1. And <b>this</b> is text.\r\n\r\n${"> quoted line\r\n".repeat(6)}\r\nBen\r\n`,
);

const SIMPLE = Buffer.from(
  'Subject: Simple\r\nFrom: Eve <eve@example.org>\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<div dir="ltr" style="font-family:sans-serif">Simple words, and <b>some</b> that <a href="https://maps.example/">lead</a> on.<blockquote style="margin:0 0 0 .8ex;border-left:1px #ccc solid;padding-left:1ex">What you wrote.</blockquote></div>\r\n',
);

beforeAll(async () => {
  trap = await openTrap();
  home = await site([trap.flag]);
  hostile = await stocked(home.api, "hostile", ATTACKS.map(messageOf));
  own = await stocked(home.api, "letters", [LETTER, PLAIN, SIMPLE]);
});
afterAll(async () => {
  await home?.[Symbol.asyncDispose]();
  await trap?.[Symbol.asyncDispose]();
});

const design = (page: Page): FrameLocator => page.frameLocator("article iframe").frameLocator("iframe");

/** Goes there within the page: the document stays, as it does for a reader. */
async function go(page: Page, archive: Stocked, nth: number): Promise<void> {
  const path = `/archives/${archive.id}/messages/${archive.message + nth}`;
  await page.evaluate(`history.pushState(null, "", "${path}"); dispatchEvent(new PopStateEvent("popstate"));`);
}

/** What a message may have done. */
function watched({ page, context }: Visit): string[] {
  const acts: string[] = [];
  page.on("dialog", (dialog) => {
    acts.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("download", () => acts.push("download"));
  context.on("page", () => acts.push("window"));
  page.on("framenavigated", (frame) => {
    if (
      !/^(about:srcdoc|about:blank)$|\/(frame\/closed|frame\/open)$|\/archives\/\d+\/messages\/\d+$/.test(frame.url())
    )
      acts.push(`navigation ${frame.url()}`);
  });
  return acts;
}

it("hostile messages are shown, do nothing, and ask nobody", async () => {
  await using visit = await home.signedIn(`/archives/${hostile.id}/messages/${hostile.message}`);
  const { page } = visit;
  const acts = watched(visit);
  for (const [nth, { name, seen = name }] of ATTACKS.entries()) {
    await go(page, hostile, nth);
    await page.getByRole("heading", { level: 2, name, exact: true }).waitFor();
    const text = design(page).getByText(seen, { exact: true }).first();
    await text.waitFor({ state: "visible" });
    // It lies on top where it is: nothing was put over it.
    const isOnTop = await text.evaluate((element) => {
      element.scrollIntoView();
      const { left, top, height } = element.getBoundingClientRect();
      const there = element.ownerDocument.elementFromPoint(left + 2, top + height / 2);
      return there !== null && (there === element || element.contains(there) || there.contains(element));
    });
    expect([name, isOnTop]).toEqual([name, true]);
    const left = await design(page)
      .locator("script, iframe, form, input, base, link, svg, math, object, embed, [onerror], [onload], [onclick]")
      .count();
    const foreign = await design(page)
      .locator("[src*=trap], [background], [style*=url], [style^=position], [style*=';position'], [href^=javascript]")
      .count();
    expect([name, left, foreign]).toEqual([name, 0, 0]);
    // The title that scripts of these messages would set.
    expect([name, await page.title()]).toEqual([name, "Mail · Packetboat"]);
  }
  harmless(visit, acts);
});

it("messages of the corpus, however they are made, are shown, do nothing, and ask nobody", async ({ skip }) => {
  const directory = await orSkip(skip, async () => corpusDirectory());
  if (directory === undefined) return;
  const files = readdirSync(join(directory, "made")).filter((name) => name.endsWith(".eml"));
  expect(MADE.map(({ file }) => `${file}.eml`).sort()).toEqual(files.sort());
  const made = await stocked(
    home.api,
    "made",
    MADE.map(({ file }) => readFileSync(join(directory, "made", `${file}.eml`))),
  );
  await using visit = await home.signedIn(`/archives/${made.id}/messages/${made.message}`);
  const { page } = visit;
  const acts = watched(visit);
  const wrong: unknown[] = [];
  for (const [nth, { file, shows, files: expected = [] }] of MADE.entries()) {
    await go(page, made, nth);
    // The one thing on the page that is this message's alone.
    const own = page.locator(`article:has(a[href$="/messages/${made.message + nth}/raw"])`);
    await own.or(page.getByRole("alert")).first().waitFor();
    const [seen = ""] = await own.allInnerTexts();
    const lacks = shows.filter((text) => !seen.includes(text));
    const names = await own.locator("li a bdi").allInnerTexts();
    if (lacks.length > 0 || names.join() !== expected.join())
      wrong.push({
        file,
        lacks,
        names,
        seen: seen.slice(0, 300),
        alert: await page.getByRole("alert").allInnerTexts(),
      });
  }
  expect(wrong).toEqual([]);
  // The one with HTML: see the attacks.
  const html = MADE.findIndex(({ file }) => file === "html-hostile");
  await go(page, made, html);
  await design(page).getByText("x", { exact: true }).first().waitFor({ state: "visible" });
  harmless(visit, acts);
});

/** Nothing was done by what was shown, and nobody was asked for anything. */
function harmless(visit: Visit, acts: readonly string[]): void {
  expect(acts).toEqual([]);
  expect(trap.came).toEqual([]);
  const elsewhere = visit.requests
    .map((url) => new URL(url).pathname)
    .filter((path) => /sign-out|\/me$|reboot|router/.test(path));
  expect(elsewhere.filter((path) => path !== "/api/v1/me")).toEqual([]);
  quiet(visit);
}

/** What the browser says when a policy keeps it from what a message wants; none may be about our own page. */
function quiet({ troubles }: Visit): void {
  const refused =
    /^(Executing inline event handler|Applying inline style|Setting the document's base URI|@import rules are not allowed|Blocked script execution in 'about:srcdoc'|Loading the image)/;
  troubles.splice(0, troubles.length, ...troubles.filter((text) => !refused.test(text) && !/ERR_/.test(text)));
}

it("a letter: its pictures, those from elsewhere only when they are wanted, its links shown before they open", async () => {
  const before = trap.came.length;
  await using visit = await home.signedIn(`/archives/${own.id}/messages/${own.message}`);
  const { page, context, requests } = visit;
  await page.getByRole("heading", { name: "Your order", exact: true }).waitFor();
  await page.getByText("Ann <boss@example.com>").waitFor();
  await page.getByText("<ann@shop.example>").waitFor();
  await design(page).getByRole("heading", { name: "Thank you, Bob" }).waitFor();
  await design(page).locator('img[src^="data:image/png;base64,"]').waitFor();
  await page.getByText("1 picture from elsewhere not loaded: tracker.example").waitFor();
  await design(page).getByText("banner").waitFor();
  expect(trap.came.length).toBe(before);
  await looked(visit, "message");
  // The link says another address than it leads to.
  const link = design(page).getByRole("link", { name: /https:\/\/shop\.example\/track leads to tracker\.example/ });
  expect(await link.getAttribute("title")).toBe("http://user@tracker.example/track");
  const opening = context.waitForEvent("page");
  await link.click();
  const leaving = await opening;
  await leaving.getByRole("heading", { name: "Open this link?" }).waitFor();
  await leaving.getByText("tracker.example", { exact: true }).waitFor();
  await leaving.getByText("There is a name before the real address").waitFor();
  expect(await leaving.evaluate("[window.opener, document.referrer]")).toEqual([null, ""]);
  await looked({ ...visit, page: leaving }, "leave");
  await leaving.close();
  expect(trap.came.length).toBe(before);
  // Now the reader wants them.
  await page.getByRole("button", { name: "Load them for this message" }).click();
  await expect.poll(() => trap.came.join("\n"), { timeout: 30_000 }).toContain("GET /open.gif?u=1");
  expect(trap.came.join("\n")).not.toMatch(/^(cookie|referer|origin):/im);
  requests.splice(0, requests.length, ...requests.filter((url) => !url.startsWith("http://tracker.example/open.gif")));
  // Another message begins closed again.
  await go(page, own, 1);
  await page.getByRole("heading", { name: "Re: plans" }).waitFor();
  await go(page, own, 0);
  await page.getByText("1 picture from elsewhere not loaded").waitFor();
  quiet(visit);
});

it("a message without colours of its own is dark on the dark page, one that has any lies on paper", async () => {
  await using visit = await home.signedIn(`/archives/${own.id}/messages/${own.message + 2}`);
  const { page } = visit;
  const background = (of: FrameLocator) =>
    of.locator("body").evaluate((body) => body.ownerDocument.defaultView?.getComputedStyle(body).backgroundColor);
  await design(page).getByText("Simple words").waitFor();
  expect(await background(design(page))).toBe("rgb(255, 255, 255)");
  await looked(visit, "message-simple");
  await page.emulateMedia({ colorScheme: "dark" });
  await expect.poll(() => background(design(page))).toBe("rgb(36, 36, 36)");
  await go(page, own, 0);
  await design(page).getByRole("heading", { name: "Thank you, Bob" }).waitFor();
  expect(await background(design(page))).toBe("rgb(255, 255, 255)");
  quiet(visit);
});

it("plain text is text, and what hangs on a message is downloaded under a safe name", async () => {
  await using visit = await home.signedIn(`/archives/${own.id}/messages/${own.message + 1}`);
  const { page } = visit;
  await page.getByText("And <b>this</b> is text.").waitFor();
  const link = page.getByRole("link", { name: "https://maps.example/place?x=1", exact: true });
  expect(await link.getAttribute("href")).toBe("/leave#https%3A%2F%2Fmaps.example%2Fplace%3Fx%3D1");
  expect(await page.getByText("> quoted line").count()).toBe(0);
  await page.getByRole("button", { name: "Show 6 quoted lines" }).click();
  await page.getByText("> quoted line").first().waitFor();
  await looked(visit, "message-text");
  await go(page, own, 0);
  await page.getByText("As it was designed").waitFor();
  await page.getByText("Plain text", { exact: true }).click();
  await page.getByText("Thank you, Bob").waitFor();
  for (const [name, said] of [
    ["invoice.pdf", null],
    ["fdp.exe", "Can run as a program."],
  ] as const) {
    const file = page.getByRole("link", { name: new RegExp(`^${name}`) });
    if (said !== null) await file.getByText(said).waitFor();
    const coming = page.waitForEvent("download");
    await file.click();
    const download = await coming;
    expect(download.suggestedFilename()).toBe(name);
    expect(new URL(download.url()).origin).toBe(home.origin);
    await download.delete();
  }
  await using narrow = await home.signedIn(`/archives/${own.id}/messages/${own.message}`, { isNarrow: true });
  await design(narrow.page).getByRole("heading", { name: "Thank you, Bob" }).waitFor();
  await looked(narrow, "message");
  for (const one of [visit, narrow]) quiet(one);
});
