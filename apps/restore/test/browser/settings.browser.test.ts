// The screen "Settings" in a real browser: a token that is shown once, works, and is revoked; a user who is invited, takes up the link, reads what
// was given to them and no more, and is removed; and the record of it.

import { ensureArchive } from "@packetboat/archive";
import { afterAll, beforeAll, expect, it } from "vitest";
import { looked } from "./chromium.ts";
import { type Site, site } from "./site.ts";

let home: Site;
beforeAll(async () => {
  home = await site();
  for (const name of ["work", "home"]) await ensureArchive(home.api.scratch.pool, name);
});
afterAll(async () => home?.[Symbol.asyncDispose]());

const asks = async (path: string, token: string): Promise<number> =>
  (await fetch(`${home.origin}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } })).status;

it("makes a token that works until it is revoked, and shows it once", async () => {
  await using visit = await home.signedIn("/settings");
  const { page } = visit;
  await page.getByRole("button", { name: "New token" }).click();
  await page.getByLabel("What is it for?").fill("Nightly export");
  await page.getByRole("button", { name: "Make the token" }).click();
  const shown = page.getByRole("textbox", { name: "Token “Nightly export”" });
  const token = await shown.inputValue();
  expect(token).toMatch(/^packetboat_/);
  await looked(visit, "token-made");
  expect(await asks("/archives", token)).toBe(200);
  expect(await asks("/status", token)).toBe(403);
  await page.getByRole("button", { name: "Close" }).click();
  await page.reload();
  await page.getByText("Nightly export").waitFor();
  expect(await page.content()).not.toContain(token);
  await page.getByRole("button", { name: "Revoke the token Nightly export" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke", exact: true }).click();
  await page.getByText("There are no tokens.").waitFor();
  expect(await asks("/archives", token)).toBe(401);
});

it("invites a reader, who chooses a password and sees one archive; then removes them", async () => {
  await using visit = await home.signedIn("/settings");
  const { page } = visit;
  await page.getByRole("button", { name: "Invite somebody" }).click();
  await page.getByLabel("Name to sign in with").fill("bea");
  await page.getByLabel("home").check();
  await looked(visit, "settings-invite");
  await page.getByRole("button", { name: "Make the link" }).click();
  const link = await page.getByRole("textbox", { name: "A link for bea" }).inputValue();
  {
    await using theirs = await home.stranger(link.slice(home.origin.length));
    await theirs.page.getByLabel("New password").fill("several words are good");
    await theirs.page.getByRole("button", { name: "Choose this password" }).click();
    await theirs.page.getByRole("link", { name: "Settings" }).click();
    await theirs.page.getByRole("heading", { name: "Tokens for programs" }).waitFor();
    expect(await theirs.page.getByRole("heading", { name: "Users" }).count()).toBe(0);
    const archives = await theirs.page.evaluate(async () => (await fetch("/api/v1/archives")).text());
    expect(JSON.parse(archives).archives.map(({ name }: { name: string }) => name)).toEqual(["home"]);
  }
  await page.getByRole("button", { name: "Close" }).click();
  await page.reload();
  await page.getByText("reads home").waitFor();
  await looked(visit, "settings");
  await page.getByRole("button", { name: "Remove bea" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove", exact: true }).click();
  await page.getByRole("button", { name: "Remove bea" }).waitFor({ state: "detached" });
  await page.getByRole("cell", { name: "removed user 2" }).waitFor();
  await using gone = await home.stranger("/");
  await gone.page.getByLabel("Name").fill("bea");
  await gone.page.getByLabel("Password", { exact: true }).fill("several words are good");
  await gone.page.getByRole("button", { name: "Sign in" }).click();
  await gone.page.getByText("The name or the password is wrong.").waitFor();
});

it("shows it on a telephone", async () => {
  await using visit = await home.signedIn("/settings", { isNarrow: true });
  await visit.page.getByRole("heading", { name: "Who read what" }).waitFor();
  await visit.page.getByRole("cell").first().waitFor();
  await looked(visit, "settings");
  expect(await visit.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")).toBe(true);
});
