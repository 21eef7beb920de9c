// Adding an account as steps, each with what the ones before it came to. Pure: nothing can be reached before what it needs is there.
import type { Answer } from "../../../api/shapes.ts";
import type { Facts } from "../facts.ts";

export type Proposal = Answer<"get", "/accounts/proposal">;

export type Adding =
  | { readonly step: "address"; readonly text: string }
  | { readonly step: "entrance"; readonly proposal: Proposal; readonly way: "password" | "oauth" }
  | { readonly step: "mailboxes"; readonly account: number; readonly facts: Facts }
  | { readonly step: "schedule"; readonly link: number }
  | { readonly step: "done"; readonly by: "worker" | "here" };

export const STEPS = ["address", "entrance", "mailboxes", "schedule", "done"] as const;

/** The step after a proposal was agreed to: by the way that its server wants. */
export const entranceOf = (proposal: Proposal): Adding => ({
  step: "entrance",
  proposal,
  way: proposal.way === "oauth" ? "oauth" : "password",
});

/** A mailbox that can be chosen. */
export interface Choice {
  /** As patterns name it. */
  readonly name: string;
  readonly messages: number | null;
  readonly isChosen: boolean;
}

/** Those that hold messages, INBOX first; all are chosen but junk. */
export function choicesOf({ mailboxes }: Pick<Facts, "mailboxes">): readonly Choice[] {
  return mailboxes
    .filter(({ selectable }) => selectable)
    .map(({ path, messages, role }) => ({ name: path.join("/"), messages, isChosen: role !== "junk" }))
    .toSorted((a, b) => Number(b.name === "INBOX") - Number(a.name === "INBOX") || a.name.localeCompare(b.name));
}

/** What is sent: what is left out by name. New mailboxes are taken, whatever was chosen. */
export const excludedOf = (choices: readonly Choice[]): string[] =>
  choices.filter(({ isChosen }) => !isChosen).map(({ name }) => name);

/** Who gives out tokens for a server. */
export const providerOf = ({ host }: Pick<Proposal, "host">): "google" | "microsoft" | "other" => {
  if (/(^|\.)(gmail|googlemail)\.com$/.test(host)) return "google";
  return /(^|\.)(office365|office|outlook)\.com$/.test(host) ? "microsoft" : "other";
};
