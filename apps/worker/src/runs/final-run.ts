// The final check of two accounts that are open, after the rounds: names of mailboxes from the archive, everything else from the servers.
// It must never take a message's state from the base, nor say why a message is missing where no run has said it.
import { isSelected, type RunReport, serverPath } from "@packetboat/core";
import { bytes, count, harmless } from "@packetboat/terminal";
import { type FinalReport, finalReport, type KnownReason } from "../display/final.ts";
import { finalCheck, mailboxPairs } from "../verify/final.ts";
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

/** Compares two open accounts. Throws what stops an account, and the reason of their signals. */
export async function runFinal({ host, screen }: Surroundings, run: FinalRun): Promise<FinalReport> {
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
    signal: AbortSignal.any([from.signal, to.signal]),
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
function reasonsOf({ from, to, reports }: FinalRun): readonly KnownReason[] {
  return [from, to].flatMap(({ target }) => {
    const last = reports.findLast(({ link }) => link === target.link.id);
    return (last?.failures ?? []).map(({ mailbox, code, detail }) => ({ mailbox, code, detail }));
  });
}
