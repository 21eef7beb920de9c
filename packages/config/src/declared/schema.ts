// The one schema of packetboat.yaml: it checks the file, gives its types, and its descriptions are the editor's help and the comments of the
// sample (publish.ts). What no schema can say (names that must exist, links that would mix accounts up) is in resolve.ts.
// Every `error` is the end of a sentence that begins with the key. It must never allow a key that nothing reads.
import { z } from "zod";
import { bytesOf, millisecondsOf, SIZE_PATTERN, SPAN_PATTERN } from "./quantities.ts";

const text = (error = "is a text") => z.string({ error }).min(1, { error }).max(4096, { error });
const yesOrNo = () => z.boolean({ error: "is true or false" });
const whole = (most: number) => {
  const error = `is a whole number from 1 to ${most}`;
  return z.int({ error }).min(1, { error }).max(most, { error });
};
const size = () => {
  const error = "is a size such as 500kB, 5MB or 2GB, or a number of bytes";
  const number = z.int({ error }).min(1, { error });
  const words = z.string({ error }).regex(SIZE_PATTERN, { error });
  return z.union([number, words], { error }).transform(bytesOf);
};
const span = () => {
  const error = "is a span of time such as 30s, 15 minutes, 6h or 7 days";
  return z.string({ error }).regex(SPAN_PATTERN, { error }).transform(millisecondsOf);
};
const patterns = () => {
  const error = "is a list of patterns such as [INBOX, Work/*]";
  return z.array(text("is a pattern such as Junk*"), { error });
};

const password = z
  .strictObject(
    {
      env: text("is the name of an environment variable")
        .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: "is the name of an environment variable" })
        .optional()
        .describe("The environment variable that holds it, of every process that signs in: the worker, and commands."),
      file: text("is the path of a file")
        .optional()
        .describe("The file whose first line it is. Relative to this file."),
      command: text("is a command").optional().describe("The command that prints it, run by the shell."),
    },
    { error: "is never written here: give { env: NAME }, { file: PATH } or { command: COMMAND }" },
  )
  .meta({ minProperties: 1, maxProperties: 1 });

const limits = z.strictObject(
  {
    connections: whole(100).optional().describe("Connections at the same time."),
    commandsPerMinute: whole(1_000_000).optional().describe("Commands sent in a minute."),
    bytesPerSecond: size().optional().describe("Bytes in a second, both ways together."),
    downPerDay: size().optional().describe("Bytes fetched in a day (UTC). Then the account waits for the next day."),
    upPerDay: size().optional().describe("Bytes sent to the server in a day (UTC)."),
  },
  { error: "is a set of limits such as { connections: 2, downPerDay: 2GB }" },
);

const signIn = z.strictObject(
  {
    provider: text("is google, microsoft, or the address of an issuer").describe(
      "google, microsoft, or the https address of another issuer.",
    ),
    clientId: text("is the client id that the provider gave you").describe("The client id that the provider gave you."),
  },
  { error: "is a provider and a client id, such as { provider: google, clientId: … }" },
);

const account = z.strictObject(
  {
    url: text("is an address such as imaps://you@mail.example.com").describe(
      "imaps://user@host[:993], or imap://user@host[:143] with STARTTLS. User, host and port are what the account is recognised by.",
    ),
    allowCleartext: yesOrNo().optional().describe("Lets ?tls=none through for hosts that are not this machine."),
    password: password
      .optional()
      .describe("Where the password comes from. Without it: the one that `packetboat account add` keeps, sealed."),
    signIn: signIn
      .optional()
      .describe("OAuth2 instead of a password. `packetboat account login` is still needed, once."),
    auth: z
      .enum(["plain", "login", "xoauth2"], { error: "is plain, login or xoauth2" })
      .optional()
      .describe("How to sign in. Default: what the server offers."),
    authzid: text().optional().describe("Sign in as an administrator, act for this user."),
    caFile: text("is the path of a file")
      .optional()
      .describe("Trust this certificate authority (PEM) instead of the system's. Relative to this file."),
    limits: limits
      .optional()
      .describe("What the account may use at most. What is not named here is as without this file."),
  },
  { error: "is an account: at least { url: imaps://… }" },
);

const schedule = z.strictObject(
  {
    cron: text("is five cron fields such as 30 2 * * *")
      .optional()
      .describe("Minute, hour, day of month, month, day of week. Without it: at no fixed time."),
    timeZone: text("is a time zone such as Europe/Zurich")
      .optional()
      .describe("In which the fields are read. Default: UTC."),
    spread: span().optional().describe("Starts up to so much later, each link at its own moment. Default: 0s."),
    watch: yesOrNo().optional().describe("Changes on the server start a run at once. Default: false."),
  },
  { error: 'is a schedule such as { cron: "30 2 * * *", timeZone: Europe/Zurich }' },
);

const guard = z.strictObject(
  {
    messages: whole(1e9).optional().describe("Removals of a run halt above this many. Default: 100."),
    share: whole(100).optional().describe("And above this share of a mailbox or the account, per cent. Default: 50."),
  },
  { error: "is a guard such as { messages: 100, share: 50 }" },
);

const link = z.strictObject(
  {
    account: text("is the name of an account of this file").describe("An account of this file, by its name here."),
    archive: text("is the name of an archive of this file").describe("An archive of this file."),
    pull: yesOrNo().optional().describe("Brings the archive up to the server. Default: true."),
    push: yesOrNo()
      .optional()
      .describe("Brings the server up to the archive; only then is anything written there. Default: false."),
    removals: z
      .enum(["mirror", "trash", "never"], { error: "is mirror, trash or never" })
      .optional()
      .describe(
        "What becomes on the server of mail that was removed elsewhere. Default: mirror for a link that pulls and pushes, else never.",
      ),
    prefix: text("is a path such as Work/Old")
      .optional()
      .describe("Below which mailbox of the archive its mailboxes lie."),
    below: text("is a path such as Work/Old")
      .optional()
      .describe("Below which mailbox of the server; the rest of it is out of sight. Cannot be changed later."),
    include: patterns().optional().describe("Only mailboxes that match; * is any text, ? one character."),
    exclude: patterns().optional().describe("No mailboxes that match."),
    watchMailboxes: patterns()
      .optional()
      .describe(
        "Besides INBOX, follow these at once where the schedule says watch: the first two. Default: those of include.",
      ),
    guard: guard.optional().describe("When removals halt and wait for `packetboat approve`: above both."),
    completeEvery: span().optional().describe("Time between two complete looks at a mailbox. Default: 7 days."),
    flagScanEvery: span()
      .optional()
      .describe("Least time between two scans of flags where the server has no CONDSTORE. Default: 0s."),
    merge: yesOrNo().optional().describe("Lets the link share mailboxes with other accounts. Default: false."),
    schedule: schedule.optional().describe("When `packetboat worker` runs it. Without it: only when somebody asks."),
  },
  { error: "is a link: at least { account: NAME, archive: NAME }" },
);

/** The whole file. */
export const fileSchema = z
  .strictObject(
    {
      archives: z
        .array(text("is the name of an archive"), { error: "is a list of names" })
        .optional()
        .describe("Archives, by name. One that is taken out of this file stays, with its mail."),
      accounts: z
        .record(z.string(), account, { error: "is a set of accounts by name, such as work: { url: imaps://… }" })
        .optional()
        .describe("Accounts, by a name that only this file uses."),
      links: z
        .array(link, { error: "is a list of links" })
        .optional()
        .describe("Which account is tied to which archive, and how."),
    },
    { error: "holds archives, accounts and links" },
  )
  .meta({ title: "packetboat.yaml", description: "What `packetboat apply` makes of the database." });

export type FileInput = z.input<typeof fileSchema>;
export type FileContent = z.output<typeof fileSchema>;
