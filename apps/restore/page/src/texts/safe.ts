// Sentences of the first screen: is my mail safe?
import { counted, number, size } from "./formats.ts";

const MOST_COUNTED = 10_000;

/** What is counted up to a bound only (`/status`). */
const bounded = (n: number) =>
  n > MOST_COUNTED ? `More than ${number(MOST_COUNTED)} messages` : counted(n, "message", "messages");

const links = (n: number) => counted(n, "account", "accounts");

export const safe = {
  title: "Is my mail safe?",
  yes: "Yes. Your mail is safe.",
  yesAll: (n: number) => (n === 1 ? "Your account is up to date." : `All ${number(n)} accounts are up to date.`),
  almost: "Yes, almost all of it.",
  almostAll: "Every account is up to date, but for the messages that are listed below.",
  lacking: "Yes, but some of it only at earlier moments.",
  lackingAll: "Every account is up to date, but the archive as it is now lacks mail that it has at earlier moments.",
  soon: "Soon: it is being copied.",
  soonAll: (first: number, all: number) =>
    all === 1
      ? "The first run is under way. What has been copied so far is safe."
      : `The first run of ${links(first)} is under way. What has been copied so far is safe.`,
  no: (ill: number, all: number) =>
    all === 1
      ? "Not quite: it needs you."
      : `Not quite: ${number(ill)} of ${links(all)} ${ill === 1 ? "needs" : "need"} you.`,
  noAll: "What is in the archive is safe. Look at what is below, so that it stays up to date.",
  none: "There is nothing to be safe yet.",
  noneAll:
    "Add your first account: Packetboat then copies its mail into an archive here, and changes nothing on its server.",
  noneForReaders: "No account fills an archive that you may read. Whoever administers Packetboat can add one.",
  add: "Add an account",
  inArchive: "In the archive",
  archive:
    "The archive is Packetboat’s own copy of your mail. It keeps every earlier moment too, so what is removed or changed on the server later can still be seen here, and put back.",
  messages: (n: number) => counted(n, "message", "messages"),
  holds: (messages: number, bytes: number) => `${counted(messages, "message", "messages")}, ${size(bytes)}`,
  lastGood: "Last good run",
  never: "never",
  next: "Next run",
  noSchedule: "when you ask",
  into: (archive: string) => `into ${archive}`,
  from: (archive: string) => `from ${archive}`,
  runNow: "Run now",
  running: "Running",
  asked: "Asked for a run. It begins in a moment.",
  refresh: "Looked at",
  states: {
    ok: "Up to date",
    partial: "Almost all",
    lacking: "Lacks some",
    running: "Running",
    resting: "Resting",
    overdue: "Overdue",
    halted: "Waits for you",
    failing: "Failing",
  } as Readonly<Record<string, string>>,
  why: {
    halted: (n: number) =>
      `${counted(n, "message", "messages")} ${n === 1 ? "is" : "are"} held back by a guard, because so much at once may be a mistake. Nothing is lost: look at them, then decide.`,
    password: "The server takes the password no more, so nothing is tried by itself. Give the new one.",
    signIn: "The sign-in at the provider has ended, so nothing is tried by itself. Sign in again.",
    secret: "The kept password cannot be opened with the key of this machine. Give the password again.",
    failing: "The last run failed.",
    neverRan: "It has never run.",
    noGood: "No run ever went through.",
    stale: (ago: string) => `The last good run was ${ago}. Nothing has run since: is the worker still there?`,
    hangs: (ago: string) => `A run has been going on since ${ago}.`,
    stopped: (ago: string) => `The run of ${ago} was stopped. Run it again to go on.`,
    resting: (until: string) => `It has used up what its provider allows for now, and goes on by itself: ${until}.`,
    left: (n: number) => `${counted(n, "message", "messages")} ${n === 1 ? "is" : "are"} still to come.`,
    partial: "The last run left something out.",
    notFetched: (n: number) =>
      `${counted(n, "message", "messages")} could not be fetched so far; every run tries again.`,
    notSent: (n: number) =>
      `${counted(n, "message", "messages")} could not be sent to the server so far; every run tries again.`,
  },
  gone: (n: number, when: string) =>
    n === 1
      ? `1 message was gone from the server on ${when}. It is kept at every earlier moment.`
      : `${number(n)} messages were gone from the server on ${when}. They are kept at every earlier moment.`,
  onlyOnServer: (n: number) =>
    `${bounded(n)} ${n === 1 ? "is" : "are"} on the server and not in the archive as it is now, because a restore removed ${n === 1 ? "it" : "them"} here alone. ${n === 1 ? "It is" : "They are"} kept at earlier moments.`,
  onlyInArchive: (n: number) =>
    `${bounded(n)} ${n === 1 ? "is" : "are"} in the archive and not on the server: a restore or an import brought ${n === 1 ? "it" : "them"} here alone.`,
  actions: {
    bringBack: "Bring them back …",
    removeThere: "Remove them there, too …",
    putThere: "Put them on the server …",
    halt: "Look at them",
    password: "Give the password",
    signIn: "Sign in again",
    pending: "Which ones",
    run: "Run now",
    runDetails: "What happened",
  },
} as const;
