// Signing in at a provider (OpenID Connect) instead of by a password: the page is sent there, comes back to /signed-in, and hands in what it came back
// with. What the browser began lies in a cookie of its own that no script and no other page can read. It must never make a user, nor take an answer
// that another browser, or nobody, asked for.
import { attemptAtProvider, callerOfSession, recordAudit, signInByIdentity } from "@packetboat/archive";
import { MailError } from "@packetboat/core";
import { z } from "zod";
import { keptIn, readKept, type WebProvider } from "../../web-provider.ts";
import { me, meOf } from "../me.ts";
import { cookieLine, type Place } from "../place.ts";
import { route, value } from "../route.ts";
import { nothing } from "../shapes.ts";

/** As long as somebody may take to sign in there. */
const LASTS_MS = 15 * 60_000;
const MOST_ANSWER = 8_000;
/** Of the page: the provider must be told of it. */
export const RETURN_PATH = "/signed-in";

const returnTo = ({ origin }: Pick<Place, "origin">): string => `${origin}${RETURN_PATH}`;

function providerOf({ provider }: { readonly provider: WebProvider | null }): WebProvider {
  if (provider !== null) return provider;
  throw new MailError("NOT_FOUND", "There is no provider to sign in at here. Sign in with a name and a password.");
}

const notBegun = (): MailError =>
  new MailError("NOT_ALLOWED", "This sign-in was not begun in this browser, or is over. Begin the sign-in again.");

export const providerSignInRoutes = [
  route({
    method: "get",
    path: "/sign-in/provider",
    summary: "Where one may sign in instead of by a password",
    needs: ["nothing"],
    params: nothing,
    query: nothing,
    body: null,
    answer: z.strictObject({ provider: z.string().nullable().describe("What it is called; null: nowhere") }),
    async handle(_, { provider }) {
      return value({ provider: provider?.name ?? null });
    },
  }),
  route({
    method: "post",
    path: "/sign-in/provider/begin",
    summary: "Begins a sign-in there: the page to send the browser to",
    needs: ["nothing"],
    params: nothing,
    query: nothing,
    body: z.strictObject({
      invitation: z
        .string()
        .regex(/^[A-Za-z0-9_-]{43}$/, "is no link")
        .optional()
        .describe("The token of a one-time link, which is taken up by this sign-in"),
    }),
    answer: z.strictObject({ page: z.string().describe("An address of the provider") }),
    async handle({ body, chance }, world) {
      const { page, ...begun } = await providerOf(world).begin(returnTo(world.place));
      const kept = keptIn({ begun, invitation: body.invitation ?? null, at: chance.now });
      return value({ page }, cookieLine(world.place, kept, LASTS_MS / 1_000, "sign-in"));
    },
  }),
  route({
    method: "post",
    path: "/sign-in/provider/finish",
    summary: "Opens a session for whom the provider proved; its cookie comes with the answer",
    needs: ["nothing"],
    params: nothing,
    query: nothing,
    body: z.strictObject({
      answer: z.string().max(MOST_ANSWER).describe("The query of the address that the browser came back to"),
    }),
    answer: me,
    async handle({ body, begun, source, chance }, world) {
      const { pool, place } = world;
      const provider = providerOf(world);
      const kept = readKept(begun, chance.now, LASTS_MS);
      const answer = new URLSearchParams(body.answer);
      if (kept === null || answer.get("state") !== kept.begun.state) throw notBegun();
      await attemptAtProvider(pool, source, chance.now);
      const identity = await provider.finish(new URL(`${returnTo(place)}?${answer}`), kept.begun);
      const { issuer, subject } = identity;
      const proved = { issuer, subject, callsItself: provider.callsItself(identity) };
      const opened = await signInByIdentity(pool, { identity: proved, invitation: kept.invitation, source }, chance);
      const caller = await callerOfSession(pool, opened.secret, chance.now);
      if (caller === null) throw new MailError("NOT_SIGNED_IN", "The session ended as it began. Sign in again.");
      const about = { userId: caller.user.id };
      if (opened.isNew) await recordAudit(pool, "user.bound", caller, about, chance.now);
      await recordAudit(pool, "user.entered", caller, about, chance.now);
      return value(
        meOf(caller, opened.secret),
        cookieLine(place, opened.secret, (opened.expiresAt - chance.now) / 1_000),
        cookieLine(place, null, 0, "sign-in"),
      );
    },
  }),
] as const;
