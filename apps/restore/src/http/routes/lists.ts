// A mailbox at a moment as people look at it: newest first, from any place in it, each message with who wrote it and what it is about. What is
// indexed is taken from there; of the rest the beginning is read, within bounds. Like every list, it is not put on record.
import {
  isMailboxOf,
  LARGE_MAILBOX,
  type ListedMessage,
  listedMessages,
  messageOrder,
  messagesHeld,
  newestMessages,
  resolveRevision,
  wholeBodies,
} from "@packetboat/archive";
import { type ArchiveId, asId, type MailboxId, MailError, type Revision } from "@packetboat/core";
import type { ShownContent } from "@packetboat/search";
import { z } from "zod";
import { headerBytes } from "../../header-lines.ts";
import { isoOf } from "../../iso.ts";
import { readMoment } from "../../moment.ts";
import { archiveAsked } from "../caller.ts";
import { route, value, type World } from "../route.ts";
import { archiveParams, flags, id, list, moment, person, revision, size, time, whole } from "../shapes.ts";

/** Of messages that are not indexed, read for one page. The others say nothing of themselves yet. */
const MOST_READ_BYTES = 16 * 1_048_576;
/** The newest messages of a large mailbox that are found without its order: a page. */
const MOST_AT_HEAD = 100;
/** Of the people in one header, in a list. */
const MOST_PEOPLE = 5;

const people = list(person);

const line = z.strictObject({
  message: id,
  date: time.describe("When the server received it"),
  size,
  flags,
  subject: z.string().nullable().describe("Null: it is not indexed yet, and too much to be read for a list"),
  from: people,
  to: people,
  attached: z.boolean().nullable().describe("Has attachments; null: it is not indexed yet"),
});

/** What can be said of those that are not indexed: read on the reader's threads, no more at once than there is room for. */
async function readNow(
  { pool, reader, turns }: Pick<World, "pool" | "reader" | "turns">,
  archiveId: ArchiveId,
  listed: readonly ListedMessage[],
): Promise<ReadonlyMap<number, ShownContent>> {
  let room = MOST_READ_BYTES;
  const wanted = listed.filter(({ shown, size: bytes }) => {
    if (shown !== null || bytes === null || bytes > room) return false;
    room -= bytes;
    return true;
  });
  const found = new Map<number, ShownContent>();
  if (wanted.length === 0) return found;
  using _ = await turns.take(MOST_READ_BYTES - room);
  const readings: Promise<unknown>[] = [];
  const ids = wanted.map((one) => one.id);
  // A damaged one says nothing of itself; opening it tells why.
  for await (const body of wholeBodies(pool, archiveId, ids))
    if (body.kind === "bytes")
      readings.push(reader.read(headerBytes(body.bytes), true).then(({ shown }) => found.set(body.messageId, shown)));
  await Promise.all(readings);
  return found;
}

interface Place {
  readonly archiveId: ArchiveId;
  readonly mailboxId: MailboxId;
  readonly revision: Revision;
}

interface Part {
  readonly total: number;
  readonly ids: readonly number[];
  /** Null: all of the mailbox was not looked at. */
  readonly order: Float64Array | null;
}

/**
 * A part of a mailbox. The head of a large one does not wait for its order, which is made meanwhile: whoever opens it scrolls next. `isWhole`: the
 * order is wanted.
 */
async function partOf(
  { pool, orders }: Pick<World, "pool" | "orders">,
  { archiveId, mailboxId, revision }: Place,
  offset: number,
  limit: number,
  isWhole: boolean,
): Promise<Part> {
  const name = `${mailboxId}@${revision}`;
  const make = () => messageOrder(pool, mailboxId, revision);
  if (!isWhole && offset + limit <= MOST_AT_HEAD && orders.made(name) === null) {
    const total = await messagesHeld(pool, archiveId, mailboxId, revision);
    const head = total < LARGE_MAILBOX ? null : await newestMessages(pool, mailboxId, revision, offset + limit);
    if (head !== null) {
      orders.soon(name, make);
      return { total, ids: head.slice(offset), order: null };
    }
  }
  const order = await orders.of(name, make);
  return { total: order.length, ids: [...order.subarray(offset, offset + limit)], order };
}

export const listRoutes = [
  route({
    method: "get",
    path: "/archives/{archive}/mailboxes/{mailbox}/list",
    summary: "The messages of a mailbox at a moment, newest first, from any place in it",
    needs: ["read"],
    params: archiveParams.extend({ mailbox: whole() }),
    query: z.strictObject({
      at: moment.optional(),
      offset: whole(Number.MAX_SAFE_INTEGER, 0).optional().describe("Of the first; 0 is the newest. Default: 0"),
      limit: whole(500).optional().describe("Default: 100"),
      place: whole().optional().describe("Also tell where this message stands"),
    }),
    body: null,
    answer: z.strictObject({
      revision,
      time,
      total: z.int(),
      offset: z.int(),
      place: z.int().nullable().describe("Of the message that was asked for; null: it is not there, or none was"),
      messages: list(line),
    }),
    async handle(asked, world) {
      const { pool } = world;
      const { id: archiveId } = await archiveAsked(asked, world);
      const { query, params, chance } = asked;
      const mailboxId = asId<MailboxId>(params.mailbox);
      if (!(await isMailboxOf(pool, archiveId, mailboxId)))
        throw new MailError("NOT_FOUND", "This archive has no mailbox of this id.");
      const at = await resolveRevision(pool, archiveId, readMoment(query.at, chance.now, "at"));
      const { offset = 0, limit = 100 } = query;
      const asks = { archiveId, mailboxId, revision: at.revision };
      const { total, ids, order } = await partOf(world, asks, offset, limit, query.place !== undefined);
      const listed = await listedMessages(pool, ids, at.revision);
      const read = await readNow(world, archiveId, listed);
      const place = query.place === undefined ? -1 : (order?.indexOf(query.place) ?? -1);
      return value({
        revision: at.revision,
        time: isoOf(at.madeAt),
        total,
        offset,
        place: place === -1 ? null : place,
        messages: listed.map((one) => {
          const shown = one.shown ?? read.get(one.id);
          return {
            message: one.id,
            date: isoOf(one.internalDate),
            size: one.size,
            flags: one.flags,
            subject: shown?.subject ?? null,
            from: shown?.from.slice(0, MOST_PEOPLE) ?? [],
            to: shown?.to.slice(0, MOST_PEOPLE) ?? [],
            attached: one.attached,
          };
        }),
      });
    },
  }),
] as const;
