// What goes wrong between the page and the server, as one kind of error with a sentence for whoever sits before it (RFC 9457).
import { failure } from "../texts/shell.ts";

/** An answer that is none. `code` is stable, `message` says what to do. */
export class Problem extends Error {
  /** Of HTTP; 0: no answer came. */
  readonly status: number;
  readonly code: string;
  /** Seconds to wait before it is worth trying again; null: not said. */
  readonly wait: number | null;

  constructor(status: number, code: string, detail: string, wait: number | null = null) {
    super(detail);
    this.name = "Problem";
    this.status = status;
    this.code = code;
    this.wait = wait;
  }
}

/** Nobody is signed in, or not any more. */
export const isSignedOut = (error: unknown): boolean => error instanceof Problem && error.code === "NOT_SIGNED_IN";

/** Reads the problem out of an answer of the server, whoever wrote it: a proxy between may have. */
export async function problemOf(response: Response): Promise<Problem> {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  const wait = Number.isFinite(seconds) ? seconds : null;
  const told: unknown = /problem\+json/.test(response.headers.get("content-type") ?? "")
    ? await response.json().catch(() => null)
    : null;
  const { code, detail } = (told ?? {}) as { readonly code?: unknown; readonly detail?: unknown };
  return new Problem(
    response.status,
    typeof code === "string" ? code : "UNKNOWN",
    typeof detail === "string" ? detail : failure.unknown(response.status),
    wait,
  );
}

/** The sentence to show for whatever was thrown. */
export const sentenceOf = (error: unknown): string => (error instanceof Problem ? error.message : failure.own);
