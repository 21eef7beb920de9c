// The time line and two moments compared, in a real browser, over an archive with a month of history: what came, what was removed, moved and flagged.
import { openImport, resolveRevision } from "@packetboat/archive";
import { type ArchiveId, digestsOf, type MailboxId, pathKey } from "@packetboat/core";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { looked } from "./chromium.ts";
import { indexAll } from "./mail-stock.ts";
import { type Site, site } from "./site.ts";

const DAY_MS = 86_400_000;

let home: Site;
let archive: number;

const mail = (subject: string): Buffer =>
  Buffer.from(`From: Ann <ann@example.com>\r\nSubject: ${subject}\r\n\r\nThis is ${subject}.\r\n`);

/** One revision that does to a message what a person would: `to` null removes it. */
async function change(
  message: number,
  to: { readonly mailbox: number; readonly flags: readonly string[] } | null,
): Promise<void> {
  const { pool } = home.api.scratch;
  const { rows } = await pool.query("update archive set revision = revision + 1 where id = $1 returning revision", [
    archive,
  ]);
  const number = rows[0].revision;
  await pool.query(
    "insert into revision (archive_id, number, made_at, vanished) values ($1, $2, to_timestamp($3), $4)",
    [archive, number, home.api.clock.now / 1_000, to === null ? 1 : 0],
  );
  await pool.query(
    "update message_version set to_revision = $1 where message_id = $2 and to_revision = 9223372036854775807",
    [number, message],
  );
  if (to === null) return;
  await pool.query(
    "insert into message_version (message_id, mailbox_id, flags, from_revision) values ($1, $2, $3, $4)",
    [message, to.mailbox, to.flags, number],
  );
}

beforeAll(async () => {
  home = await site();
  const { pool } = home.api.scratch;
  const { clock } = home.api;
  const end = clock.now;
  const { rows } = await pool.query("insert into archive (name) values ('you@example.com') returning id");
  archive = Number(rows[0].id);
  const writer = await openImport(pool, archive as ArchiveId, () => clock.now);
  clock.now = end - 30 * DAY_MS;
  const paths = [["INBOX"], ["Work"]];
  const ids = await writer.mailboxes(paths.map((path) => ({ path, role: null, subscribed: true })));
  const [inbox, work] = paths.map((path) => ids.get(pathKey(path)) as MailboxId);
  if (inbox === undefined || work === undefined) throw new Error("no mailboxes");
  // Forty on the first day, then one every other day.
  for (let n = 0; n < 54; n++) {
    if (n >= 40) clock.now += 2 * DAY_MS;
    const bytes = mail(`Letter ${n + 1}`);
    await writer.add([
      { mailboxId: inbox, bytes, digests: digestsOf(bytes), ordinal: 1, flags: [], internalDate: clock.now },
    ]);
  }
  const { rows: messages } = await pool.query("select id from message where archive_id = $1 order by id", [archive]);
  const [first, second, third, fourth] = messages.map(({ id }) => Number(id));
  await indexAll(home.api, archive as ArchiveId);
  clock.now = end - DAY_MS;
  await change(first ?? 0, null);
  await change(second ?? 0, { mailbox: work, flags: [] });
  await change(third ?? 0, { mailbox: inbox, flags: ["\\Flagged", "$work"] });
  clock.now = end;
  await change(fourth ?? 0, null);
}, 180_000);
afterAll(async () => home?.[Symbol.asyncDispose]());

/** What comes after a moment; a busy machine may take some. */
const soon = <T>(of: () => T | Promise<T>) => expect.poll(of, { timeout: 30_000 });

const words = (page: Page): URLSearchParams => new URL(page.url()).searchParams;

it("two moments are compared, chosen by keys and by dragging: new, removed, moved, changed flags", async () => {
  await using visit = await home.signedIn(`/compare?archive=${archive}`);
  const { page } = visit;
  const slider = page.getByRole("slider", { name: "Earlier moment" });
  await slider.waitFor();
  expect(await slider.getAttribute("aria-valuetext")).toBe("Now");
  await page.getByText("No message is new.").waitFor();
  await page.getByRole("tab", { name: "New (0)", selected: true }).waitFor();
  await slider.press("ArrowLeft");
  await soon(() => words(page).get("from")).not.toBeNull();
  const { revision: last } = await resolveRevision(home.api.scratch.pool, archive as ArchiveId, { kind: "now" });
  expect(Number(words(page).get("from"))).toBe(last - 1);
  // What there is is opened: nothing is new.
  await page.getByRole("tab", { name: "Removed (1)", selected: true }).waitFor();
  await page.getByRole("link", { name: "Letter 4" }).waitFor();
  expect(await page.getByRole("link", { name: /Letter \d+/ }).count()).toBe(1);
  // It opens as it was, which is said, with the way to how it is.
  await page.getByRole("link", { name: "Letter 4" }).click();
  await page.getByText(/You see this message as it was on/).waitFor();
  await looked(visit, "message-past");
  expect(words(page).get("at")).toBe(String(last - 1));
  await page.getByRole("link", { name: "Back to the two moments" }).click();
  await page.getByRole("tab", { name: "Removed (1)", selected: true }).waitFor();
  expect(words(page).get("from")).toBe(String(last - 1));
  await page.getByRole("link", { name: "Letter 4" }).click();
  await page.getByRole("link", { name: "Show it as it is now" }).click();
  await page.getByText("At this moment it is in no mailbox.").waitFor();
  expect(await page.getByText(/You see this message as it was on/).count()).toBe(0);
  await page.goBack();
  await page.goBack();
  await page.getByRole("link", { name: "Letter 4" }).waitFor();
  // To before the day on which all of it happened.
  for (let n = 0; n < 3; n++) await slider.press("ArrowLeft");
  await page.getByRole("link", { name: "Open: Letter 1", exact: true }).waitFor();
  await page.getByRole("tab", { name: "Moved (1)" }).click();
  await page.getByText("INBOX → Work").waitFor();
  await page.getByRole("tab", { name: "Changed flags" }).click();
  await page.getByText("+ \\Flagged").waitFor();
  await page.getByText("+ $work").waitFor();
  await looked(visit, "compare");
  // Dragged to the left end: the very first moment, before any mail.
  const box = await page.locator('section[aria-label="Earlier moment"] [role="slider"]').locator("..").boundingBox();
  if (box === null) throw new Error("no track");
  await page.mouse.move(box.x + box.width - 5, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2, { steps: 4 });
  // While it is held, too: the address follows the hand.
  await soon(() => Number(words(page).get("from"))).toBeGreaterThan(0);
  await page.mouse.move(box.x - 20, box.y + box.height / 2, { steps: 4 });
  await page.mouse.up();
  await soon(() => Number(words(page).get("from"))).toBeLessThan(50);
  await slider.press("Home");
  await soon(() => words(page).get("from")).toBe("1");
  await page.getByRole("tab", { name: "New (52)" }).click();
  await page.getByRole("button", { name: "Show more" }).click();
  await soon(() => page.getByRole("link", { name: /Letter \d+/ }).count()).toBe(52);
  await page.reload();
  await soon(() => slider.getAttribute("aria-valuenow")).toBe("0");
  await page.getByRole("link", { name: "Letter 54" }).click();
  await page.getByRole("heading", { name: "Letter 54" }).waitFor();
  expect(await page.getByText(/You see this message as it was on/).count()).toBe(0);
});

it("the mail is as it was at the moment that is dragged to: tree, counts, list; and now is one step away", async () => {
  await using visit = await home.signedIn(`/mail?archive=${archive}`);
  const { page } = visit;
  const inbox = (messages: number) => page.getByRole("link", { name: `INBOX ${messages} messages` });
  const slider = page.getByRole("slider", { name: "Moment" });
  await inbox(51).waitFor();
  await page.getByRole("img", { name: "54 messages arrived, 2 vanished." }).waitFor();
  await page.getByRole("option", { name: /Letter 54/ }).waitFor();
  await slider.press("ArrowLeft");
  await inbox(52).waitFor();
  for (let n = 0; n < 3; n++) await slider.press("ArrowLeft");
  await inbox(54).waitFor();
  await page.getByText(/You see this archive as it was on/).waitFor();
  await page.getByRole("link", { name: "Work 0 messages" }).waitFor();
  await looked(visit, "time-line");
  await page.goto(`/mail?archive=${archive}`);
  await slider.waitFor();
  const box = await slider.locator("..").boundingBox();
  if (box === null) throw new Error("no track");
  await page.mouse.click(box.x + 2, box.y + box.height / 2);
  await expect
    .poll(() => slider.getAttribute("aria-valuenow"))
    .not.toBe(String(await slider.getAttribute("aria-valuemax")));
  await soon(() => page.getByRole("option").count()).toBeGreaterThan(5);
  await inbox(40).waitFor();
  await page.getByRole("link", { name: "Compare with now" }).click();
  await page.getByRole("heading", { name: "Two moments compared" }).waitFor();
  await page.goBack();
  await inbox(40).waitFor();
  await page.getByRole("button", { name: "Now", exact: true }).click();
  await inbox(51).waitFor();
  expect(words(page).get("at")).toBeNull();
});

it("is clear on a telephone too", async () => {
  await using visit = await home.signedIn(`/compare?archive=${archive}&from=50&kind=removed`, { isNarrow: true });
  await visit.page.getByRole("link", { name: "Letter 4" }).waitFor();
  await looked(visit, "compare");
  await visit.page.goto(`/mail?archive=${archive}&at=41`);
  await visit.page.getByRole("button", { name: "Time line", exact: true }).click();
  await visit.page.getByRole("slider", { name: "Moment" }).waitFor();
  // What it is about has the room.
  const box = await visit.page.getByRole("region", { name: "Moment" }).boundingBox();
  expect(box?.height ?? 999).toBeLessThan(100);
  await looked(visit, "time-line");
  await visit.page.getByRole("button", { name: "Hide the time line" }).click();
  await visit.page.getByRole("button", { name: "Time line", exact: true }).waitFor();
});

it("moments of one minute are told apart by their seconds, wherever they are named", async () => {
  const [first, second] = [61, 62];
  const minute = Math.floor((home.api.clock.now + 5 * 60_000) / 60_000) * 60;
  const { pool } = home.api.scratch;
  for (const [number, time] of [
    [first, minute + 8],
    [second, minute + 41],
  ])
    await pool.query("insert into revision (archive_id, number, made_at) values ($1, $2, to_timestamp($3))", [
      archive,
      number,
      time,
    ]);
  await pool.query("update archive set revision = $2 where id = $1", [archive, second]);
  await using visit = await home.signedIn(`/mail?archive=${archive}&at=${first}`);
  const { page } = visit;
  await page.getByText(/^You see this archive as it was on .*:08/).waitFor();
  const slider = page.getByRole("slider", { name: "Moment" });
  expect(await slider.getAttribute("aria-valuetext")).toMatch(/:08/);
  await page.goto(`/compare?archive=${archive}&from=${first}&to=${second}`);
  await page.getByText(/^Between .*:08.* and .*:41/).waitFor();
  // One by itself is told as people say it.
  await page.goto(`/mail?archive=${archive}&at=41`);
  await page.getByText(/^You see this archive as it was on [^:]*\d\d:\d\d[^:]*$/).waitFor();
});
