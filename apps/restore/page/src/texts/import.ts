// Sentences of imports: what file, where to, how far it is, what became of it.
import { counted, size } from "./formats.ts";

export const imports = {
  open: "Import mail …",
  title: (archive: string) => `Import mail into ${archive}`,
  file: "File",
  fileHint:
    "An mbox, a single message (.eml), or a zip of messages, mboxes or a Maildir, as mail programs and Google Takeout give them.",
  choose: "Choose a file",
  tooLarge: (most: number) =>
    `Files of at most ${size(most)} are taken here. Larger ones: ./packetboat import, on the server.`,
  where: "Where to?",
  places: {
    own: "Into mailboxes named as in the file",
    below: "Below a mailbox, so that nothing mixes",
    mailbox: "All of it into one mailbox",
  },
  name: "Mailbox",
  nameHint: "It is made where there is none. A / leads into one below: Archive/2019.",
  nameDefault: "Imported",
  format: "What the file is",
  formats: {
    auto: "Find out",
    mbox: "mbox",
    eml: "Single messages (EML)",
    maildir: "Maildir",
    takeout: "Google Takeout",
    thunderbird: "Thunderbird profile",
    "imap-backup": "imap-backup store",
  } as Readonly<Record<string, string>>,
  note: "What this archive holds already is not added again. Accounts that mail is written to are sent what is imported.",
  cancel: "Cancel",
  stop: "Stop",
  close: "Close",
  submit: "Import",
  sending: "Sending the file",
  sent: (done: number, all: number) => `${size(done)} of ${size(all)}`,
} as const;

export const newArchive = {
  open: "New archive …",
  title: "A new archive",
  lead: "For mail that comes from files, or from accounts that you add to it later.",
  name: "Name",
  cancel: "Cancel",
  submit: "Make it",
} as const;

export const imported = {
  of: (name: string) => `Import of ${name}`,
  dryRun: "It was only looked at; nothing was added.",
  what: (what: string) => `It was read as: ${what}.`,
  added: (count: number) => `${counted(count, "message", "messages")} added`,
  there: (count: number) => `${counted(count, "message", "messages")} there already`,
  more: (count: number) => `and ${counted(count, "more mailbox", "more mailboxes")}`,
  mailbox: "Mailbox",
  result: "What was done",
  failures: "What could not be read",
  moreFailures: (count: number) => `and ${counted(count, "more", "more")}`,
  read: (count: number) => `${counted(count, "message", "messages")} read`,
  again: "To go on, send the file again: what is there already is not added twice.",
} as const;
