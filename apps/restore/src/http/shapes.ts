// Shapes that several routes share: what an address of the web may hold, and what answers are made of. Everything of foreign origin is text here:
// who shows it makes it harmless. It must never take text with control characters, nor a number as JavaScript would guess it.
import { z } from "zod";

/** A whole number as text, from 1 (or `least`) to `most`. */
export const whole = (most = Number.MAX_SAFE_INTEGER, least = 1) =>
  z
    .string()
    .regex(/^(0|[1-9]\d{0,15})$/, "is a whole number")
    .transform(Number)
    .pipe(z.int().min(least).max(most));

/** Text without control characters. */
export const words = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
    .regex(/^[^\u0000-\u001f\u007f]*$/, "has control characters");

/** A secret or a password: its form is judged where it is used. */
export const secret = () => z.string().min(1).max(1_000);

export const list = <T extends z.ZodType>(of: T) => z.array(of).readonly();

export const moment = words(40).describe(
  "A revision (42) or a time: 2026-11-20, 2026-11-20T18:30:00Z, 3 days ago. Default: now. Times without a zone are those of the server.",
);
export const id = z.int().min(1);
export const revision = z.int().min(0);
export const time = z.string().nullable().describe("ISO 8601, UTC; null: there is none");
export const path = list(z.string()).describe("From the top to the mailbox");
export const flags = list(z.string());
export const next = z
  .string()
  .nullable()
  .describe("Address of the next page, of the same moment; null: this is the last");
export const size = z.int().nullable().describe("In bytes; null: the bytes were erased for good");

export const nothing = z.strictObject({});
export const runParams = z.strictObject({ run: whole() });
export const archiveParams = z.strictObject({ archive: whole().describe("Its id, as /archives gives it") });
export const messageParams = archiveParams.extend({ message: whole() });

/** Of a message's header. */
export const person = z.strictObject({ name: z.string(), address: z.string() });

/** What is told of a message wherever one is shown. */
export const messageFields = {
  message: id,
  revision,
  time,
  mailbox: path.nullable().describe("Null: it is not there at that moment"),
  flags: flags.nullable(),
  date: time.describe("When the server received it"),
  size,
};

export const problem = z.strictObject({
  type: z.literal("about:blank"),
  title: z.string(),
  status: z.int(),
  code: z.string().describe("Stable, for programs"),
  detail: z.string().describe("A sentence that says what to do"),
});
