// Signing in and out, who one is, and the tokens of one's programs. A session comes as a cookie that no script can read, a token is shown once.
// It must never answer with a secret that is kept, nor tell whether a name exists.
import {
  callerOfSession,
  endSession,
  invitedName,
  listTokens,
  makeToken,
  recordAudit,
  revokeToken,
  SCOPES,
  signIn,
  type TokenInfo,
  takeUp,
} from "@packetboat/archive";
import { MailError } from "@packetboat/core";
import { z } from "zod";
import { isoOf } from "../../iso.ts";
import { callerOf } from "../caller.ts";
import { me, meOf } from "../me.ts";
import { cookieLine } from "../place.ts";
import { route, value } from "../route.ts";
import { id, list, nothing, secret, time, whole, words } from "../shapes.ts";

const DAY_MS = 86_400_000;

const token = z.strictObject({
  id,
  name: z.string(),
  scopes: list(z.string()),
  created: time,
  expires: time,
  used: time,
});

const tokenOf = ({ createdAt, expiresAt, usedAt, ...rest }: TokenInfo): z.input<typeof token> => ({
  ...rest,
  created: isoOf(createdAt),
  expires: isoOf(expiresAt),
  used: isoOf(usedAt),
});

export const accessRoutes = [
  route({
    method: "post",
    path: "/sign-in",
    summary: "Opens a session; its cookie comes with the answer",
    needs: ["nothing"],
    params: nothing,
    query: nothing,
    body: z.strictObject({ name: z.string().max(200), password: secret() }),
    answer: me,
    async handle({ body, source, chance }, { pool, place }) {
      const opened = await signIn(pool, { ...body, source }, chance);
      const caller = await callerOfSession(pool, opened.secret, chance.now);
      if (caller === null) throw new MailError("NOT_SIGNED_IN", "The session ended as it began. Sign in again.");
      const cookie = cookieLine(place, opened.secret, (opened.expiresAt - chance.now) / 1_000);
      return value(meOf(caller, opened.secret), cookie);
    },
  }),
  route({
    method: "post",
    path: "/sign-out",
    summary: "Ends the session",
    needs: ["session"],
    params: nothing,
    query: nothing,
    body: null,
    answer: null,
    async handle(asked, { pool, place }) {
      await endSession(pool, callerOf(asked).by.id);
      return value(null, cookieLine(place, null, 0));
    },
  }),
  route({
    method: "post",
    path: "/invitations/look-up",
    summary: "Whose one-time link this is; it is not used up",
    needs: ["nothing"],
    params: nothing,
    query: nothing,
    body: z.strictObject({ token: secret() }),
    answer: z.strictObject({ name: z.string().describe("To sign in with") }),
    async handle({ body, chance }, { pool }) {
      return value({ name: await invitedName(pool, body.token, chance.now) });
    },
  }),
  route({
    method: "post",
    path: "/invitations/take-up",
    summary: "Chooses a password by a one-time link; ends the user's sessions and tokens",
    needs: ["nothing"],
    params: nothing,
    query: nothing,
    body: z.strictObject({ token: secret(), password: secret() }),
    answer: z.strictObject({ name: z.string().describe("To sign in with") }),
    async handle({ body, chance }, { pool }) {
      return value({ name: await takeUp(pool, body.token, body.password, chance) });
    },
  }),
  route({
    method: "get",
    path: "/me",
    summary: "Who is signed in, and by what",
    needs: ["anybody"],
    params: nothing,
    query: nothing,
    body: null,
    answer: me,
    async handle(asked) {
      return value(meOf(callerOf(asked), asked.secret));
    },
  }),
  route({
    method: "get",
    path: "/tokens",
    summary: "One's own tokens, the latest first",
    needs: ["session"],
    params: nothing,
    query: nothing,
    body: null,
    answer: z.strictObject({ tokens: list(token) }),
    async handle(asked, { pool }) {
      return value({ tokens: (await listTokens(pool, callerOf(asked).user.id)).map(tokenOf) });
    },
  }),
  route({
    method: "post",
    path: "/tokens",
    summary: "Makes a token for a program; it is shown this once",
    needs: ["session"],
    params: nothing,
    query: nothing,
    body: z.strictObject({
      name: words(100).describe("What it is for"),
      scopes: z.array(z.enum(SCOPES)).min(1).max(SCOPES.length),
      days: z.int().min(1).max(3_650).optional().describe("Until it expires. Default: it does not"),
    }),
    answer: z.strictObject({ token, secret: z.string().describe("For the header Authorization: Bearer") }),
    async handle(asked, { pool }) {
      const { body, chance } = asked;
      const caller = callerOf(asked);
      const expiresAt = body.days === undefined ? null : chance.now + body.days * DAY_MS;
      const made = await makeToken(pool, caller.user.id, { ...body, expiresAt }, chance);
      await recordAudit(pool, "token.created", caller, {}, chance.now);
      return value({ token: tokenOf(made.token), secret: made.secret });
    },
  }),
  route({
    method: "delete",
    path: "/tokens/{token}",
    summary: "Revokes a token",
    needs: ["session"],
    params: z.strictObject({ token: whole() }),
    query: nothing,
    body: null,
    answer: null,
    async handle(asked, { pool }) {
      await revokeToken(pool, callerOf(asked).user.id, asked.params.token);
      return value(null);
    },
  }),
] as const;
