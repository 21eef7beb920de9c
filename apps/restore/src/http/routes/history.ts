// What changed: the log of an archive, what one revision did, and what differs between two moments. The work grows with what is asked for.
import { changesIn, type DifferencePlace, type DifferingMessage, log, resolveRevision } from "@packetboat/archive";
import { asId, type MailboxId, MailError, type MessageId, type Revision } from "@packetboat/core";
import { z } from "zod";
import { compare } from "../../compared.ts";
import { isoOf } from "../../iso.ts";
import { readMoment } from "../../moment.ts";
import { archiveAsked } from "../caller.ts";
import { nextPage, route, value } from "../route.ts";
import { archiveParams, flags, id, list, moment, next, path, revision, size, time, whole, words } from "../shapes.ts";

const limit = whole(1_000).optional().describe("Default: 100");

const placed = z.strictObject({ mailbox: path, flags }).nullable().describe("Null: it is not there");
const kind = z.enum(["added", "removed", "moved", "flagged"]);

const differing = z.strictObject({
  message: id,
  kind,
  before: placed,
  after: placed,
  date: time,
  size,
  subject: z.string().nullable().describe("Null: not indexed yet, or erased"),
});

/** Differences that are walked through for one page of a kind: what is looked for may be rare among them. */
const MOST_WALKED = 20_000;

/** Differences that are counted, for as long as somebody waits; of more it is said that there are more. */
const MOST_COUNTED = 10_000;

/** A place in the order of a difference as a word, and back. Throws CONFIG_INVALID for what is no such word. */
const wordOf = ({ mailboxId, by, revision: number, messageId }: DifferencePlace): string =>
  `${mailboxId}.${by}.${number}.${messageId}`;

function placeOf(word: string | undefined): DifferencePlace | undefined {
  if (word === undefined) return undefined;
  const [, mailbox, by, number, message] = /^(\d{1,15})\.(begun|ended)\.(\d{1,15})\.(\d{1,15})$/.exec(word) ?? [];
  if (by === undefined) throw new MailError("CONFIG_INVALID", "after is what an earlier page ended with.");
  return {
    mailboxId: asId<MailboxId>(Number(mailbox)),
    by: by as DifferencePlace["by"],
    revision: asId<Revision>(Number(number)),
    messageId: asId<MessageId>(Number(message)),
  };
}

/** Walks until there is a page, or long enough. `last`: where the next page goes on; null: there is none. */
async function pageOf(
  pages: AsyncIterable<readonly DifferingMessage[]>,
  wanted: DifferingMessage["kind"] | null,
  most: number,
): Promise<{ readonly messages: readonly DifferingMessage[]; readonly last: DifferencePlace | null }> {
  const messages: DifferingMessage[] = [];
  let last: DifferencePlace | null = null;
  let walked = 0;
  for await (const page of pages) {
    for (const message of page) {
      if (messages.length === most || walked === MOST_WALKED) return { messages, last };
      if (wanted === null || message.kind === wanted) messages.push(message);
      last = message.place;
      walked++;
    }
  }
  return { messages, last: null };
}

/** How many there are of each kind among the first; `whole`: they are all. */
async function countsOf(pages: AsyncIterable<readonly DifferingMessage[]>) {
  const counts = { added: 0, removed: 0, moved: 0, flagged: 0 };
  let walked = 0;
  for await (const page of pages) {
    for (const message of page) counts[message.kind]++;
    walked += page.length;
    if (walked >= MOST_COUNTED) return { ...counts, whole: false };
  }
  return { ...counts, whole: true };
}

export const historyRoutes = [
  route({
    method: "get",
    path: "/archives/{archive}/log",
    summary: "What each revision changed, counted, the latest first",
    needs: ["read"],
    params: archiveParams,
    query: z.strictObject({ before: whole().optional().describe("Revisions before this one"), limit }),
    body: null,
    answer: z.strictObject({
      revisions: list(
        z.strictObject({
          revision,
          time,
          run: id.nullable(),
          added: z.int(),
          removed: z.int(),
          moved: z.int(),
          flagged: z.int(),
          mailboxes: z.int(),
          forgotten: z.int().describe("Erased for good; no revision shows them any more"),
        }),
      ),
      next,
    }),
    async handle(asked, { pool }) {
      const { id: archiveId } = await archiveAsked(asked, { pool });
      const most = asked.query.limit ?? 100;
      const { before } = asked.query;
      const entries = await log(pool, archiveId, { limit: most, ...(before === undefined ? {} : { to: before - 1 }) });
      const last = entries.at(-1);
      return value({
        revisions: entries.map(({ madeAt, runId, ...entry }) => ({ ...entry, time: isoOf(madeAt), run: runId })),
        next: last === undefined || last.revision <= 1 ? null : nextPage(asked.address, { before: last.revision }),
      });
    },
  }),
  route({
    method: "get",
    path: "/archives/{archive}/log/{revision}",
    summary: "What one revision changed: its mailboxes, and its messages by id",
    needs: ["read"],
    params: archiveParams.extend({ revision: whole() }),
    query: z.strictObject({ after: whole().optional().describe("Messages after this one"), limit }),
    body: null,
    answer: z.strictObject({
      revision,
      time,
      mailboxes: list(
        z.strictObject({
          kind: z.enum(["created", "changed", "removed"]),
          before: path.nullable(),
          after: path.nullable(),
        }),
      ),
      messages: list(z.strictObject({ message: id, kind, before: placed, after: placed })),
      next,
    }),
    async handle(asked, { pool }) {
      const { id: archiveId } = await archiveAsked(asked, { pool });
      const { params, query } = asked;
      const at = await resolveRevision(pool, archiveId, { kind: "revision", revision: params.revision });
      const most = query.limit ?? 100;
      const changes = await changesIn(pool, archiveId, asId<Revision>(at.revision), query.after ?? 0, most);
      const last = changes.messages.at(-1);
      const side = (one: (typeof changes.messages)[number]["before"]) =>
        one === null ? null : { mailbox: one.path, flags: one.flags };
      return value({
        revision: at.revision,
        time: isoOf(at.madeAt),
        mailboxes: changes.mailboxes,
        messages: changes.messages.map(({ messageId, kind: what, before, after }) => ({
          message: messageId,
          kind: what,
          before: side(before),
          after: side(after),
        })),
        next:
          last === undefined || changes.messages.length < most
            ? null
            : nextPage(asked.address, { after: last.messageId }),
      });
    },
  }),
  route({
    method: "get",
    path: "/archives/{archive}/diff",
    summary: "What differs between two moments: mailboxes, and messages page by page",
    needs: ["read"],
    params: archiveParams,
    query: z.strictObject({
      from: moment,
      to: moment.optional(),
      mailbox: words(1_000).optional().describe("Only mailboxes that match at one of both; * is any text"),
      kind: kind.optional().describe("Only messages that differ so. Default: all"),
      limit: whole(10_000).optional().describe("Messages. Default: 100"),
      after: words(100).optional().describe("Where an earlier page ended"),
    }),
    body: null,
    answer: z.strictObject({
      from: z.strictObject({ revision, time }),
      to: z.strictObject({ revision, time }),
      mailboxes: list(
        z.strictObject({
          kind: z.enum(["created", "removed", "renamed", "subscribed", "unsubscribed"]),
          before: path.nullable(),
          after: path.nullable(),
        }),
      ),
      messages: list(differing),
      next,
    }),
    async handle(asked, { pool }) {
      const archive = await archiveAsked(asked, { pool });
      const { query, chance } = asked;
      const from = await resolveRevision(pool, archive.id, readMoment(query.from, chance.now, "from"));
      const to = await resolveRevision(pool, archive.id, readMoment(query.to, chance.now, "to"));
      const patterns = query.mailbox === undefined ? [] : [query.mailbox];
      const { mailboxes, names, pages } = await compare(pool, archive, { from, to }, patterns, placeOf(query.after));
      const { messages, last } = await pageOf(pages, query.kind ?? null, query.limit ?? 100);
      return value({
        from: { revision: from.revision, time: isoOf(from.madeAt) },
        to: { revision: to.revision, time: isoOf(to.madeAt) },
        mailboxes,
        messages: messages.map(({ messageId, kind: what, before, after, internalDate, size: bytes, subject }) => ({
          message: messageId,
          kind: what,
          before: before === null ? null : { mailbox: names.before(before.mailboxId), flags: before.flags },
          after: after === null ? null : { mailbox: names.after(after.mailboxId), flags: after.flags },
          date: isoOf(internalDate),
          size: bytes,
          subject,
        })),
        next:
          last === null ? null : nextPage(asked.address, { from: from.revision, to: to.revision, after: wordOf(last) }),
      });
    },
  }),
  route({
    method: "get",
    path: "/archives/{archive}/diff/counts",
    summary: "How many messages differ between two moments, by how they differ",
    needs: ["read"],
    params: archiveParams,
    query: z.strictObject({ from: moment, to: moment.optional() }),
    body: null,
    answer: z.strictObject({
      added: z.int(),
      removed: z.int(),
      moved: z.int(),
      flagged: z.int(),
      whole: z.boolean().describe(`False: there are more than ${MOST_COUNTED} in all, and only the first were counted`),
    }),
    async handle(asked, { pool }) {
      const archive = await archiveAsked(asked, { pool });
      const { query, chance } = asked;
      const from = await resolveRevision(pool, archive.id, readMoment(query.from, chance.now, "from"));
      const to = await resolveRevision(pool, archive.id, readMoment(query.to, chance.now, "to"));
      return value(await countsOf((await compare(pool, archive, { from, to }, [])).pages));
    },
  }),
] as const;
