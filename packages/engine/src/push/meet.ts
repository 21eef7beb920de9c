// Before anything is appended to a server that is only pushed to, what it holds already is met (0 1 1): by header and size where that is
// unique on both sides, by the bytes where it is not (C4). A target that has part of the mail receives only what it lacks. It must never
// count one message of the server twice (C3).
import {
  type BaseOp,
  type Flags,
  type PushRow,
  type RemoteIdentity,
  type RemoteMailboxId,
  subtractUids,
  type Uid,
  uidSet,
  withoutFlags,
} from "@packetboat/core";
import { commit } from "../context.ts";
import { count } from "../tally.ts";
import type { AppendOp } from "./append.ts";
import { within } from "./local.ts";
import { nameOf, pairedOf, validityOf, type Writing } from "./writing.ts";

/** Messages of a mailbox that no base row has, by fingerprint. */
type Strangers = Map<string, RemoteIdentity[]>;

/** Knows the strangers of each mailbox that was asked for; made for one push. */
export interface Meeting {
  readonly strangers: Map<RemoteMailboxId, Strangers>;
}

/** Binds what the server has of these; gives what it lacks. */
export async function meetStrangers(
  writing: Writing,
  meeting: Meeting,
  ops: readonly AppendOp[],
): Promise<readonly AppendOp[]> {
  const lacking: AppendOp[] = [];
  for (const [id, group] of Map.groupBy(ops, (op) => op.to)) {
    const met = await within(writing, [id], async () => {
      const strangers = meeting.strangers.get(id) ?? (await strangersOf(writing, id));
      meeting.strangers.set(id, strangers);
      return strangers.size === 0 ? group : await meetIn(writing, id, strangers, group);
    });
    // What could not be met is not sent: it may be there.
    lacking.push(...(met ?? []));
  }
  return lacking;
}

async function strangersOf(writing: Writing, id: RemoteMailboxId): Promise<Strangers> {
  const { run } = writing;
  const mailbox = pairedOf(writing, id);
  const found: Strangers = new Map();
  if (mailbox.listed.status?.messages === 0) return found;
  const { bound } = await run.archive.known(id, 1 as Uid);
  for await (const part of run.remote.observe(mailbox.listed, { kind: "list" })) {
    if (part.kind !== "end") continue;
    const unknown = subtractUids(part.listed ?? [], bound);
    if (unknown.length === 0) return found;
    for await (const page of run.remote.identify(mailbox.listed, validityOf(mailbox), unknown, { fingerprint: true })) {
      for (const message of page) {
        const key = message.fingerprint ?? "";
        found.set(key, [...(found.get(key) ?? []), message]);
      }
    }
  }
  return found;
}

async function meetIn(
  writing: Writing,
  id: RemoteMailboxId,
  strangers: Strangers,
  ops: readonly AppendOp[],
): Promise<readonly AppendOp[]> {
  const keyOf = ({ row }: AppendOp): string => row.fingerprint ?? "";
  const met: { op: AppendOp; message: RemoteIdentity; unproved: boolean }[] = [];
  const lacking: AppendOp[] = [];
  for (const [key, alike] of Map.groupBy(ops, keyOf)) {
    const candidates = strangers.get(key) ?? [];
    const [only] = candidates;
    const [op] = alike;
    if (only === undefined) lacking.push(...alike);
    else if (
      key !== "" &&
      candidates.length === 1 &&
      alike.length === 1 &&
      op !== undefined &&
      only.size === op.row.size
    ) {
      met.push({ op, message: only, unproved: true });
      strangers.delete(key);
    } else lacking.push(...(await meetByBytes(writing, id, strangers, key, alike, met)));
  }
  const binds = met.map(({ op, message, unproved }): BaseOp => bindMet(id, op.row, message, unproved));
  await commit(writing.run, { archive: [], base: binds });
  count(writing.run.tally, nameOf(writing, id), { matched: met.length });
  return lacking;
}

async function meetByBytes(
  writing: Writing,
  id: RemoteMailboxId,
  strangers: Strangers,
  key: string,
  ops: readonly AppendOp[],
  met: { op: AppendOp; message: RemoteIdentity; unproved: boolean }[],
): Promise<readonly AppendOp[]> {
  const mailbox = pairedOf(writing, id);
  const candidates = new Map((strangers.get(key) ?? []).map((message) => [message.uid, message]));
  const waiting = [...ops];
  for await (const got of writing.run.remote.fetch(mailbox.listed, validityOf(mailbox), uidSet(candidates.keys()))) {
    const message = candidates.get(got.uid);
    if (got.kind !== "message" || message === undefined) continue;
    const at = waiting.findIndex((op) => op.row.canonical === got.digests.canonical);
    const [op] = at === -1 ? [] : waiting.splice(at, 1);
    if (op === undefined) continue;
    met.push({ op, message, unproved: false });
    candidates.delete(got.uid);
  }
  strangers.set(key, [...candidates.values()]);
  return waiting;
}

/** Flags become the union: the base takes what both have, so that nothing counts as removed, and the rest is added by the next STORE. */
function bindMet(remoteMailboxId: RemoteMailboxId, row: PushRow, message: RemoteIdentity, unproved: boolean): BaseOp {
  const here = row.live?.flags ?? [];
  const flags: Flags = withoutFlags(message.flags, withoutFlags(message.flags, here));
  const { uid, emailId } = message;
  const binding = { remoteMailboxId, uid, flags, modseq: null, emailId, ...(unproved ? { unproved } : {}) };
  return { kind: "bind", messageId: row.messageId, binding };
}
