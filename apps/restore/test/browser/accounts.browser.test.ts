// As a new user would have it, in a browser, with the real program and a real Dovecot: the first screen says that there is nothing, an account is
// added step by step, its first run is seen to go through; all mail vanishes from the server, the guard holds that back, it is looked at and let
// through. Nobody reads anything but the page.
import { type Dovecot, orSkip, startDovecot, WireClient } from "@packetboat/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Chromium, looked, NARROW, startChromium } from "./chromium.ts";
import { type RealWeb, realWeb } from "./real-web.ts";

let web: RealWeb;
let chromium: Chromium;
let dovecot: Dovecot | undefined;

beforeAll(async () => {
  [web, chromium, dovecot] = await Promise.all([
    realWeb(),
    startChromium(),
    orSkip(
      () => undefined,
      () => startDovecot(),
    ),
  ]);
}, 180_000);
afterAll(async () => {
  await chromium?.[Symbol.asyncDispose]();
  await web?.[Symbol.asyncDispose]();
  await dovecot?.[Symbol.asyncDispose]();
}, 180_000);

const mail = (n: number): Buffer =>
  Buffer.from(
    `From: Ann Author <ann@example.com>\r\nSubject: Order ${n}\r\nMessage-ID: <${n}@example.com>\r\nDate: Sat, 21 Nov 2026 09:00:00 +0000\r\n\r\n${"The parcel, please.\r\n".repeat(n)}`,
  );

it("adds an account, follows its first run, and lets through what a guard holds back", async ({ skip }) => {
  skip(dovecot === undefined, "no Dovecot");
  const port = dovecot?.port ?? 0;
  await using client = await WireClient.login({ port }, "alice");
  for (let n = 1; n <= 14; n++) await client.append("INBOX", mail(n));
  await client.create("Work");
  await client.append("Work", mail(20));
  await using visit = await chromium.visit(web.origin);
  const { page } = visit;
  await page.goto(web.welcome);
  await page.getByLabel("New password").fill("several words are good");
  await page.getByRole("button", { name: "Choose this password" }).click();
  await page.getByRole("heading", { name: "There is nothing to be safe yet." }).waitFor();

  await page.getByRole("link", { name: "Add an account" }).click();
  await page.getByLabel("Mail address").fill("alice@gmail.com");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByText("imap.gmail.com:993, encrypted").waitFor();
  await looked(visit, "add-address");
  await page.getByRole("button", { name: "Another server" }).click();
  await page.getByLabel("Server").fill(`imap://alice@127.0.0.1:${port}?tls=none`);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByText("As you gave it").waitFor();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByLabel("Password", { exact: true }).fill("wrong");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("alert").getByText("refused").waitFor();
  await looked(visit, "add-sign-in");
  await page.getByLabel("Password", { exact: true }).fill("pass");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByText(/^Signed in: \d+ mailboxes, 15 messages/).waitFor();
  expect(await page.getByRole("checkbox", { name: "Work" }).isChecked()).toBe(true);
  await page.getByLabel("Archive").fill("my mail");
  await looked(visit, "add-mailboxes");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByLabel("At what time").fill("04:30");
  await looked(visit, "add-times");
  await page.getByRole("button", { name: "Finish" }).click();
  await page.getByRole("heading", { name: "That is all." }).waitFor();
  await page.getByRole("link", { name: "See how it goes" }).click();
  await page.getByRole("heading", { name: "Yes. Your mail is safe." }).waitFor();
  await page.getByText("15 messages").waitFor();
  await looked(visit, "safe");
  expect(JSON.parse(await web.run("link", "list", "--json")).links).toMatchObject([
    { archive: "my mail", schedule: { cron: "30 4 * * *", timeZone: "UTC", watch: false } },
  ]);

  await client.select("INBOX");
  await client.expunge("1:*");
  await client.select("Work");
  await client.expunge("1:*");
  await web.run("index");
  await page.getByRole("button", { name: "Run now" }).click();
  await page.getByRole("link", { name: "Look at them" }).waitFor();
  await looked(visit, "safe-halted");
  await page.getByRole("link", { name: "Look at them" }).click();
  await page.getByText("15 messages to be removed from the archive").waitFor();
  await page.getByText("Order 7").waitFor();
  await page.getByRole("button", { name: "Let 15 messages through" }).click();
  const letThrough = page.getByRole("dialog").getByRole("button", { name: "Let 15 messages through" });
  expect(await letThrough.isDisabled()).toBe(true);
  await page.getByRole("checkbox", { name: "I have looked at them" }).check();
  await looked(visit, "held-approve");
  await letThrough.click();
  await page.getByText("Let through.").or(page.getByText("This run holds nothing back")).first().waitFor();
  await page.getByRole("link", { name: "Is my mail safe?" }).click();
  await page.getByRole("heading", { name: "Yes. Your mail is safe." }).waitFor();
  await page.getByText("0 messages").waitFor();

  await page.getByRole("link", { name: "Runs", exact: true }).click();
  await page.getByText("3 runs, 15 messages fetched in all.").waitFor();
  await page.locator(".recharts-bar-rectangle").first().waitFor({ state: "attached" });
  await looked(visit, "runs");
  await page.getByText("Storage", { exact: true }).click();
  await page.getByText(/of mail take .* on disk/).waitFor();
  await page.locator(".recharts-area").first().waitFor({ state: "attached" });
  await looked(visit, "runs-storage");
  await page.getByRole("row").nth(2).getByRole("link").click();
  await page.getByRole("heading", { name: /^Run \d/ }).waitFor();
  await looked(visit, "run");

  await page.getByRole("link", { name: "Accounts", exact: true }).click();
  await page.getByText("every night at 04:30").waitFor();
  await looked(visit, "accounts");
  await page.setViewportSize(NARROW);
  await looked(visit, "accounts");
  await page.goto("/");
  await page.getByRole("heading", { name: "Yes. Your mail is safe." }).waitFor();
  await looked(visit, "safe");
  await page.goto("/runs");
  await page.locator(".recharts-bar-rectangle").first().waitFor({ state: "attached" });
  await looked(visit, "runs");
}, 180_000);
