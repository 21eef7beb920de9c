// What a refused change means, in errors of the house: by response code, else by the words of provider-texts.ts. It must never take the
// refusal of one message for one of the whole account, nor show a server's text.
import { MailError } from "@packetboat/core";
import { type Endpoint, Refused, refusedError } from "./errors.ts";
import { saysFull, saysNoMailbox, saysThrottled, saysTooLarge } from "./provider-texts.ts";

/** No room: additions end, everything else goes on (S5). */
function quotaExceeded(refused: Refused): MailError {
  return new MailError(
    "QUOTA_EXCEEDED",
    "The account is full: make room on the server, then run again. Nothing was lost.",
    { context: { status: refused.status, code: refused.code } },
  );
}

/** A message that the server takes no room for, by its own limit or by its answer. In bytes. */
export function messageNotTaken(bytes: number, limit: number | null): MailError {
  const most = limit === null ? "" : ` (it takes at most ${Math.floor(limit / 1024)} KB)`;
  return new MailError(
    "MESSAGE_TOO_LARGE",
    `The server takes no message of this size${most}: it stays in the archive.`,
    { context: { bytes, limit } },
  );
}

/** A change that the server refuses. `scope`: how much it concerns. */
export function opRefused(refused: Refused, scope: "message" | "mailbox"): MailError {
  const what = scope === "message" ? "this message" : "this mailbox";
  return new MailError("OP_REFUSED", `The server refused a change of ${what}: it is tried again in the next run.`, {
    scope,
    context: { status: refused.status, code: refused.code },
  });
}

/** The mailbox can be read and not be written to. */
export function readOnly(): MailError {
  return new MailError(
    "OP_REFUSED",
    "The server opens this mailbox read-only, so nothing was changed in it: get the right to write, or leave it out.",
    { scope: "mailbox", context: { code: "READ-ONLY" } },
  );
}

/** Answered without the mailbox that is named: asked of LIST before it is believed (whyRefused). */
export function namesNoMailbox(refused: Refused): boolean {
  return refused.code === "TRYCREATE" || refused.code === "NONEXISTENT" || saysNoMailbox(refused.text);
}

/** The server wants a pause: the message was not judged. SERVERBUG is about what was sent, and concerns it alone (C6). */
export function wantsPause(refused: Refused): boolean {
  return refused.code === "UNAVAILABLE" || (refused.code === null && saysThrottled(refused.text));
}

/** Why messages were refused by APPEND, COPY or MOVE. `bytes` of the message, where it is one. */
export function additionRefused(refused: Refused, bytes: number | null): MailError {
  const { code, text } = refused;
  if (code === "OVERQUOTA" || (code === null && saysFull(text))) return quotaExceeded(refused);
  if (bytes !== null && (code === "TOOBIG" || code === "LIMIT" || (code === null && saysTooLarge(text))))
    return messageNotTaken(bytes, null);
  return opRefused(refused, "message");
}

/** Gives the error to throw for a refusal where no outcome has room for it: a pause that the server asks for, else OP_REFUSED. */
export function thrownRefusal(error: unknown, endpoint: Endpoint): unknown {
  if (!(error instanceof Refused)) return error;
  return wantsPause(error) ? refusedError(error, endpoint) : opRefused(error, "mailbox");
}
