// The sample of packetboat.yaml as data: every key of the schema at least once, in a declaration that somebody could have. A test applies it.
import type { FileInput } from "./schema.ts";

export const SAMPLE: FileInput = {
  archives: ["private", "shared"],
  accounts: {
    home: {
      url: "imaps://you@mail.example.com",
      allowCleartext: false,
      password: { env: "PACKETBOAT_PASSWORD_HOME" },
      auth: "plain",
      limits: {
        connections: 2,
        commandsPerMinute: 600,
        bytesPerSecond: "5MB",
        downPerDay: "2GB",
        upPerDay: "500MB",
      },
    },
    work: {
      url: "imaps://you@work.example:1993",
      password: { file: "secrets/work" },
      authzid: "team@work.example",
      caFile: "work-ca.pem",
    },
    phone: {
      url: "imap://you@mail.example.org",
      password: { command: "pass show mail/phone" },
    },
    gmail: {
      url: "imaps://you@imap.example.net",
      signIn: { provider: "google", clientId: "1234.apps.example" },
    },
  },
  links: [
    {
      account: "home",
      archive: "private",
      prefix: "Home",
      exclude: ["Junk*", "Trash"],
      guard: { messages: 100, share: 50 },
      completeEvery: "7 days",
      flagScanEvery: "15 minutes",
      schedule: { cron: "30 2 * * *", timeZone: "Europe/Zurich", spread: "20 minutes" },
    },
    {
      account: "work",
      archive: "private",
      prefix: "Work",
      include: ["INBOX", "Projects/*"],
      merge: false,
      schedule: { cron: "0 */6 * * *", timeZone: "Europe/Zurich" },
    },
    {
      account: "phone",
      archive: "shared",
      pull: true,
      push: true,
      removals: "mirror",
      watchMailboxes: ["Drafts"],
      schedule: { watch: true },
    },
    {
      account: "gmail",
      archive: "shared",
      push: true,
      removals: "trash",
      below: "Shared",
    },
  ],
};
