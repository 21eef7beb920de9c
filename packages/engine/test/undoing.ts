// Undo on the archive in memory, by the same decisions as over Postgres: mailboxes with old names first, then message by message, then
// mailboxes that go.
import {
  type ArchiveEdit,
  matchesPattern,
  planRestore,
  planRestoreMailboxes,
  type RestoreMailbox,
  type Revision,
  showPath,
} from "@packetboat/core";
import type { MemoryArchive } from "@packetboat/testkit";

export interface UndoOptions {
  /** Default: everything. */
  readonly mailbox?: string;
  readonly keepNew?: boolean;
}

/** Makes the archive equal to an earlier revision; gives how many messages that changed. */
export async function undo(memory: MemoryArchive, revision: number, options: UndoOptions = {}): Promise<number> {
  const { history } = memory;
  const at = <V extends { readonly from: number; readonly to: number | null }>(versions: readonly V[], n: number) =>
    versions.find(({ from, to }) => from <= n && (to === null || n < to));
  const now = history.revision;
  const mailboxes = [...history.mailboxes].map(
    ([id, versions]): RestoreMailbox => ({ id, was: at(versions, revision) ?? null, now: at(versions, now) ?? null }),
  );
  const meant = ({ was, now: is }: RestoreMailbox): boolean =>
    [was, is].some((one) => one !== null && matchesPattern(options.mailbox ?? "*", showPath(one.path)));
  const selected = new Set(mailboxes.filter(meant).map(({ id }) => id));
  const plan = planRestoreMailboxes(mailboxes, selected, options.keepNew === true);
  const rules = { homeOf: plan.homeOf, keepNew: options.keepNew === true };
  const ops = [...history.messages.values()].flatMap(({ id, versions }) => {
    const [was, live] = [at(versions, revision) ?? null, at(versions, now) ?? null];
    if (![was, live].some((one) => one !== null && selected.has(one.mailboxId))) return [];
    const row = { messageId: id, was, now: live === null ? null : { ...live, since: live.from as Revision } };
    return planRestore(row, rules) ?? [];
  });
  const archive = memory.open("undo");
  const commit = (edits: readonly ArchiveEdit[]) => archive.commit({ archive: edits, base: [] });
  await commit(plan.changes);
  const homes = new Set(ops.flatMap((op) => ("mailboxId" in op ? [op.mailboxId] : [])));
  await commit([...[...plan.revivals.values()].filter((op) => homes.has(op.mailboxId)), ...ops]);
  await commit(plan.back.filter((op) => !homes.has(op.mailboxId)));
  await commit(plan.removals);
  return ops.length;
}
