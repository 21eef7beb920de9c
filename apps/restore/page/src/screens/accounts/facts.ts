// What a server said, in sums. Pure.
import type { Answer } from "../../api/shapes.ts";

type Tried = Answer<"post", "/accounts">;

export type Facts = Extract<Tried, { readonly outcome: "signedIn" }>["facts"];

/** Mailboxes that hold messages, and how many. */
export function sumOf({ mailboxes }: Pick<Facts, "mailboxes">): {
  readonly mailboxes: number;
  readonly messages: number;
} {
  const real = mailboxes.filter(({ selectable }) => selectable);
  return { mailboxes: real.length, messages: real.reduce((sum, { messages }) => sum + (messages ?? 0), 0) };
}
