// Runs and reports as the screens need them. Pure. A report is a document of its own that an older or newer version may have written, so it is read
// with care: what is missing is left out.

type Unknown = Readonly<Record<string, unknown>>;

const recordOf = (value: unknown): Unknown => (typeof value === "object" && value !== null ? (value as Unknown) : {});
const listOf = (value: unknown): readonly Unknown[] => (Array.isArray(value) ? value.map(recordOf) : []);
const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** A number of the totals; 0 where there is none. */
export function countOf(totals: unknown, name: string): number {
  const found = recordOf(totals)[name];
  return typeof found === "number" ? found : 0;
}

/** How long a run took; null while it runs. */
export function secondsOf({
  started,
  finished,
}: {
  readonly started: string | null;
  readonly finished: string | null;
}): number | null {
  return started === null || finished === null ? null : Math.max(0, Date.parse(finished) - Date.parse(started)) / 1_000;
}

/** Where the next page goes on, of the address that the API gives for it. */
function wordOf(next: string | null, name: string): string | null {
  return next === null ? null : new URLSearchParams(next.split("?")[1] ?? "").get(name);
}
export const beforeOf = (next: string | null): string | null => wordOf(next, "before");
export const afterOf = (next: string | null): string | null => wordOf(next, "after");

export interface ReadReport {
  /** Names and numbers that are not 0. */
  readonly totals: readonly (readonly [string, number])[];
  readonly failures: readonly { readonly mailbox: string; readonly uid: number | null; readonly detail: string }[];
  readonly notes: readonly string[];
  readonly halts: readonly string[];
  readonly mailboxes: readonly { readonly name: string; readonly changes: readonly (readonly [string, number])[] }[];
  /** Messages that the server had no more, with the archive's revisions before and after; null: there were none, or it is not said. */
  readonly gone: { readonly messages: number; readonly before: number; readonly after: number } | null;
}

/** `names`: of the totals and of what changed in a mailbox, in the order in which they are shown. */
export function readReport(
  report: unknown,
  names: { readonly totals: readonly string[]; readonly within: readonly string[] },
): ReadReport {
  const { totals, failures, notes, halts, mailboxes } = recordOf(report);
  const counts = (of: unknown, shown: readonly string[]) =>
    shown.map((name) => [name, countOf(of, name)] as const).filter(([, n]) => n > 0);
  return {
    totals: counts(totals, names.totals),
    gone: goneOf(report),
    failures: listOf(failures).map(({ mailbox, uid, detail }) => ({
      mailbox: textOf(mailbox),
      uid: typeof uid === "number" ? uid : null,
      detail: textOf(detail),
    })),
    notes: listOf(notes).map(({ mailbox, text }) =>
      [textOf(mailbox), textOf(text)].filter((one) => one !== "").join(": "),
    ),
    halts: listOf(halts).map(({ text }) => textOf(text)),
    mailboxes: listOf(mailboxes)
      .map((one) => ({ name: textOf(one.mailbox), changes: counts(one, names.within) }))
      .filter(({ changes }) => changes.length > 0),
  };
}

function goneOf(report: unknown): ReadReport["gone"] {
  const { totals, revisionBefore, revisionAfter } = recordOf(report);
  const messages = countOf(totals, "removed");
  if (messages <= 0 || typeof revisionBefore !== "number" || typeof revisionAfter !== "number") return null;
  return { messages, before: revisionBefore, after: revisionAfter };
}
