// Declarations and databases for the tests of `packetboat apply`, as plain data, and what a step makes of a database: the catalogue's effect
// without the catalogue. It must never be kinder than the catalogue: what that refuses is refused here.
import { accountName, type LinkInfo } from "@packetboat/archive";
import type { AccountAddress, Declaration, DeclaredAccount, DeclaredLink } from "@packetboat/config";
import { type AccountId, type ArchiveId, asId, DEFAULT_POLICY, type LinkId, sharesMailboxes } from "@packetboat/core";
import type { Present } from "../src/apply/plan.ts";
import type { Step } from "../src/apply/step.ts";

export const NOTHING: Present = { archives: [], accounts: [], links: [], schedules: [] };

const address = (user: string): AccountAddress => ({
  user: `${user}@x.example`,
  host: "x.example",
  port: 993,
  security: "tls",
});

export const account = (user: string, more: Partial<DeclaredAccount> = {}): DeclaredAccount => ({
  address: address(user),
  auth: null,
  authzid: null,
  caFile: null,
  password: null,
  signIn: null,
  limits: {},
  ...more,
});

export type LinkWords = Partial<Omit<DeclaredLink, "policy">> & { readonly policy?: Partial<DeclaredLink["policy"]> };

export const link = (user: string, archive: string, { policy, ...more }: LinkWords = {}): DeclaredLink => ({
  account: address(user),
  archive,
  rights: { pull: true, push: false },
  policy: { ...DEFAULT_POLICY, removals: null, ...policy },
  merge: false,
  schedule: null,
  ...more,
});

export const declaration = (
  archives: readonly string[],
  accounts: readonly DeclaredAccount[],
  links: readonly DeclaredLink[] = [],
): Declaration => ({ archives, accounts, links });

const sameAccount = (a: AccountAddress, b: AccountAddress): boolean =>
  a.user === b.user && a.host === b.host && a.port === b.port;

/** What the database is after a step. */
export function enacted(present: Present, step: Step): Present {
  const { archives, accounts, links, schedules } = present;
  switch (step.kind) {
    case "create-archive":
      return { ...present, archives: [...archives, step.archive] };
    case "create-account": {
      const known = {
        id: asId<AccountId>(nextId(accounts)),
        address: step.address,
        name: step.account,
        settings: step.settings,
        hasSecret: false,
      };
      return { ...present, accounts: [...accounts, known] };
    }
    case "change-account":
      return {
        ...present,
        accounts: accounts.map((each) => (each.id === step.accountId ? { ...each, settings: step.settings } : each)),
      };
    case "remove-account": {
      const left = links.filter(({ accountId }) => accountId !== step.accountId);
      return { ...withLinks(present, left), accounts: accounts.filter(({ id }) => id !== step.accountId) };
    }
    case "create-link": {
      const owner = accounts.find((each) => sameAccount(each.address, step.address));
      if (owner === undefined || !archives.includes(step.archive)) throw new Error("no such account or archive");
      const made: LinkInfo = {
        id: asId<LinkId>(nextId(links)),
        accountId: owner.id,
        archiveId: asId<ArchiveId>(archives.indexOf(step.archive) + 1),
        rights: step.rights,
        policy: step.policy,
        archive: step.archive,
        account: accountName(step.address),
      };
      if (!step.merge) refuseMixing(made, links);
      return { ...present, links: [...links, made] };
    }
    case "change-link": {
      const before = links.find(({ id }) => id === step.linkId);
      if (before === undefined) throw new Error("no such link");
      const after = { ...before, rights: step.rights, policy: step.policy };
      if (!step.merge) refuseMixing(after, links);
      return { ...present, links: links.map((each) => (each.id === step.linkId ? after : each)) };
    }
    case "remove-link":
      return withLinks(
        present,
        links.filter(({ id }) => id !== step.linkId),
      );
    case "set-schedule": {
      const owner = accounts.find((each) => sameAccount(each.address, step.address));
      const tied = links.find(({ accountId, archive }) => accountId === owner?.id && archive === step.archive);
      if (tied === undefined) throw new Error("no such link");
      const others = schedules.filter(({ linkId }) => linkId !== tied.id);
      return { ...present, schedules: [...others, { linkId: tied.id, ...step.schedule }] };
    }
    case "remove-schedule":
      return { ...present, schedules: schedules.filter(({ linkId }) => linkId !== step.linkId) };
  }
}

const nextId = (rows: readonly { readonly id: number }[]): number => Math.max(0, ...rows.map(({ id }) => id)) + 1;

function withLinks(present: Present, links: readonly LinkInfo[]): Present {
  return {
    ...present,
    links,
    schedules: present.schedules.filter(({ linkId }) => links.some(({ id }) => id === linkId)),
  };
}

function refuseMixing(made: LinkInfo, links: readonly LinkInfo[]): void {
  const others = links.filter(({ id, archive }) => id !== made.id && archive === made.archive);
  if (others.some((other) => sharesMailboxes(made, other))) throw new Error("two accounts would be mixed up");
}
