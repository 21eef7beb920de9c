// Archives, and a new one; their mailboxes as a tree at a moment, and the messages of one mailbox page by page: as the archive is or was. A mailbox is
// read only through the archive it belongs to.
import {
  isMailboxOf,
  listArchives,
  mailboxesAt,
  makeArchive,
  mayRead,
  messagesAt,
  recordAudit,
  resolveRevision,
} from "@packetboat/archive";
import { asId, type MailboxId, MailError } from "@packetboat/core";
import { z } from "zod";
import { isoOf } from "../../iso.ts";
import { readMoment } from "../../moment.ts";
import { treeRows } from "../../tree.ts";
import { archiveAsked, callerOf } from "../caller.ts";
import { nextPage, route, value } from "../route.ts";
import {
  archiveParams,
  flags,
  id,
  list,
  moment,
  next,
  nothing,
  path,
  revision,
  size,
  time,
  whole,
  words,
} from "../shapes.ts";

const archive = z.strictObject({
  archive: id,
  name: z.string(),
  revision: revision.describe("The newest; 0: nothing was ever stored"),
  created: time,
  changed: time,
});

export const archiveRoutes = [
  route({
    method: "get",
    path: "/archives",
    summary: "The archives that the caller may read, by name",
    needs: ["read"],
    params: nothing,
    query: nothing,
    body: null,
    answer: z.strictObject({ archives: list(archive) }),
    async handle(asked, { pool }) {
      const caller = callerOf(asked);
      const archives = (await listArchives(pool)).filter((one) => mayRead(caller, one.id));
      return value({
        archives: archives.map(({ id: archiveId, createdAt, changedAt, ...rest }) => ({
          archive: archiveId,
          ...rest,
          created: isoOf(createdAt),
          changed: isoOf(changedAt),
        })),
      });
    },
  }),
  route({
    method: "post",
    path: "/archives",
    summary: "Makes an archive for mail that is brought in; nothing where there is one of that name",
    needs: ["restore", "administrator"],
    params: nothing,
    query: nothing,
    body: z.strictObject({ name: words(200) }),
    answer: z.strictObject({ archive: id, name: z.string(), made: z.boolean() }),
    async handle(asked, { pool }) {
      const { archive: one, isMade } = await makeArchive(pool, asked.body.name);
      if (isMade) await recordAudit(pool, "archive.added", callerOf(asked), { archiveId: one.id }, asked.chance.now);
      return value({ archive: one.id, name: one.name, made: isMade });
    },
  }),
  route({
    method: "get",
    path: "/archives/{archive}/mailboxes",
    summary: "The tree of mailboxes at a moment, with counts: parents before their children, INBOX first",
    needs: ["read"],
    params: archiveParams,
    query: z.strictObject({ at: moment.optional() }),
    body: null,
    answer: z.strictObject({
      revision,
      time,
      mailboxes: list(
        z.strictObject({
          mailbox: id.nullable().describe("Null: only a parent of others, not a mailbox itself"),
          path,
          role: z.string().nullable(),
          subscribed: z.boolean(),
          messages: z.int(),
          unread: z.int(),
          bytes: z.int(),
        }),
      ),
    }),
    async handle(asked, { pool }) {
      const { id: archiveId } = await archiveAsked(asked, { pool });
      const at = await resolveRevision(pool, archiveId, readMoment(asked.query.at, asked.chance.now, "at"));
      const rows = treeRows(await mailboxesAt(pool, archiveId, at.revision));
      return value({
        revision: at.revision,
        time: isoOf(at.madeAt),
        mailboxes: rows.map(({ path: where, mailbox }) => ({
          mailbox: mailbox?.id ?? null,
          path: where,
          role: mailbox?.role ?? null,
          subscribed: mailbox?.subscribed ?? false,
          messages: mailbox?.messages ?? 0,
          unread: mailbox?.unread ?? 0,
          bytes: mailbox?.bytes ?? 0,
        })),
      });
    },
  }),
  route({
    method: "get",
    path: "/archives/{archive}/mailboxes/{mailbox}/messages",
    summary: "The messages of a mailbox at a moment, by id",
    needs: ["read"],
    params: archiveParams.extend({ mailbox: whole() }),
    query: z.strictObject({
      at: moment.optional(),
      after: whole().optional().describe("Messages after this one"),
      limit: whole(1_000).optional().describe("Default: 100"),
    }),
    body: null,
    answer: z.strictObject({
      revision,
      time,
      messages: list(z.strictObject({ message: id, date: time, size, flags })),
      next,
    }),
    async handle(asked, { pool }) {
      const { id: archiveId } = await archiveAsked(asked, { pool });
      const { query, params, address } = asked;
      const mailboxId = asId<MailboxId>(params.mailbox);
      if (!(await isMailboxOf(pool, archiveId, mailboxId)))
        throw new MailError("NOT_FOUND", "This archive has no mailbox of this id.");
      const at = await resolveRevision(pool, archiveId, readMoment(query.at, asked.chance.now, "at"));
      const limit = query.limit ?? 100;
      const messages = await messagesAt(pool, mailboxId, at.revision, query.after ?? 0, limit);
      const last = messages.at(-1);
      return value({
        revision: at.revision,
        time: isoOf(at.madeAt),
        messages: messages.map((one) => ({
          message: one.id,
          date: isoOf(one.internalDate),
          size: one.size,
          flags: one.flags,
        })),
        next:
          last === undefined || messages.length < limit
            ? null
            : nextPage(address, { at: at.revision, after: last.id, limit }),
      });
    },
  }),
] as const;
