// In which order links are changed and made, so that no two accounts are mixed up in one place on the way either: a link moves into a prefix only
// after another one has left it. Pure. The catalogue refuses the same under its lock; here it is known before anything is done.
import { type Policy, type Rights, sharesMailboxes } from "@packetboat/core";
import type { Step } from "./step.ts";

export type LinkStep = Extract<Step, { readonly kind: "create-link" | "change-link" }>;

/** A link as it is at some moment of the plan. */
export interface Standing {
  readonly key: string;
  readonly account: string;
  readonly archive: string;
  readonly rights: Rights;
  readonly policy: Policy;
}

export interface OrderedLinkSteps {
  readonly steps: readonly LinkStep[];
  /** Sentences about the steps that fit nowhere; those are not among `steps`. */
  readonly refusals: readonly string[];
}

/** Gives changes before creations, each where it fits. `present`: the links that stay. */
export function orderLinkSteps(wanted: readonly LinkStep[], present: readonly Standing[]): OrderedLinkSteps {
  const refusals = wanted.flatMap((step) => refusedChange(step));
  const standing = new Map(present.map((link) => [link.key, link]));
  const steps: LinkStep[] = [];
  const changesFirst = [
    ...wanted.filter(({ kind }) => kind === "change-link"),
    ...wanted.filter(({ kind }) => kind === "create-link"),
  ];
  let waiting: readonly LinkStep[] = changesFirst;
  for (;;) {
    const fitting = waiting.find((step) => inTheWay(step, standing) === null);
    if (fitting === undefined) break;
    steps.push(fitting);
    const { account, archive, rights, policy } = fitting;
    standing.set(keyOf(fitting), { key: keyOf(fitting), account, archive, rights, policy });
    waiting = waiting.filter((step) => step !== fitting);
  }
  return { steps, refusals: [...refusals, ...waiting.map((step) => mixedUp(step, inTheWay(step, standing)))] };
}

const keyOf = (step: LinkStep): string =>
  step.kind === "change-link" ? String(step.linkId) : `${step.account} ${step.archive}`;

/** What the link knows of the server is about another part of it then. */
function refusedChange(step: LinkStep): readonly string[] {
  if (step.kind !== "change-link" || !step.changes.some(({ field }) => field === "below")) return [];
  return [
    `The link of ${step.account} to ${step.archive} cannot go below another mailbox of the server. Remove it (packetboat link remove ${step.linkId}), then apply again; the archive keeps its mail.`,
  ];
}

/** The link that the step would mix up with, or null. What was allowed to share mailboxes stays so, as with `link set`. */
function inTheWay(step: LinkStep, standing: ReadonlyMap<string, Standing>): Standing | null {
  if (step.merge) return null;
  if (step.kind === "change-link" && !step.changes.some(({ field }) => field === "push" || field === "prefix"))
    return null;
  const others = [...standing.values()].filter(({ key, archive }) => key !== keyOf(step) && archive === step.archive);
  return others.find((other) => sharesMailboxes(step, other)) ?? null;
}

function mixedUp({ account, archive }: LinkStep, other: Standing | null): string {
  const whom = other === null ? "another account" : other.account;
  return `The link of ${account} to ${archive} would mix it up with ${whom}, which fills the same place. Give it a prefix of its own, say merge: true, or move the other one first.`;
}
