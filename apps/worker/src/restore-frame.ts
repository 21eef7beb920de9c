// What the restore app is handed: this command line's house and words, and the rounds that carry a restore out. The two apps do not import
// each other; only the command table brings them together.
import type { LinkInfo } from "@packetboat/archive";
import { readPassword } from "@packetboat/config";
import type { MailError } from "@packetboat/core";
import type { Database } from "@packetboat/database";
import type { Screen } from "@packetboat/terminal";
import { type RawAccountOptions, withAccountOptions } from "./accounts/options.ts";
import { collect, subcommand, withExamples } from "./command-help.ts";
import { type Live, toldLive } from "./display/live.ts";
import type { ProgressState } from "./display/progress.ts";
import type { Host } from "./host.ts";
import { openHouse } from "./house.ts";
import { askConsent } from "./runs/consent.ts";
import { readCount } from "./runs/count.ts";
import { readDate } from "./runs/date.ts";
import type { Lent } from "./runs/restore-rounds.ts";
import { archiveByName } from "./runs/targets.ts";

/** The words that all commands share. */
export const FRAME = { subcommand, withExamples, collect, readDate, readCount, withAccountOptions };

/** Gives the host with what opens the database and finds an archive, asks, and runs links; and the same for work that nobody waits for. */
export function restoreHost(host: Host) {
  return {
    ...handed(host),
    unattended: (signal: AbortSignal, watch: (progress: Told) => void) => {
      const heard = toldLive(({ label: account, phase, messages, bytes, toFetch: of }) => {
        watch({ account, phase, messages, bytes, of });
      }, host.now);
      return handed({ ...host, signal, canAsk: false, end: () => undefined }, heard);
    },
  };
}

async function clientSecretOf({ environment }: Host, file: string | undefined): Promise<string | null> {
  if (file === undefined) return environment.oidcClientSecret;
  return await readPassword({ kind: "file", path: file }, async () => "");
}

/** How far rounds are with one account. */
interface Told extends Pick<ProgressState, "phase" | "messages" | "bytes"> {
  readonly account: string;
  readonly of: number;
}

/** `live`: told how far rounds are, in place of the screen. */
function handed(host: Host, live?: Live) {
  const told = live === undefined ? {} : { live };
  return {
    ...host,
    open: (screen: Screen): Promise<Database> => openHouse(host, screen),
    archiveByName,
    clientSecret: (file: string | undefined) => clientSecretOf(host, file),
    consent: (question: string, yes: boolean) => askConsent(host, question, yes),
    standings: async (database: Database) => {
      const { judge, OVERDUE_HOURS, plainStanding } = await import("./runs/standings.ts");
      const judged = await judge(database, host.now(), OVERDUE_HOURS * 3_600_000);
      return judged.map((one) => ({ ...plainStanding(one), archiveId: one.status.link.archiveId }));
    },
    operations: async (database: Database, screen: Screen, failed: (error: MailError) => void) => {
      const { openOperations } = await import("./operations/operations.ts");
      return openOperations(host, database, screen, failed);
    },
    // Loaded when it is needed: reading an archive needs no mail server.
    appendLimit: async (database: Database, link: LinkInfo) => {
      const { appendLimitOf } = await import("./runs/restore-rounds.ts");
      return await appendLimitOf({ host, database }, link);
    },
    rounds: async (database: Database, screen: Screen, links: readonly LinkInfo[], lent: Lent) => {
      const { roundsOf } = await import("./runs/restore-rounds.ts");
      return await roundsOf({ host, database, screen, ...told }, links, lent);
    },
    destination: async (
      database: Database,
      screen: Screen,
      text: string,
      options: RawAccountOptions & { readonly dryRun?: boolean },
    ) => {
      const { destinationOf } = await import("./runs/restore-rounds.ts");
      return await destinationOf({ host, database, screen, ...told }, text, options, options.dryRun === true);
    },
  };
}
