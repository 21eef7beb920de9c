// What a server says of itself and of an account, for `account test`: capabilities, quota, limits. Asked once, on a connection of its own.
// It must never be needed by a run: a server that refuses any of it is still backed up.
import type { ListedMailbox } from "@packetboat/core";
import { asMailError } from "@packetboat/core";
import { appendLimitOf } from "./announced.ts";
import type { Door } from "./door.ts";
import { Refused, refusedError } from "./errors.ts";
import { Gate } from "./gate.ts";
import { askNamespaces, listMailboxes, mailboxArgument } from "./list.ts";
import { type Answer, listOf, numberOf, textOf } from "./tokens.ts";

/** A resource under quota (RFC 9208). */
export interface QuotaLine {
  readonly root: string;
  /** STORAGE in bytes, MESSAGE in messages, others as the server counts them. */
  readonly resource: string;
  readonly used: number;
  readonly limit: number;
}

export interface AccountFacts {
  /** As announced after sign-in, sorted. */
  readonly capabilities: readonly string[];
  /** What the server calls itself (ID, RFC 2971); null: it does not say. */
  readonly serverName: string | null;
  readonly mailboxes: readonly ListedMailbox[];
  /** Empty where the server has none, or does not tell. */
  readonly quota: readonly QuotaLine[];
  /** Largest message that the server takes, in bytes (RFC 7889); null: not stated. */
  readonly appendLimit: number | null;
  /** Milliseconds. */
  readonly roundTrip: number;
  /** Largest message that Packetboat fetches, in bytes. */
  readonly messageLimit: number;
}

/** More lines than this are no quota but abuse. */
const MAX_QUOTA_LINES = 1_000;

/** Signs in, asks, says goodbye. Throws as connectRemote does. */
export async function describeAccount(door: Door): Promise<AccountFacts> {
  const gate = await Gate.open(door, await door.pacing.place(door.signal));
  try {
    const { mailboxes } = await listMailboxes(gate, await askNamespaces(gate));
    const quota = await askQuota(gate);
    const serverName = await askName(gate);
    const capabilities = [...gate.capabilities].sort();
    return {
      capabilities,
      serverName,
      mailboxes,
      quota,
      appendLimit: appendLimitOf(gate.capabilities),
      roundTrip: gate.roundTrip,
      messageLimit: gate.limits.messageBytes,
    };
  } catch (error) {
    throw error instanceof Refused ? refusedError(error, gate.endpoint) : asMailError(error);
  } finally {
    await gate.close();
  }
}

/** The name of the program behind the server. */
async function askName(gate: Gate): Promise<string | null> {
  if (!gate.capabilities.has("ID")) return null;
  let name: string | null = null;
  const onId = (answer: Answer): void => {
    const pairs = listOf(answer.attributes?.[0]);
    for (let at = 0; at + 1 < pairs.length; at += 2)
      if (textOf(pairs[at])?.toLowerCase() === "name") name = textOf(pairs[at + 1])?.slice(0, 100) ?? null;
  };
  try {
    await gate.command("ID NIL", { on: { ID: onId } });
  } catch (error) {
    // It announces ID and does not tell: nothing depends on it.
    if (!(error instanceof Refused)) throw error;
  }
  return name;
}

async function askQuota(gate: Gate): Promise<readonly QuotaLine[]> {
  if (!gate.capabilities.has("QUOTA")) return [];
  const lines: QuotaLine[] = [];
  const onQuota = (answer: Answer): void => {
    const [root, resources] = answer.attributes ?? [];
    const triples = listOf(resources);
    for (let at = 0; at + 2 < triples.length && lines.length < MAX_QUOTA_LINES; at += 3) {
      const resource = textOf(triples[at])?.toUpperCase();
      const used = numberOf(triples[at + 1], Number.MAX_SAFE_INTEGER);
      const limit = numberOf(triples[at + 2], Number.MAX_SAFE_INTEGER);
      if (resource === undefined || used === null || limit === null) continue;
      // RFC 9208 5.1: STORAGE counts units of 1,024 octets.
      const unit = resource === "STORAGE" ? 1024 : 1;
      lines.push({ root: textOf(root) ?? "", resource, used: used * unit, limit: limit * unit });
    }
  };
  try {
    await gate.command("GETQUOTAROOT", { args: [mailboxArgument("INBOX")], on: { QUOTA: onQuota } });
  } catch (error) {
    // A server that announces it and refuses it has no quota to tell.
    if (!(error instanceof Refused)) throw error;
  }
  return lines;
}
