// Sentences of the runs: what ran, what guards hold back, what is not done.
import { counted, number, size } from "./formats.ts";

const messages = (n: number) => counted(n, "message", "messages");

export const runs = {
  title: "Runs",
  back: "All runs",
  none: "Nothing has run yet.",
  noneLead: "As soon as an account is backed up, each run is listed here.",
  more: "Show earlier runs",
  columns: {
    when: "When",
    account: "Account",
    outcome: "How it ended",
    fetched: "New",
    removed: "Gone",
    size: "Size",
    took: "Took",
  },
  outcomes: {
    ok: "Done",
    partial: "Done in part",
    halted: "Held back",
    failed: "Failed",
    interrupted: "Stopped",
    running: "Running",
  } as Readonly<Record<string, string>>,
  tones: {
    ok: "good",
    partial: "notable",
    halted: "bad",
    failed: "bad",
    interrupted: "notable",
    running: "calm",
  } as Readonly<Record<string, "good" | "notable" | "bad" | "calm">>,
  seconds: (s: number) => {
    if (s < 1) return "under 1 s";
    if (s < 90) return `${number(Math.round(s))} s`;
    return s < 5_400 ? `${number(Math.round(s / 60))} min` : `${number(Math.round(s / 360) / 10)} h`;
  },
  brought: (n: number, bytes: number, gone: number) =>
    [
      n === 0 ? "nothing new" : `${number(n)} new, ${size(bytes)}`,
      ...(gone === 0 ? [] : [`${number(gone)} gone from the server`]),
    ].join(", "),
  message: (id: number) => `Message ${number(id)}`,
  allAccounts: "All accounts",
  account: "Account",
} as const;

export const charts = {
  title: "How it went",
  what: "What the chart shows",
  kinds: { messages: "New messages", bytes: "Data", seconds: "Duration", storage: "Storage" },
  messages: "Messages fetched",
  sent: "Messages sent",
  bytes: "Fetched",
  sentBytes: "Sent",
  seconds: "Seconds",
  kept: "On disk",
  compressed: "Saved by compression",
  repeated: "Saved by keeping repeated mail once",
  none: "There is nothing to draw yet.",
  summary: {
    messages: (runs: number, n: number) => `${counted(runs, "run", "runs")}, ${messages(n)} fetched in all.`,
    bytes: (runs: number, size: string) => `${counted(runs, "run", "runs")}, ${size} fetched in all.`,
    seconds: (runs: number, took: string) => `${counted(runs, "run", "runs")}, the longest took ${took}.`,
    storage: (all: string, kept: string, saved: string) => `${all} of mail take ${kept} on disk: ${saved} are saved.`,
  },
  counting: "Counting what is stored …",
} as const;

export const halts = {
  title: "Waits for your decision",
  lead: (n: number) =>
    `${messages(n)} would go. A guard held ${n === 1 ? "it" : "them"} back, because so much at once may be a mistake.`,
  look: "Look at them",
  approvedTitle: "Let through",
  approvedWaiting: "The next run does it.",
  screen: "Held back",
  kinds: {
    removal: (n: number) => `${messages(n)} to be removed from the archive`,
    addition: (n: number) => `${messages(n)} to be added to the archive`,
    serverRemoval: (n: number) => `${messages(n)} to be removed from the server`,
    serverAddition: (n: number) => `${messages(n)} to be sent to the server`,
  },
  explained: {
    removal:
      "They are gone from the server. Let through, they go from the archive as it is now, and stay readable at every earlier moment.",
    addition: "They are on the server and share little with the archive. Let through, they are added to it.",
    serverRemoval: "They are gone elsewhere. Let through, they are removed from this account's server.",
    serverAddition: "They are in the archive and share little with the server. Let through, they are sent there.",
  },
  why: "Why it was held back",
  which: "Exactly these",
  of: (account: string, archive: string) => (account === archive ? account : `${account} into ${archive}`),
  decideNot: "If this is a mistake, do nothing: as long as you do not let it through, nothing is removed.",
  approve: (n: number) => `Let ${messages(n)} through`,
  confirmTitle: "Let this through?",
  confirm: "I have looked at them, and this is meant",
  cancel: "Keep holding",
  done: (by: string) => (by === "worker" ? "Let through. A worker does it now." : "Let through. It is being done now."),
  settled: "This run holds nothing back any more.",
  onlyAdmins: "Only an administrator can let this through.",
} as const;

export const undone = {
  title: "Not done yet",
  lead: "Everything else of this account is done. These messages were left out so far; every run tries them again.",
  none: "Everything of this account is done.",
  retry: "Try again now",
  columns: { what: "What", mailbox: "Mailbox", message: "Message", reason: "Why", attempts: "Tries" },
  kinds: {
    fetch: "To be fetched",
    append: "To be sent",
    move: "To be moved there",
    remove: "To be removed there",
    flags: "Flags to be sent",
    removal: "Removal",
    addition: "Addition",
    serverRemoval: "Removal there",
    serverAddition: "To be sent",
  } as Readonly<Record<string, string>>,
  noSubject: "no subject",
  numberThere: (uid: number) => `Message number ${number(uid)} on the server`,
  more: "Show more",
  unknown: "not known",
  reasons: {
    MESSAGE_TOO_LARGE: "It is larger than is taken.",
    MESSAGE_UNREADABLE: "The server could not give it out.",
    OP_REFUSED: "The server refused it.",
    QUOTA_EXCEEDED: "The mailbox on the server is full.",
    RESTLESS: "Two programs change it to and fro; it is left alone for a day.",
    HALTED: "A guard holds it back.",
  } as Readonly<Record<string, string>>,
} as const;

export const report = {
  titled: (run: number) => `Run ${number(run)}`,
  started: "Started",
  took: "Took",
  running: "It is still running.",
  noReport:
    "It was ended before it could report. Everything stored until then is safe; the next run goes on from there.",
  totals: {
    fetched: "Fetched",
    stored: "New in the archive",
    matched: "Known already",
    flagsChanged: "Flags changed",
    movedIn: "Moved",
    removed: "Gone from the server",
    failed: "Left out",
    appended: "Sent to the server",
    flagsSent: "Flags sent to the server",
    movedThere: "Moved on the server",
    removedThere: "Removed on the server",
  } as Readonly<Record<string, string>>,
  /** What changed in one mailbox, by the same names. */
  within: {
    fetched: (n: string) => `${n} fetched`,
    stored: (n: string) => `${n} new`,
    matched: (n: string) => `${n} known already`,
    flagsChanged: (n: string) => `flags of ${n} changed`,
    movedIn: (n: string) => `${n} moved in`,
    movedOut: (n: string) => `${n} moved out`,
    removed: (n: string) => `${n} gone from the server`,
    failed: (n: string) => `${n} left out`,
    appended: (n: string) => `${n} sent to the server`,
    flagsSent: (n: string) => `flags of ${n} sent to the server`,
    movedThere: (n: string) => `${n} moved on the server`,
    removedThere: (n: string) => `${n} removed on the server`,
  } as Readonly<Record<string, (n: string) => string>>,
  gone: (n: number) =>
    n === 1
      ? "The message that was gone from the server is kept: it stays readable at every earlier moment."
      : `The ${messages(n)} that were gone from the server are kept: they stay readable at every earlier moment.`,
  asTheyWere: "See the mail as it was",
  which: "Which ones",
  nothing: "Nothing had changed.",
  failures: "Left out",
  notes: "Also",
  mailboxes: "Mailboxes in which something changed",
  mailbox: "Mailbox",
} as const;
