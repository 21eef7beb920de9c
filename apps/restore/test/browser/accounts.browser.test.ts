// As a new user would have it, in a browser, with the real program, a real Dovecot and a provider of sign-ins: the first screen says that there is
// nothing, an account is added step by step, its first run is seen to go through; a message that the server cannot give out is tried again; all mail
// vanishes from the server, the guard holds that back, it is looked at and let through; then whatever can be changed about an account is changed.
// Nobody reads anything but the page.
import {
  type Dovecot,
  type IdentityProvider,
  orSkip,
  type Poisoned,
  startDovecot,
  startIdentityProvider,
  startPoisoned,
  WireClient,
} from "@packetboat/testkit";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Chromium, looked, lookedBoth, NARROW, startChromium, type Visit } from "./chromium.ts";
import { type RealWeb, realWeb } from "./real-web.ts";

let web: RealWeb;
let chromium: Chromium;
let provider: IdentityProvider;
let dovecot: Dovecot | undefined;
/** Between the program and the server: at one message every connection breaks, until it is healed. */
let line: Poisoned | undefined;

beforeAll(async () => {
  provider = await startIdentityProvider();
  [web, chromium, dovecot] = await Promise.all([
    realWeb(),
    startChromium(),
    orSkip(
      () => undefined,
      () => startDovecot({ oauth: { introspection: provider.introspection } }),
    ),
  ]);
  if (dovecot !== undefined) line = await startPoisoned(dovecot.port, "Subject: Order 21\r\n");
}, 600_000);
afterAll(async () => {
  await chromium?.[Symbol.asyncDispose]();
  await web?.[Symbol.asyncDispose]();
  await line?.[Symbol.asyncDispose]();
  await dovecot?.[Symbol.asyncDispose]();
  await provider?.[Symbol.asyncDispose]();
}, 600_000);

const mail = (n: number): Buffer =>
  Buffer.from(
    `From: Ann Author <ann@example.com>\r\nSubject: Order ${n}\r\nMessage-ID: <${n}@example.com>\r\nDate: Sat, 21 Nov 2026 09:00:00 +0000\r\n\r\n${"The parcel, please.\r\n".repeat(n)}`,
  );

const address = (): string => `imap://alice@127.0.0.1:${line?.port}?tls=none`;
const dialog = (page: Page) => page.getByRole("dialog");
const told = async (...args: readonly string[]) => JSON.parse(await web.run(...args, "--json"));

it("adds an account, follows its runs, lets through what a guard holds back, and changes what there is to change", async ({
  skip,
}) => {
  skip(dovecot === undefined, "no Dovecot");
  await using client = await WireClient.login({ port: dovecot?.port ?? 0 }, "alice");
  for (let n = 1; n <= 14; n++) await client.append("INBOX", mail(n));
  await client.create("Work");
  await client.append("Work", mail(20));
  await using visit = await chromium.visit(web.origin);
  await visit.page.goto(web.welcome);
  await visit.page.getByLabel("New password").fill("several words are good");
  await visit.page.getByRole("button", { name: "Choose this password" }).click();
  await adds(visit);
  await client.append("Work", mail(21));
  await triesAgain(visit);
  await client.select("INBOX");
  await client.expunge("1:*");
  await client.select("Work");
  await client.expunge("1:*");
  await web.run("index");
  await isHeldBack(visit);
  await tellsWhatWasGone(visit);
  await tellsOfRuns(visit);
  await isNarrow(visit);
  await changesTheLink(visit);
  await changesTheWayIn(visit);
  await removes(visit);
}, 600_000);

/** Step by step, from an address to the first run. */
async function adds(visit: Visit): Promise<void> {
  const { page } = visit;
  await page.getByRole("heading", { name: "There is nothing to be safe yet." }).waitFor();
  await page.getByRole("link", { name: "Add an account" }).click();
  await page.getByLabel("Mail address").fill("alice@gmail.com");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByText("imap.gmail.com:993, encrypted").waitFor();
  await lookedBoth(visit, "add-address");
  await page.getByRole("button", { name: "Another server" }).click();
  await page.getByLabel("Server").fill(address());
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByText("As you gave it").waitFor();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByLabel("Password", { exact: true }).fill("wrong");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("alert").getByText("refused").waitFor();
  await lookedBoth(visit, "add-sign-in");
  await page.getByLabel("Password", { exact: true }).fill("pass");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByText(/^Signed in: \d+ mailboxes, 15 messages/).waitFor();
  expect(await page.getByRole("checkbox", { name: "Work" }).isChecked()).toBe(true);
  await page.getByLabel("Archive").fill("my mail");
  await lookedBoth(visit, "add-mailboxes");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByLabel("At what time").fill("04:30");
  await lookedBoth(visit, "add-times");
  await page.getByRole("button", { name: "Finish" }).click();
  await page.getByRole("heading", { name: "That is all." }).waitFor();
  await page.getByRole("link", { name: "See how it goes" }).click();
  await page.getByRole("heading", { name: "Yes. Your mail is safe." }).waitFor();
  await page.getByText("15 messages").waitFor();
  await page.getByText(/^The archive is Packetboat’s own copy of your mail\./).waitFor();
  await looked(visit, "safe");
  expect((await told("link", "list")).links).toMatchObject([
    { archive: "my mail", schedule: { cron: "30 4 * * *", timeZone: "UTC", watch: false } },
  ]);
}

/** A message that the server cannot give out is listed with the reason, and fetched as soon as it can. */
async function triesAgain(visit: Visit): Promise<void> {
  const { page } = visit;
  await page.getByRole("button", { name: "Run now" }).click();
  await page.getByRole("heading", { name: "Yes, almost all of it." }).waitFor();
  await page.getByRole("link", { name: "Which ones" }).click();
  await page
    .getByRole("row", { name: /Message number 2 on the server.*Work.*The server could not give it out/ })
    .waitFor();
  await lookedBoth(visit, "pending");
  line?.heal();
  await page.getByRole("button", { name: "Try again now" }).click();
  await page.getByText("Everything of this account is done.").waitFor();
  await page.getByRole("link", { name: "Is my mail safe?" }).click();
  await page.getByText("16 messages").waitFor();
}

/** All mail is gone from the server: it is held back, said wherever somebody may look for it, and let through. */
async function isHeldBack(visit: Visit): Promise<void> {
  const { page } = visit;
  await page.getByRole("button", { name: "Run now" }).click();
  await page.getByRole("link", { name: "Look at them" }).waitFor();
  await looked(visit, "safe-halted");
  // Whoever wants it back from the archive, which has it still, is led there, too.
  await page.getByRole("link", { name: "Mail", exact: true }).click();
  await page.getByRole("slider").press("ArrowLeft");
  await page.getByText(/You see this archive as it was/).waitFor();
  await page.getByRole("button", { name: "Restore …" }).click();
  await page.getByRole("button", { name: "See what would happen" }).click();
  await page.getByText(/was halted and holds back 16 changes/).waitFor();
  await looked(visit, "restore-held");
  await page.getByRole("link", { name: "See what is held back, and decide" }).click();
  await page.getByRole("heading", { name: "Held back", exact: true }).waitFor();
  // And from the run's own report.
  await page.getByRole("link", { name: "Runs", exact: true }).click();
  await page.getByRole("row").filter({ hasText: "Held back" }).getByRole("link").click();
  await page.getByText("16 of 16 messages of the account are gone from the server.").waitFor();
  expect(await page.getByText("Nothing had changed.").count()).toBe(0);
  await lookedBoth(visit, "run");
  await page.getByRole("link", { name: "Look at them" }).click();
  await page.getByText("16 messages to be removed from the archive").waitFor();
  await page.getByText("Order 7").waitFor();
  await page.getByRole("button", { name: "Let 16 messages through" }).click();
  const letThrough = dialog(page).getByRole("button", { name: "Let 16 messages through" });
  expect(await letThrough.isDisabled()).toBe(true);
  await page.getByRole("checkbox", { name: "I have looked at them" }).check();
  await lookedBoth(visit, "held-approve");
  await letThrough.click();
  await page.getByText("Let through.").or(page.getByText("This run holds nothing back")).first().waitFor();
  // The restore that was looked at is of no use any more.
  await page.getByRole("button", { name: /^Signed in as / }).click();
  await page.getByRole("menuitem", { name: "Restores and downloads" }).click();
  await page.getByText("Nothing was done yet").waitFor();
  await lookedBoth(visit, "jobs-planned");
  await page.getByRole("button", { name: "Forget: Restore in place: INBOX" }).click();
  await page.getByText(/^Nothing was restored, downloaded or imported yet/).waitFor();
  await page.getByRole("link", { name: "Is my mail safe?" }).click();
  await page.getByRole("heading", { name: "Yes. Your mail is safe." }).waitFor();
  await page.getByText("0 messages").waitFor();
}

/** Whom it happened to finds from the first screen what was gone, exactly these, and the mail as it was; the run tells the same. */
async function tellsWhatWasGone(visit: Visit): Promise<void> {
  const { page } = visit;
  const safe = page.getByRole("link", { name: "Is my mail safe?" });
  await page
    .getByText(/^16 messages were gone from the server on .* They are kept at every earlier moment\.$/)
    .waitFor();
  await looked(visit, "safe-gone");
  await page.getByRole("link", { name: "Which ones" }).click();
  await page.getByRole("tab", { name: "Removed (16)", selected: true }).waitFor();
  await page.getByRole("link", { name: "Open: Order 7", exact: true }).waitFor();
  await safe.click();
  await page.getByRole("link", { name: "See the mail as it was" }).click();
  await page.getByText(/You see this archive as it was on/).waitFor();
  await page.getByRole("link", { name: "INBOX 14 messages" }).waitFor();
  await page.getByRole("link", { name: "Runs", exact: true }).click();
  await page.getByRole("columnheader", { name: "Gone" }).waitFor();
  const lost = page
    .getByRole("row")
    .filter({ hasText: "Done" })
    .filter({ has: page.getByRole("cell", { name: "16", exact: true }) });
  await lost.first().getByRole("link").click();
  await page.getByText("The 16 messages that were gone from the server are kept").waitFor();
  await page.getByText("INBOX: 14 gone from the server").waitFor();
  await looked(visit, "run-gone");
  await page.getByRole("link", { name: "Which ones" }).click();
  await page.getByRole("tab", { name: "Removed (16)", selected: true }).waitFor();
  await safe.click();
}

async function tellsOfRuns(visit: Visit): Promise<void> {
  const { page } = visit;
  await page.getByRole("link", { name: "Runs", exact: true }).click();
  await page.getByText(/^\d+ runs, 16 messages fetched in all\.$/).waitFor();
  await page.locator(".recharts-bar-rectangle").first().waitFor({ state: "attached" });
  await looked(visit, "runs");
  await page.getByRole("radiogroup", { name: "What the chart shows" }).getByText("Storage").click();
  await page.getByText(/of mail take .* on disk/).waitFor();
  await page.locator(".recharts-bar-rectangle").first().waitFor({ state: "attached" });
  await looked(visit, "runs-storage");
  await page.getByRole("link", { name: "Accounts", exact: true }).click();
  await page.getByText("every night at 04:30").waitFor();
  await looked(visit, "accounts");
}

/** On a telephone nothing is cut off. */
async function isNarrow(visit: Visit): Promise<void> {
  const { page } = visit;
  const isWhole = () => page.evaluate("document.documentElement.scrollWidth <= window.innerWidth");
  const size = page.viewportSize();
  await page.setViewportSize(NARROW);
  await looked(visit, "accounts");
  await page.goto("/");
  await page.getByRole("heading", { name: "Yes. Your mail is safe." }).waitFor();
  await looked(visit, "safe");
  expect(await isWhole()).toBe(true);
  await page.goto("/runs");
  await page.locator(".recharts-bar-rectangle").first().waitFor({ state: "attached" });
  await page.getByText(/^15 new, /).waitFor();
  await page.getByText("nothing new, 16 gone from the server").waitFor();
  await looked(visit, "runs");
  expect(await isWhole()).toBe(true);
  await page.getByText("Held back", { exact: true }).waitFor();
  const cut =
    "[...document.querySelectorAll('.mantine-Badge-label')].filter((one) => one.scrollWidth > one.clientWidth)";
  expect(await page.evaluate(`${cut}.map((one) => one.textContent)`)).toEqual([]);
  await page.getByRole("combobox", { name: "What the chart shows" }).selectOption("Duration");
  await page.getByText(/the longest took/).waitFor();
  await page.setViewportSize(size ?? NARROW);
}

/** When it runs, and what it does. */
async function changesTheLink(visit: Visit): Promise<void> {
  const { page } = visit;
  await page.getByRole("link", { name: "Accounts", exact: true }).click();
  await page.getByRole("button", { name: "When it runs" }).click();
  await page.getByRole("radio", { name: "At other times" }).check();
  await page.getByLabel("Times, as cron writes them").fill("at three");
  await dialog(page).getByRole("button", { name: "Save" }).click();
  await dialog(page).getByRole("alert").waitFor();
  await lookedBoth(visit, "account-times");
  await page.getByRole("radio", { name: "Every hour" }).check();
  await page.getByRole("switch", { name: "Also as soon as something changes on the server" }).check();
  await dialog(page).getByRole("button", { name: "Save" }).click();
  await page.getByText("every hour, and as soon as something changes").waitFor();
  await page.getByRole("button", { name: "What it does" }).click();
  const pull = page.getByRole("checkbox", { name: "Copy mail from the server into the archive" });
  await pull.uncheck();
  await dialog(page).getByRole("button", { name: "Save" }).click();
  await dialog(page).getByRole("alert").waitFor();
  await pull.check();
  await page.getByRole("checkbox", { name: "Bring the server up to the archive" }).check();
  await page.getByLabel("Mail that was removed elsewhere").first().waitFor();
  await page.getByLabel("Not these mailboxes").fill("Junk*\n Spam ");
  await lookedBoth(visit, "account-rights");
  await page.getByRole("checkbox", { name: "Bring the server up to the archive" }).uncheck();
  await dialog(page).getByRole("button", { name: "Save" }).click();
  await page.getByText("Copies its mail into the archive, without Junk*, Spam").waitFor();
  expect((await told("link", "list")).links).toMatchObject([
    {
      rights: { pull: true, push: false },
      policy: { exclude: ["Junk*", "Spam"] },
      schedule: { cron: "0 * * * *", watch: true },
    },
  ]);
  await page.getByRole("link", { name: "Is my mail safe?" }).click();
  const next = page.locator("dd").nth(2);
  await expect.poll(() => next.textContent(), { timeout: 30_000 }).toMatch(/^(in \d+ minutes?|in 1 hour|this minute)$/);
}

/** A test, a sign-in at a provider instead of the password, and a password again. */
async function changesTheWayIn(visit: Visit): Promise<void> {
  const { page } = visit;
  const more = async (name: string): Promise<void> => {
    await page.getByRole("link", { name: "Accounts", exact: true }).click();
    await page.getByRole("button", { name: /^More for / }).click();
    await page.getByRole("menuitem", { name }).click();
  };
  await more("Test");
  await dialog(page)
    .getByText(/^It works: \d+ mailboxes, 0 messages\.$/)
    .waitFor();
  await looked(visit, "account-test");
  await dialog(page).getByRole("button", { name: "Close" }).last().click();

  await more("Sign in again");
  await page.getByLabel("Provider").first().waitFor();
  await page.getByRole("button", { name: "Continue at the provider" }).click();
  await page.getByRole("alert").waitFor();
  await page.getByLabel("Its address (issuer)").fill(provider.issuer);
  await page.getByLabel("Client id").fill(provider.clientId);
  await lookedBoth(visit, "add-provider");
  await page.getByRole("button", { name: "Continue at the provider" }).click();
  await page.getByText("Waiting for you …").waitFor();
  await lookedBoth(visit, "add-waiting");
  const place = (await page.getByRole("link", { name: provider.issuer }).getAttribute("href")) ?? "";
  await provider.visit(place, "alice", (await page.locator("code").allInnerTexts()).at(0));
  await page.getByText(/^Signed in: \d+ mailboxes, 0 messages/).waitFor();
  await page.getByRole("link", { name: "Accounts", exact: true }).click();
  await page.getByText("Signed in at the provider").waitFor();

  await more("New password");
  await dialog(page).getByLabel("Password", { exact: true }).fill("wrong");
  await dialog(page).getByRole("button", { name: "Try it and keep it" }).click();
  await dialog(page).getByRole("alert").getByText("refused").waitFor();
  await lookedBoth(visit, "account-password");
  expect((await told("account", "list")).accounts).toMatchObject([{ signIn: { clientId: provider.clientId } }]);
  await dialog(page).getByLabel("Password", { exact: true }).fill("pass");
  await dialog(page).getByRole("button", { name: "Try it and keep it" }).click();
  await page.getByText("Password kept, sealed").waitFor();
  expect((await told("account", "list")).accounts).toMatchObject([{ signIn: null }]);
}

/** The account goes, and its mail stays. */
async function removes(visit: Visit): Promise<void> {
  const { page } = visit;
  const before = (await told("archive", "list")).archives;
  await page.getByRole("button", { name: /^More for / }).click();
  await page.getByRole("menuitem", { name: "Remove" }).click();
  await dialog(page)
    .getByText(/The archive keeps all its mail, and nothing changes on the server\./)
    .waitFor();
  await looked(visit, "account-remove");
  await dialog(page).getByRole("button", { name: "Remove the account" }).click();
  await page.getByText("There is no account yet.").waitFor();
  expect((await told("account", "list")).accounts).toEqual([]);
  expect((await told("archive", "list")).archives).toEqual(before);
  await page.getByRole("link", { name: "Mail", exact: true }).click();
  await page.getByRole("link", { name: /^INBOX \d+ messages?/ }).waitFor();
}
