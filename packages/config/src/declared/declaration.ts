// What packetboat.yaml declares, as plain values: read, checked, defaults filled in. The names that the file gives to accounts are its own
// affair and end here: links carry the address. It must never hold a secret, only the ways to one.
import type { ChosenLimits, Policy, Removals, Rights } from "@packetboat/core";
import type { AccountAddress } from "../account-url.ts";

/** A way to a password; never the password itself. A path is absolute. */
export type DeclaredPassword =
  | { readonly kind: "env"; readonly name: string }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "command"; readonly command: string };

/** Who signs the account in instead of a password. `packetboat account login` does it once. */
export interface DeclaredSignIn {
  readonly provider: string;
  readonly clientId: string;
}

export interface DeclaredAccount {
  readonly address: AccountAddress;
  readonly auth: "plain" | "login" | "xoauth2" | null;
  readonly authzid: string | null;
  /** Absolute. */
  readonly caFile: string | null;
  readonly password: DeclaredPassword | null;
  readonly signIn: DeclaredSignIn | null;
  readonly limits: ChosenLimits;
}

export interface DeclaredSchedule {
  /** Null: at no fixed time. */
  readonly cron: string | null;
  readonly timeZone: string;
  readonly spreadSeconds: number;
  readonly watch: boolean;
}

export interface DeclaredLink {
  readonly account: AccountAddress;
  readonly archive: string;
  readonly rights: Rights;
  /** `removals` null: whatever follows from the rights (M7). */
  readonly policy: Omit<Policy, "removals"> & { readonly removals: Removals | null };
  /** The link may share mailboxes with others. */
  readonly merge: boolean;
  readonly schedule: DeclaredSchedule | null;
}

export interface Declaration {
  readonly archives: readonly string[];
  readonly accounts: readonly DeclaredAccount[];
  readonly links: readonly DeclaredLink[];
}

/** Something in the file that cannot stay as it is. Line and column count from 1. */
export interface Problem {
  readonly line: number;
  readonly column: number;
  /** A sentence that says what to write instead. Never a value of the file. */
  readonly text: string;
}
