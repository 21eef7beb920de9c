// What the restore commands are given by the command line that runs them: the same house, screen and words on every command. The two
// apps do not import each other, so it is handed in. It must never offer anything that writes to a server but the rounds of links.
import type { ArchiveInfo, LinkInfo } from "@packetboat/archive";
import type { AccountId, ArchiveId, LinkId, MailboxPath, MailError, Policy, Role, RunReport } from "@packetboat/core";
import type { Database } from "@packetboat/database";
import type { Screen } from "@packetboat/terminal";
import type { Command } from "commander";
import type { Operations } from "./operations.ts";
import type { HeldThere } from "./preview.ts";

/** The words that all commands share. */
export interface Frame {
  readonly subcommand: (parent: Command, usage: string, summary: string) => Command;
  readonly withExamples: (
    command: Command,
    examples: readonly { readonly line: string; readonly what: string }[],
  ) => Command;
  readonly collect: (value: string, earlier?: readonly string[]) => readonly string[];
  /** Milliseconds since 1970. Throws CONFIG_INVALID naming the option. */
  readonly readDate: (option: string, text: string) => number;
  /** A whole number from 1 to `most`. Throws CONFIG_INVALID naming the option. */
  readonly readCount: (option: string, text: string, most: number) => number;
  /** Adds the options of a command that signs in to an account. */
  readonly withAccountOptions: (command: Command) => Command;
}

/** Options of a command that signs in to an account, as they were typed. */
export interface AccountWords {
  readonly passwordFile?: string;
  readonly passwordCommand?: string;
  readonly caFile?: string;
  readonly authzid?: string;
  readonly auth?: string;
  readonly allowCleartext?: boolean;
}

/** Links that may write for this once though they have no right to, with what becomes on their servers of what the archive removed (M7). */
export type Lent = ReadonlyMap<LinkId, Pick<Policy, "removals">>;

/** How far rounds are with one account. */
export interface RoundsProgress {
  readonly account: string;
  readonly phase: "connecting" | "looking" | "fetching" | "sending";
  readonly messages: number;
  readonly bytes: number;
  /** Messages that the phase may have to do with. */
  readonly of: number;
}

/** Rounds that were made. */
export interface Ran {
  /** Each of them. */
  readonly runs: readonly RunReport[];
  /** For --json. */
  readonly report: unknown;
  /** Prints what happened, and states the exit code. */
  readonly tell: () => void;
}

/** What an account looks like before mail is put into it. */
export interface LookThere {
  /** Largest message that the server takes, in bytes; null: not stated. */
  readonly appendLimit: number | null;
  /** What the mailbox of this role (null: none), else of this path, holds; nothing where there is none. */
  readonly holds: (path: MailboxPath, role: Role | null) => Promise<readonly HeldThere[]>;
}

/** An account that mail is to be put back into. */
export interface Destination {
  /** Null: a dry run of an account that was never met. */
  readonly id: AccountId | null;
  readonly name: string;
  /** Signs in, if that is not done, and tells what its server states and holds; nothing is written. Throws as a sign-in and a look do. */
  readonly look: () => Promise<LookThere>;
  /** Makes the rounds of its link. */
  readonly run: (link: LinkInfo) => Promise<Ran>;
  readonly close: () => Promise<void>;
}

/** How a link is, as programs read it. Times are ISO 8601. */
export interface LinkStanding {
  readonly link: number;
  readonly archive: string;
  readonly account: string;
  readonly accountId: number;
  /** False: it only brings its account up to the archive, as a restore into another account does. */
  readonly pulls: boolean;
  /** ok, partial, running, resting, overdue, halted or failing. */
  readonly state: string;
  /** False: somebody must do something. */
  readonly well: boolean;
  /** Why, and what to do. */
  readonly reasons: readonly string[];
  /** Why nothing is done for its account by itself, as a code; until null: until somebody mends it. */
  readonly hold: { readonly code: string; readonly until: string | null } | null;
  readonly lastGood: string | null;
  readonly lastRun: {
    readonly run: number;
    readonly outcome: string;
    readonly started: string | null;
    readonly error: { readonly code: string; readonly text: string } | null;
  } | null;
  readonly nextRun: string | null;
  /** Bytes; null: nothing used today and nothing to fetch, or no limit. */
  readonly budgetToday: {
    readonly down: number;
    readonly downPerDay: number | null;
    readonly up: number;
    readonly upPerDay: number | null;
  } | null;
  readonly mailboxes: number;
  readonly messages: number;
  readonly bytes: number;
  readonly completeSince: string | null;
  readonly left: number;
  readonly notFetched: number;
  readonly notSent: number;
  readonly held: number;
  readonly heldBy: number | null;
}

/** What work needs that may go on without anybody at a terminal. */
export interface WorkHost {
  /** Aborted by the first Ctrl-C, or by whoever does not want it any more. */
  readonly signal: AbortSignal;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Signs in to the account of a link and gives the largest message that its server takes, in bytes; null: not stated. Throws as a sign-in does. */
  readonly appendLimit: (database: Database, link: LinkInfo) => Promise<number | null>;
  /** Makes rounds over these links, all of one archive. `lent`: those that may write for this once. */
  readonly rounds: (database: Database, screen: Screen, links: readonly LinkInfo[], lent: Lent) => Promise<Ran>;
  /** The account of a name or a URL, made if need be. Close it. */
  readonly destination: (
    database: Database,
    screen: Screen,
    text: string,
    options: AccountWords & { readonly dryRun?: boolean },
  ) => Promise<Destination>;
}

export interface RestoreHost extends WorkHost {
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** What proves this page to a provider of sign-ins: of a file, else of the environment; null: nothing. Throws CONFIG_INVALID. */
  readonly clientSecret: (file: string | undefined) => Promise<string | null>;
  readonly screen: (options: { readonly json?: boolean | undefined; readonly quiet?: boolean | undefined }) => Screen;
  /** States the exit code: 0, or 3 where something is listed as failed. */
  readonly end: (code: 0 | 3) => void;
  /** From now on the command ends by itself when `signal` is aborted. */
  readonly stopsByItself: () => void;
  readonly log: () => Promise<{
    readonly error: (fields: Readonly<Record<string, unknown>>, sentence: string) => void;
  }>;
  /** How all links are, with the archive that each belongs to. */
  readonly standings: (database: Database) => Promise<readonly (LinkStanding & { readonly archiveId: ArchiveId })[]>;
  /** What may be done to accounts and links. `failed`: told of runs of which no report could be made. */
  readonly operations: (database: Database, screen: Screen, failed: (error: MailError) => void) => Promise<Operations>;
  /** Opens the database; it is closed when the command ends. */
  readonly open: (screen: Screen) => Promise<Database>;
  /** Throws ARCHIVE_UNKNOWN, naming those there are. */
  readonly archiveByName: (database: Database, name: string) => Promise<ArchiveInfo>;
  /** Asks, unless `yes`. Throws CONFIG_INVALID where nobody can be asked, INTERRUPTED when the answer is no. */
  readonly consent: (question: string, yes: boolean) => Promise<void>;
  /** The same for work that nobody waits for at a terminal: `signal` ends it, nobody is asked, and rounds tell `watch` how far they are. */
  readonly unattended: (signal: AbortSignal, watch: (progress: RoundsProgress) => void) => WorkHost;
}
