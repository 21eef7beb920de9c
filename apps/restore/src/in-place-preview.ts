// What an undo in place will have each account sent, before anything is done: asked of the servers, which state how much they take, and of the
// base, which knows what they hold. A server that cannot be asked is told as such; nothing is written.
import { type LinkInfo, type UndoPlan, undoSending } from "@packetboat/archive";
import { asMailError } from "@packetboat/core";
import { harmless } from "@packetboat/terminal";
import type { Around } from "./around.ts";
import { type Preview, previewWords } from "./preview.ts";

export interface AccountPreview extends Preview {
  readonly link: number;
  readonly account: string;
  /** In bytes; null: not stated, or not asked. */
  readonly appendLimit: number | null;
  /** Why the server could not be asked; null: it was. */
  readonly notAsked: string | null;
}

/** Gives a preview for each of these links. What concerns one account does not stop the others. */
export async function previewInPlace(
  { host, database }: Around,
  plan: UndoPlan,
  links: readonly LinkInfo[],
): Promise<readonly AccountPreview[]> {
  const previews: AccountPreview[] = [];
  if (plan.totals.back === 0) return previews;
  for (const link of links) {
    const asked = await host
      .appendLimit(database, link)
      .then((limit) => ({ limit, notAsked: null }))
      .catch((error: unknown) => ({ limit: null, notAsked: asMailError(error).message }));
    host.signal.throwIfAborted();
    const sending = await undoSending(database.pool, plan, link.id, asked.limit);
    const { limit: appendLimit, notAsked } = asked;
    previews.push({ link: link.id, account: link.account, ...sending, toBeMatched: 0, appendLimit, notAsked });
  }
  return previews;
}

/** One account's preview in words. */
export function accountLine(preview: AccountPreview): string {
  const { account, appendLimit, notAsked } = preview;
  const unsure = notAsked === null ? "" : ` Its server could not be asked what it takes: ${notAsked}`;
  return `${harmless(account)}: ${previewWords(preview, appendLimit)}.${harmless(unsure)}`;
}
