// What the address of the mail screen says: which archive, mailbox and message, what is searched for, and the moment at which all of it is shown.
// Pure. Whatever somebody writes into an address is either understood or left out.

export interface MailAddress {
  readonly archive?: number;
  readonly mailbox?: number;
  readonly message?: number;
  /** A query: then the messages are those that are found in the archive. */
  readonly q?: string;
  /** Also what was removed by then. */
  readonly removed?: true;
  /** A revision, or a time as the API takes it. Not there: now. */
  readonly at?: number | string;
}

const idOf = (given: unknown): number | undefined =>
  typeof given === "number" && Number.isSafeInteger(given) && given > 0 ? given : undefined;

/** Reads the words of an address. */
export function mailAddress(given: Readonly<Record<string, unknown>>): MailAddress {
  const [archive, mailbox, message] = [idOf(given.archive), idOf(given.mailbox), idOf(given.message)];
  const q = typeof given.q === "string" || typeof given.q === "number" ? String(given.q).slice(0, 2_000).trim() : "";
  const at = typeof given.at === "number" || (typeof given.at === "string" && given.at !== "") ? given.at : undefined;
  return {
    ...(archive === undefined ? {} : { archive }),
    ...(mailbox === undefined ? {} : { mailbox }),
    ...(message === undefined ? {} : { message }),
    ...(q === "" ? {} : { q }),
    ...(given.removed === true ? { removed: true } : {}),
    ...(at === undefined ? {} : { at }),
  };
}

/** The same address with this message open, or with none. */
export function withMessage({ message: _, ...rest }: MailAddress, message: number | undefined): MailAddress {
  return message === undefined ? rest : { ...rest, message };
}

/** The same place with another search, no message open; an empty one ends it. */
export function withSearch(
  { q: _q, removed: _r, message: _m, ...rest }: MailAddress,
  q: string,
  removed: boolean,
): MailAddress {
  return q === "" ? rest : { ...rest, q, ...(removed ? { removed: true } : {}) };
}

/** The same place now. */
export function atNow({ at: _, message: _m, ...rest }: MailAddress): MailAddress {
  return rest;
}
