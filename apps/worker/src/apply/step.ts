// What `packetboat apply` does, as data: one step is one change that stands by itself. Steps name accounts by what they are recognised by and
// archives by name, because what a step needs may be made by an earlier one. It must never hold a secret.
import type { ScheduleSettings } from "@packetboat/archive";
import type { AccountAddress } from "@packetboat/config";
import type { AccountId, LinkId, Policy, Rights } from "@packetboat/core";
import type { AccountSettings } from "../accounts/settings.ts";

/** One setting that becomes another, in words. */
export interface Change {
  readonly field: string;
  readonly before: string;
  readonly after: string;
}

/** A link as people name it. */
interface Tie {
  /** As it is shown. */
  readonly account: string;
  readonly archive: string;
}

/** When a link runs, as it is declared: the next time follows from it. */
export type Times = Omit<ScheduleSettings, "nextAt">;

export type Step =
  | ({ readonly kind: "remove-link"; readonly linkId: LinkId } & Tie)
  | { readonly kind: "remove-account"; readonly accountId: AccountId; readonly account: string }
  | { readonly kind: "create-archive"; readonly archive: string }
  | {
      readonly kind: "create-account";
      readonly account: string;
      readonly address: AccountAddress;
      readonly settings: AccountSettings;
    }
  | {
      readonly kind: "change-account";
      readonly accountId: AccountId;
      readonly account: string;
      readonly settings: AccountSettings;
      readonly changes: readonly Change[];
    }
  | ({
      readonly kind: "change-link";
      readonly linkId: LinkId;
      readonly rights: Rights;
      readonly policy: Policy;
      readonly merge: boolean;
      readonly changes: readonly Change[];
    } & Tie)
  | ({
      readonly kind: "create-link";
      readonly address: AccountAddress;
      readonly rights: Rights;
      readonly policy: Policy;
      readonly merge: boolean;
    } & Tie)
  | ({
      readonly kind: "set-schedule";
      /** The link had none. */
      readonly isNew: boolean;
      readonly address: AccountAddress;
      readonly schedule: Times;
      readonly changes: readonly Change[];
    } & Tie)
  | ({ readonly kind: "remove-schedule"; readonly linkId: LinkId } & Tie);

export interface ApplyPlan {
  /** In the order in which they are done. */
  readonly steps: readonly Step[];
  /** What the file does not name and stays, as it is shown. */
  readonly unnamed: {
    readonly accounts: readonly string[];
    readonly links: readonly string[];
    readonly archives: readonly string[];
  };
  /** Sentences; with one of them nothing is done. */
  readonly refusals: readonly string[];
  /** Accounts that somebody has to sign in, once. */
  readonly logins: readonly string[];
}
