// Signing in to an account at its provider instead of with a password: begun here, done by the person on the provider's page, asked about until
// it is over. It must never answer with a token, nor tell anybody of a sign-in that another began.
import { recordAudit } from "@packetboat/archive";
import { type AccountId, MailError } from "@packetboat/core";
import { z } from "zod";
import { callerOf } from "../caller.ts";
import { route, value } from "../route.ts";
import { address, facts, refusalOf, refused } from "../server-shapes.ts";
import { id, nothing, secret, words } from "../shapes.ts";

const waiting = z.strictObject({
  outcome: z.literal("waiting"),
  signIn: z.string().describe("Its number"),
  page: z.string().describe("To be opened by the person"),
  code: z.string().nullable().describe("To be typed in there; null: the page comes back to this machine by itself"),
});

const state = z.discriminatedUnion("outcome", [
  waiting,
  z.strictObject({ outcome: z.literal("signedIn"), account: id, facts }),
  refused,
]);

const params = z.strictObject({ signIn: z.string().regex(/^[\w-]{22}$/, "is no number of a sign-in") });
const change = ["session", "admin"] as const;
const gone = (): MailError => new MailError("NOT_FOUND", "There is no sign-in of this number any more. Begin again.");

export const accountSignInRoutes = [
  route({
    method: "post",
    path: "/account-sign-ins",
    summary: "Begins a sign-in at a provider (OAuth2); what it comes to is kept as the account, sealed",
    needs: change,
    params: nothing,
    query: nothing,
    body: z.strictObject({
      address,
      provider: z.enum(["google", "microsoft"]).optional().describe("Default: by the host of the address"),
      issuer: words(1_000).optional().describe("Another provider, which says by itself where its addresses are"),
      clientId: words(500).optional().describe("Yours, from the provider. Default: that of the sign-in before"),
      clientSecret: secret().optional(),
      way: z.enum(["device", "browser"]).optional().describe("Default: by a code, where the provider has that"),
    }),
    answer: z.discriminatedUnion("outcome", [waiting, refused]),
    async handle(asked, { signIns, tries, pool, now }) {
      const { body, chance } = asked;
      const caller = callerOf(asked);
      const onDone = (accountId: AccountId) => recordAudit(pool, "account.added", caller, { accountId }, now());
      const begun = await tries.turn(() => signIns.begin(caller.user.id, body, chance.random, onDone));
      if (begun instanceof MailError) return value(refusalOf(begun));
      return value({ outcome: "waiting" as const, signIn: begun.id, ...begun.step });
    },
  }),
  route({
    method: "get",
    path: "/account-sign-ins/{signIn}",
    summary: "What became of a sign-in",
    needs: change,
    params,
    query: nothing,
    body: null,
    answer: state,
    async handle(asked, { signIns }) {
      const { signIn } = asked.params;
      const found = signIns.state(callerOf(asked).user.id, signIn);
      if (found === null) throw gone();
      if (found.state === "waiting") return value({ outcome: "waiting" as const, signIn, ...found.step });
      if (found.state === "failed") return value(refusalOf(found.error));
      return value({ outcome: "signedIn" as const, account: found.account, facts: found.facts });
    },
  }),
  route({
    method: "delete",
    path: "/account-sign-ins/{signIn}",
    summary: "Ends a sign-in that waits",
    needs: change,
    params,
    query: nothing,
    body: null,
    answer: null,
    async handle(asked, { signIns }) {
      if (!signIns.cancel(callerOf(asked).user.id, asked.params.signIn)) throw gone();
      return value(null);
    },
  }),
] as const;
