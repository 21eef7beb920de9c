// The shape of a message that is held back or not done: what the archive has of it, and where it is on the server. Subjects and names are of
// foreign origin.
import type { UndoneMessage } from "@packetboat/archive";
import { z } from "zod";
import { isoOf } from "../iso.ts";
import { id, list, path, person, time } from "./shapes.ts";

export const undone = z.strictObject({
  kind: z
    .enum(["removal", "addition", "serverRemoval", "serverAddition", "fetch", "append", "move", "remove", "flags"])
    .describe("What is to be done; server…, append, move, remove and flags: on the server"),
  mailbox: path.describe("On the server"),
  uid: z.int().nullable(),
  message: id.nullable().describe("Null: the archive does not have it"),
  subject: z.string().nullable().describe("Null: not known"),
  from: list(person),
  date: time,
  bytes: z.int().nullable(),
  reason: z.string().describe("HALTED: held back by a guard. Else the code of what was in the way"),
  detail: z.string(),
  attempts: z.int(),
  run: id.describe("The run that held or last tried it"),
});

/** Gives it as it is answered. */
export function undoneOf(one: UndoneMessage): z.input<typeof undone> {
  const { kind, mailbox, uid, messageId, shown, internalDate, bytes, reason, detail, attempts, runId } = one;
  return {
    kind,
    mailbox,
    uid,
    message: messageId,
    subject: shown?.subject ?? null,
    from: shown?.from ?? [],
    date: isoOf(internalDate),
    bytes,
    reason,
    detail,
    attempts,
    run: runId,
  };
}
