// Is my mail safe: one line a link, what is wrong and what to do about it below, and the answer at the end. Pure.
import type { Hold, LinkStatus, MailboxAt } from "@packetboat/archive";
import {
  bytes,
  count,
  duration,
  harmless,
  instant,
  plural,
  type Screen,
  tableLines,
  widthOf,
} from "@packetboat/terminal";
import type { LinkHealth } from "../runs/health.ts";

/** What an archive holds of one link. */
export interface Holding {
  readonly messages: number;
  readonly bytes: number;
  readonly mailboxes: number;
}

/** What an account used today of what it may use in a day, in bytes; null: no limit. */
export interface Budget {
  readonly down: number;
  readonly downPerDay: number | null;
  readonly up: number;
  readonly upPerDay: number | null;
}

export interface JudgedLink {
  readonly status: LinkStatus;
  readonly health: LinkHealth;
  readonly holding: Holding;
  /** When its schedule runs it next, in milliseconds since 1970; null: no fixed time. */
  readonly nextAt: number | null;
  /** Null: it has used nothing today and has nothing to fetch, or has no limit. */
  readonly budget: Budget | null;
  /** What keeps its account from running by itself; null: nothing. */
  readonly hold: Pick<Hold, "code" | "until"> | null;
}

/** Counts the mailboxes of an archive that lie under a link's prefix. */
export function holdingOf(mailboxes: readonly MailboxAt[], prefix: readonly string[]): Holding {
  const own = mailboxes.filter(({ path }) => prefix.every((segment, index) => path[index] === segment));
  return {
    messages: own.reduce((sum, mailbox) => sum + mailbox.messages, 0),
    bytes: own.reduce((sum, mailbox) => sum + mailbox.bytes, 0),
    mailboxes: own.length,
  };
}

type Paints = Pick<Screen, "bold" | "dim" | "good" | "bad" | "notable">;

/**
 * Gives the lines of the whole screen. `within`: how wide the table may be; where it would be wider, it says less, and names are cut.
 */
export function statusLines(
  judged: readonly JudgedLink[],
  now: number,
  paint: Paints,
  within = Number.POSITIVE_INFINITY,
): readonly string[] {
  if (judged.length === 0)
    return ["Nothing is backed up yet. Begin with: packetboat backup imaps://you@mail.example.com"];
  const tables = (["all", "ages", "least"] as const).map((detail) => statusTable(judged, now, detail, within));
  const fits = (table: readonly string[]): boolean => table.every((line) => widthOf(line) <= within);
  const [heading = "", ...lines] = tables.find(fits) ?? tables.at(-1) ?? [];
  const reasons = [...reasonLines(judged, paint), ...budgetLines(judged), ...remainderLines(judged, now)];
  return [
    paint.dim(heading),
    ...lines.map((line, index) => paintFor(judged[index], paint)(line)),
    "",
    ...(reasons.length > 0 ? [...reasons, ""] : []),
    conclusion(judged, paint),
  ];
}

/** `ages`: when runs were is not told, and names may be cut. `least`: neither is when the next ones are, nor how large it is. */
function statusTable(
  judged: readonly JudgedLink[],
  now: number,
  detail: "all" | "ages" | "least",
  within: number,
): readonly string[] {
  const named = judged.some(({ status }) => status.link.archive !== status.link.account);
  const sized = detail !== "least";
  const scheduled = sized && judged.some(({ nextAt }) => nextAt !== null);
  const titles = [
    "account",
    ...(named ? ["archive"] : []),
    "state",
    detail === "all" ? "last good run" : "last good",
    ...(scheduled ? ["next run"] : []),
    "messages",
    ...(sized ? ["size"] : []),
  ];
  const columns = titles.map((title) => ({
    title,
    align: title === "messages" || title === "size" ? ("right" as const) : ("left" as const),
  }));
  const rows = judged.map(({ status, health, holding, nextAt }) => [
    status.link.account,
    ...(named ? [status.link.archive] : []),
    health.state,
    status.lastGoodAt === null
      ? "never"
      : `${detail === "all" ? `${instant(status.lastGoodAt).slice(0, -3)}, ` : ""}${age(now - status.lastGoodAt)} ago`,
    ...(scheduled ? [nextAt === null ? "" : nextAt <= now ? "due" : `in ${age(nextAt - now)}`] : []),
    count(holding.messages),
    ...(sized ? [bytes(holding.bytes)] : []),
  ]);
  return tableLines(columns, rows, detail === "all" ? undefined : within);
}

/** The sentences about what is not as it should be; with --quiet the only ones. */
export function reasonLines(judged: readonly JudgedLink[], paint: Paints): readonly string[] {
  return judged.flatMap(({ status, health }) =>
    health.reasons.map((reason) => {
      const { account, archive } = status.link;
      const name = account === archive ? account : `${account} in ${archive}`;
      return `${paint.bold(harmless(name))}: ${harmless(reason)}`;
    }),
  );
}

/** Once an account, whatever its links. */
function budgetLines(judged: readonly JudgedLink[]): readonly string[] {
  const lines = new Set<string>();
  for (const { status, budget } of judged) {
    if (budget === null) continue;
    const { down, downPerDay, up, upPerDay } = budget;
    const parts = [
      ...(downPerDay === null ? [] : [`fetched ${spent(down, downPerDay)}`]),
      ...(upPerDay === null ? [] : [`sent ${spent(up, upPerDay)}`]),
    ];
    lines.add(`${harmless(status.link.account)}: today's budget: ${parts.join(", ")}.`);
  }
  return [...lines];
}

const spent = (used: number, perDay: number): string =>
  `${bytes(used)} of ${bytes(perDay)}, ${used >= perDay ? "nothing" : bytes(perDay - used)} left`;

/** What is still to come, and when it will be here if each day brings what it may. */
function remainderLines(judged: readonly JudgedLink[], now: number): readonly string[] {
  return judged.flatMap(({ status: { link, left }, holding, budget, hold }) => {
    if (left === 0) return [];
    // As large as what is here already, on average.
    const leftBytes = holding.messages === 0 ? null : Math.round((left * holding.bytes) / holding.messages);
    const size = leftBytes === null ? "" : ` (about ${bytes(leftBytes)})`;
    const end =
      leftBytes === null || budget?.downPerDay == null
        ? null
        : expectedEnd(leftBytes, budget, now, hold?.until ?? null);
    const by = end === null ? "" : `, expected to be here by ${instant(end).slice(0, 10)}`;
    return [`${harmless(link.account)}: ${plural(left, "message")}${size} are still to come${by}.`];
  });
}

const DAY_MS = 86_400_000;

/** Milliseconds since 1970 of a moment on the day of UTC on which the last byte comes. `budget.downPerDay` is not null. */
export function expectedEnd(
  leftBytes: number,
  { down, downPerDay }: Pick<Budget, "down" | "downPerDay">,
  now: number,
  restsUntil: number | null,
): number {
  const begins = Math.max(now, restsUntil ?? now);
  const isToday = Math.floor(begins / DAY_MS) === Math.floor(now / DAY_MS);
  const perDay = Math.max(1, downPerDay ?? Number.POSITIVE_INFINITY);
  const firstDay = isToday ? Math.max(0, perDay - down) : perDay;
  const days = leftBytes <= firstDay ? 0 : Math.ceil((leftBytes - firstDay) / perDay);
  return begins + days * DAY_MS;
}

function paintFor(link: JudgedLink | undefined, paint: Paints): (line: string) => string {
  if (link?.health.isWell === false) return paint.bad;
  return link?.health.state === "partial" ? paint.notable : (line) => line;
}

function conclusion(judged: readonly JudgedLink[], paint: Paints): string {
  const ill = judged.filter(({ health }) => !health.isWell).length;
  if (ill > 0)
    return paint.bad(
      judged.length === 1
        ? "It is not up to date."
        : `${count(ill)} of ${plural(judged.length, "link")} ${ill === 1 ? "is" : "are"} not up to date.`,
    );
  const incomplete = judged.some(({ health }) => health.state === "partial");
  return incomplete ? paint.notable("All is up to date, but for what is listed.") : paint.good("All is up to date.");
}

/** The largest unit is enough below a day: "6 min", "17 h", "2 d 3 h". */
function age(milliseconds: number): string {
  return duration(Math.max(0, milliseconds)).replace(/^(\d+ (?:min|h)) .*$/, "$1");
}
