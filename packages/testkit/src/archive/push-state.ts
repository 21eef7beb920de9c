// What a link's base knows of pushing, in the in-memory archive: intents, what was not sent, what was removed on the server. All or nothing
// by the undo list of the commit. It must never be kinder than a database: what is replaced is gone.
import type { AppendHabits, Intent, MessageId, RemoteMailboxId, RunId, Unsent } from "@packetboat/core";
import type { Undo } from "./history.ts";

/** Messages of a mailbox that a run removed on the server, and when it did the last time. */
export interface Removed {
  readonly runId: RunId;
  readonly remoteMailboxId: RemoteMailboxId;
  readonly messages: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export class PushState {
  readonly intents = new Map<string, Intent>();
  /** One row a message on a link: the last word. */
  readonly unsent = new Map<MessageId, Unsent>();
  /** It counts also when its mailbox is gone (G1). */
  readonly removed = new Map<string, Removed>();

  /** C5; of the account, which has this one link. */
  habits: AppendHabits = { readBack: 0, rewrites: false };

  readBack(messages: number, rewrites: boolean, undo: Undo): void {
    const before = this.habits;
    this.habits = { readBack: before.readBack + messages, rewrites: before.rewrites || rewrites };
    undo.push(() => {
      this.habits = before;
    });
  }

  intend(intents: readonly Intent[], undo: Undo): void {
    for (const intent of intents) put(this.intents, keyOf(intent), intent, undo);
  }

  settle(remoteMailboxId: RemoteMailboxId, messages: readonly MessageId[], undo: Undo): void {
    for (const messageId of messages)
      for (const kind of ["append", "copy"] as const)
        take(this.intents, keyOf({ kind, remoteMailboxId, messageId }), undo);
  }

  setUnsent(unsent: Unsent, undo: Undo): void {
    put(this.unsent, unsent.messageId, unsent, undo);
  }

  sent(messages: readonly MessageId[], undo: Undo): void {
    for (const id of messages) take(this.unsent, id, undo);
  }

  expunged(more: Removed, undo: Undo): void {
    const key = `${more.runId}/${more.remoteMailboxId}`;
    const messages = (this.removed.get(key)?.messages ?? 0) + more.messages;
    put(this.removed, key, { ...more, messages }, undo);
  }

  /** With the base of a mailbox its intents and unsent rows go. */
  drop(remoteMailboxId: RemoteMailboxId, undo: Undo): void {
    for (const [key, intent] of this.intents)
      if (intent.remoteMailboxId === remoteMailboxId) take(this.intents, key, undo);
    for (const [id, unsent] of this.unsent) if (unsent.remoteMailboxId === remoteMailboxId) take(this.unsent, id, undo);
  }

  unsentOf(remoteMailboxId: RemoteMailboxId): number {
    let count = 0;
    for (const unsent of this.unsent.values()) if (unsent.remoteMailboxId === remoteMailboxId) count++;
    return count;
  }
}

const keyOf = ({ kind, remoteMailboxId, messageId }: Pick<Intent, "kind" | "remoteMailboxId" | "messageId">): string =>
  `${remoteMailboxId}/${messageId}/${kind}`;

function put<K, V>(map: Map<K, V>, key: K, value: V, undo: Undo): void {
  const before = map.get(key);
  map.set(key, value);
  undo.push(() => void (before === undefined ? map.delete(key) : map.set(key, before)));
}

function take<K, V>(map: Map<K, V>, key: K, undo: Undo): void {
  const before = map.get(key);
  if (before === undefined) return;
  map.delete(key);
  undo.push(() => void map.set(key, before));
}
