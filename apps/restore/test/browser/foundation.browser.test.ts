// The page from the link that packetboat web prints: a password, the first screen, the way out; refused to strangers; and what is loaded for it.

import { randomBytes } from "node:crypto";
import { createUser } from "@packetboat/archive";
import { openWebSignIn } from "@packetboat/oauth";
import { type IdentityProvider, startIdentityProvider } from "@packetboat/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { callsItself } from "../../src/web-provider.ts";
import { looked, lookedBoth, type Visit } from "./chromium.ts";
import { type Site, signIn, site } from "./site.ts";

const FIRST_LOAD_BYTES = 250_000;

let identities: IdentityProvider;
let home: Site;
beforeAll(async () => {
  identities = await startIdentityProvider();
  const client = { issuer: identities.issuer, ...identities.confidential, name: "Example", asks: "nothing" } as const;
  home = await site([], { ...openWebSignIn(client), callsItself });
});
afterAll(async () => {
  await home?.[Symbol.asyncDispose]();
  await identities?.[Symbol.asyncDispose]();
});

it("takes up a one-time link, which works once and is nowhere afterwards, and shows the first screen", async () => {
  const chance = { now: home.api.clock.now, random: randomBytes };
  const { secret } = await createUser(home.api.scratch.pool, { name: "ann", role: "admin", archives: [] }, chance);
  {
    await using visit = await home.stranger(`/welcome#${secret}`);
    const { page, requests } = visit;
    await page.getByLabel("New password").fill("short");
    await page.getByRole("button", { name: "Choose this password" }).click();
    await page.getByText("A password has 12 to 1000 characters").waitFor();
    await looked(visit, "welcome");
    await page.getByLabel("New password").fill("several words are good");
    await page.getByRole("button", { name: "Choose this password" }).click();
    await page.getByRole("heading", { name: "Is my mail safe?" }).waitFor();
    expect(page.url()).toBe(`${home.origin}/`);
    await page.goBack().catch(() => null);
    expect(page.url()).not.toContain(secret);
    expect(requests.filter((url) => url.includes(secret) && !url.endsWith(`#${secret}`))).toEqual([]);
  }
  await using again = await home.stranger(`/welcome#${secret}`);
  await again.page.getByRole("alert").getByText("This link does not work any more").waitFor();
  expect(await again.page.getByRole("button", { name: "Choose this password" }).count()).toBe(0);
});

it("asks strangers to sign in, says no more than that it was wrong, and leads to where they wanted", async () => {
  await using visit = await home.stranger("/runs");
  const { page } = visit;
  await page.getByLabel("Name").fill("nobody");
  await page.getByLabel("Password", { exact: true }).fill("a wrong password");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("alert").getByText("The name or the password is wrong.").waitFor();
  await page.getByText("./packetboat web --new-link NAME").waitFor();
  await page.getByText(/^Forgot your name, too\? The link says it/).waitFor();
  await lookedBoth(visit, "sign-in");
  await signIn(visit, "admin");
  await page.getByRole("heading", { name: "Runs" }).waitFor();
  await page.getByRole("button", { name: "Signed in as admin" }).click();
  await page.getByRole("menuitemradio", { name: "Dark" }).waitFor();
  await looked(visit, "user-menu");
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
});

/** The provider's own pages are gone to, and only those beside ours; what they load and complain of is theirs. */
function forgetProvider({ requests, troubles }: Visit): void {
  expect(requests.filter((url) => url.startsWith(`${identities.issuer}/auth?`)).length).toBeGreaterThan(0);
  requests.splice(0, requests.length, ...requests.filter((url) => url.startsWith(`${home.origin}/`)));
  troubles.splice(0);
}

it("signs in at a provider by a one-time link; who is not known there is told so", async () => {
  const chance = { now: home.api.clock.now, random: randomBytes };
  const { secret } = await createUser(home.api.scratch.pool, { name: "zoe", role: "admin", archives: [] }, chance);
  await using visit = await home.stranger(`/welcome#${secret}`);
  const { page } = visit;
  const there = async (name: string): Promise<void> => {
    await page.getByPlaceholder("Enter any login").fill(name);
    await page.getByPlaceholder("and password").fill("any");
    await page.getByRole("button", { name: "Sign-in" }).click();
    await page.getByRole("button", { name: "Continue" }).click();
  };
  await page.getByRole("button", { name: "Sign in with Example" }).click();
  await there("zoe");
  await page.getByRole("button", { name: "Signed in as zoe" }).click();
  expect(page.url()).toBe(`${home.origin}/`);
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  // Of the provider's session, too.
  await page.context().clearCookies();
  await page.getByRole("button", { name: "Sign in with Example" }).click();
  await there("stranger");
  await page.getByRole("alert").getByText("Nobody here is known as the person who signed in there.").waitFor();
  expect(new URL(page.url()).search).toBe("");
  await looked(visit, "signed-in-refused");
  await page.getByRole("link", { name: "Back to the sign-in" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  forgetProvider(visit);
});

it("leads everywhere by keyboard, wide and narrow, and says where there is nothing", async () => {
  await using visit = await home.signedIn("/");
  const { page } = visit;
  for (const name of ["Mail", "Runs", "Accounts", "Settings", "Is my mail safe?"]) {
    await page.getByRole("link", { name, exact: true }).press("Enter");
    await page.getByRole("heading", { level: 1, name }).waitFor();
    await page.locator("main:focus").waitFor();
    await expect.poll(() => page.title()).toBe(`${name} · Packetboat`);
  }
  await page.reload();
  await page.keyboard.press("Tab");
  await page.getByRole("link", { name: "Skip to the content" }).press("Enter");
  await page.locator("main:focus").waitFor();
  await page.goto("/nowhere/at/all");
  await page.getByRole("heading", { name: "There is nothing here" }).waitFor();
  await looked(visit, "nothing-here");
  await using narrow = await home.signedIn("/", { isNarrow: true });
  await narrow.page.getByRole("button", { name: "Menu" }).click();
  await narrow.page.getByRole("link", { name: "Settings" }).waitFor();
  await looked(narrow, "menu");
  await narrow.page.getByRole("link", { name: "Settings" }).click();
  await narrow.page.getByRole("heading", { name: "Settings" }).waitFor();
});

it("shows the sign-in when the session has ended, and a sentence when the server is not there", async () => {
  await using visit = await home.signedIn("/");
  const { page, troubles } = visit;
  await page.route("**/api/v1/me", (route) => route.abort());
  await page.reload();
  await page.getByText("Packetboat does not answer.").waitFor();
  await page.unroute("**/api/v1/me");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("heading", { name: "Is my mail safe?" }).waitFor();
  await page.context().clearCookies();
  await page.reload();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  troubles.splice(0, troubles.length, ...troubles.filter((text) => !/net::ERR_FAILED/.test(text)));
});

it("loads less than 250 kB, compressed, to show the first screen, and keeps it", async () => {
  await using visit = await home.signedIn("/");
  const answer = await fetch(`${home.origin}/`);
  expect(answer.headers.get("cache-control")).toBe("no-store");
  expect(answer.headers.get("content-security-policy")).toMatch(/script-src 'self';/);
  const assets = new Set(visit.requests.filter((url) => url.includes("/assets/")));
  let bytes = 0;
  for (const url of assets) {
    const asset = await fetch(url, { headers: { "accept-encoding": "br" } });
    expect(asset.headers.get("cache-control")).toContain("immutable");
    expect(asset.headers.get("content-encoding")).toBe("br");
    bytes += Number(asset.headers.get("content-length"));
  }
  expect(assets.size).toBeGreaterThan(1);
  expect(bytes).toBeGreaterThan(50_000);
  expect(bytes).toBeLessThan(FIRST_LOAD_BYTES);
});
