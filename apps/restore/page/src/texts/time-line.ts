// Sentences of the time line, and of two moments compared.
import { number } from "./formats.ts";

export const timeLine = {
  label: "Moment",
  loading: "Loading the time line",
  nothing: "Nothing has been backed up yet, so there is no earlier moment to go to.",
  now: "Now",
  show: "Time line",
  hide: "Hide the time line",
  hideShort: "Hide",
  message: "message",
  messages: "messages",
  arrived: (messages: string) => `${messages} arrived`,
  vanished: (count: string) => `${count} vanished`,
  told: (messages: string, vanished: string) => `${messages} arrived, ${vanished} vanished.`,
  slice: (begin: string, end: string, arrived: string, vanished: string) =>
    `${begin} to ${end}: ${arrived} arrived, ${vanished} vanished`,
  compareWithNow: "Compare with now",
} as const;

export const compare = {
  title: "Two moments compared",
  lead: "What is different between an earlier moment and a later one.",
  archive: "Archive",
  earlier: "Earlier moment",
  later: "Later moment",
  now: "now",
  between: (from: string, to: string) => `Between ${from} and ${to}`,
  kinds: { added: "New", removed: "Removed", moved: "Moved", flagged: "Changed flags" },
  /** `whole`: all were counted. */
  tab: (kind: string, count: number, whole: boolean) =>
    whole ? `${kind} (${number(count)})` : count === 0 ? kind : `${kind} (${number(count)}+)`,
  back: "Back to the two moments",
  none: {
    added: "No message is new.",
    removed: "No message was removed.",
    moved: "No message was moved.",
    flagged: "No flags were changed.",
  },
  mailboxes: "Mailboxes",
  mailboxKinds: {
    created: (after: string) => `${after} is new`,
    removed: (_: string, before: string) => `${before} was removed`,
    renamed: (after: string, before: string) => `${before} is now ${after}`,
    subscribed: (after: string) => `${after} was subscribed to`,
    unsubscribed: (after: string) => `${after} is no longer subscribed to`,
  },
  more: "Show more",
  still: "Looking further",
  open: (subject: string) => `Open: ${subject}`,
  unnamed: (message: string) => `Message ${message}`,
  moved: (from: string, to: string) => `${from} → ${to}`,
  received: (when: string) => `received ${when}`,
} as const;
