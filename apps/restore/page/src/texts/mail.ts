// Sentences of the screen "Mail".
import { counted, number } from "./formats.ts";

export const mail = {
  mailboxes: "Mailboxes",
  noArchives:
    "There is no archive yet. Add an account: its mail is kept from then on. Or bring in mail that you have in files.",
  addAccount: "Add an account",
  noMailboxes: "This archive held nothing at that moment.",
  chooseMessage: "Choose a message to read it.",
  chooseHint: "j and k go through them, ? shows all keys.",
  unread: (count: number) => `${number(count)} unread`,
  held: (messages: number) => counted(messages, "message", "messages"),
  messages: (mailbox: string) => `Messages in ${mailbox}`,
  found: "Messages found",
  empty: "There is nothing in this mailbox.",
  loadingRow: "…",
  noSubject: "(no subject)",
  noSender: "(no sender)",
  notRead: "(not looked at yet)",
  to: (people: string) => `To ${people}`,
  flags: {
    unread: "Unread",
    flagged: "Flagged",
    answered: "Answered",
    draft: "Draft",
    attached: "Has attachments",
    removed: "Removed",
  },
  message: "Message",
  past: (time: string) => `You see this archive as it was on ${time}.`,
  pastEmpty: "You see this archive as it was before it held anything.",
  now: "Back to now",
  back: "Back to the list",
  backToMailboxes: "Back to the mailboxes",
  close: "Close the message",
  previous: "Previous message",
  next: "Next message",
  source: "Source",
  sourceTitle: "The message as it is stored",
  sourceCut: (shown: string, whole: string) => `These are the first ${shown} of ${whole}. Download it to see all.`,
  download: "Download",
} as const;

export const search = {
  label: "Search this archive",
  placeholder: "Search: words, from:ann, has:attachment …",
  clear: "Clear the search",
  filters: "Filters",
  unread: "Unread",
  flagged: "Flagged",
  attachment: "With attachments",
  removed: "Also removed ones",
  here: (mailbox: string) => `In ${mailbox}`,
  remove: (term: string) => `Remove ${term}`,
  nothing: "Nothing was found.",
  nothingHint: "Look at the spelling, or search for fewer words. “Also removed ones” searches in what is gone, too.",
  count: (found: number, more: boolean) =>
    more ? `The newest ${number(found)}; more below` : counted(found, "message", "messages"),
  notIndexed: (count: number) =>
    `${counted(count, "message", "messages")} cannot be found yet. ./packetboat index makes them findable.`,
  suggestions: "Suggestions",
  hints: {
    "from:": "who wrote it",
    "to:": "who it is for",
    "subject:": "words of the subject",
    "in:": "a mailbox",
    "has:attachment": "something hangs on it",
    "is:unread": "not read yet",
    "is:flagged": "flagged",
    "since:": "from this day on: 2024-06-01",
    "before:": "before this day",
    "filename:": "the name of an attachment",
    "larger:": "a size: 5M",
  } as const,
} as const;

export const selecting = {
  label: "Selection",
  count: (count: number) => `${counted(count, "message", "messages")} selected`,
  mailbox: (mailbox: string, count: number) =>
    count === 1 ? `The one message in ${mailbox} selected` : `All ${number(count)} messages in ${mailbox} selected`,
  found: "All that this search finds is selected",
  reading: "Selecting …",
  all: "Select all",
  clear: "Clear",
  restore: "Restore …",
  download: "Download …",
  none: "Nothing is selected",
  notes: {
    full: (most: number) =>
      `No more than ${number(most)} can be selected one by one. “Select all” takes all that this list shows, however much it is.`,
    removed: "What was removed by then cannot be selected. Go to a moment at which it was still there.",
    whole: "All of it is selected as one. Clear it to select single messages.",
  },
  withoutRemoved: "Without those that were removed by then.",
} as const;

export const keysHelp = {
  title: "Keys",
  close: "Close",
  keys: [
    [["j"], "Next message"],
    [["k"], "Previous message"],
    [["Enter"], "Read the message"],
    [["x"], "Select the message, or not"],
    [["Shift j", "Shift k"], "Select on the way to the next or the previous one"],
    [["Ctrl a", "⌘ a"], "Select all that the list shows"],
    [["Esc"], "Back: clear the selection, close the message, clear the search"],
    [["/"], "Search"],
    [["?"], "This list"],
  ] as const,
} as const;
