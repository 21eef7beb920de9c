// What differs between settings that are and settings that are declared, in words. Pure. What it does not name does not change: every setting
// that `packetboat apply` writes is compared here.
import type { AccountLimits } from "@packetboat/core";
import { type Policy, type Rights, showPath } from "@packetboat/core";
import { count } from "@packetboat/terminal";
import type { AccountSettings } from "../accounts/settings.ts";
import { passwordWords } from "../commands/account-words.ts";
import type { Change, Times } from "./step.ts";

/** In the largest unit that leaves no rest: what is written differently is different. */
function exactly(value: number, units: Readonly<Record<string, number>>): string {
  const [name, size] = Object.entries(units).findLast(([, each]) => value !== 0 && value % each === 0) ?? ["", 1];
  return `${count(value / size)} ${name === "" ? Object.keys(units)[0] : name}`;
}

const bytes = (value: number): string => exactly(value, { bytes: 1, kB: 1e3, MB: 1e6, GB: 1e9 });
const span = (milliseconds: number): string =>
  exactly(milliseconds, { ms: 1, s: 1000, min: 60_000, h: 3_600_000, days: 86_400_000 });

type Words = Readonly<Record<string, string>>;

function changesOf(before: Words, after: Words): readonly Change[] {
  return Object.entries(after)
    .map(([field, text]) => ({ field, before: before[field] ?? "none", after: text }))
    .filter((change) => change.before !== change.after);
}

const LIMITS: Readonly<Record<keyof AccountLimits, (value: number) => string>> = {
  connections: count,
  commandsPerMinute: count,
  bytesPerSecond: bytes,
  downPerDay: bytes,
  upPerDay: bytes,
};

function settingsWords(settings: AccountSettings, hasSecret: boolean): Words {
  const { security, auth, authzid, caFile, signIn, limits } = settings;
  const limit = (name: keyof AccountLimits) => {
    const value = limits?.[name];
    return [`limits.${name}`, value === undefined ? "default" : value === null ? "none" : LIMITS[name](value)] as const;
  };
  return {
    security,
    password: passwordWords({ settings, hasSecret }),
    auth: auth ?? "what the server offers",
    authzid: authzid ?? "none",
    caFile: caFile ?? "the system's",
    signIn: signIn === null ? "none" : `${signIn.provider}, client ${signIn.clientId}`,
    ...Object.fromEntries((Object.keys(LIMITS) as (keyof AccountLimits)[]).map(limit)),
  };
}

/** Of an account. */
export function settingsChanges(
  { settings, hasSecret }: { readonly settings: AccountSettings; readonly hasSecret: boolean },
  after: AccountSettings,
): readonly Change[] {
  return changesOf(settingsWords(settings, hasSecret), settingsWords(after, hasSecret));
}

const yesNo = (value: boolean): string => (value ? "yes" : "no");
const list = (patterns: readonly string[]): string =>
  patterns.length === 0 ? "none" : patterns.map((pattern) => JSON.stringify(pattern)).join(", ");
const path = (segments: readonly string[]): string => (segments.length === 0 ? "none" : showPath(segments));

interface Terms {
  readonly rights: Rights;
  readonly policy: Policy;
}

/** Typed so that a new field of a policy does not compile until it is compared. */
const POLICY: { readonly [K in keyof Policy]: (value: Policy[K]) => string } = {
  removals: (value) => value,
  prefix: path,
  below: path,
  include: list,
  exclude: list,
  watchMailboxes: list,
  guardMessages: count,
  guardShare: (value) => `${Math.round(value * 1e6) / 1e4} %`,
  completeEvery: span,
  flagScanEvery: span,
};

function termsWords({ rights, policy }: Terms): Words {
  const field = <K extends keyof Policy>(name: K) => [name, POLICY[name](policy[name])] as const;
  return {
    pull: yesNo(rights.pull),
    push: yesNo(rights.push),
    ...Object.fromEntries((Object.keys(POLICY) as (keyof Policy)[]).map((name) => field(name))),
  };
}

/** Of a link. */
export function linkChanges(before: Terms, after: Terms): readonly Change[] {
  return changesOf(termsWords(before), termsWords(after));
}

function scheduleWords({ cron, timeZone, spreadSeconds, watch }: Times): Words {
  return { cron: cron ?? "none", timeZone, spread: span(spreadSeconds * 1000), watch: yesNo(watch) };
}

/** Of a schedule; `before` null: there is none. */
export function scheduleChanges(before: Times | null, after: Times): readonly Change[] {
  return changesOf(before === null ? {} : scheduleWords(before), scheduleWords(after));
}
