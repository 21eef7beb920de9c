// Runs that a person asked for where no worker is: here, one after the other, in the rounds that `sync` makes. A link that waits already is not
// asked for twice. Whoever leaves waits for them: a run ends in order, whatever ends the command.
// It must never let a failed run end the command: what it came to is told by its report.
import { type LinkInfo, listLinks } from "@packetboat/archive";
import { asMailError, type LinkId, type MailError } from "@packetboat/core";
import type { Database } from "@packetboat/database";
import type { Host } from "../host.ts";
import { memberOfLink } from "../runs/members.ts";
import { runRounds } from "../runs/rounds.ts";

export interface RunsHere extends AsyncDisposable {
  readonly ask: (link: LinkInfo) => void;
}

/** `failed`: told of what no report could be made of. */
export function openRunsHere(host: Host, database: Database, failed: (error: MailError) => void): RunsHere {
  const waiting = new Set<LinkId>();
  let last: Promise<void> = Promise.resolve();
  const next = async (link: LinkInfo): Promise<void> => {
    waiting.delete(link.id);
    if (host.signal.aborted) return;
    try {
      const links = await companions(database, link);
      const members = await Promise.all(links.map(({ id }) => memberOfLink(host, database, id)));
      const around = { host, database, screen: host.screen({ quiet: true }) };
      await runRounds(around, members, { command: "web", dryRun: false, pushes: true });
    } catch (error) {
      failed(asMailError(error));
    }
  };
  return {
    ask: (link) => {
      if (waiting.has(link.id)) return;
      waiting.add(link.id);
      last = last.then(() => next(link));
    },
    [Symbol.asyncDispose]: async () => last,
  };
}

/** An archive's links make rounds together where something is pushed; else they do not need each other. */
async function companions({ pool }: Database, link: LinkInfo): Promise<readonly LinkInfo[]> {
  const all = await listLinks(pool, { archiveId: link.archiveId });
  return all.some(({ rights }) => rights.push) ? all : [link];
}
