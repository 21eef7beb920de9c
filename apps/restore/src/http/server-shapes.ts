// Shapes of what mail servers say and of what may be said to them, which the routes of accounts and of sign-ins share. A server that lets nobody in is
// no failure of the API: what it said is the answer. It must never hold a secret on its way out.
import { type AccountId, asMailError, type MailError } from "@packetboat/core";
import { z } from "zod";
import type { ServerFacts } from "../operations.ts";
import { id, list, path } from "./shapes.ts";

const MOST_SECRET = 4_096;

/** The address of an account: imaps://you@mail.example.com */
export const address = z.string().min(1).max(2_000).describe("imaps://you@mail.example.com, without a password");

/** Used to sign in, kept sealed, never given back. */
export const password = z.string().min(1).max(MOST_SECRET);

const limit = z.int().nullable();

export const profile = z.strictObject({
  name: z.string().describe("unknown: nothing is known of it"),
  tested: z.boolean().describe("False: its limits are the provider's word, or an estimate"),
  limits: z
    .strictObject({
      connections: limit,
      commandsPerMinute: limit,
      bytesPerSecond: limit,
      downPerDay: limit,
      upPerDay: limit,
    })
    .describe("Null: none"),
});

export const facts = z.strictObject({
  serverName: z.string().nullable(),
  roundTrip: z.number().nullable().describe("Milliseconds"),
  capabilities: list(z.string()),
  quota: list(z.strictObject({ resource: z.string(), used: z.int(), limit: z.int() })).describe("STORAGE in bytes"),
  profile,
  mailboxes: list(
    z.strictObject({
      path,
      selectable: z.boolean().describe("False: it holds only other mailboxes"),
      role: z.string().nullable(),
      messages: z.int().nullable().describe("Null: the server does not say"),
    }),
  ),
});

export const refused = z.strictObject({
  outcome: z.literal("refused"),
  code: z.string().describe("AUTH_REJECTED, UNREACHABLE, TLS_REFUSED, …"),
  detail: z.string().describe("What the server said, and what to do"),
});

/** What a server that was tried answered. */
export const triedAnswer = z.discriminatedUnion("outcome", [
  z.strictObject({ outcome: z.literal("signedIn"), account: id.nullable().describe("Null: nothing is kept"), facts }),
  refused,
]);

type Tried = z.input<typeof triedAnswer>;

/** Gives a refusal by the server as an answer. Throws what concerns more than the account. */
export async function asTried(
  work: () => Promise<{ readonly account: AccountId | null; readonly facts: ServerFacts }>,
): Promise<Tried> {
  try {
    const { account, facts: said } = await work();
    return { outcome: "signedIn", account, facts: said };
  } catch (thrown) {
    return refusalOf(asMailError(thrown));
  }
}

/** A refusal by a server as an answer. Throws what concerns more than one account. */
export function refusalOf(error: MailError): z.input<typeof refused> {
  if (error.scope !== "account") throw error;
  return { outcome: "refused", code: error.code, detail: error.message };
}
