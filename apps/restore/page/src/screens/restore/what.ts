// What can be chosen for a restore from what the mail screen shows, and what the API is asked for it. Pure.
import type { Given } from "../../api/shapes.ts";

/** What the mail screen shows when somebody wants to restore. */
export interface Shown {
  readonly archive: number;
  /** The revision that is shown. */
  readonly revision: number;
  /** When it was made, ISO 8601; null: now is shown. */
  readonly past: string | null;
  readonly message?: number | undefined;
  /** Messages that are selected, by their numbers; all: whatever the mailbox or the search holds. */
  readonly selected?: readonly number[] | "all" | undefined;
  readonly query?: string | undefined;
  /** From the top to the mailbox. */
  readonly mailbox?: readonly string[] | undefined;
  /** Whether there are mailboxes below it. */
  readonly hasChildren?: boolean | undefined;
}

export type Scope = "selected" | "message" | "search" | "mailbox" | "below" | "everything";

type RestoreBody = Given<"post", "/archives/{archive}/restores">["body"];
export type Selection = NonNullable<RestoreBody["selection"]>;

/** The closest first: it is what somebody who looks at it most likely means. */
export function scopesOf(shown: Shown): readonly Scope[] {
  const scopes = shownScopes(shown);
  if (shown.selected === undefined) return scopes;
  if (shown.selected !== "all") return ["selected", ...scopes];
  const whole: readonly Scope[] = scopes.filter((scope) => scope === "search" || scope === "mailbox");
  return [...whole, ...scopes.filter((scope) => !whole.includes(scope))];
}

function shownScopes({ message, query, mailbox, hasChildren }: Shown): readonly Scope[] {
  return [
    ...(message === undefined ? [] : (["message"] as const)),
    ...(query === undefined ? [] : (["search"] as const)),
    ...(mailbox === undefined ? [] : (["mailbox"] as const)),
    ...(mailbox === undefined || hasChildren !== true ? [] : (["below"] as const)),
    "everything",
  ];
}

/** Nothing named is everything. */
export function selectionOf({ message, selected, query, mailbox }: Shown, scope: Scope): Selection {
  if (scope === "selected" && selected !== undefined && selected !== "all") return { messages: [...selected] };
  if (scope === "message" && message !== undefined) return { messages: [message] };
  if (scope === "search" && query !== undefined) return { query };
  if (mailbox !== undefined && (scope === "mailbox" || scope === "below"))
    return { mailboxes: [{ path: [...mailbox], ...(scope === "below" ? { children: true } : {}) }] };
  return {};
}
