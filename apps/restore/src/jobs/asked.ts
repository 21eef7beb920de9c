// What a job is asked for, as the API takes it and as its row keeps it: shapes. It must never hold anything but what somebody chose.
import { SOURCE_KINDS } from "@packetboat/formats";
import { z } from "zod";
import { MOST_MESSAGES } from "../push-options.ts";

/** Which mail. Everything that is given must hold; nothing given: everything. */
export const chosen = z.strictObject({
  mailboxes: z
    .array(
      z.strictObject({
        path: z.array(z.string().min(1).max(1_000)).min(1).max(100).describe("As it was at that moment"),
        children: z.boolean().optional().describe("Also the mailboxes below it. Default: false"),
      }),
    )
    .min(1)
    .max(1_000)
    .optional(),
  messages: z.array(z.int().min(1)).min(1).max(MOST_MESSAGES).optional().describe("By their numbers"),
  query: z.string().min(1).max(10_000).optional().describe("What a search finds at that moment"),
});
export type Chosen = z.output<typeof chosen>;

/** Where a restore puts it. */
export const destination = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("place").describe("Where it was: the archive becomes what it was, and its accounts with it"),
    whatCameSince: z
      .enum(["keep", "remove"])
      .optional()
      .describe("remove: mail of the selection that came later is removed, so that all is as it was. Default: keep"),
    carryOut: z
      .union([z.boolean(), z.array(z.int().min(1)).max(1_000)])
      .optional()
      .describe(
        "Links that only back up write to their servers for this once: true: all, or these. Default: false, and without a link that may write no server changes",
      ),
    onlyOnServer: z
      .int()
      .min(1)
      .optional()
      .describe(
        "Of the selection only what the server of this link has and the archive as it is now has not, 10000 messages at most. Default: all of it",
      ),
  }),
  z.strictObject({
    kind: z.literal("account").describe("Into another account; what is there already is not sent again"),
    account: z.string().min(1).max(400).describe("Its name, as /status gives it"),
    below: z
      .array(z.string().min(1).max(400))
      .max(20)
      .optional()
      .describe("Below this mailbox of it. Default: at its root"),
  }),
]);
export type RestoreTo = z.output<typeof destination>;

/** A restore as its row keeps it. */
export const restoreAsked = z.strictObject({
  revision: z.int().min(0),
  /** Milliseconds since 1970; null for the empty archive. */
  madeAt: z.number().nullable(),
  selection: chosen,
  to: destination,
  /** False: it is looked at first, and begun when somebody says so. */
  begun: z.boolean(),
});
export type RestoreAsked = z.output<typeof restoreAsked>;

export const PACKED_FORMATS = ["eml", "mbox", "maildir", "zip"] as const;

/** An export as its row keeps it. */
export const exportAsked = z.strictObject({
  revision: z.int().min(0),
  madeAt: z.number().nullable(),
  selection: chosen,
  format: z.enum(PACKED_FORMATS),
});
export type ExportAsked = z.output<typeof exportAsked>;

/** An import as its row keeps it. */
export const importAsked = z.strictObject({
  /** What its sender calls the file. */
  name: z.string(),
  /** Null: it is found out. */
  format: z.enum(SOURCE_KINDS).nullable(),
  /** All of it goes into this mailbox. */
  mailbox: z.array(z.string()).nullable(),
  /** Its mailboxes go below this one. */
  below: z.array(z.string()).nullable(),
  keepLineEnds: z.boolean(),
  dryRun: z.boolean(),
  /** Milliseconds since 1970; null: not said. */
  modified: z.number().nullable(),
  /** Of the file, as long as it is there. */
  mark: z.string(),
});
export type ImportAsked = z.output<typeof importAsked>;
