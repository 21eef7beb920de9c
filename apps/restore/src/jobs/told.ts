// What a job tells of itself: what it would do, how far it is, what it did. Shapes, for the rows and for the API alike; everything of foreign
// origin in them is text.
import { z } from "zod";

const path = z.array(z.string()).readonly();
const time = z.string().nullable();

/** What an account is sent. */
const account = z.strictObject({
  link: z.int().nullable().describe("Null: there is none yet"),
  account: z.string(),
  mayWrite: z.boolean().describe("False: its link only backs up, and nothing is written there"),
  carriedOut: z.boolean().describe("Its link writes for this once"),
  toAppend: z.int(),
  bytes: z.int(),
  alreadyThere: z.int(),
  toBeMatched: z.int().describe("Alike by their header; the bytes tell whether they are there"),
  tooLarge: z.int().describe("For this server"),
  appendLimit: z.number().nullable().describe("In bytes; null: not stated, or not asked"),
  notAsked: z.string().nullable().describe("Why its server could not be asked; null: it was, or need not be"),
});
export type AccountTold = z.output<typeof account>;

const obstacle = z.strictObject({
  code: z
    .enum([
      "NO_ACCOUNT",
      "NO_RIGHT",
      "TOO_LARGE",
      "NOT_ASKED",
      "ALSO_SENT",
      "ALSO_REMOVED",
      "REMOVES",
      "CHANGED",
      "HELD",
    ])
    .describe("Stable, for programs"),
  text: z.string().describe("A sentence that says what to do"),
  run: z.int().optional().describe("Of HELD: the run that holds it back"),
});
export type Obstacle = z.output<typeof obstacle>;

const counts = z.strictObject({ back: z.int(), moved: z.int(), flagged: z.int(), removed: z.int() });

export const restorePreview = z.strictObject({
  revision: z.int(),
  time,
  head: z.int().describe("The archive as it was looked at"),
  isEmpty: z.boolean().describe("The archive is so already"),
  totals: counts.nullable().describe("What changes in the archive; null: nothing, it goes into another account"),
  mailboxes: z.array(counts.extend({ path })).readonly(),
  moreMailboxes: z.int().describe("Than are listed"),
  backMailboxes: z.array(path).readonly(),
  renamed: z.array(z.strictObject({ from: path, to: path })).readonly(),
  removedMailboxes: z.array(path).readonly(),
  accounts: z.array(account).readonly(),
  inTheWay: z.array(obstacle).readonly().describe("What is not as one would wish"),
});
export type RestorePreview = z.output<typeof restorePreview>;

export const exportPreview = z.strictObject({
  revision: z.int(),
  time,
  messages: z.int(),
  bytes: z.int(),
  mailboxes: z.int(),
});
export type ExportPreview = z.output<typeof exportPreview>;

export const progress = z.strictObject({
  phase: z
    .enum([
      "looking",
      "archive",
      "connecting",
      "comparing",
      "fetching",
      "sending",
      "giving",
      "reading",
      "receiving",
      "importing",
    ])
    .describe(
      "archive: the revision is being made. comparing to sending: at the account's server. giving: the download. receiving: the file that is sent",
    ),
  account: z.string().nullable(),
  messages: z.int(),
  bytes: z.int(),
  of: z.strictObject({ messages: z.int().nullable(), bytes: z.int().nullable() }).describe("Null: not known before"),
});
export type Progress = z.output<typeof progress>;

const run = z.strictObject({
  run: z.int().nullable(),
  link: z.int(),
  account: z.string(),
  outcome: z.string(),
  sent: z.int(),
  bytes: z.int(),
  flags: z.int(),
  moved: z.int(),
  removed: z.int(),
  failed: z.int(),
  halts: z.array(z.string()).readonly().describe("What a guard holds back until it is approved"),
  error: z.string().nullable(),
});
export type RunTold = z.output<typeof run>;

export const restoreResult = z.strictObject({
  revision: z.int().nullable().describe("That was made; null: none had to be"),
  done: counts.nullable(),
  stale: z.int().describe("Messages that changed meanwhile, and stay as they are"),
  runs: z.array(run).readonly(),
  said: z.string().describe("What became of it, in a sentence or two"),
});
export type RestoreResult = z.output<typeof restoreResult>;

export const exportResult = z.strictObject({
  messages: z.int(),
  bytes: z.int(),
  erased: z.int().describe("Erased for good; not among them"),
  damaged: z
    .array(z.string())
    .readonly()
    .describe("Not among them: the archive's bytes are not those that were stored"),
});
export type ExportResult = z.output<typeof exportResult>;

export const importResult = z.strictObject({
  what: z.string().nullable().describe("What the file was read as; null: it was not known yet"),
  messages: z.int().describe("That were read; one in two mailboxes counts twice"),
  added: z.int(),
  addedBytes: z.int(),
  alreadyThere: z.int().describe("In this archive, and not added again"),
  leftOut: z.int().describe("Held as removed by the file itself"),
  mailboxes: z
    .array(z.strictObject({ mailbox: z.string(), added: z.int(), alreadyThere: z.int() }))
    .readonly()
    .describe("The first of them"),
  moreMailboxes: z.int().describe("Than are listed"),
  failed: z.int().describe("Messages and files that could not be read; all else was"),
  failures: z
    .array(z.strictObject({ place: z.string(), reason: z.string(), detail: z.string() }))
    .readonly()
    .describe("The first of them"),
  revision: z.int().nullable().describe("The last that was made; null: nothing was added"),
  said: z.string().describe("What became of it, in a sentence or two"),
});
export type ImportResult = z.output<typeof importResult>;
