// Accounts at mail servers, for administrators: which there are, what an address comes to, whether a server lets us in, a new one, a new password,
// a removal. Every change needs a person at a browser; servers are tried a few at a time (tries.ts).
// It must never give a secret back, nor take a command, a file or anything else but a password from a request.
import { recordAudit } from "@packetboat/archive";
import { type AccountId, asId, MailError } from "@packetboat/core";
import { z } from "zod";
import { isoOf } from "../../iso.ts";
import type { ShownAccount } from "../../operations.ts";
import { callerOf } from "../caller.ts";
import { route, value, type World } from "../route.ts";
import { address, asTried, password, profile, triedAnswer } from "../server-shapes.ts";
import { id, list, nothing, time, whole, words } from "../shapes.ts";

const account = z.strictObject({
  account: id,
  name: z.string(),
  address: z.string(),
  profile,
  way: z
    .enum(["kept", "file", "command", "environment", "signIn", "none"])
    .describe(
      "Where its password is: kept, sealed; on this machine; signIn: none, but tokens; none: it has to be given",
    ),
  signIn: z
    .strictObject({ provider: z.string().nullable(), clientId: z.string().nullable(), tokenUntil: time })
    .nullable(),
  held: z
    .strictObject({ code: z.string(), detail: z.string(), since: time, until: time })
    .nullable()
    .describe("Why nothing is done for it by itself; until null: until somebody mends it"),
  usedToday: z.strictObject({ down: z.int(), up: z.int() }).describe("Bytes"),
  added: time,
});

function accountOf({ id: number, signIn, held, createdAt, ...rest }: ShownAccount): z.input<typeof account> {
  return {
    ...rest,
    account: number,
    signIn: signIn === null ? null : { ...signIn, tokenUntil: isoOf(signIn.tokenUntil) },
    held: held === null ? null : { ...held, since: isoOf(held.since), until: isoOf(held.until) },
    added: isoOf(createdAt),
  };
}

const proposal = z.strictObject({
  address: z.string().describe("As the other routes take it"),
  user: z.string(),
  host: z.string(),
  port: z.int(),
  security: z.enum(["tls", "starttls", "none"]),
  found: z
    .enum(["given", "known", "told", "guessed"])
    .describe("How the server was found: by the caller, known, by DNS, or only by a usual name"),
  profile,
  way: z.enum(["password", "appPassword", "oauth"]).describe("How the server wants to be signed in to"),
  page: z.string().nullable().describe("Where a password for programs is made, or IMAP is turned on"),
  known: id.nullable().describe("The account, where there is one already"),
});

const accountParams = z.strictObject({ account: whole() });
const change = ["session", "admin"] as const;

/** Throws NOT_FOUND, so that an account that is gone is told like any other thing. */
async function accountAsked(
  { params }: { readonly params: { readonly account: number } },
  { operations }: Pick<World, "operations">,
): Promise<AccountId> {
  const wanted = asId<AccountId>(params.account);
  if ((await operations.accounts()).some((one) => one.id === wanted)) return wanted;
  throw new MailError("NOT_FOUND", "There is no account of this number.");
}

export const accountRoutes = [
  route({
    method: "get",
    path: "/accounts",
    summary: "All accounts at mail servers, without their secrets",
    needs: ["admin"],
    params: nothing,
    query: nothing,
    body: null,
    answer: z.strictObject({ accounts: list(account) }),
    async handle(_, { operations }) {
      return value({ accounts: (await operations.accounts()).map(accountOf) });
    },
  }),
  route({
    method: "get",
    path: "/accounts/proposal",
    summary:
      "What an address as a person types it comes to: server, provider, how it is signed in to. Nothing is sent to the server",
    needs: ["session", "admin"],
    params: nothing,
    query: z.strictObject({ text: words(1_000).describe("you@example.com, or imaps://you@mail.example.com") }),
    body: null,
    answer: proposal,
    async handle({ query }, { operations, tries }) {
      return value(await tries.turn(() => operations.propose(query.text)));
    },
  }),
  route({
    method: "post",
    path: "/accounts/test",
    summary: "Signs in to a server and tells what it says; nothing is kept",
    needs: change,
    params: nothing,
    query: nothing,
    body: z.strictObject({ address, password }),
    answer: triedAnswer,
    async handle(asked, { operations, tries, pool }) {
      const { body, chance } = asked;
      await recordAudit(pool, "account.tested", callerOf(asked), {}, chance.now);
      const test = async () => ({ account: null, facts: await operations.test(body) });
      return value(await tries.turn(() => asTried(test)));
    },
  }),
  route({
    method: "post",
    path: "/accounts",
    summary:
      "Signs in to a server and keeps the account with its password, sealed; of a known account the new password",
    needs: change,
    params: nothing,
    query: nothing,
    body: z.strictObject({ address, password }),
    answer: triedAnswer,
    async handle(asked, { operations, tries, pool }) {
      const { body, chance } = asked;
      const tried = await tries.turn(() => asTried(() => operations.keep(body)));
      if (tried.outcome === "signedIn" && tried.account !== null)
        await recordAudit(
          pool,
          "account.added",
          callerOf(asked),
          { accountId: asId<AccountId>(tried.account) },
          chance.now,
        );
      return value(tried);
    },
  }),
  route({
    method: "post",
    path: "/accounts/{account}/test",
    summary: "Signs in with what the account keeps and tells what its server says",
    needs: change,
    params: accountParams,
    query: nothing,
    body: null,
    answer: triedAnswer,
    async handle(asked, world) {
      const { operations, tries, pool } = world;
      const accountId = await accountAsked(asked, world);
      await recordAudit(pool, "account.tested", callerOf(asked), { accountId }, asked.chance.now);
      const test = async () => ({ account: accountId, facts: await operations.test({ account: accountId }) });
      return value(await tries.turn(() => asTried(test)));
    },
  }),
  route({
    method: "put",
    path: "/accounts/{account}/password",
    summary:
      "Tries a new password and keeps it, sealed, in place of what the account had; what held the account lets go of it",
    needs: change,
    params: accountParams,
    query: nothing,
    body: z.strictObject({ password }),
    answer: triedAnswer,
    async handle(asked, world) {
      const { operations, tries, pool } = world;
      const accountId = await accountAsked(asked, world);
      const entrance = { account: accountId, password: asked.body.password };
      const tried = await tries.turn(() => asTried(() => operations.keep(entrance)));
      if (tried.outcome === "signedIn")
        await recordAudit(pool, "account.changed", callerOf(asked), { accountId }, asked.chance.now);
      return value(tried);
    },
  }),
  route({
    method: "delete",
    path: "/accounts/{account}",
    summary: "Forgets an account with its links and secrets; archives keep their mail",
    needs: change,
    params: accountParams,
    query: nothing,
    body: null,
    answer: z.strictObject({
      signInEnded: z.boolean().nullable().describe("At its provider; false: end it there; null: there was none"),
    }),
    async handle(asked, world) {
      const accountId = await accountAsked(asked, world);
      const signInEnded = await world.operations.remove(accountId);
      await recordAudit(world.pool, "account.removed", callerOf(asked), { accountId }, asked.chance.now);
      return value({ signInEnded });
    },
  }),
] as const;
