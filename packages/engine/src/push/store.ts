// Flags sent to the server: differences only, grouped (F1). The base takes what the server shows afterwards, so what it drops is never
// taken for something that a user removed (F2).
import {
  type BaseOp,
  eachUid,
  flagsAfterStore,
  groupStores,
  type MailError,
  type MessageId,
  type PushOp,
  type PushRow,
  type RemoteMailboxId,
  type StoreGroup,
  uidSet,
} from "@packetboat/core";
import { commit } from "../context.ts";
import { count } from "../tally.ts";
import { tellRefusedFlags } from "./append.ts";
import { within } from "./local.ts";
import { failed } from "./unsent.ts";
import { nameOf, pairedOf, validityOf, type Writing } from "./writing.ts";

export type StoreOp = Extract<PushOp, { kind: "store" }>;

/** Sends flag changes, mailbox by mailbox, each page committed as it is shown. */
export async function storeFlags(writing: Writing, ops: readonly StoreOp[]): Promise<void> {
  const rows = new Map(ops.map((op) => [op.row.messageId, op.row]));
  for (const [id, groups] of Map.groupBy(groupStores(ops), (group) => group.remoteMailboxId))
    await within(writing, [id], () => storeIn(writing, id, groups, rows));
}

async function storeIn(
  writing: Writing,
  id: RemoteMailboxId,
  groups: readonly StoreGroup[],
  rows: ReadonlyMap<MessageId, PushRow>,
): Promise<void> {
  const mailbox = pairedOf(writing, id);
  const messages = new Map(
    groups.flatMap((group) => group.at.map(({ uid, messageId, base }) => [uid, { messageId, base, group }])),
  );
  const silent = new Set(messages.keys());
  const changes = groups.map(({ at, add, remove }) => ({ uids: uidSet(at.map(({ uid }) => uid)), add, remove }));
  for await (const page of writing.writer.store(mailbox.listed, validityOf(mailbox), changes)) {
    const base: BaseOp[] = [];
    let shown = 0;
    for (const stored of page) {
      if (stored.kind === "refused") {
        for (const uid of eachUid(stored.uids)) silent.delete(uid);
        base.push(...refused(writing, id, stored.error, [...messages], stored.uids, rows));
        continue;
      }
      const { uid, flags: shownFlags } = stored;
      silent.delete(uid);
      const known = messages.get(uid);
      if (known === undefined) continue;
      shown++;
      const { add, remove } = known.group;
      const flags = flagsAfterStore(known.base, add, remove, shownFlags);
      // Without MODSEQ: what is behind it has not been looked at.
      base.push({ kind: "rebase", remoteMailboxId: id, uid, flags, modseq: null });
      // A row of another kind stays until that is done: an original that waits for its copy, say.
      if (rows.get(known.messageId)?.unsent?.kind === "flags") base.push({ kind: "sent", messages: [known.messageId] });
      tellRefusedFlags(writing, mailbox, add, shownFlags);
    }
    await commit(writing.run, { archive: [], base });
    count(writing.run.tally, nameOf(writing, id), { flagsSent: shown });
  }
  // Gone meanwhile, or moved: the next look tells, and the flags are still to be sent wherever it is (S1).
  if (silent.size > 0) writing.unfinished.add(id);
}

function refused(
  writing: Writing,
  id: StoreGroup["remoteMailboxId"],
  error: MailError,
  messages: readonly (readonly [number, { readonly messageId: MessageId }])[],
  uids: readonly (readonly [number, number])[],
  rows: ReadonlyMap<MessageId, PushRow>,
): readonly BaseOp[] {
  return messages.flatMap(([uid, { messageId }]) => {
    const row = rows.get(messageId);
    const named = uids.some(([low, high]) => uid >= low && uid <= high);
    if (!named || row === undefined) return [];
    writing.refused.add(messageId);
    return [failed(writing, row, id, "flags", error)];
  });
}
