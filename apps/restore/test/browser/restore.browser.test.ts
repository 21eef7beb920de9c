// The whole promise, by the page of the real program: a mailbox's mail is deleted on the server and backed up so; somebody drags the time line to
// before, selects two messages, then takes the whole mailbox, and restores in place: it is back, with its flags and dates. And the same mail as
// downloads of every format, of which one is imported again, and which Python opens.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Dovecot, orSkip, startDovecot, WireClient } from "@packetboat/testkit";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Chromium, looked, lookedBoth, startChromium } from "./chromium.ts";
import { type RealWeb, realWeb } from "./real-web.ts";
import { signIn } from "./site.ts";

const USER = "ann";
const COUNT = 7;
const PYTHON = "/usr/bin/python3";
const JUDGE = join(import.meta.dirname, "open-download.py");
const PASSWORD = "several words are good";
const DATE = "29-Feb-2024 12:30:05 +0000";

let dovecot: Dovecot | undefined;
let web: RealWeb;
let chromium: Chromium;
let directory: string;

/** Where the check box of a row is. */
const BOX = { x: 20, y: 32 };
const row = (page: Page, n: number) => page.getByRole("option", { name: `Plan ${n}` });
const selectionBar = (page: Page) => page.getByRole("region", { name: "Selection" });

const port = () => dovecot?.port ?? 0;

const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const mail = (n: number) =>
  Buffer.from(`From: Bob <bob@example.org>\r\nSubject: Plan ${n}\r\n\r\nFrom here on, part ${n}.\r\n`);
/** What was appended: SHA-256 of each message. */
const APPENDED: readonly string[] = Array.from({ length: COUNT }, (_, n) => digest(mail(n))).sort();

async function held(mailbox = "Work"): Promise<readonly string[]> {
  await using client = await WireClient.login({ port: port() }, USER);
  const { exists } = await client.select(mailbox, "EXAMINE");
  const messages = exists === 0 ? [] : await client.fetch();
  return messages
    .map(({ bytes, flags, internalDate }) => [digest(bytes), internalDate, ...flags.toSorted()].join(" "))
    .sort();
}

async function fill(): Promise<void> {
  await using client = await WireClient.login({ port: port() }, USER);
  await client.create("Work");
  for (let n = 0; n < COUNT; n++)
    await client.append("Work", mail(n), { flags: n % 2 === 0 ? ["\\Seen", "$Later"] : ["\\Flagged"], date: DATE });
}

async function empty(): Promise<void> {
  await using client = await WireClient.login({ port: port() }, USER);
  await client.select("Work");
  await client.expunge("1:*");
}

const url = () => `imap://${USER}:pass@127.0.0.1:${port()}?tls=none`;
const backup = () => web.run("backup", url(), "--archive", USER);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "pb-downloads-"));
  [web, chromium, dovecot] = await Promise.all([
    realWeb(),
    startChromium(),
    orSkip(
      () => undefined,
      () => startDovecot(),
    ),
  ]);
  if (dovecot !== undefined) await fill();
}, 600_000);
afterAll(async () => {
  await chromium?.[Symbol.asyncDispose]();
  await web?.[Symbol.asyncDispose]();
  await dovecot?.stop();
  await rm(directory, { recursive: true, force: true });
}, 600_000);

it("M10 what was deleted on the server is back where it was: two messages, then the mailbox", async ({ skip }) => {
  skip(dovecot === undefined, "no Dovecot");
  await web.run("account", "add", url(), "--keep-password");
  await backup();
  const before = await held();
  expect(before.map((line) => line.split(" ")[0])).toEqual(APPENDED);
  await empty();
  await backup();
  expect(await held()).toEqual([]);
  await using visit = await chromium.visit(web.origin);
  const { page } = visit;
  await page.goto(web.welcome);
  await page.getByLabel("New password").fill(PASSWORD);
  await page.getByRole("button", { name: "Choose this password" }).click();
  await page.getByRole("link", { name: "Mail", exact: true }).click();
  await page.getByRole("slider").press("ArrowLeft");
  await page.getByText(/You see this archive as it was/).waitFor();
  await page.getByRole("link", { name: /^Work/ }).click();
  await row(page, 3).click({ position: BOX });
  await row(page, 6).click({ modifiers: ["Control"] });
  const bar = selectionBar(page);
  await bar.getByText("2 messages selected").waitFor();
  await looked(visit, "selection");
  const past = page.url();
  await bar.getByRole("button", { name: "Restore …" }).click();
  expect(await page.getByRole("radio", { name: "The 2 messages that are selected" }).isChecked()).toBe(true);
  await restoredNow(page, "2 messages return");
  const two = [digest(mail(3)), digest(mail(6))];
  expect(await held()).toEqual(before.filter((line) => two.some((sum) => line.startsWith(sum))));

  await page.goto(past);
  await row(page, 3).waitFor();
  await page.getByRole("button", { name: "Restore …" }).click();
  await page.getByRole("radio", { name: "The mailbox Work" }).waitFor();
  await lookedBoth(visit, "restore");
  await restoredNow(page, `${COUNT - 2} messages return`, (name) => lookedBoth(visit, name));
  expect(await held()).toEqual(before);
  await page.reload();
  await page.getByRole("status").getByText("Done", { exact: true }).waitFor();
}, 600_000);

it("M10 what only the archive or only the server has is on the first screen, with what carries it out", async ({
  skip,
}) => {
  skip(dovecot === undefined, "no Dovecot");
  const before = await held();
  const brought = join(directory, "brought");
  await mkdir(brought);
  for (const n of [1, 2]) await writeFile(join(brought, `${n}.eml`), mail(100 + n));
  await web.run("import", USER, `eml:${brought}`, "--mailbox", "Brought");
  await using visit = await chromium.visit(web.origin);
  const { page } = visit;
  await page.goto("/");
  await signIn(visit, "admin", PASSWORD);
  await page.getByText("2 messages are in the archive and not on the server").waitFor();
  await page.getByRole("heading", { name: "Yes. Your mail is safe." }).waitFor();
  await lookedBoth(visit, "safe-unsent");
  await page.getByRole("button", { name: "Put them on the server …" }).click();
  await page.getByText(/lacks up to 2 other messages/).waitFor();
  await expect(held("Brought")).rejects.toThrow();
  await begunAndDone(page);
  expect((await held("Brought")).length).toBe(2);

  const alone = () => web.run("restore", "push", USER, "--in-place", "--no-sync", "--yes", "--at", "1");
  const newest = async () => Number(JSON.parse(await web.run("restore", "list", USER, "--json")).revision);
  await alone();
  await page.goto("/");
  await page.getByRole("heading", { name: "Yes, but some of it only at earlier moments." }).waitFor();
  await page.getByText(`${COUNT + 2} messages are on the server and not in the archive as it is now`).waitFor();
  await lookedBoth(visit, "safe-lacking");
  await page.getByRole("button", { name: "Bring them back …" }).click();
  await page.getByText(`${COUNT + 2} messages return`).waitFor();
  await begunAndDone(page);
  await page.goto("/");
  await page.getByRole("heading", { name: "Yes. Your mail is safe." }).waitFor();
  expect(await page.getByText(/on the server and not in the archive|and not on the server/).count()).toBe(0);
  expect(await held()).toEqual(before);

  // Once more, and meant: it goes from the server, too. Nothing does before it is said, and all of it can come back.
  const whole = await newest();
  await alone();
  await page.goto("/");
  await page.getByRole("button", { name: "Remove them there, too …" }).click();
  await page.getByText(`has up to ${COUNT + 2} messages that the archive as it is now has not`).waitFor();
  expect(await held()).toEqual(before);
  await lookedBoth(visit, "restore-removes-there");
  await page.getByRole("button", { name: "Remove them from the server" }).click();
  await page.getByRole("status").getByText("Done", { exact: true }).waitFor();
  expect(await held()).toEqual([]);
  await page.goto("/");
  await page.getByRole("heading", { name: "Yes. Your mail is safe." }).waitFor();
  await web.run("restore", "push", USER, "--in-place", "--carry-out", "--yes", "--at", String(whole));
  expect(await held()).toEqual(before);
}, 600_000);

async function begunAndDone(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Restore now" }).click();
  await page.getByRole("status").getByText("Done", { exact: true }).waitFor();
}

/** From the dialog to the end; nothing is put back before it is said. `look`: at what is shown on the way. */
async function restoredNow(page: Page, told: string, look: (name: string) => Promise<void> = async () => {}) {
  const there = await held();
  await page.getByRole("button", { name: "See what would happen" }).click();
  await page.getByText(told).waitFor();
  expect(await held()).toEqual(there);
  await look("restore-preview");
  await page.getByRole("button", { name: "Restore now" }).click();
  await page.getByRole("status").getByText("Done", { exact: true }).waitFor();
  await look("restore-done");
}

type Format = "zip" | "mbox" | "maildir";

const fileOf = (format: Format): string => join(directory, `${format}.zip`);

/** Into the dialog, by what is selected. */
async function downloadOf(page: Page, format: string): Promise<void> {
  await selectionBar(page).getByRole("button", { name: "Download …" }).click();
  await page.getByRole("combobox", { name: "As" }).click();
  await page.getByRole("option", { name: format }).click();
}

/** From the dialog to the file. */
async function taken(page: Page, format: Format, look: () => Promise<void> = async () => {}): Promise<void> {
  await page.getByRole("button", { name: "Make the download" }).click();
  const link = page.getByRole("link", { name: "Download", exact: true });
  await link.waitFor();
  await look();
  const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
  expect(download.suggestedFilename()).toMatch(/\.zip$/);
  await download.saveAs(fileOf(format));
}

it("is taken as a download in every format, and imported again", async ({ skip }) => {
  skip(dovecot === undefined, "no Dovecot");
  await using visit = await chromium.visit(web.origin);
  const { page } = visit;
  await page.goto("/mail");
  await signIn(visit, "admin", PASSWORD);
  await page.getByRole("link", { name: /^Work/ }).click();
  await row(page, 3).waitFor();
  await page.getByRole("button", { name: "Restore …" }).click();
  await page.getByRole("radio", { name: "A download to this device" }).check();
  await taken(page, "zip", () => lookedBoth(visit, "download"));
  await page.getByText(/^7 messages \(.*\) were downloaded\.$/).waitFor();
  await page.goBack();
  await row(page, 0).click({ position: BOX });
  await page.keyboard.press("Shift+ArrowUp");
  await downloadOf(page, "mbox, one file for each mailbox");
  await taken(page, "mbox");
  await page.goBack();
  await row(page, 0).waitFor();
  await page.keyboard.press("Control+a");
  await selectionBar(page).getByText(`All ${COUNT} messages in Work selected`).waitFor();
  await downloadOf(page, "Maildir");
  await taken(page, "maildir");

  await page.getByRole("link", { name: "Mail", exact: true }).click();
  await page.getByRole("button", { name: "Import mail …" }).click();
  await page.locator("input[type=file]").setInputFiles(fileOf("zip"));
  await page.getByRole("radio", { name: /^Below a mailbox/ }).check();
  await lookedBoth(visit, "import");
  await page.getByRole("button", { name: "Import", exact: true }).click();
  await page.getByRole("status").getByText("Done", { exact: true }).waitFor();
  await page.getByText(`${COUNT} messages added`).waitFor();
  await lookedBoth(visit, "import-done");
  await page.getByRole("link", { name: "All restores, downloads and imports" }).click();
  for (const name of [
    "Restore in place: 2 messages",
    "Restore in place: Work",
    `Download: 2 messages`,
    "Import of zip.zip",
  ])
    await page.getByRole("link", { name, exact: true }).first().waitFor();
  await lookedBoth(visit, "jobs");
  await page.goBack();
  await page.getByRole("link", { name: "Back to the mail" }).click();
  await page
    .getByRole("link", { name: /^Imported/ })
    .or(page.getByText("Imported", { exact: true }))
    .first()
    .waitFor();

  await page.getByRole("button", { name: "New archive …" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("From files");
  await lookedBoth(visit, "new-archive");
  await page.getByRole("button", { name: "Make it" }).click();
  await page.getByText("This archive held nothing").waitFor();
  await page.getByRole("button", { name: "Import mail …" }).click();
  await page.locator("input[type=file]").setInputFiles(fileOf("mbox"));
  await page.getByRole("button", { name: "Import", exact: true }).click();
  await page.getByRole("status").getByText("Done", { exact: true }).waitFor();
  await page.getByText("2 messages added").waitFor();
  await page.getByRole("link", { name: "Back to the mail" }).click();
  await page.getByRole("link", { name: /^Work/ }).click();
  await row(page, 1).waitFor();
}, 600_000);

it("C1 each download is opened by Python: the same messages, byte for byte", async ({ skip }) => {
  skip(dovecot === undefined, "no Dovecot");
  skip(!existsSync(PYTHON), "no Python");
  const opened = async (format: Format) => {
    const { stdout } = await promisify(execFile)(PYTHON, [JUDGE, format, fileOf(format), join(directory, format)]);
    await promisify(execFile)("sha256sum", ["--strict", "--quiet", "-c", "SHA256SUMS"], {
      cwd: join(directory, format),
    });
    return JSON.parse(stdout) as { readonly Work: readonly { readonly sha256: string; readonly flags: string }[] };
  };
  const sums = ({ Work }: Awaited<ReturnType<typeof opened>>) => Work.map(({ sha256 }) => sha256).sort();
  expect(sums(await opened("zip"))).toEqual(APPENDED);
  expect(sums(await opened("mbox"))).toEqual([digest(mail(0)), digest(mail(1))].sort());
  const maildir = await opened("maildir");
  expect(sums(maildir)).toEqual(APPENDED);
  // \\Flagged, and \\Seen with the keyword that is the first of its mailbox.
  expect(maildir.Work.map(({ flags }) => flags).sort()).toEqual(["F", "F", "F", "Sa", "Sa", "Sa", "Sa"]);
}, 600_000);
