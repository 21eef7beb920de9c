// The simulated remote that may be written to: core's RemoteWriter port straight over the model of a server. It does what a good adapter
// does with a server that refuses, lies or breaks off, and counts what it was asked for. It imports nothing of core but types.
// It must never send a thing a second time by itself, or call a thing done that the server did not confirm.
import type { ListedMailbox, RemoteWriter } from "@packetboat/core";
import { appendTo } from "./appending.ts";
import type { ServerModel } from "./model.ts";
import { SimReader } from "./remote.ts";
import { type SimCounts, SimSession, type SimulatedRemoteOptions } from "./session.ts";
import { storeFlags } from "./storing.ts";
import { copyMessages, expungeMessages, moveMessages } from "./transfers.ts";
import { createMailbox, removeMailbox, renameMailbox, spellPath, subscribeMailbox } from "./tree.ts";

export interface SimulatedWriterOptions extends SimulatedRemoteOptions {
  /** Bytes that all messages of the account may take up; what would exceed it is answered with OVERQUOTA. Default: no limit. */
  readonly quota?: number;
  /** How many messages are appended before the first of their answers arrives: what a cut leaves unanswered. Default: 1. */
  readonly inFlight?: number;
}

export interface SimulatedWriter extends RemoteWriter {
  counts(): SimCounts;
}

/** Signs in to the model, to read and to write. Any number of remotes over one model see the same mail. */
export function simulatedWriter(model: ServerModel, options: SimulatedWriterOptions = {}): SimulatedWriter {
  const session = new SimSession(model, options);
  const reader = new SimReader(session);
  return {
    capabilities: session.capabilities,
    counts: () => reader.counts(),
    list: () => reader.list(),
    status: (mailbox) => reader.status(mailbox),
    observe: (mailbox, look) => reader.observe(mailbox, look),
    identify: (mailbox, uidValidity, uids, want) => reader.identify(mailbox, uidValidity, uids, want),
    fetch: (mailbox, uidValidity, uids) => reader.fetch(mailbox, uidValidity, uids),
    close: () => reader.close(),
    spell: (path) => spellPath(model, path),
    append: (mailbox, uidValidity, batch) => appendTo(session, options, mailbox, uidValidity, batch),
    store: (mailbox, uidValidity, changes) => storeFlags(session, mailbox, uidValidity, changes),
    move: (mailbox, uidValidity, uids, to) => moveMessages(session, mailbox, uidValidity, uids, to),
    copy: (mailbox, uidValidity, uids, to) => copyMessages(session, options, mailbox, uidValidity, uids, to),
    expunge: (mailbox, uidValidity, uids) => expungeMessages(session, mailbox, uidValidity, uids),
    create: (name) => createMailbox(session, name),
    rename: (mailbox, to) => renameMailbox(session, mailbox, to),
    remove: (mailbox: ListedMailbox) => removeMailbox(session, mailbox),
    subscribe: (mailbox, subscribed) => subscribeMailbox(session, mailbox, subscribed),
  };
}
