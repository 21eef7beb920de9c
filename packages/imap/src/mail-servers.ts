// Where the mail of an address is read, as data: the server of the domain, how it wants to be signed in to, and where a password for programs
// is made. Taken from what the providers publish; of other domains, DNS may tell (RFC 6186).
// It must never be taken for more than a proposal: a person sees it before anything is sent there.

/** `password`: the usual one. `appPassword`: one that is made for programs. `oauth`: at the provider; passwords are refused. */
export type SignInWay = "password" | "appPassword" | "oauth";

export interface MailServer {
  readonly host: string;
  readonly port: number;
  readonly security: "tls" | "starttls";
  readonly way: SignInWay;
  /** Where a password for programs is made, or IMAP is turned on. Null: nothing is to be done first. */
  readonly page: string | null;
}

interface Known {
  /** Of mail addresses. */
  readonly domains: RegExp;
  readonly host: string;
  readonly way: SignInWay;
  readonly page: string | null;
}

const GMAIL = "https://myaccount.google.com/apppasswords";
const YAHOO = "https://login.yahoo.com/account/security";
const ICLOUD = "https://account.apple.com/account/manage";
const FASTMAIL = "https://app.fastmail.com/settings/security/devicekeys";

const KNOWN: readonly Known[] = [
  { domains: /^(gmail|googlemail)\.com$/, host: "imap.gmail.com", way: "appPassword", page: GMAIL },
  {
    domains: /^(outlook\.[a-z]{2,3}|hotmail\.[a-z.]{2,6}|live\.[a-z.]{2,6}|msn\.com|outlook\.com\.[a-z]{2})$/,
    host: "outlook.office365.com",
    way: "oauth",
    page: null,
  },
  {
    domains: /^(yahoo\.[a-z]{2,3}|yahoo\.com?\.[a-z]{2}|ymail\.com|rocketmail\.com)$/,
    host: "imap.mail.yahoo.com",
    way: "appPassword",
    page: YAHOO,
  },
  { domains: /^aol\.com$/, host: "imap.aol.com", way: "appPassword", page: "https://login.aol.com/account/security" },
  { domains: /^(icloud|me|mac)\.com$/, host: "imap.mail.me.com", way: "appPassword", page: ICLOUD },
  { domains: /^fastmail\.(com|fm)$/, host: "imap.fastmail.com", way: "appPassword", page: FASTMAIL },
  { domains: /^gmx\.(net|de|at|ch)$/, host: "imap.gmx.net", way: "password", page: "https://hilfe.gmx.net/pop-imap/" },
  { domains: /^gmx\.com$/, host: "imap.gmx.com", way: "password", page: "https://support.gmx.com/pop-imap/" },
  { domains: /^web\.de$/, host: "imap.web.de", way: "password", page: "https://hilfe.web.de/pop-imap/" },
  { domains: /^mail\.com$/, host: "imap.mail.com", way: "password", page: "https://support.mail.com/premium/imap/" },
  { domains: /^(t-online\.de|magenta\.de)$/, host: "secureimap.t-online.de", way: "password", page: null },
  { domains: /^posteo\.[a-z]{2,3}$/, host: "posteo.de", way: "password", page: null },
  { domains: /^mailbox\.org$/, host: "imap.mailbox.org", way: "password", page: null },
];

/** Servers by their own names, for who names the server. */
const HOSTS: readonly { readonly hosts: RegExp; readonly way: SignInWay; readonly page: string | null }[] = [
  { hosts: /^imap\.(gmail|googlemail)\.com$/, way: "appPassword", page: GMAIL },
  { hosts: /(^|\.)(office365|office|outlook)\.com$/, way: "oauth", page: null },
  { hosts: /(^|\.)yahoo\.com$/, way: "appPassword", page: YAHOO },
  { hosts: /(^|\.)mail\.me\.com$/, way: "appPassword", page: ICLOUD },
  { hosts: /(^|\.)fastmail\.com$/, way: "appPassword", page: FASTMAIL },
];

/** The server of a domain's mail; null: nothing is known of it. */
export function serverOf(domain: string): MailServer | null {
  const known = KNOWN.find(({ domains }) => domains.test(domain.toLowerCase()));
  if (known === undefined) return null;
  return { host: known.host, port: 993, security: "tls", way: known.way, page: known.page };
}

/** How a server wants to be signed in to, as far as that is known. */
export function wayAt(host: string): Pick<MailServer, "way" | "page"> {
  const known = HOSTS.find(({ hosts }) => hosts.test(host.toLowerCase()));
  return { way: known?.way ?? "password", page: known?.page ?? null };
}
