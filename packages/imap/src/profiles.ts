// What providers allow an account, as data: chosen by host, else by what the server announces or calls itself; a person's choice is laid
// over it. Numbers are a provider's own where it publishes them; the others, and all rates of commands, are cautious estimates. It must never
// hold code that treats a provider differently: that is for capabilities and response codes.
import { type AccountLimits, type ChosenLimits, chosenOver, NO_LIMITS } from "@packetboat/core";

export interface Profile {
  readonly name: string;
  readonly limits: AccountLimits;
  /** False: nobody of us has seen it against the real server. */
  readonly tested: boolean;
}

interface Known extends Profile {
  /** Of its servers, in lower case. */
  readonly hosts: RegExp | null;
  /** Capabilities that only this server announces; one is enough. */
  readonly capabilities: readonly string[];
  /** `name` in its answer to ID (RFC 2971). */
  readonly id: RegExp | null;
}

const MB = 1_000_000;

const limits = (some: Partial<AccountLimits>): AccountLimits => ({ ...NO_LIMITS, ...some });

/** Providers before programs: a provider that runs Dovecot is the provider. */
const KNOWN: readonly Known[] = [
  {
    // Published: 2,500 MB down and 500 MB up a day, 15 connections.
    name: "Gmail",
    hosts: /(^|\.)(gmail|googlemail)\.com$/,
    capabilities: ["X-GM-EXT-1"],
    id: /^gimap$/i,
    limits: limits({ connections: 15, downPerDay: 2_500 * MB, upPerDay: 500 * MB }),
    tested: false,
  },
  {
    // It paces by cost, not by bytes, and says how long to wait; 20 connections by its policy.
    name: "Microsoft 365",
    hosts: /(^|\.)(office365\.com|office\.com|office365\.us|outlook\.cn|partner\.outlook\.cn)$/,
    capabilities: ["CLIENTACCESSRULES"],
    id: /microsoft\.exchange/i,
    limits: limits({ connections: 16, commandsPerMinute: 1_200 }),
    tested: false,
  },
  {
    name: "Outlook.com",
    hosts: /(^|\.)(outlook|hotmail|live|msn)\.com$/,
    capabilities: [],
    id: null,
    limits: limits({ connections: 8, commandsPerMinute: 600 }),
    tested: false,
  },
  {
    name: "Yahoo",
    hosts: /(^|\.)(yahoo\.(com|co\.[a-z]{2}|com\.[a-z]{2})|ymail\.com|aol\.com)$/,
    capabilities: ["XYMHIGHESTMODSEQ"],
    id: /yahoo/i,
    limits: limits({ connections: 5, commandsPerMinute: 600 }),
    tested: false,
  },
  {
    name: "iCloud",
    hosts: /(^|\.)(mail\.me|icloud|me|mac)\.com$/,
    capabilities: ["XAPPLELITERAL"],
    id: /icloud/i,
    limits: limits({ connections: 4, commandsPerMinute: 600 }),
    tested: false,
  },
  {
    name: "Fastmail",
    hosts: /(^|\.)(fastmail\.(com|fm)|messagingengine\.com)$/,
    capabilities: [],
    id: /fastmail/i,
    limits: limits({ connections: 10 }),
    tested: false,
  },
  {
    name: "GMX",
    hosts: /(^|\.)(gmx\.(net|com|de|at|ch)|web\.de|mail\.com|1und1\.de)$/,
    capabilities: [],
    id: /^(gmx|web\.de)/i,
    limits: limits({ connections: 5, commandsPerMinute: 600 }),
    tested: false,
  },
  {
    // mail_max_userip_connections is 10 unless its administrator says otherwise; more are tried and done without.
    name: "Dovecot",
    hosts: null,
    capabilities: [],
    id: /dovecot/i,
    limits: NO_LIMITS,
    tested: true,
  },
  {
    name: "Cyrus",
    hosts: null,
    capabilities: ["X-CREATEDMODSEQ", "XCONVERSATIONS"],
    id: /cyrus/i,
    limits: NO_LIMITS,
    tested: true,
  },
  {
    // MAXPERIP is 4 as it is shipped.
    name: "Courier",
    hosts: null,
    capabilities: ["ACL2=UNION"],
    id: /courier/i,
    limits: limits({ connections: 4 }),
    tested: true,
  },
];

/** A server that nothing is known of: no limit but those that it states itself when it has had enough. */
const UNKNOWN: Profile = { name: "unknown", limits: NO_LIMITS, tested: false };

/** What is known of a server: its host always, the others once it has let us in. */
export interface ServerFacts {
  readonly host: string;
  readonly capabilities: ReadonlySet<string> | null;
  /** `name` in its answer to ID. */
  readonly id: string | null;
}

/** Gives the profile of a server. `chosen` is laid over its limits. */
export function profileFor({ host, capabilities, id }: ServerFacts, chosen: ChosenLimits = {}): Profile {
  const name = host.toLowerCase().replace(/\.$/, "");
  const byHost = KNOWN.find(({ hosts }) => hosts?.test(name));
  const byWord = KNOWN.find((one) => one.capabilities.some((word) => capabilities?.has(word)));
  const byId = id === null ? undefined : KNOWN.find((one) => one.id?.test(id));
  const found = byHost ?? byWord ?? byId ?? UNKNOWN;
  return { name: found.name, limits: chosenOver(found.limits, chosen), tested: found.tested };
}
