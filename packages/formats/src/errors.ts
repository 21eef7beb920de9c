// What the file system says when it refuses, as this room reads it. It must never turn an unknown failure into a known one.

/** The code of a system error, such as ENOSPC; empty where there is none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
