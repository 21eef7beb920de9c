// Users, for administrators: who there is, new ones, removed ones, and what was read by whom. A new user gets a one-time link to choose a password;
// administrators never learn one. Changes need a person at a browser: a token that was stolen must not make users.
import {
  createUser,
  type Invitation,
  inviteAgain,
  listAudit,
  listUsers,
  ROLES,
  recordAudit,
  removeUser,
} from "@packetboat/archive";
import { type ArchiveId, asId } from "@packetboat/core";
import { z } from "zod";
import { isoOf } from "../../iso.ts";
import { callerOf } from "../caller.ts";
import { nextPage, route, value } from "../route.ts";
import { id, list, next, nothing, time, whole } from "../shapes.ts";

const user = z.strictObject({
  id,
  name: z.string(),
  role: z.string(),
  archives: list(id),
  created: time,
  hasPassword: z.boolean(),
  hasIdentity: z.boolean().describe("Signs in at the provider. Neither: the invitation was not taken up yet"),
});

const invitation = z.strictObject({
  user: id,
  token: z.string().describe("For /invitations/take-up, once"),
  expires: time,
});

const invitationOf = ({ userId, secret, expiresAt }: Invitation): z.input<typeof invitation> => ({
  user: userId,
  token: secret,
  expires: isoOf(expiresAt),
});

const userParams = z.strictObject({ user: whole() });

export const userRoutes = [
  route({
    method: "get",
    path: "/users",
    summary: "All users, by name",
    needs: ["admin"],
    params: nothing,
    query: nothing,
    body: null,
    answer: z.strictObject({ users: list(user) }),
    async handle(_, { pool }) {
      const users = await listUsers(pool);
      return value({ users: users.map(({ createdAt, ...rest }) => ({ ...rest, created: isoOf(createdAt) })) });
    },
  }),
  route({
    method: "post",
    path: "/users",
    summary: "Makes a user, with the one-time link by which they choose a password",
    needs: ["session", "admin"],
    params: nothing,
    query: nothing,
    body: z.strictObject({
      name: z.string().max(200),
      role: z.enum(ROLES),
      archives: z.array(z.int().min(1)).max(1_000).optional().describe("What a reader may read. Default: nothing"),
    }),
    answer: invitation,
    async handle(asked, { pool }) {
      const { body, chance } = asked;
      const archives = (body.archives ?? []).map((one) => asId<ArchiveId>(one));
      const made = await createUser(pool, { ...body, archives }, chance);
      await recordAudit(pool, "user.created", callerOf(asked), { userId: made.userId }, chance.now);
      return value(invitationOf(made));
    },
  }),
  route({
    method: "post",
    path: "/users/{user}/invitation",
    summary: "Makes a new one-time link, for a password that was forgotten",
    needs: ["session", "admin"],
    params: userParams,
    query: nothing,
    body: null,
    answer: invitation,
    async handle(asked, { pool }) {
      const { params, chance } = asked;
      const made = await inviteAgain(pool, params.user, chance);
      await recordAudit(pool, "user.invited", callerOf(asked), { userId: params.user }, chance.now);
      return value(invitationOf(made));
    },
  }),
  route({
    method: "delete",
    path: "/users/{user}",
    summary: "Removes a user with all sessions and tokens",
    needs: ["session", "admin"],
    params: userParams,
    query: nothing,
    body: null,
    answer: null,
    async handle(asked, { pool }) {
      const { params, chance } = asked;
      await removeUser(pool, params.user);
      await recordAudit(pool, "user.removed", callerOf(asked), { userId: params.user }, chance.now);
      return value(null);
    },
  }),
  route({
    method: "get",
    path: "/audit",
    summary: "What was read, taken out, erased and granted, the latest first",
    needs: ["admin"],
    params: nothing,
    query: z.strictObject({ before: whole().optional(), limit: whole(1_000).optional() }),
    body: null,
    answer: z.strictObject({
      entries: list(
        z.strictObject({
          id,
          time,
          kind: z.string(),
          archive: id.nullable(),
          user: id.nullable().describe("Null: somebody on the command line"),
          detail: z.unknown().describe("Ids and numbers; never a name or anything of a message"),
        }),
      ),
      next,
    }),
    async handle({ query, address }, { pool }) {
      const limit = query.limit ?? 100;
      const entries = await listAudit(pool, limit, query.before);
      const last = entries.at(-1);
      return value({
        entries: entries.map(({ at, archiveId, userId, ...rest }) => ({
          ...rest,
          time: isoOf(at),
          archive: archiveId,
          user: userId,
        })),
        next: last === undefined || entries.length < limit ? null : nextPage(address, { before: last.id }),
      });
    },
  }),
] as const;
