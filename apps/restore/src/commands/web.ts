// packetboat web: serves the API until it is stopped. While nobody can administer, it prints a one-time link for the first administrator: whoever
// can run a command here can read the database anyway. It must never print a link again that was taken up.
import { randomBytes } from "node:crypto";
import { firstAdmin, type Invitation, inviteAgain, listUsers, sweepAccess } from "@packetboat/archive";
import { asMailError, MailError } from "@packetboat/core";
import type { Database } from "@packetboat/database";
import { harmless, instant, type Screen } from "@packetboat/terminal";
import type { Frame, RestoreHost } from "../host.ts";
import type { World } from "../http/route.ts";
import { serveApi } from "../http/serve.ts";

export interface WebOptions {
  readonly host: string;
  readonly port: string;
  readonly url?: string;
  readonly newLink?: string;
}

const FIRST_NAME = "admin";
const MOST_PORT = 65_535;
const SWEEP_MS = 3_600_000;

/** Serves until the host's signal is aborted. Throws CONFIG_INVALID for an address that is taken or not safe. */
export async function web(
  host: RestoreHost,
  { readCount }: Pick<Frame, "readCount">,
  options: WebOptions,
): Promise<void> {
  host.stopsByItself();
  const port = options.port === "0" ? 0 : readCount("--port", options.port, MOST_PORT);
  const screen = host.screen({});
  const database = await host.open(screen);
  const { pool } = database;
  const chance = { now: host.now(), random: randomBytes };
  const invitation =
    options.newLink === undefined
      ? await firstAdmin(pool, FIRST_NAME, chance)
      : await inviteAgain(pool, await userNamed(database, options.newLink), chance);
  const log = await host.log();
  const failed = (error: MailError): void => {
    screen.warning(`packetboat: ${harmless(error.message)}`);
    log.error({ code: error.code, err: error }, "the API failed");
  };
  // Runs that were asked for here end before the database is left.
  await using operations = await host.operations(database, screen, failed);
  const world = {
    pool,
    operations,
    now: host.now,
    random: randomBytes,
    standings: () => host.standings(database),
    failed,
  };
  await using server = await serveApi(world, { host: options.host, port, url: options.url });
  greet(screen, server.place.origin, invitation);
  await using _ = sweeping(database, world);
  await ended(host, database);
}

async function userNamed({ pool }: Database, name: string): Promise<number> {
  const user = (await listUsers(pool)).find((one) => one.name === name.trim().toLowerCase());
  if (user === undefined) throw new MailError("CONFIG_INVALID", "There is no user of this name.");
  return user.id;
}

function greet(screen: Screen, origin: string, invitation: Invitation | null): void {
  const api = `${origin}/api/v1`;
  screen.line(`The API is at ${api}; ${api}/openapi.json describes it. Ctrl-C stops it.`);
  if (invitation === null) return;
  const { secret, expiresAt } = invitation;
  screen.line();
  screen.line(`To choose a password, once, until ${instant(expiresAt)}:`);
  screen.line(`  curl -H 'Content-Type: application/json' ${api}/invitations/take-up \\`);
  screen.line(`    -d '{"token": "${secret}", "password": "..."}'`);
}

/** Takes away what has ended, now and each hour. Where it fails, the next hour does it. */
function sweeping({ pool }: Database, { now, failed }: Pick<World, "now" | "failed">): AsyncDisposable {
  let last: Promise<void> = Promise.resolve();
  const sweep = (): void => {
    last = sweepAccess(pool, now()).catch((error: unknown) => failed(asMailError(error)));
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

/** Until somebody says stop. Throws DATABASE_LOST when the embedded server goes away: whoever started this starts it again. */
async function ended(host: RestoreHost, database: Database): Promise<void> {
  const { lost } = database;
  const signal = AbortSignal.any([host.signal, lost]);
  if (!signal.aborted)
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  if (lost.aborted && !host.signal.aborted) throw lost.reason;
}
