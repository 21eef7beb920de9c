// A link as a member of rounds, with the way to its account that the account itself keeps. It must never ask for a password of an account
// that has none: it says so, and the others go on.
import { type LinkedAccount, linkedAccount } from "@packetboat/archive";
import { type AccountId, type LinkId, MailError } from "@packetboat/core";
import type { Database } from "@packetboat/database";
import type { ConnectOptions } from "@packetboat/imap";
import { connectOptions, type Login, type LoginSource, signIn } from "../accounts/connect.ts";
import { type Account, accountById, accountOf } from "../accounts/registry.ts";
import { passwordSource } from "../accounts/secret.ts";
import type { Host } from "../host.ts";
import type { Member } from "./open-accounts.ts";

/** A member by what its account itself keeps. */
export interface AccountMember extends Member {
  /** What a connection of it depends on. */
  readonly how: string;
  /** The server. */
  readonly host: string;
}

/** Throws CONFIG_INVALID when the link, or its account, was removed meanwhile. */
export async function memberOfLink(host: Host, database: Database, id: LinkId): Promise<AccountMember> {
  return memberOf(host, database, await linkedOf(database, id));
}

/** What a member is made of. Throws CONFIG_INVALID when the link, or its account, was removed meanwhile. */
export async function linkedOf({ pool }: Database, id: LinkId): Promise<LinkedAccount> {
  const linked = await linkedAccount(pool, id);
  if (linked === null)
    throw new MailError("CONFIG_INVALID", "A link was removed meanwhile. Run the command again to go on without it.");
  return linked;
}

/** The same of what was read before. */
export function memberOf(host: Host, database: Database, linked: LinkedAccount): AccountMember {
  const { link, archiveIsPushed, archiveSettings } = linked;
  const account = accountOf(linked.account);
  return {
    host: account.address.host,
    how: JSON.stringify([account.address, account.settings, link.rights.push]),
    target: { link, names: { archive: link.archive, account: link.account }, archiveIsPushed, archiveSettings },
    connect: async (signal) => {
      const { login, source } = entranceOf(host, database, account);
      return await signIn(host, login, source, signal, link.rights.push);
    },
  };
}

/** What a connection to an account needs, by what the account itself keeps. Throws CONFIG_INVALID. */
export async function connectOptionsOf(
  host: Host,
  database: Database,
  id: AccountId,
  signal: AbortSignal,
): Promise<ConnectOptions> {
  const { login, source } = entranceOf(host, database, await accountById(database, id));
  return await connectOptions(host, login, source, signal);
}

function entranceOf(host: Host, database: Database, account: Account): { login: Login; source: LoginSource } {
  const source = passwordSource(host, database, account, { options: {}, url: null });
  // That the account takes clear text was allowed when it was added.
  return { login: { database, address: account.address, settings: account.settings, allowCleartext: true }, source };
}
