// A real Chromium for tests of the page. Each visit is a browser profile of its own, writes down every request and everything that the page
// complains of, and fails its test at the end when it asked another origin for something, or a policy refused something of our own.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { expect } from "vitest";

const PATH = "/usr/bin/chromium";
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const SCREENS = join(import.meta.dirname, "../../../../docs/screens");

/** Wide: a desk. Narrow: a telephone. */
export const WIDE = { width: 1280, height: 800 };
export const NARROW = { width: 390, height: 844 };

export interface Visit extends AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Every address that was asked for, also those that were stopped. */
  readonly requests: string[];
  /** What the console called an error or a warning, and what no one caught. Tests that expect one take it out. */
  readonly troubles: string[];
}

export interface Chromium extends AsyncDisposable {
  /** A profile of its own. At the end it throws when the page was not quiet: see Visit. */
  readonly visit: (origin: string, size?: { readonly width: number; readonly height: number }) => Promise<Visit>;
}

/** Starts the browser, with these flags beside the usual ones. Throws where there is none: CI installs it (tools/ci-packages.txt). */
export async function startChromium(flags: readonly string[] = []): Promise<Chromium> {
  const browser = await chromium.launch({ executablePath: PATH, headless: true, args: [...FLAGS, ...flags] });
  return {
    visit: (origin, size = WIDE) => visit(browser, origin, size),
    [Symbol.asyncDispose]: () => browser.close(),
  };
}

async function visit(browser: Browser, origin: string, size: { readonly width: number; readonly height: number }) {
  const context = await browser.newContext({
    baseURL: origin,
    viewport: size,
    locale: "en-GB",
    timezoneId: "UTC",
    reducedMotion: "reduce",
    serviceWorkers: "block",
  });
  const requests: string[] = [];
  const troubles: string[] = [];
  context.on("request", (request) => requests.push(request.url()));
  context.on("console", (message) => {
    // A refusal of the API is an answer; the browser calls it an error.
    const isAnswer = /^Failed to load resource: the server responded with a status of 4\d\d/.test(message.text());
    if (["error", "warning"].includes(message.type()) && !isAnswer) troubles.push(message.text());
  });
  context.on("weberror", (error) => troubles.push(String(error.error())));
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const close = async (): Promise<void> => {
    await context.close();
    expect(requests.filter((url) => !url.startsWith(`${origin}/`) && !/^(about|blob):/.test(url))).toEqual([]);
    expect(troubles).toEqual([]);
  };
  return { page, context, requests, troubles, [Symbol.asyncDispose]: close };
}

const SCHEMES = ["light", "dark"] as const;
/** The rules of axe that judge colours: whatever the others judge is the same in light and dark. */
const OF_COLOURS = ["color-contrast", "link-in-text-block"];

/** Throws when axe finds anything on the screen as it is now, light or dark. `name`: of the screenshots, which are made when asked for. */
export async function looked({ page }: Visit, name: string): Promise<void> {
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor({ state: "attached" });
    await screenshot(page, `${name}-${colorScheme}`);
    // Not within frames: a message's is without scripts, so that axe could only wait there, and what it holds is its sender's.
    const axe = new AxeBuilder({ page }).setLegacyMode(true);
    const { violations } = await (colorScheme === "light" ? axe : axe.withRules(OF_COLOURS)).analyze();
    const told = violations.map(({ id, nodes }) => ({
      id,
      nodes: nodes.map(({ html, failureSummary }) => [html, failureSummary]),
    }));
    expect({ name, colorScheme, told }).toEqual({ name, colorScheme, told: [] });
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: "reduce" });
}

/** The same wide and narrow, in the window that is open. */
export async function lookedBoth(visit: Visit, name: string): Promise<void> {
  const size = visit.page.viewportSize() ?? WIDE;
  await looked(visit, name);
  await visit.page.setViewportSize(NARROW);
  await looked(visit, name);
  await visit.page.setViewportSize(size);
}

/** Into docs/screens, wide or narrow by the window, with PACKETBOAT_SCREENS=1. */
async function screenshot(page: Page, name: string): Promise<void> {
  if (process.env.PACKETBOAT_SCREENS === undefined) return;
  mkdirSync(SCREENS, { recursive: true });
  const width = (page.viewportSize()?.width ?? 0) < 600 ? "narrow" : "wide";
  await page.screenshot({ path: join(SCREENS, `${name}-${width}.png`), animations: "disabled" });
}
