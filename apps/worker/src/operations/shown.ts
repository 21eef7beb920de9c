// Accounts and servers as the restore app may show them. Pure. It must never hold more of a secret than where it is kept; of a command, which may
// have one in its words, not even those.
import type { Hold } from "@packetboat/archive";
import { showAccountUrl } from "@packetboat/config";
import type { Used } from "@packetboat/core";
import type { AccountFacts, Profile } from "@packetboat/imap";
import type { Account } from "../accounts/registry.ts";
import { usesSignIn } from "../accounts/secret.ts";
import { plainFacts } from "../display/account-facts.ts";
import { plainSignIn } from "../display/sign-in.ts";

/** Gives an account as it may be shown. */
export function shownAccount(
  account: Account,
  about: { readonly profile: Profile; readonly hold: Hold | null; readonly used: Used },
) {
  const { id, name, address, signIn, createdAt } = account;
  const plain = signIn === null ? null : plainSignIn(signIn);
  const { profile, hold, used } = about;
  return {
    id,
    name,
    address: showAccountUrl(address),
    profile,
    way: wayOf(account),
    signIn:
      plain === null || signIn === null
        ? null
        : { provider: plain.provider, clientId: plain.clientId, tokenUntil: signIn.expiresAt },
    held: hold === null ? null : { code: hold.code, detail: hold.detail, since: hold.since, until: hold.until },
    usedToday: { down: used.down, up: used.up },
    createdAt,
  };
}

function wayOf(account: Account) {
  const { passwordFile, passwordCommand, passwordEnv } = account.settings;
  if (passwordFile !== null) return "file" as const;
  if (passwordCommand !== null) return "command" as const;
  if (passwordEnv !== null) return "environment" as const;
  if (usesSignIn(account)) return "signIn" as const;
  return account.hasSecret ? ("kept" as const) : ("none" as const);
}

/** Gives what a server said as it may be shown. */
export function shownFacts(facts: AccountFacts, profile: Profile) {
  const { serverName, roundTrip, capabilities, quota, mailboxes } = plainFacts(facts);
  return {
    serverName,
    roundTrip,
    capabilities,
    quota: quota.map(({ resource, used, limit }) => ({ resource, used, limit })),
    profile,
    mailboxes: mailboxes.map(({ path, selectable, role, messages }) => ({ path, selectable, role, messages })),
  };
}
