// Where an account's password comes from, in words. Pure. It must never be given the password.
import type { AccountSettings } from "../accounts/settings.ts";

type Ways = Pick<AccountSettings, "passwordFile" | "passwordCommand" | "passwordEnv" | "signIn">;

export function passwordWords(account: { readonly settings: Ways; readonly hasSecret: boolean }): string {
  const { passwordFile, passwordCommand, passwordEnv, signIn } = account.settings;
  if (passwordFile !== null) return `file ${passwordFile}`;
  if (passwordCommand !== null) return `command ${passwordCommand}`;
  if (passwordEnv !== null) return `environment variable ${passwordEnv}`;
  if (signIn !== null) return `sign-in by ${signIn.provider}`;
  return account.hasSecret ? "kept, sealed" : "not kept";
}
