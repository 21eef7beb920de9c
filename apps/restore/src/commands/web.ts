// packetboat web: serves the page and the API until it is stopped. While nobody can administer, it prints a one-time link for the first administrator: whoever
// can run a command here can read the database anyway. It must never print a link again that was taken up.
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { firstAdmin, type Invitation, inviteAgain, listUsers, sweepAccess, sweepJobs } from "@packetboat/archive";
import { asMailError, MailError } from "@packetboat/core";
import { type Database, homePath } from "@packetboat/database";
import { harmless, instant, type Screen } from "@packetboat/terminal";
import type { Frame, RestoreHost } from "../host.ts";
import type { Page } from "../http/page.ts";
import { builtPage } from "../http/page-build.ts";
import { isAway } from "../http/problem.ts";
import type { World } from "../http/route.ts";
import { RETURN_PATH } from "../http/routes/provider-sign-in.ts";
import { serveApi } from "../http/serve.ts";
import { openUploads } from "../jobs/uploads.ts";
import { openJobs } from "../jobs/work.ts";
import { callsItself, type ProviderWords, readProvider, type WebProvider } from "../web-provider.ts";

export interface WebOptions extends ProviderWords {
  readonly host: string;
  readonly port: string;
  readonly url?: string;
  readonly newLink?: string;
  readonly mostUpload: string;
}

const FIRST_NAME = "admin";
const MOST_PORT = 65_535;
const MEGABYTE = 1_000_000;
/** Files of exports are no larger, and a disk hardly is. */
const MOST_UPLOAD_MB = 100_000_000;
const SWEEP_MS = 3_600_000;

/** Serves until the host's signal is aborted. Throws CONFIG_INVALID for an address that is taken or not safe. */
export async function web(
  host: RestoreHost,
  { readCount }: Pick<Frame, "readCount">,
  options: WebOptions,
): Promise<void> {
  host.stopsByItself();
  const port = options.port === "0" ? 0 : readCount("--port", options.port, MOST_PORT);
  const mostUpload = readCount("--most-upload", options.mostUpload, MOST_UPLOAD_MB) * MEGABYTE;
  const provider = await providerOf(host, options);
  const screen = host.screen({});
  const database = await host.open(screen);
  const { pool } = database;
  const chance = { now: host.now(), random: randomBytes };
  const invitation =
    options.newLink === undefined
      ? await firstAdmin(pool, FIRST_NAME, chance)
      : await inviteAgain(pool, await userNamed(database, options.newLink), chance);
  const failed = await failures(host, screen);
  // Runs that were asked for here end before the database is left.
  await using operations = await host.operations(database, screen, failed);
  await using jobs = openJobs(host, database, failed);
  const standings: World["standings"] = () => host.standings(database);
  const page = await pageOrNone(screen, await host.log());
  const uploads = openUploads(pool, join(homePath(host.variables), "uploads"), mostUpload);
  const parts = { pool, database, operations, jobs, uploads, provider, page, standings, failed };
  const world = { ...parts, now: host.now, random: randomBytes };
  await using server = await serveApi(world, { host: options.host, port, url: options.url });
  greet(screen, server.place.origin, invitation, page);
  if (provider !== null)
    screen.line(
      `${harmless(provider.name)} must send browsers back to this address: ${server.place.origin}${RETURN_PATH}`,
    );
  await using _ = sweeping(world);
  await untilStopped(host, database, screen);
}

/** Null: none was named. Throws CONFIG_INVALID. */
async function providerOf(host: RestoreHost, options: WebOptions): Promise<WebProvider | null> {
  const { oidcIssuer, oidcClientId, oidcClientSecretFile, oidcName, oidcMatch } = options;
  const named = readProvider({ oidcIssuer, oidcClientId, oidcClientSecretFile, oidcName, oidcMatch });
  if (named === null) return null;
  const clientSecret = await host.clientSecret(oidcClientSecretFile);
  const { openWebSignIn } = await import("@packetboat/oauth");
  return { ...openWebSignIn({ ...named, clientSecret }), callsItself };
}

/** Every question fails while the database is away: to the person it is said once in a while. */
const SAID_AGAIN_MS = 60_000;

async function failures(host: RestoreHost, screen: Screen): Promise<World["failed"]> {
  const log = await host.log();
  let said = Number.NEGATIVE_INFINITY;
  return (error) => {
    log.error({ code: error.code, err: error }, "the API failed");
    const now = host.now();
    if (isAway(error) && now - said < SAID_AGAIN_MS) return;
    if (isAway(error)) said = now;
    screen.warning(`packetboat: ${harmless(error.message)}`);
  };
}

async function userNamed({ pool }: Database, name: string): Promise<number> {
  const users = await listUsers(pool);
  const user = users.find((one) => one.name === name.trim().toLowerCase());
  if (user !== undefined) return user.id;
  // Whoever is at this machine may know, and may have forgotten just that.
  const names = users.map((one) => one.name).sort();
  const known = names.length === 0 ? "Nobody is a user yet." : `These are: ${names.join(", ")}.`;
  throw new MailError("CONFIG_INVALID", `There is no user of this name. ${known}`);
}

/** Null, with a warning, where it cannot be built: programs have the API all the same. */
async function pageOrNone(screen: Screen, log: Awaited<ReturnType<RestoreHost["log"]>>): Promise<Page | null> {
  try {
    return await builtPage(() => screen.line("Building the page (once, a few seconds) ..."));
  } catch (error) {
    const { code, message, cause } = asMailError(error);
    screen.warning(`packetboat: ${harmless(message)}`);
    log.error({ code, err: cause }, "the page could not be built");
    return null;
  }
}

function greet(screen: Screen, origin: string, invitation: Invitation | null, page: Page | null): void {
  const api = `${origin}/api/v1`;
  if (page !== null) {
    // In the fragment: no browser sends it, so no log has it.
    if (invitation === null) screen.line(`Open this in your browser: ${origin}/`);
    else {
      screen.line(
        `Open this in your browser and choose a password. It works once, until ${instant(invitation.expiresAt)}:`,
      );
      screen.line();
      screen.line(`  ${origin}/welcome#${invitation.secret}`);
      screen.line();
    }
  }
  screen.line(`For programs: ${api}/openapi.json describes the API. Ctrl-C stops it.`);
  if (page !== null || invitation === null) return;
  screen.line();
  screen.line(`To choose a password, once, until ${instant(invitation.expiresAt)}:`);
  screen.line(`  curl -H 'Content-Type: application/json' ${api}/invitations/take-up \\`);
  screen.line(`    -d '{"token": "${invitation.secret}", "password": "..."}'`);
}

/** Takes away what has ended, and what a process that died left, now and each hour. Where it fails, the next hour does it. */
function sweeping({ pool, uploads, now, failed }: Pick<World, "pool" | "uploads" | "now" | "failed">): AsyncDisposable {
  let last: Promise<void> = Promise.resolve();
  const sweep = (): void => {
    last = sweepAccess(pool, now())
      .then(() => sweepJobs(pool, now()))
      .then(() => uploads.sweep(now()))
      .catch((error: unknown) => failed(asMailError(error)));
  };
  sweep();
  const timer = setInterval(sweep, SWEEP_MS);
  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      await last;
    },
  };
}

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

/**
 * Until somebody says stop. A database that goes away is waited for: meanwhile every question is answered with 503, and what was at work is told
 * as interrupted. An embedded one is started again. Throws what time does not mend.
 */
async function untilStopped(host: RestoreHost, database: Database, screen: Screen): Promise<void> {
  const { signal } = host;
  for (let waitMs = FIRST_WAIT_MS; !signal.aborted; ) {
    await aborted(AbortSignal.any([signal, database.lost]));
    if (signal.aborted) return;
    try {
      await database.comeBack();
      screen.warning("packetboat: the database is back.");
      waitMs = FIRST_WAIT_MS;
    } catch (thrown) {
      const error = asMailError(thrown);
      if (!isAway(error)) throw error;
      screen.warning(`packetboat: ${harmless(error.message)} Trying again in ${waitMs / 1_000} s.`);
      await setTimeout(waitMs, undefined, { signal }).catch(() => undefined); // stopped: the loop ends
      waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
    }
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted)
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
