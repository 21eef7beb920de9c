// What the first screen says of each account, and what there is to do about it. Pure: from what the API tells of links to words and one next step.
// It must never call mail safe because something is going on, nor send a person to the command line.
import type { Answer, Given } from "../../api/shapes.ts";
import type { Tone } from "../../parts/tone.tsx";
import { ago, dateTime } from "../../texts/formats.ts";
import { safe } from "../../texts/safe.ts";

export type Link = Answer<"get", "/status">["links"][number];

/** Where to go on: to a run's held messages, an account's password, the list of what is not done, a run's report; or a run to be asked for. */
export type Step =
  | { readonly kind: "halt"; readonly run: number }
  | { readonly kind: "password" | "signIn"; readonly account: number }
  | { readonly kind: "pending"; readonly link: number }
  | { readonly kind: "runDetails"; readonly run: number }
  | { readonly kind: "run"; readonly link: number };

export interface Standing {
  readonly tone: Tone;
  readonly badge: string;
  readonly reasons: readonly string[];
  readonly step: Step | null;
}

const TONES: Readonly<Record<string, Tone>> = {
  ok: "good",
  partial: "notable",
  running: "calm",
  resting: "calm",
  overdue: "bad",
  halted: "bad",
  failing: "bad",
};

/** Well, but for mail that the archive as it is now has not. */
const isLacking = ({ state, onlyOnServer }: Link): boolean => state === "ok" && onlyOnServer !== null;

const REFUSED: readonly string[] = ["AUTH_REJECTED"];

/** Gives what is said of a link at a time; `now` in milliseconds since 1970. */
export function standingOf(link: Link, now: number): Standing {
  return {
    tone: isLacking(link) ? "notable" : (TONES[link.state] ?? "bad"),
    badge: safe.states[isLacking(link) ? "lacking" : link.state] ?? link.state,
    reasons: [...reasonsOf(link, now), ...waiting(link)],
    step: stepOf(link),
  };
}

function reasonsOf(link: Link, now: number): readonly string[] {
  const { state, lastRun, lastGood, held, hold, left } = link;
  switch (state) {
    case "halted":
      return [safe.why.halted(held)];
    case "failing":
      return failingReasons(link);
    case "overdue":
      return [overdueReason(lastGood, lastRun, now)];
    case "resting":
      return [
        ...(hold?.until == null ? [] : [safe.why.resting(dateTime(hold.until))]),
        ...(left > 0 ? [safe.why.left(left)] : []),
      ];
    case "partial":
      return link.notFetched + link.notSent > 0 ? [] : [safe.why.partial];
    default:
      return left > 0 ? [safe.why.left(left)] : [];
  }
}

function failingReasons({ lastRun, hold }: Link): readonly string[] {
  const error = lastRun?.error ?? null;
  const code = hold?.until === null ? hold.code : error?.code;
  if (code === "SIGN_IN_EXPIRED") return [safe.why.signIn];
  if (code === "SECRET_UNREADABLE") return [safe.why.secret];
  if (code !== undefined && REFUSED.includes(code)) return [safe.why.password];
  return [error === null ? safe.why.failing : `${safe.why.failing} ${error.text}`];
}

function overdueReason(lastGood: string | null, lastRun: Link["lastRun"], now: number): string {
  if (lastRun === null) return safe.why.neverRan;
  const began = lastRun.started === null ? "" : ago(lastRun.started, now);
  if (lastRun.outcome === "running") return safe.why.hangs(began);
  if (lastRun.outcome === "interrupted") return safe.why.stopped(began);
  return lastGood === null ? safe.why.noGood : safe.why.stale(ago(lastGood, now));
}

function waiting({ notFetched, notSent }: Link): readonly string[] {
  return [
    ...(notFetched > 0 ? [safe.why.notFetched(notFetched)] : []),
    ...(notSent > 0 ? [safe.why.notSent(notSent)] : []),
  ];
}

function stepOf(link: Link): Step | null {
  const { state, heldBy, hold, lastRun } = link;
  const code = hold?.until === null ? hold.code : state === "failing" ? lastRun?.error?.code : undefined;
  if (code === "SIGN_IN_EXPIRED") return { kind: "signIn", account: link.accountId };
  if (code !== undefined && (REFUSED.includes(code) || code === "SECRET_UNREADABLE"))
    return { kind: "password", account: link.accountId };
  if (heldBy !== null) return { kind: "halt", run: heldBy };
  if (link.notFetched + link.notSent > 0) return { kind: "pending", link: link.link };
  if (state === "overdue") return { kind: "run", link: link.link };
  if ((state === "failing" || state === "partial") && lastRun !== null) return { kind: "runDetails", run: lastRun.run };
  return null;
}

type Restore = Given<"post", "/archives/{archive}/restores">["body"];

/** The restore that brings back what only the server of a link has, into the archive alone: it is there on the server. */
export const restoreOf = (link: number, { before }: NonNullable<Link["onlyOnServer"]>): Restore => ({
  at: String(before),
  to: { kind: "place", whatCameSince: "keep", carryOut: false, onlyOnServer: link },
});

/** The restore that changes nothing in the archive, and lets the link put on its server what only the archive has. */
export const carriedOutOf = (link: number): Restore => ({
  at: "now",
  to: { kind: "place", whatCameSince: "keep", carryOut: [link] },
});

/** The restore that changes nothing in the archive, and lets the link remove from its server what only that has. */
export const removedThereOf = (link: number): Restore => ({
  at: "now",
  to: { kind: "place", whatCameSince: "remove", carryOut: [link] },
});

export interface Verdict {
  readonly tone: Tone;
  readonly title: string;
  readonly lead: string;
}

/** A link that never ran, and for which the first run was asked for just now, is no trouble: it begins. */
export const begun = (link: Link, isAsked: boolean): Link =>
  isAsked && link.lastRun === null ? { ...link, state: "running", well: true } : link;

/** The answer to the question of the screen. `mayAdd`: whether the reader may add an account. */
export function verdictOf(links: readonly Link[], mayAdd: boolean): Verdict {
  if (links.length === 0) return { tone: "calm", title: safe.none, lead: mayAdd ? safe.noneAll : safe.noneForReaders };
  const ill = links.filter(({ well }) => !well).length;
  if (ill > 0) return { tone: "bad", title: safe.no(ill, links.length), lead: safe.noAll };
  const first = links.filter(({ lastGood }) => lastGood === null).length;
  if (first > 0) return { tone: "calm", title: safe.soon, lead: safe.soonAll(first, links.length) };
  if (links.some(({ state }) => state === "partial"))
    return { tone: "notable", title: safe.almost, lead: safe.almostAll };
  if (links.some(({ onlyOnServer }) => onlyOnServer !== null))
    return { tone: "notable", title: safe.lacking, lead: safe.lackingAll };
  return { tone: "good", title: safe.yes, lead: safe.yesAll(links.length) };
}

/** Those that need somebody first, then the others; else in the order in which they came. */
export function inOrder(links: readonly Link[]): readonly Link[] {
  const rank = (link: Link): number => (link.well ? (link.state === "partial" || isLacking(link) ? 1 : 2) : 0);
  return links.toSorted((a, b) => rank(a) - rank(b));
}

const QUICK_MS = 1_500;
const SLOW_MS = 10_000;

/** How often to ask anew, in milliseconds: often while something runs. */
export const paceOf = (links: readonly Link[] | undefined, isAsked: boolean): number =>
  isAsked || links?.some(({ lastRun }) => lastRun?.outcome === "running") === true ? QUICK_MS : SLOW_MS;
