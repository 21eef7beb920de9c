// The case `web` of `pnpm bench`: the page that packetboat web serves, in Chromium, over a mailbox of so many messages. How long it takes from a click
// to the first messages, at a revision whose order nobody asked for before; and how many frames Chromium draws while somebody scrolls, from
// its own trace. It must be the real program and the real page, with nothing warmed but the browser's cache of files.
import { spawn } from "node:child_process";
import { ensureArchive, openImport } from "@packetboat/archive";
import { digestsOf, type MailboxId, pathKey } from "@packetboat/core";
import { type Database, openDatabase } from "@packetboat/database";
import { type Browser, chromium, type Page } from "playwright-core";
import type { Bench, Ratio } from "./cases.ts";
import { median } from "./measure.ts";
import { type Home, homeIn, PACKETBOAT } from "./ours.ts";

const BATCH = 1_000;
const OPENING_LIMIT_MS = 300;
/** 50 frames a second. */
const FRAME_LIMIT_MS = 20;
const SCROLLED_MS = 4_000;
const STEP_MS = 16;
const STEP_PX = 180;

function bytesOf(n: number): Buffer {
  const from = `From: "Writer ${n % 97}" <writer${n % 97}@example.com>`;
  return Buffer.from(
    `${from}\r\nTo: you@example.com\r\nSubject: Message ${n} about ${n % 13} things\r\n\r\nLine ${n}.\r\n`,
  );
}

interface Filled {
  readonly revisions: number;
  /** The mailbox with one message. */
  readonly other: MailboxId;
}

/** Fills INBOX as an import does, and puts one message into another mailbox. */
async function fill(database: Database, messages: number): Promise<Filled> {
  const { id } = await ensureArchive(database.pool, "web");
  const writer = await openImport(database.pool, id, Date.now);
  const [inbox, other] = [["INBOX"], ["Other"]];
  const ids = await writer.mailboxes([inbox, other].map((path) => ({ path, role: null, subscribed: true })));
  const add = (path: readonly string[], first: number, count: number) =>
    writer.add(
      Array.from({ length: count }, (_, at) => {
        const bytes = bytesOf(first + at);
        const internalDate = Date.UTC(2020, 0, 1) + (first + at) * 60_000;
        const mailboxId = ids.get(pathKey(path)) as MailboxId;
        return { mailboxId, bytes, digests: digestsOf(bytes), ordinal: 1, flags: ["\\Seen"], internalDate };
      }),
    );
  await add(other, 0, 1);
  for (let first = 1; first <= messages; first += BATCH) await add(inbox, first, Math.min(BATCH, messages - first + 1));
  await writer.finish();
  await database.pool.query("analyze");
  const { rows } = await database.pool.query<{ revision: bigint }>("select revision from archive where id = $1", [id]);
  return { revisions: Number(rows[0]?.revision ?? 0), other: ids.get(pathKey(other)) as MailboxId };
}

interface Web extends AsyncDisposable {
  /** The one-time link. */
  readonly link: string;
}

/** packetboat web, as a user starts it. */
async function startWeb(env: NodeJS.ProcessEnv): Promise<Web> {
  const child = spawn(PACKETBOAT, ["web", "--port", "0"], { env, stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  const link = await new Promise<string>((resolve, reject) => {
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      const [, found] = /^ +(http:\S+\/welcome#\S+)$/m.exec(said) ?? [];
      if (found !== undefined) resolve(found);
    });
    void ended.then(() => reject(new Error(`packetboat web ended:\n${said}`)));
  });
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await ended;
  };
  return { link, [Symbol.asyncDispose]: stop };
}

/** Milliseconds from a click on the mailbox to the first of its messages that can be read. */
const OPENED = `new Promise((resolve, reject) => {
  const began = performance.now();
  [...document.querySelectorAll("nav a")].find((link) => link.textContent.startsWith("INBOX")).click();
  const look = () => {
    if (document.querySelector('[role="option"]:not([aria-setsize="1"]) time') !== null) resolve(performance.now() - began);
    else if (performance.now() - began > 30000) reject(new Error("nothing is shown but: " + document.body.innerText.slice(0, 500)));
    else requestAnimationFrame(look);
  };
  look();
})`;

/** Opens the large mailbox from the small one, at a revision. */
async function opened(page: Page, origin: string, { other }: Filled, revision: number): Promise<number> {
  await page.goto(`${origin}/mail?mailbox=${other}&at=${revision}`);
  await page.locator('[role="option"][aria-setsize="1"] time').waitFor();
  return await page.evaluate<number>(OPENED);
}

interface TraceEvent {
  readonly name: string;
  readonly ts: number;
}

/** Milliseconds between two frames that Chromium drew while a wheel was turned, on the average. */
async function scrolledFrame(browser: Browser, page: Page): Promise<number> {
  await page.mouse.move(450, 500);
  await browser.startTracing(page, {
    categories: ["disabled-by-default-devtools.timeline.frame", "devtools.timeline.frame"],
  });
  const began = performance.now();
  while (performance.now() - began < SCROLLED_MS) {
    const step = performance.now();
    await page.mouse.wheel(0, STEP_PX);
    await page.waitForTimeout(Math.max(0, STEP_MS - (performance.now() - step)));
  }
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as {
    readonly traceEvents: readonly TraceEvent[];
  };
  const times = traceEvents.filter(({ name }) => name === "DrawFrame").map(({ ts }) => ts / 1_000);
  const [first = 0, last = 0] = [Math.min(...times), Math.max(...times)];
  return (last - first) / (times.length - 1);
}

async function web(bench: Bench): Promise<readonly Ratio[]> {
  const home = homeIn(bench.work, "web", true);
  await home.fresh();
  const filled = await (async () => {
    await using database = await openDatabase({ url: "", home: home.path, env: {} });
    return await fill(database, bench.messages);
  })();
  const rows = await measured(home, filled, bench);
  home.run("database", "stop");
  return rows;
}

async function measured({ env }: Home, filled: Filled, bench: Bench): Promise<readonly Ratio[]> {
  await using server = await startWeb(env);
  await using browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
  });
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(server.link);
  await page.getByLabel("New password").fill("several words are good");
  await page.getByRole("button", { name: "Choose this password" }).click();
  await page.getByRole("button", { name: "Signed in as admin" }).waitFor();
  const { origin } = new URL(server.link);
  const first: number[] = [];
  const again: number[] = [];
  for (let n = 0; n < bench.times; n++) {
    // Each at a revision of its own: the server has not put that mailbox in order yet.
    first.push(await opened(page, origin, filled, filled.revisions - n));
    again.push(await opened(page, origin, filled, filled.revisions - n));
  }
  const frames: number[] = [];
  for (let n = 0; n < bench.times; n++) frames.push(await scrolledFrame(browser, page));
  const size = `${bench.messages.toLocaleString("en")} messages`;
  const limit = { peer: "limit", target: 1, unit: "ms" } as const;
  return [
    {
      what: `a mailbox of ${size}, opened for the first time`,
      ours: median(first),
      theirs: OPENING_LIMIT_MS,
      ...limit,
    },
    { what: "the same again, its order known", ours: median(again), theirs: OPENING_LIMIT_MS, ...limit },
    { what: "between two frames, scrolled by wheel", ours: median(frames), theirs: FRAME_LIMIT_MS, ...limit },
  ];
}

export const WEB: Readonly<Record<string, (bench: Bench) => Promise<readonly Ratio[]>>> = { web };
