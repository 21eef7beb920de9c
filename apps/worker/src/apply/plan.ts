// What has to be done so that the database is what a file declares. Pure and total: the same file and the same database give the same steps, and
// after all of them, or any first part of them and then the rest, there is nothing left to do.
// It must never plan to remove mail: archives stay, and links and accounts go only when asked to (`prune`).
import { accountName, type LinkInfo } from "@packetboat/archive";
import type { AccountAddress, Declaration, DeclaredAccount, DeclaredLink } from "@packetboat/config";
import { defaultRemovals, type LinkId, type Policy } from "@packetboat/core";
import type { Account } from "../accounts/registry.ts";
import { type AccountSettings, settingsFor } from "../accounts/settings.ts";
import { linkChanges, scheduleChanges, settingsChanges } from "./differences.ts";
import { type LinkStep, orderLinkSteps, type Standing } from "./link-order.ts";
import type { ApplyPlan, Step, Times } from "./step.ts";

/** What the database holds, as far as a file declares it. */
export interface Present {
  readonly archives: readonly string[];
  readonly accounts: readonly Pick<Account, "id" | "address" | "name" | "settings" | "hasSecret">[];
  readonly links: readonly LinkInfo[];
  readonly schedules: readonly (Times & { readonly linkId: LinkId })[];
}

type Known = Present["accounts"][number];

const keyOf = ({ user, host, port }: AccountAddress): string => JSON.stringify([user, host, port]);

/** Gives the plan. `prune`: what the file does not name is removed, but for archives. */
export function planApply(declared: Declaration, present: Present, options: { readonly prune: boolean }): ApplyPlan {
  const known = new Map(present.accounts.map((account) => [keyOf(account.address), account]));
  const named = new Set(declared.accounts.map(({ address }) => keyOf(address)));
  const pairs = present.links.map((link) => ({ link, declared: declaredOf(declared, present, link) }));
  const strayLinks = pairs.filter((pair) => pair.declared === null).map(({ link }) => link);
  const strayAccounts = present.accounts.filter(({ address }) => !named.has(keyOf(address)));
  const accounts = declared.accounts.flatMap((account) =>
    accountStep(account, known.get(keyOf(account.address)) ?? null),
  );
  const wanted = declared.links.map((link) => ({ link, before: presentOf(present, known, link) }));
  const standing = pairs
    .filter((pair) => pair.declared !== null || !options.prune)
    .map(({ link }): Standing => ({ ...link, key: String(link.id) }));
  const { steps: links, refusals } = orderLinkSteps(wanted.flatMap(linkStep), standing);
  const removals: readonly Step[] = [
    ...strayLinks.map(
      (link): Step => ({ kind: "remove-link", linkId: link.id, account: link.account, archive: link.archive }),
    ),
    ...strayAccounts.map(({ id, name }): Step => ({ kind: "remove-account", accountId: id, account: name })),
  ];
  return {
    steps: [
      ...(options.prune ? removals : []),
      ...declared.archives
        .filter((name) => !present.archives.includes(name))
        .map((archive): Step => ({ kind: "create-archive", archive })),
      ...accounts,
      ...links,
      ...wanted.flatMap(({ link, before }) => scheduleStep(link, before, present.schedules)),
    ],
    unnamed: {
      accounts: options.prune ? [] : strayAccounts.map(({ name }) => name),
      links: options.prune ? [] : strayLinks.map(({ account, archive }) => `${account} → ${archive}`),
      archives: present.archives.filter((name) => !declared.archives.includes(name)),
    },
    refusals,
    logins: loginsOf(accounts),
  };
}

function declaredOf(declared: Declaration, present: Present, link: LinkInfo): DeclaredLink | null {
  const account = present.accounts.find(({ id }) => id === link.accountId);
  if (account === undefined) return null;
  const key = keyOf(account.address);
  return declared.links.find((each) => each.archive === link.archive && keyOf(each.account) === key) ?? null;
}

function presentOf(present: Present, known: ReadonlyMap<string, Known>, link: DeclaredLink): LinkInfo | null {
  const account = known.get(keyOf(link.account));
  return present.links.find(({ accountId, archive }) => accountId === account?.id && archive === link.archive) ?? null;
}

/** What the file does not say has its default; a kept password and the answer to whether to keep one are no settings of the file. */
function settingsOf(
  { address, auth, authzid, caFile, password, limits, signIn }: DeclaredAccount,
  known: Known | null,
): AccountSettings {
  return {
    ...(known?.settings ?? settingsFor(address.security)),
    security: address.security,
    auth,
    authzid,
    caFile,
    passwordFile: password?.kind === "file" ? password.path : null,
    passwordCommand: password?.kind === "command" ? password.command : null,
    passwordEnv: password?.kind === "env" ? password.name : null,
    limits: Object.keys(limits).length === 0 ? null : limits,
    signIn,
  };
}

function accountStep(declared: DeclaredAccount, known: Known | null): readonly Step[] {
  const settings = settingsOf(declared, known);
  const { address } = declared;
  if (known === null) return [{ kind: "create-account", account: accountName(address), address, settings }];
  const changes = settingsChanges(known, settings);
  if (changes.length === 0) return [];
  return [{ kind: "change-account", accountId: known.id, account: known.name, settings, changes }];
}

function linkStep({
  link,
  before,
}: {
  readonly link: DeclaredLink;
  readonly before: LinkInfo | null;
}): readonly LinkStep[] {
  const { rights, merge, archive } = link;
  const policy: Policy = { ...link.policy, removals: link.policy.removals ?? defaultRemovals(rights) };
  const tie = { account: accountName(link.account), archive };
  if (before === null) return [{ kind: "create-link", ...tie, address: link.account, rights, policy, merge }];
  const changes = linkChanges(before, { rights, policy });
  return changes.length === 0
    ? []
    : [{ kind: "change-link", ...tie, linkId: before.id, rights, policy, merge, changes }];
}

function scheduleStep(link: DeclaredLink, before: LinkInfo | null, schedules: Present["schedules"]): readonly Step[] {
  const tie = { account: accountName(link.account), archive: link.archive };
  const there = schedules.find(({ linkId }) => linkId === before?.id) ?? null;
  const { schedule } = link;
  if (schedule === null) return there === null ? [] : [{ kind: "remove-schedule", ...tie, linkId: there.linkId }];
  const changes = scheduleChanges(there, schedule);
  return changes.length === 0
    ? []
    : [{ kind: "set-schedule", ...tie, isNew: there === null, address: link.account, schedule, changes }];
}

/** Those whose sign-in is new or another one. Only a person can do it, in a browser. */
function loginsOf(steps: readonly Step[]): readonly string[] {
  return steps.flatMap((step) => {
    if (step.kind === "create-account") return step.settings.signIn === null ? [] : [step.account];
    if (step.kind !== "change-account" || step.settings.signIn === null) return [];
    return step.changes.some(({ field }) => field === "signIn") ? [step.account] : [];
  });
}
