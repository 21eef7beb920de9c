// The page and the API over a scratch database, in a real browser: what a test of a screen begins with.
import { expect } from "vitest";
import { builtPage } from "../../src/http/page-build.ts";
import type { WebProvider } from "../../src/web-provider.ts";
import { PASSWORD, person, type Served, served } from "../served.ts";
import { type Chromium, NARROW, startChromium, type Visit, WIDE } from "./chromium.ts";

export interface Site extends AsyncDisposable {
  readonly api: Served;
  readonly origin: string;
  readonly chromium: Chromium;
  /** A window of its own at `path`, of somebody who has signed in. The user is there: person(), or "admin". */
  readonly signedIn: (path: string, asked?: { readonly name?: string; readonly isNarrow?: boolean }) => Promise<Visit>;
  /** A window of its own at `path`, of nobody. */
  readonly stranger: (path: string) => Promise<Visit>;
}

/** Serves, with an administrator called admin; tests fill the archives. `flags`: of the browser. `provider`: where one may sign in, too. */
export async function site(flags: readonly string[] = [], provider: WebProvider | null = null): Promise<Site> {
  const api = await served(await builtPage(() => undefined), provider);
  const chromium = await startChromium(flags);
  const { origin } = api.listening.place;
  await person(api, "admin", "admin");
  const stranger = async (path: string, size = WIDE): Promise<Visit> => {
    const visit = await chromium.visit(origin, size);
    await visit.page.goto(path);
    return visit;
  };
  const signedIn: Site["signedIn"] = async (path, { name = "admin", isNarrow = false } = {}) => {
    const visit = await stranger(path, isNarrow ? NARROW : WIDE);
    await signIn(visit, name);
    return visit;
  };
  const close = async (): Promise<void> => {
    await chromium[Symbol.asyncDispose]();
    await api[Symbol.asyncDispose]();
    expect(api.failures).toEqual([]);
  };
  return { api, origin, chromium, signedIn, stranger, [Symbol.asyncDispose]: close };
}

/** Fills in the sign-in that is shown, and waits for what comes after it. */
export async function signIn({ page }: Visit, name: string, password = PASSWORD): Promise<void> {
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("button", { name: `Signed in as ${name}` }).waitFor();
}
