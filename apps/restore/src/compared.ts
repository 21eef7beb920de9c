// Two moments of an archive, compared: the mailboxes that differ, and the messages page by page as they are walked. The command `restore diff`
// and the API tell it from here. It must never read more of the difference than somebody walks.
import {
  type ArchiveInfo,
  type DifferencePlace,
  type DifferingMessage,
  differingMessages,
  type MailboxDifference,
  mailboxDifferenceOf,
  mailboxesBetween,
} from "@packetboat/archive";
import { type MailboxId, MailError, type RestoreMailbox, type Revision } from "@packetboat/core";
import type { Database } from "@packetboat/database";
import { harmless } from "@packetboat/terminal";
import type { Names } from "./difference-lines.ts";
import { fits } from "./snapshot.ts";
import { inTreeOrder } from "./tree.ts";

export interface Moments {
  readonly from: { readonly revision: Revision; readonly madeAt: number | null };
  readonly to: { readonly revision: Revision; readonly madeAt: number | null };
}

export interface Compared extends Moments {
  readonly archive: ArchiveInfo;
  readonly mailboxes: readonly MailboxDifference[];
  readonly names: Names;
  readonly pages: AsyncIterable<readonly DifferingMessage[]>;
}

/** Compares the mailboxes that match, all without a pattern; messages from behind `after` on, of the same question. Throws CONFIG_INVALID for a pattern that fits none. */
export async function compare(
  pool: Database["pool"],
  archive: ArchiveInfo,
  { from, to }: Moments,
  patterns: readonly string[],
  after?: DifferencePlace,
): Promise<Compared> {
  const all = await mailboxesBetween(pool, archive.id, from.revision, to.revision);
  const paths = ({ was, now }: RestoreMailbox) => [was, now].flatMap((one) => (one === null ? [] : [one.path]));
  for (const pattern of patterns) {
    if (all.some((one) => paths(one).some((path) => fits(pattern, path)))) continue;
    const where = `neither at revision ${from.revision} nor at revision ${to.revision}`;
    throw new MailError("CONFIG_INVALID", `No mailbox matches ${harmless(pattern)}, ${where}.`);
  }
  const means = (one: RestoreMailbox): boolean =>
    patterns.length === 0 || paths(one).some((path) => patterns.some((pattern) => fits(pattern, path)));
  const pathOf = ({ was, now }: RestoreMailbox) => (now ?? was)?.path ?? [];
  const asked = all.filter(means).toSorted((a, b) => inTreeOrder(pathOf(a), pathOf(b)));
  const byId = new Map<number, RestoreMailbox>(all.map((one) => [one.id, one]));
  const request = {
    archiveId: archive.id,
    from: from.revision,
    to: to.revision,
    mailboxes: asked.map(({ id }): MailboxId => id),
    after,
  };
  return {
    archive,
    from,
    to,
    mailboxes: asked.flatMap((one) => mailboxDifferenceOf(one) ?? []),
    names: {
      before: (id) => byId.get(id)?.was?.path ?? [],
      after: (id) => byId.get(id)?.now?.path ?? [],
      forward: from.revision <= to.revision,
    },
    pages: differingMessages(pool, request),
  };
}
