// Links: which accounts are tied to which archives, with which rights, mailboxes and times; what is not done on one; a run now. Whoever may read
// an archive sees its links; only administrators, at a browser, change them. Rights decide what is written to a server: none is given by default.
import {
  getAccount,
  getLink,
  type LinkInfo,
  listLinks,
  listSchedules,
  mayRead,
  recordAudit,
  removeLink,
  removeSchedule,
  type Schedule,
  type ScheduleSettings,
  setLink,
  setSchedule,
  undoneMessages,
} from "@packetboat/archive";
import {
  type AccountId,
  asId,
  type LinkId,
  MailError,
  type Policy,
  type Rights,
  removalsAfter,
} from "@packetboat/core";
import { z } from "zod";
import { isoOf } from "../../iso.ts";
import { callerOf } from "../caller.ts";
import { nextPage, route, value, type World } from "../route.ts";
import { id, list, next, nothing, path, time, whole, words } from "../shapes.ts";
import { undone, undoneOf } from "../undone.ts";

const DAY_MS = 86_400_000;
const MOST_PATTERNS = 500;

const schedule = z.strictObject({
  cron: z
    .string()
    .nullable()
    .describe("Minute, hour, day of the month, month, day of the week; null: at no fixed time"),
  timeZone: z.string(),
  spreadSeconds: z.int(),
  watch: z.boolean().describe("It also runs when something changes on the server"),
  next: time,
});

const removals = z
  .enum(["mirror", "trash", "never"])
  .describe("What becomes on the server of mail that was removed elsewhere");

const link = z.strictObject({
  link: id,
  account: z.string(),
  accountId: id,
  archive: z.string(),
  archiveId: id,
  pull: z.boolean(),
  push: z.boolean(),
  removals,
  include: list(z.string()).describe("Patterns of mailboxes; none: all"),
  exclude: list(z.string()),
  watchMailboxes: list(z.string()),
  prefix: path.describe("Where its mailboxes lie in the archive"),
  guardMessages: z.int().describe("Removals of a run halt above this many"),
  guardShare: z.number().describe("And above this share, from 0 to 1"),
  completeEveryDays: z.number(),
  schedule: schedule.nullable().describe("Null: it runs only when somebody asks"),
});

const scheduleOf = ({ nextAt, cron, timeZone, spreadSeconds, watch }: ScheduleSettings): z.input<typeof schedule> => ({
  cron,
  timeZone,
  spreadSeconds,
  watch,
  next: isoOf(nextAt),
});

function linkOf(one: LinkInfo, when: Schedule | null): z.input<typeof link> {
  const { rights, policy } = one;
  const { include, exclude, watchMailboxes, prefix, guardMessages, guardShare } = policy;
  return {
    link: one.id,
    account: one.account,
    accountId: one.accountId,
    archive: one.archive,
    archiveId: one.archiveId,
    ...rights,
    removals: policy.removals,
    ...{ include, exclude, watchMailboxes, prefix, guardMessages, guardShare },
    completeEveryDays: policy.completeEvery / DAY_MS,
    schedule: when === null ? null : scheduleOf(when),
  };
}

const patterns = z.array(words(500)).max(MOST_PATTERNS);
const changed = {
  pull: z.boolean().optional(),
  push: z.boolean().optional(),
  removals: removals.optional(),
  include: patterns.optional(),
  exclude: patterns.optional(),
  watchMailboxes: patterns.optional(),
  prefix: z.array(words(500)).max(50).optional(),
  guardMessages: z.int().min(1).max(1e9).optional(),
  guardShare: z.number().gt(0).max(1).optional(),
  completeEveryDays: z.int().min(1).max(365).optional(),
  merge: z.boolean().optional().describe("Lets it share mailboxes with other accounts. Default: false"),
};

type Change = z.output<z.ZodObject<typeof changed>>;

/** Only what was said. */
function policyOf({ pull: _, push: _push, merge: _merge, completeEveryDays, ...rest }: Change): Partial<Policy> {
  const said = Object.fromEntries(Object.entries(rest).filter(([, one]) => one !== undefined));
  return { ...said, ...(completeEveryDays === undefined ? {} : { completeEvery: completeEveryDays * DAY_MS }) };
}

/** Throws CONFIG_INVALID when nothing would be left of the link. */
function rightsOf({ pull, push }: Change, before: Rights): Rights {
  const rights = { pull: pull ?? before.pull, push: push ?? before.push };
  if (!rights.pull && !rights.push)
    throw new MailError("CONFIG_INVALID", "A link that neither pulls nor pushes does nothing. Remove it instead.");
  return rights;
}

const linkParams = z.strictObject({ link: whole() });
const change = ["session", "admin"] as const;

/** Throws NOT_FOUND where there is none, and where the caller may not read its archive. */
async function linkAsked(
  asked: Parameters<typeof callerOf>[0] & { readonly params: { readonly link: number } },
  { pool }: Pick<World, "pool">,
): Promise<LinkInfo> {
  const none = new MailError("NOT_FOUND", "There is no link of this number that you may see.");
  const found = await getLink(pool, asId<LinkId>(asked.params.link)).catch((error: MailError) => {
    throw error.code === "CONFIG_INVALID" ? none : error;
  });
  if (!mayRead(callerOf(asked), found.archiveId)) throw none;
  return found;
}

async function shownLink(pool: World["pool"], one: LinkInfo): Promise<z.input<typeof link>> {
  const [when = null] = await listSchedules(pool, { linkId: one.id });
  return linkOf(one, when);
}

export const linkRoutes = [
  route({
    method: "get",
    path: "/links",
    summary: "Which accounts are tied to which archives, with rights, mailboxes and times",
    needs: ["status"],
    params: nothing,
    query: nothing,
    body: null,
    answer: z.strictObject({ links: list(link) }),
    async handle(asked, { pool }) {
      const caller = callerOf(asked);
      const [links, schedules] = await Promise.all([listLinks(pool), listSchedules(pool)]);
      const when = new Map(schedules.map((one) => [one.linkId, one]));
      const own = links.filter(({ archiveId }) => mayRead(caller, archiveId));
      return value({ links: own.map((one) => linkOf(one, when.get(one.id) ?? null)) });
    },
  }),
  route({
    method: "post",
    path: "/links",
    summary:
      "Ties an account to an archive: to that of this name, made if need be, or to one of the account's own. It pulls, and nothing else",
    needs: change,
    params: nothing,
    query: nothing,
    body: z.strictObject({
      account: z.int().min(1),
      archive: words(200).optional().describe("Default: the account's address"),
      include: patterns.optional(),
      exclude: patterns.optional(),
    }),
    answer: link,
    async handle(asked, { pool, operations }) {
      const { account, archive, include = [], exclude = [] } = asked.body;
      const accountId = asId<AccountId>(account);
      if ((await getAccount(pool, accountId)) === null)
        throw new MailError("NOT_FOUND", "There is no account of this number.");
      const made = await operations.tie(accountId, { archive, include, exclude });
      const about = { archiveId: made.archiveId, accountId, linkId: made.id };
      await recordAudit(pool, "link.added", callerOf(asked), about, asked.chance.now);
      return value(await shownLink(pool, made));
    },
  }),
  route({
    method: "patch",
    path: "/links/{link}",
    summary: "Changes rights, mailboxes and limits of a link; what is not named stays",
    needs: change,
    params: linkParams,
    query: nothing,
    body: z.strictObject(changed),
    answer: link,
    async handle(asked, world) {
      const { pool } = world;
      const before = await linkAsked(asked, world);
      const rights = rightsOf(asked.body, before.rights);
      const policy = { removals: removalsAfter(before, rights), ...policyOf(asked.body) };
      const after = await setLink(pool, before.id, { rights, policy, merge: asked.body.merge === true });
      const about = { archiveId: before.archiveId, linkId: before.id };
      await recordAudit(pool, "link.changed", callerOf(asked), about, asked.chance.now);
      return value(await shownLink(pool, after));
    },
  }),
  route({
    method: "delete",
    path: "/links/{link}",
    summary: "Unties an account from an archive, which keeps its mail; the account stays",
    needs: change,
    params: linkParams,
    query: nothing,
    body: null,
    answer: null,
    async handle(asked, world) {
      const { id: linkId, archiveId } = await linkAsked(asked, world);
      await removeLink(world.pool, linkId);
      await recordAudit(world.pool, "link.removed", callerOf(asked), { archiveId, linkId }, asked.chance.now);
      return value(null);
    },
  }),
  route({
    method: "get",
    path: "/links/{link}/schedule",
    summary: "When a link runs by itself",
    needs: ["status"],
    params: linkParams,
    query: nothing,
    body: null,
    answer: z.strictObject({ schedule: schedule.nullable() }),
    async handle(asked, world) {
      const { id: linkId } = await linkAsked(asked, world);
      const [when] = await listSchedules(world.pool, { linkId });
      return value({ schedule: when === undefined ? null : scheduleOf(when) });
    },
  }),
  route({
    method: "put",
    path: "/links/{link}/schedule",
    summary: "Says when a link runs by itself, by packetboat worker; without a time and without watching it does not",
    needs: change,
    params: linkParams,
    query: nothing,
    body: z.strictObject({
      cron: words(200).nullable().describe('Such as "0 3 * * *", every night at three; null: at no fixed time'),
      timeZone: words(100).optional().describe("IANA name. Default: that of the server"),
      spreadSeconds: z.int().min(0).max(86_400).optional().describe("It starts up to so much later. Default: 0"),
      watch: z.boolean().optional().describe("It also runs when something changes on the server. Default: false"),
    }),
    answer: z.strictObject({ schedule: schedule.nullable() }),
    async handle(asked, world) {
      const { pool } = world;
      const { id: linkId, archiveId } = await linkAsked(asked, world);
      const settings = await settingsOf(linkId, asked.body, asked.chance.now);
      if (settings === null) await removeSchedule(pool, linkId);
      else await setSchedule(pool, linkId, settings);
      await recordAudit(pool, "link.changed", callerOf(asked), { archiveId, linkId }, asked.chance.now);
      return value({ schedule: settings === null ? null : scheduleOf(settings) });
    },
  }),
  route({
    method: "post",
    path: "/links/{link}/run",
    summary: "Runs a link now: by a worker where there is one, else by this server. /status tells what comes of it",
    needs: change,
    params: linkParams,
    query: nothing,
    body: null,
    answer: z.strictObject({ by: z.enum(["worker", "here"]) }),
    async handle(asked, world) {
      const { id: linkId, archiveId } = await linkAsked(asked, world);
      await recordAudit(world.pool, "run.asked", callerOf(asked), { archiveId, linkId }, asked.chance.now);
      return value({ by: await world.operations.run(linkId) });
    },
  }),
  route({
    method: "get",
    path: "/links/{link}/pending",
    summary: "Message by message, what could not be fetched or sent so far, and why; every run tries it again",
    needs: ["status", "read"],
    params: linkParams,
    query: z.strictObject({ after: words(100).optional(), limit: whole(1_000).optional().describe("Default: 100") }),
    body: null,
    answer: z.strictObject({ messages: list(undone), next }),
    async handle(asked, world) {
      const { id: linkId } = await linkAsked(asked, world);
      const { after, limit = 100 } = asked.query;
      const page = await undoneMessages(world.pool, { link: linkId }, limit, after);
      const more = page.next === null ? null : nextPage(asked.address, { after: page.next });
      return value({ messages: page.messages.map(undoneOf), next: more });
    },
  }),
];

/** Null: it does not run by itself. Throws CONFIG_INVALID for what is no schedule. */
async function settingsOf(
  linkId: LinkId,
  wanted: {
    readonly cron: string | null;
    readonly timeZone?: string | undefined;
    readonly spreadSeconds?: number | undefined;
    readonly watch?: boolean | undefined;
  },
  now: number,
): Promise<ScheduleSettings | null> {
  const timeZone = wanted.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  const { spreadSeconds = 0, watch = false } = wanted;
  const cron = wanted.cron?.trim().replace(/\s+/g, " ") ?? null;
  if (cron === null) return watch ? { cron, timeZone, spreadSeconds: 0, watch, nextAt: null } : null;
  // Loaded when it is needed: most who read never set a time.
  const { checkSchedule, nextRun } = await import("@packetboat/queue");
  const times = { cron, timeZone, spreadSeconds };
  checkSchedule(times);
  return { ...times, watch, nextAt: nextRun({ ...times, linkId }, now) };
}
