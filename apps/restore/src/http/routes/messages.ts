// One message with its header and history, its bytes as they are stored, and search. Whoever reads a message or takes its bytes is put on record
// first. Bytes are given only through a message of an archive that the caller may read, as a download that no browser shows; nothing takes a digest.
import { readBodies, recordAudit, resolveRevision, searchMessages } from "@packetboat/archive";
import { type ArchiveId, asId, MailError, type MessageId } from "@packetboat/core";
import { queryOf } from "@packetboat/search";
import { z } from "zod";
import { plainHit } from "../../found.ts";
import { headerFields } from "../../header-lines.ts";
import { isoOf } from "../../iso.ts";
import { readMoment } from "../../moment.ts";
import { headerOf, plainMessage, shownOf } from "../../shown.ts";
import { archiveAsked, callerOf, messageAsked, noMessage } from "../caller.ts";
import { nextPage, route, value, type World } from "../route.ts";
import {
  archiveParams,
  flags,
  id,
  list,
  messageFields,
  messageParams,
  moment,
  next,
  nothing,
  path,
  person,
  revision,
  time,
  whole,
  words,
} from "../shapes.ts";

/** Each holds a connection of the pool while its caller reads. */
const MOST_DOWNLOADS = 4;

/** The bytes, as they are asked for; a caller that leaves gives the connection back. */
async function* bytesOf(world: World, archiveId: ArchiveId, messageId: MessageId): AsyncGenerator<Uint8Array> {
  world.downloads.count++;
  try {
    for await (const { chunks } of readBodies(world.pool, archiveId, [messageId])) yield* chunks;
  } finally {
    world.downloads.count--;
  }
}

const event = z.strictObject({
  kind: z.enum(["arrived", "moved", "flagged", "removed", "cameBack"]),
  revision,
  time,
  run: id.nullable(),
  from: path.nullable(),
  to: path.nullable(),
  gained: flags,
  lost: flags,
});

const hit = z.strictObject({
  message: id,
  date: time,
  subject: z.string(),
  from: list(person),
  to: list(person),
  cc: list(person),
  bcc: list(person),
  replyTo: list(person),
  attachments: list(z.strictObject({ name: z.string(), type: z.string(), size: z.int().nullable() })),
  mailbox: path,
  flags,
  size: z.int(),
  present: z.boolean().describe("False: it was removed by then"),
  content: z.string().describe("whole; cut or partly: not all of it could be searched"),
});

export const messageRoutes = [
  route({
    method: "get",
    path: "/archives/{archive}/messages/{message}",
    summary: "One message: its header, where it is at a moment, and all that became of it",
    needs: ["read"],
    params: messageParams,
    query: z.strictObject({ at: moment.optional() }),
    body: null,
    answer: z.strictObject({
      ...messageFields,
      sha256: z.string().nullable(),
      headers: list(z.strictObject({ name: z.string(), value: z.string() })).describe(
        "As they are written; nothing decoded",
      ),
      history: list(event).describe("The earliest first"),
      moreHistory: z.boolean().describe("There are earlier events than these"),
    }),
    async handle(asked, { pool }) {
      const archive = await archiveAsked(asked, { pool });
      const messageId = asId<MessageId>(asked.params.message);
      const at = readMoment(asked.query.at, asked.chance.now, "at");
      const shown = await shownOf(pool, archive, messageId, at);
      if (shown === null) throw noMessage();
      await recordAudit(pool, "read", callerOf(asked), { archiveId: archive.id, messageId }, asked.chance.now);
      const header = await headerOf(pool, shown);
      return value(plainMessage(shown, header === null ? [] : headerFields(header)));
    },
  }),
  route({
    method: "get",
    path: "/archives/{archive}/messages/{message}/raw",
    summary: "The bytes of a message, exactly as they are stored, as a download",
    needs: ["read"],
    params: messageParams,
    query: nothing,
    body: null,
    answer: "bytes",
    async handle(asked, world) {
      const { pool, downloads } = world;
      const { message, about } = await messageAsked(asked, world);
      if (downloads.count >= MOST_DOWNLOADS)
        throw new MailError("THROTTLED", `${MOST_DOWNLOADS} messages are being downloaded. Try again in a moment.`, {
          context: { seconds: 1 },
        });
      await recordAudit(pool, "download", callerOf(asked), about, asked.chance.now);
      const name = `message-${message.id}.eml`;
      return { kind: "bytes", bytes: bytesOf(world, about.archiveId, about.messageId), size: message.size, name };
    },
  }),
  route({
    method: "get",
    path: "/archives/{archive}/search",
    summary: "Finds messages at a moment, in the language of packetboat restore search",
    needs: ["read"],
    params: archiveParams,
    query: z.strictObject({
      q: words(10_000).describe('Such as: from:ann subject:"order 7" has:attachment'),
      at: moment.optional(),
      removed: z.enum(["true", "false"]).optional().describe("Also messages that were removed by then"),
      sort: z.enum(["date", "rank"]).optional().describe("date: newest first. rank: best first. Default: date"),
      limit: whole(1_000).optional().describe("Default: 50"),
      after: words(100).optional().describe("Where an earlier page ended"),
    }),
    body: null,
    answer: z.strictObject({
      revision,
      time,
      messages: list(hit),
      rankedAmong: z.int().nullable().describe("By rank: only so many, the newest, were compared; null: all were"),
      notIndexed: z.int().describe("Messages of the archive that cannot be found yet"),
      next,
    }),
    async handle(asked, { pool }) {
      const { id: archiveId } = await archiveAsked(asked, { pool });
      const { query, chance, address } = asked;
      const at = await resolveRevision(pool, archiveId, readMoment(query.at, chance.now, "at"));
      const page = await searchMessages(pool, {
        archiveId,
        query: queryOf(query.q, chance.now),
        revision: at.revision,
        removed: query.removed === "true",
        sort: query.sort ?? "date",
        limit: query.limit ?? 50,
        after: query.after,
      });
      return value({
        revision: at.revision,
        time: isoOf(at.madeAt),
        messages: page.hits.map(plainHit),
        rankedAmong: page.rankedAmong,
        notIndexed: page.waiting,
        next: page.next === null ? null : nextPage(address, { at: at.revision, after: page.next }),
      });
    },
  }),
] as const;
