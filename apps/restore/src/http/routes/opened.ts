// A message as somebody opens it: its header in words, its text and HTML, what hangs on it; and the bytes of its parts. Everything is read through
// a message that the caller may read, on threads of their own, and put on record first. HTML is given out as the sender wrote it, as data: whoever
// shows it makes it harmless. Parts are downloads that no browser shows, but for pictures of kinds that hold pixels and nothing else.
import { recordAudit, recordReadOnce } from "@packetboat/archive";
import { MailError } from "@packetboat/core";
import { OPENED_BYTES } from "@packetboat/index";
import { z } from "zod";
import { isoOf } from "../../iso.ts";
import { readMoment } from "../../moment.ts";
import { beginningOf, shownOf } from "../../shown.ts";
import { callerOf, messageAsked, noMessage } from "../caller.ts";
import { safeName, safeType } from "../file-name.ts";
import { pictureTypeOf } from "../picture.ts";
import { route, value, type World } from "../route.ts";
import { list, messageFields, messageParams, moment, nothing, person, time } from "../shapes.ts";

const partParams = messageParams.extend({
  part: z
    .string()
    .regex(/^[mo][1-9]\d{0,3}$/, "is no name of a part")
    .describe("As the view of the message gives it"),
});

const part = z.strictObject({
  part: z.string().describe("What its bytes are asked for by: parts/{part}"),
  name: z.string().describe("Safe to be saved under on any system; not always as the sender wrote it"),
  type: z.string().describe("As the sender states it; its bytes may be something else"),
  size: z.int().nullable().describe("Bytes, decoded; null: not known before it is asked for"),
  cid: z.string().nullable().describe("What HTML names it by (cid:); null: nothing"),
  within: z.boolean().describe("A picture within the text, or a signature: no attachment to a person"),
});

const noPart = (): MailError =>
  new MailError("NOT_FOUND", "This message has no part of this name. Open the message again to see which it has.");

type AskedMessage = Awaited<ReturnType<typeof messageAsked>>;

/** What opening it takes of the memory there is for that. */
const weightOf = ({ message }: AskedMessage): number => Math.min(message.size, OPENED_BYTES);

/** The decoded bytes of a part. */
async function partOf(asked: AskedMessage, name: string, world: World) {
  using _ = await world.turns.take(weightOf(asked));
  const found = await beginningOf(world.pool, asked, OPENED_BYTES);
  const bytes = found === null ? null : await world.reader.part(found.bytes, name);
  if (bytes === null) throw noPart();
  return bytes;
}

const once = async function* (bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
};

export const openedRoutes = [
  route({
    method: "get",
    path: "/archives/{archive}/messages/{message}/view",
    summary: "A message as somebody opens it: header in words, text, HTML as the sender wrote it, and its parts",
    needs: ["read"],
    params: messageParams,
    query: z.strictObject({ at: moment.optional() }),
    body: null,
    answer: z.strictObject({
      ...messageFields,
      sent: time.describe("As its Date header says; null: it says nothing that can be read"),
      content: z.string().describe("whole; cut: its beginning; partly: it could not be read as mail should be"),
      subject: z.string(),
      from: list(person),
      to: list(person),
      cc: list(person),
      bcc: list(person),
      replyTo: list(person),
      text: z.string().describe("Lines end with a line feed; empty: there is none"),
      textOfHtml: z.boolean().describe("The text is made of the HTML: the sender wrote no plain one"),
      html: z.string().nullable().describe("As the sender wrote it: hostile, never to be shown as it stands"),
      parts: list(part),
    }),
    async handle(asked, world) {
      const { pool, reader, turns } = world;
      const found = await messageAsked(asked, world);
      const { archive, message, about } = found;
      const at = readMoment(asked.query.at, asked.chance.now, "at");
      const shown = await shownOf(pool, archive, message.id, at);
      if (shown === null) throw noMessage();
      await recordAudit(pool, "read", callerOf(asked), about, asked.chance.now);
      using _ = await turns.take(weightOf(found));
      const begun = await beginningOf(pool, shown, OPENED_BYTES);
      const {
        state,
        sentAt,
        parts,
        reason: _reason,
        ...opened
      } = await reader.open(begun?.bytes ?? new Uint8Array(), begun?.cut ?? false);
      return value({
        message: message.id,
        revision: shown.moment.revision,
        time: isoOf(shown.moment.madeAt),
        mailbox: shown.version === null ? null : shown.path,
        flags: shown.version?.flags ?? null,
        date: isoOf(message.internalDate),
        sent: isoOf(sentAt),
        size: message.size,
        content: state,
        ...opened,
        parts: parts.map(({ name, type, ...rest }) => ({
          ...rest,
          name: safeName(name, `part-${rest.part}`),
          type: safeType(type),
        })),
      });
    },
  }),
  route({
    method: "get",
    path: "/archives/{archive}/messages/{message}/parts/{part}",
    summary: "The decoded bytes of a part of a message, as a download that no browser shows",
    needs: ["read"],
    params: partParams,
    query: z.strictObject({ name: z.string().max(1_000).optional().describe("Its name, as the view gives it") }),
    body: null,
    answer: "bytes",
    async handle(asked, world) {
      const message = await messageAsked(asked, world);
      await recordAudit(world.pool, "download", callerOf(asked), message.about, asked.chance.now);
      const bytes = await partOf(message, asked.params.part, world);
      const name = safeName(asked.query.name ?? "", `message-${message.message.id}-part-${asked.params.part}`);
      return { kind: "bytes", bytes: once(bytes), size: bytes.length, name };
    },
  }),
  route({
    method: "get",
    path: "/archives/{archive}/messages/{message}/parts/{part}/picture",
    summary:
      "A picture within a message, to be shown: PNG, JPEG, GIF or WebP by what its bytes are; nothing else is given",
    needs: ["read"],
    params: partParams,
    query: nothing,
    body: null,
    answer: "bytes",
    async handle(asked, world) {
      const message = await messageAsked(asked, world);
      // Whoever opened the message just now is on record for all that is seen in it.
      await recordReadOnce(world.pool, callerOf(asked), message.about, asked.chance.now);
      const bytes = await partOf(message, asked.params.part, world);
      const picture = pictureTypeOf(bytes);
      if (picture === null)
        throw new MailError(
          "NOT_FOUND",
          "This part is no picture that is shown within a message. It can be downloaded.",
        );
      const name = `picture.${picture.slice("image/".length)}`;
      return { kind: "bytes", bytes: once(bytes), size: bytes.length, name, picture };
    },
  }),
] as const;
