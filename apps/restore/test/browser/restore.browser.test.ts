// The whole promise, by the page of the real program: a mailbox's mail is deleted on the server and backed up so; somebody drags the time line to
// before, and restores in place: it is back, with its flags and dates. And the same mail as a download, which is imported again.
import { createHash } from "node:crypto";
import { type Dovecot, orSkip, startDovecot, WireClient } from "@packetboat/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Chromium, looked, startChromium } from "./chromium.ts";
import { type RealWeb, realWeb } from "./real-web.ts";

const USER = "ann";
const COUNT = 7;
const DATE = "29-Feb-2024 12:30:05 +0000";

let dovecot: Dovecot | undefined;
let web: RealWeb;
let chromium: Chromium;

const port = () => dovecot?.port ?? 0;

async function held(): Promise<readonly string[]> {
  await using client = await WireClient.login({ port: port() }, USER);
  const { exists } = await client.select("Work", "EXAMINE");
  const messages = exists === 0 ? [] : await client.fetch();
  const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
  return messages
    .map(({ bytes, flags, internalDate }) => [digest(bytes), internalDate, ...flags.toSorted()].join(" "))
    .sort();
}

async function fill(): Promise<void> {
  await using client = await WireClient.login({ port: port() }, USER);
  await client.create("Work");
  for (let n = 0; n < COUNT; n++)
    await client.append(
      "Work",
      Buffer.from(`From: Bob <bob@example.org>\r\nSubject: Plan ${n}\r\n\r\nPart ${n}.\r\n`),
      {
        flags: n % 2 === 0 ? ["\\Seen", "$Later"] : ["\\Flagged"],
        date: DATE,
      },
    );
}

async function empty(): Promise<void> {
  await using client = await WireClient.login({ port: port() }, USER);
  await client.select("Work");
  await client.expunge("1:*");
}

const url = () => `imap://${USER}:pass@127.0.0.1:${port()}?tls=none`;
const backup = () => web.run("backup", url(), "--archive", USER);

beforeAll(async () => {
  [web, chromium, dovecot] = await Promise.all([
    realWeb(),
    startChromium(),
    orSkip(
      () => undefined,
      () => startDovecot(),
    ),
  ]);
  if (dovecot !== undefined) await fill();
}, 180_000);
afterAll(async () => {
  await chromium?.[Symbol.asyncDispose]();
  await web?.[Symbol.asyncDispose]();
  await dovecot?.stop();
}, 180_000);

it("M10 what was deleted on the server is back where it was, and can be taken as a download", async ({ skip }) => {
  skip(dovecot === undefined, "no Dovecot");
  await web.run("account", "add", url(), "--keep-password");
  await backup();
  const before = await held();
  expect(before).toHaveLength(COUNT);
  await empty();
  await backup();
  expect(await held()).toEqual([]);
  await using visit = await chromium.visit(web.origin);
  const { page } = visit;
  await page.goto(web.welcome);
  await page.getByLabel("New password").fill("several words are good");
  await page.getByRole("button", { name: "Choose this password" }).click();
  await page.getByRole("link", { name: "Mail", exact: true }).click();
  await page.getByRole("slider").press("ArrowLeft");
  await page.getByText(/You see this archive as it was/).waitFor();
  await page.getByRole("link", { name: /^Work/ }).click();
  await page.getByText("Plan 3").first().waitFor();
  await page.getByRole("button", { name: "Restore …" }).click();
  await page.getByRole("radio", { name: "The mailbox Work" }).waitFor();
  await looked(visit, "restore");
  await page.getByRole("button", { name: "See what would happen" }).click();
  await page.getByText(`${COUNT} messages return`).waitFor();
  expect(await held()).toEqual([]);
  await looked(visit, "restore-preview");
  await page.getByRole("button", { name: "Restore now" }).click();
  await page.getByRole("status").getByText("Done", { exact: true }).waitFor();
  await looked(visit, "restore-done");
  expect(await held()).toEqual(before);
  await page.reload();
  await page.getByRole("status").getByText("Done", { exact: true }).waitFor();

  await page.getByRole("link", { name: "Back to the mail" }).click();
  await page.getByRole("link", { name: /^Work/ }).click();
  await page.getByRole("button", { name: "Restore …" }).click();
  await page.getByRole("radio", { name: "A download to this device" }).check();
  await page.getByRole("button", { name: "Make the download" }).click();
  await page.getByText(`${COUNT} messages`).first().waitFor();
  await looked(visit, "download");
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Download", exact: true }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/\.zip$/);
  const chunks: Buffer[] = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
  expect(Buffer.concat(chunks).subarray(0, 2).toString()).toBe("PK");
  await page.getByText(`${COUNT} messages`).first().waitFor();
  await page.getByRole("link", { name: "All restores, downloads and imports" }).click();
  await page.getByRole("link", { name: "Restore in place" }).waitFor();
  await looked(visit, "jobs");

  await page.getByRole("link", { name: "Mail", exact: true }).click();
  await page.getByRole("button", { name: "Import mail …" }).click();
  const zip = { name: "work.zip", mimeType: "application/zip", buffer: Buffer.concat(chunks) };
  await page.locator("input[type=file]").setInputFiles(zip);
  await page.getByRole("radio", { name: /^Below a mailbox/ }).check();
  await looked(visit, "import");
  await page.getByRole("button", { name: "Import", exact: true }).click();
  await page.getByRole("status").getByText("Done", { exact: true }).waitFor();
  await page.getByText(`${COUNT} messages added`).waitFor();
  await looked(visit, "import-done");
  await page.getByRole("link", { name: "Back to the mail" }).click();
  await page
    .getByRole("link", { name: /^Imported/ })
    .or(page.getByText("Imported", { exact: true }))
    .first()
    .waitFor();
}, 90_000);
