// The mail of an archive as people go through it: mailboxes and counts, the list, a message and its source, search, keys, an earlier moment, a mailbox
// larger than browsers can lay out, and narrow windows.
import { afterAll, beforeAll, expect, it } from "vitest";
import { looked } from "./chromium.ts";
import { DIFFERENT, fillMailbox, indexAll, type MailStock, mailStock } from "./mail-stock.ts";
import { type Site, site } from "./site.ts";

const LARGE = 100_000;
/** Where the check box of a row is. */
const BOX = { x: 20, y: 32 };

let home: Site;
let stock: MailStock;
let large: MailStock;

beforeAll(async () => {
  home = await site();
  stock = await mailStock(home.api, "me@example.com");
  await indexAll(home.api, stock.id);
  large = await mailStock(home.api, "zz-large", []);
  await fillMailbox(home.api, large, "INBOX", LARGE);
});
afterAll(async () => home?.[Symbol.asyncDispose]());

it("shows mailboxes with counts, the list newest first, and a message with what hangs on it and its source", async () => {
  await using visit = await home.signedIn("/mail");
  const { page } = visit;
  const tree = page.getByRole("navigation", { name: "Mailboxes" });
  await tree.getByRole("link", { name: "INBOX 6 messages, 2 unread" }).waitFor();
  await tree.getByRole("link", { name: "Bookings 1 message, 0 unread" }).waitFor();
  const list = page.getByRole("listbox", { name: "Messages in INBOX" });
  const rows = list.getByRole("option");
  await expect.poll(() => rows.allInnerTexts()).toHaveLength(6);
  const texts = (await rows.allInnerTexts()).map((text) => text.split("\n")[0]);
  expect(texts).toEqual(["Ann Miller", "City Library", "Bob Ikeda", "Zoë Müller", "Harbour Festival", "Carla Núñez"]);
  await list.getByRole("option", { name: /Grüße aus Oslo.*Answered/ }).waitFor();
  await list.getByRole("option", { name: /<b>Programme<\/b> & tickets/ }).waitFor();
  await list.getByRole("option", { name: /Invoice 2026-117/ }).click();
  await page.getByRole("heading", { name: "Invoice 2026-117" }).waitFor();
  await page.getByText("Please find the invoice attached.").waitFor();
  expect(page.url()).toMatch(/message=\d+/);
  await looked(visit, "mail");
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: /invoice-117\.pdf/ }).click();
  expect((await download).suggestedFilename()).toBe("invoice-117.pdf");
  await page.getByRole("button", { name: "Source" }).click();
  await page.getByText('Content-Type: multipart/mixed; boundary="edge"').waitFor();
  await page.keyboard.press("Escape");
  await page.reload();
  await page.getByRole("heading", { name: "Invoice 2026-117" }).waitFor();
  await page.locator('[role="option"][data-cursor]').getByText("Bob Ikeda").waitFor();
  await tree.getByRole("link", { name: /^Sent/ }).click();
  await page.getByRole("listbox", { name: "Messages in Sent" }).getByText("To Ann Miller").waitFor();
  await tree.getByRole("link", { name: /^Drafts/ }).click();
  await page.getByText("There is nothing in this mailbox.").waitFor();
});

it("is moved through by keys", async () => {
  await using visit = await home.signedIn("/mail");
  const { page } = visit;
  await page.getByRole("option", { name: /Lunch on Friday/ }).waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Two books are due next week" }).waitFor();
  await page.keyboard.press("k");
  await page.getByRole("heading", { name: "Lunch on Friday?" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByText("Choose a message to read it.").waitFor();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await looked(visit, "mail-keys");
  await page.keyboard.press("Escape");
  await page.getByRole("dialog", { name: "Keys" }).waitFor({ state: "detached" });
  // The reader is at the first row.
  const rows = page.getByRole("option");
  const bar = page.getByRole("region", { name: "Selection" });
  const selected = () => page.getByRole("option", { selected: true }).count();
  await page.keyboard.press("x");
  await bar.getByText("1 message selected").waitFor();
  for (const key of ["j", "j", "Shift+J", "Shift+J", "Shift+K"]) await page.keyboard.press(key);
  await bar.getByText("3 messages selected").waitFor();
  expect(await rows.evaluateAll((all) => all.map((row) => row.getAttribute("aria-selected") === "true"))).toEqual([
    true,
    false,
    true,
    true,
    false,
    false,
  ]);
  expect(await page.getByRole("status").getByText("3 messages selected").count()).toBe(1);
  await page.keyboard.press("Control+a");
  await bar.getByText("All 6 messages in INBOX selected").waitFor();
  await page.keyboard.press("x");
  await bar.getByText("5 messages selected").waitFor();
  await page.keyboard.press("Escape");
  await bar.waitFor({ state: "detached" });
  expect(await selected()).toBe(0);
  await page.keyboard.press("/");
  await page.keyboard.type("from:ann");
  await page.keyboard.press("Enter");
  await page.getByRole("listbox", { name: "Messages found" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("listbox", { name: "Messages in INBOX" }).waitFor();
});

it("finds, suggests, filters, and says what it did not understand", async () => {
  await using visit = await home.signedIn("/mail");
  const { page } = visit;
  const field = page.getByRole("combobox", { name: "Search this archive" });
  await field.click();
  await page.getByRole("option", { name: /from: who wrote it/ }).waitFor();
  await looked(visit, "mail-suggestions");
  await field.fill("from:ZO");
  await page.getByRole("option", { name: "from:zoe@example.net" }).waitFor();
  await field.fill("has:a");
  await page.getByRole("option", { name: /has:attachment/ }).click();
  await field.press("Enter");
  const found = page.getByRole("listbox", { name: "Messages found" });
  await expect.poll(() => found.getByRole("option").count()).toBe(2);
  await found.getByRole("option", { name: /Your ticket to Bergen/ }).click();
  await page.getByRole("heading", { name: "Your ticket to Bergen" }).waitFor();
  await page.getByText("Flagged", { exact: true }).click();
  await expect.poll(() => found.getByRole("option").count()).toBe(1);
  await looked(visit, "mail-found");
  // What has the focus is a filter; it takes no text.
  await page.keyboard.press("Control+a");
  expect(await page.getByRole("region", { name: "Selection" }).count()).toBe(0);
  await found.getByRole("option").click({ position: BOX });
  await page.keyboard.press("Control+a");
  await page.getByRole("region", { name: "Selection" }).getByText("All that this search finds").waitFor();
  await page.getByRole("region", { name: "Selection" }).getByRole("button", { name: "Download …" }).click();
  expect(await page.getByRole("radio", { name: "What this search finds" }).isChecked()).toBe(true);
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await field.fill("from:");
  await field.press("Enter");
  await page
    .getByRole("alert")
    .getByText(/The query is not understood at column/)
    .waitFor();
  await field.fill("nobodywrotethis");
  await field.press("Enter");
  await page.getByText("Nothing was found.").waitFor();
  await page.getByRole("button", { name: "Clear the search" }).click();
  await page.getByRole("listbox", { name: "Messages in INBOX" }).waitFor();
});

it("shows an earlier moment, all of it, and leads back to now", async () => {
  // Revision 1 makes the mailboxes, each letter is one more.
  await using visit = await home.signedIn("/mail?at=3");
  const { page } = visit;
  await page.getByText(/You see this archive as it was on/).waitFor();
  await expect.poll(() => page.getByRole("option").allInnerTexts()).toHaveLength(2);
  await page.getByRole("link", { name: /^Work 0 messages/ }).waitFor();
  await page.getByRole("button", { name: "Back to now" }).click();
  await expect.poll(() => page.getByRole("option").allInnerTexts()).toHaveLength(6);
});

it("scrolls through more than browsers can lay out: the middle, the end, and what is asked for on the way", async () => {
  await using visit = await home.signedIn(`/mail?archive=${large.id}`);
  const { page, requests } = visit;
  const list = page.getByRole("listbox", { name: "Messages in INBOX" });
  await list
    .getByRole("option", { name: /Message 1000$/ })
    .first()
    .waitFor();
  const scrollTo = (part: number) =>
    list.evaluate((element, to) => {
      const box = element as unknown as { scrollTop: number; scrollHeight: number; clientHeight: number };
      box.scrollTop = (box.scrollHeight - box.clientHeight) * to;
    }, part);
  const placeOf = async (): Promise<number> =>
    Number(await list.getByRole("option").nth(10).getAttribute("aria-posinset"));
  const before = requests.length;
  await scrollTo(0.5);
  await expect.poll(async () => Math.abs((await placeOf()) - LARGE / 2)).toBeLessThan(100);
  await expect.poll(() => list.getByRole("option").nth(10).textContent()).toMatch(/Message \d+/);
  const middle = await placeOf();
  expect(await list.getByRole("option").nth(10).textContent()).toContain(
    `Message ${((LARGE - middle) % DIFFERENT) + 1}`,
  );
  await scrollTo(1);
  await list.getByRole("option", { name: /Message 1$/ }).waitFor();
  expect(requests.slice(before).filter((url) => url.includes("/list?")).length).toBeLessThan(10);
  expect(await list.getByRole("option").count()).toBeLessThan(60);
  await list.getByRole("option", { name: /Message 1$/ }).click();
  await page.getByRole("heading", { name: "Message 1", exact: true }).waitFor();
  expect(await list.locator("[data-cursor]").getAttribute("aria-posinset")).toBe(String(LARGE));
  await page.keyboard.press("k");
  await page.getByRole("heading", { name: "Message 2", exact: true }).waitFor();
});

it("selects over rows that were never shown, keeps that while they scroll away, and begins anew in another mailbox", async () => {
  await using visit = await home.signedIn(`/mail?archive=${large.id}`);
  const { page } = visit;
  const list = page.getByRole("listbox", { name: "Messages in INBOX" });
  const bar = page.getByRole("region", { name: "Selection" });
  const scrollTo = (top: number) =>
    list.evaluate((element, to) => {
      (element as unknown as { scrollTop: number }).scrollTop = to;
    }, top);
  const first = list.getByRole("option", { name: /Message 1000$/ }).first();
  await first.hover();
  await first.click({ position: BOX });
  await bar.getByText("1 message selected").waitFor();
  expect(page.url()).not.toContain("message=");
  await scrollTo(30_000);
  const far = list.getByRole("option").nth(12);
  const placeOf = async (): Promise<number> => Number(await far.getAttribute("aria-posinset"));
  await expect.poll(placeOf).toBeGreaterThan(300);
  await expect.poll(() => far.textContent()).toMatch(/Message \d+/);
  const place = await placeOf();
  await far.click({ modifiers: ["Shift"] });
  await bar.getByText(`${place} messages selected`).waitFor();
  await scrollTo(0);
  await expect.poll(() => first.getAttribute("aria-selected")).toBe("true");
  await first.click({ position: BOX });
  await bar.getByText(`${place - 1} messages selected`).waitFor();
  await bar.getByRole("button", { name: "Select all" }).click();
  await bar.getByText("All 100,000 messages in INBOX selected").waitFor();
  await first.click({ modifiers: ["Control"] });
  await bar.getByText(/All of it is selected as one/).waitFor();
  await page.getByRole("link", { name: /^Work/ }).click();
  await bar.waitFor({ state: "detached" });
});

it("is one thing after the other in a narrow window", async () => {
  await using visit = await home.signedIn("/mail", { isNarrow: true });
  const { page } = visit;
  await page.getByRole("link", { name: /^INBOX/ }).click();
  await page.getByRole("option", { name: /Lunch on Friday/ }).waitFor();
  await page.getByRole("option", { name: /Two books/ }).click({ position: BOX });
  await page.getByRole("option", { name: /Invoice/ }).click({ position: BOX });
  await page.getByRole("region", { name: "Selection" }).getByText("2 messages selected").waitFor();
  await looked(visit, "selection");
  await page.getByRole("button", { name: "Clear", exact: true }).click();
  await page.getByRole("option", { name: /Lunch on Friday/ }).click();
  await page.getByText("The fish place has a table.").waitFor();
  await looked(visit, "mail-message");
  await page.getByRole("button", { name: "Back to the list" }).click();
  await page.getByRole("option", { name: /Two books/ }).waitFor();
  await page.getByRole("link", { name: "Back to the mailboxes" }).click();
  await page.getByRole("link", { name: /^Travel/ }).waitFor();
});
