// The final check of two accounts that are open, after the rounds: names of mailboxes from the archive, everything else from the servers.
// It must never take a message's state from the base, nor say why a message is missing where no run has said it.
import { isSelected, type MailError, type RunReport, serverPath } from "@packetboat/core";
import { bytes, count, harmless } from "@packetboat/terminal";
import { type FinalReport, finalReport, type KnownReason } from "../display/final.ts";
import { lastOfEach } from "../display/per-link.ts";
import { finalCheck, mailboxPairs } from "../verify/final.ts";
import { explained } from "./failed-run.ts";
import type { OpenAccount, Surroundings } from "./open-accounts.ts";

const PROGRESS_MS = 2_000;

/** Source and target, with what their runs reported just now (none: nothing is known of reasons). */
export interface FinalRun {
  readonly from: OpenAccount;
  readonly to: OpenAccount;
  readonly reports: readonly RunReport[];
  /** Compares every byte. */
  readonly deep: boolean;
}

/** Compares two open accounts; gives why where that was stopped. */
export async function runFinal(around: Surroundings, run: FinalRun): Promise<FinalReport | MailError> {
  const signal = AbortSignal.any([run.from.signal, run.to.signal]);
  try {
    return await compare(around, run, signal);
  } catch (thrown) {
    return await explained(thrown, signal, around.database);
  }
}

async function compare({ host, screen }: Surroundings, run: FinalRun, signal: AbortSignal): Promise<FinalReport> {
  const { from, to, deep } = run;
  const [source, target] = await Promise.all([from.archive.tree(), to.archive.tree()]);
  const live = new Map(source.mailboxes.map((mailbox) => [mailbox.id, mailbox]));
  const pairs = mailboxPairs(source.bases, target.bases, ({ mailboxId }) => {
    const mailbox = live.get(mailboxId);
    return mailbox !== undefined && serverPath(to.target.link, mailbox) !== null;
  });
  let told = host.now();
  const result = await finalCheck({
    from: from.remote,
    to: to.remote,
    pairs,
    deep,
    isCarried: (mailbox) => isSelected(from.target.link, mailbox),
    signal,
    onProgress: ({ mailbox, done, of, messages, bytes: size }) => {
      if (host.now() - told < PROGRESS_MS) return;
      told = host.now();
      const read = size === 0 ? "" : `, ${bytes(size)} read`;
      screen.progress(
        `comparing ${harmless(mailbox)} (${count(done + 1)} of ${count(of)} mailboxes, ${count(messages)} messages asked for${read})`,
      );
    },
  });
  const names = { from: from.target.names.account, to: to.target.names.account };
  return finalReport(result, { ...names, reasons: reasonsOf(run) });
}

/** What the last run of each link could not do. */
function reasonsOf({ reports }: FinalRun): readonly KnownReason[] {
  return lastOfEach(reports).flatMap(({ failures }) =>
    failures.map(({ mailbox, code, detail }) => ({ mailbox, code, detail })),
  );
}
