// What the API can do to accounts and links beside reading: handed in by the command line that runs it, because the two apps do not import each
// other. Secrets go in and never come out. It must never offer anything that the command line does not do by the same rules.
import type { LinkInfo } from "@packetboat/archive";
import type { AccountId, AccountLimits, ErrorCode, LinkId, MailboxPath, Role } from "@packetboat/core";

/** What is known of a server's provider. */
export interface ShownProfile {
  readonly name: string;
  /** False: nobody of us has seen it against the real server. */
  readonly tested: boolean;
  readonly limits: AccountLimits;
}

/** An account as it may be shown. Times in milliseconds since 1970. */
export interface ShownAccount {
  readonly id: AccountId;
  readonly name: string;
  /** Without a password. */
  readonly address: string;
  readonly profile: ShownProfile;
  /** Where its password comes from: `kept`, sealed; a file, command or variable of this machine; `signIn`: none, but tokens. */
  readonly way: "kept" | "file" | "command" | "environment" | "signIn" | "none";
  readonly signIn: {
    readonly provider: string | null;
    readonly clientId: string | null;
    readonly tokenUntil: number;
  } | null;
  /** Why nothing is done for it by itself; null: nothing holds it. */
  readonly held: {
    readonly code: ErrorCode;
    readonly detail: string;
    readonly since: number;
    /** Null: until somebody mends it. */
    readonly until: number | null;
  } | null;
  /** Bytes. */
  readonly usedToday: { readonly down: number; readonly up: number };
  readonly createdAt: number;
}

/** What an address as a person types it comes to, before anything is sent anywhere. */
export interface Proposal {
  /** As `test` and `add` take it. */
  readonly address: string;
  readonly user: string;
  readonly host: string;
  readonly port: number;
  readonly security: "tls" | "starttls" | "none";
  /** How its server was found: named by the person, known, told by the domain (RFC 6186), or only a usual name. */
  readonly found: "given" | "known" | "told" | "guessed";
  readonly profile: ShownProfile;
  readonly way: "password" | "appPassword" | "oauth";
  /** Where a password for programs is made, or IMAP is turned on. */
  readonly page: string | null;
  /** The account, where it is known already. */
  readonly known: AccountId | null;
}

/** What a server said when it was signed in to. */
export interface ServerFacts {
  readonly serverName: string | null;
  /** Milliseconds; null: not measured. */
  readonly roundTrip: number | null;
  readonly capabilities: readonly string[];
  readonly quota: readonly {
    readonly resource: string;
    readonly used: number;
    readonly limit: number;
  }[];
  readonly profile: ShownProfile;
  readonly mailboxes: readonly {
    readonly path: MailboxPath;
    readonly selectable: boolean;
    readonly role: Role | null;
    /** Null: the server does not say. */
    readonly messages: number | null;
  }[];
}

/** Whose server is signed in to: a new address with its password, or an account with what it keeps, or with a new password. */
export type Entrance =
  | { readonly address: string; readonly password: string }
  | { readonly account: AccountId; readonly password?: string | undefined };

/** A sign-in at a provider of tokens. */
export interface WantedSignIn {
  readonly address: string;
  /** google or microsoft; by the server's host where nothing is said. */
  readonly provider?: string | undefined;
  readonly issuer?: string | undefined;
  readonly clientId?: string | undefined;
  readonly clientSecret?: string | undefined;
  readonly way?: "device" | "browser" | undefined;
}

/** What a person has to do for a sign-in: open a page, and type in a code where there is one. */
export interface SignInStep {
  readonly page: string;
  readonly code: string | null;
}

export interface Operations extends AsyncDisposable {
  readonly accounts: () => Promise<readonly ShownAccount[]>;
  /** Throws CONFIG_INVALID for what is no address. */
  readonly propose: (text: string) => Promise<Proposal>;
  /** Signs in, asks and leaves. Throws as a sign-in does. */
  readonly test: (entrance: Entrance) => Promise<ServerFacts>;
  /** Signs in, and then keeps the account with its password, sealed; of a known account the password. Throws as a sign-in does. */
  readonly keep: (entrance: Entrance & { readonly password: string }) => Promise<{
    readonly account: AccountId;
    readonly facts: ServerFacts;
  }>;
  /** Waits for the person, tries the tokens on the server and keeps them. Throws as a sign-in does, and when the signal is aborted. */
  readonly signIn: (
    wanted: WantedSignIn,
    show: (step: SignInStep) => void,
    signal: AbortSignal,
  ) => Promise<{ readonly account: AccountId; readonly facts: ServerFacts }>;
  /** Gives whether its sign-in at a provider was ended; null: there was none. Throws CONFIG_INVALID where there is no such account. */
  readonly remove: (account: AccountId) => Promise<boolean | null>;
  /** Ties an account to an archive: that of this name, else one of the account's own. Throws as createLink does. */
  readonly tie: (
    account: AccountId,
    wanted: {
      readonly archive?: string | undefined;
      readonly include: readonly string[];
      readonly exclude: readonly string[];
    },
  ) => Promise<LinkInfo>;
  /** Lets a link run now: by a worker where there is one, else here. */
  readonly run: (link: LinkId) => Promise<"worker" | "here">;
}
