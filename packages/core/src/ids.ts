// Ids that cannot travel where another is meant. They exist for the compiler only; at run time they are plain numbers.
// It must never hold conversions that guess: `asId` is called where a row or an answer has just been read, nowhere else.

declare const brand: unique symbol;
type Branded<Name extends string> = number & { readonly [brand]: Name };

export type AccountId = Branded<"account">;
export type ArchiveId = Branded<"archive">;
export type LinkId = Branded<"link">;
export type MailboxId = Branded<"mailbox">;
export type RemoteMailboxId = Branded<"remoteMailbox">;
export type MessageId = Branded<"message">;
export type RunId = Branded<"run">;
/** An IMAP UID, 1 to 4294967295 (RFC 9051 section 2.3.1.1). */
export type Uid = Branded<"uid">;
/** A revision of an archive: 1 is the first change. 0 is the empty archive before it. */
export type Revision = Branded<"revision">;

type AnyId = AccountId | ArchiveId | LinkId | MailboxId | RemoteMailboxId | MessageId | RunId | Uid | Revision;

/** Brands a number that was just read from the database or the wire. bigint and string come from Postgres' int8. */
export function asId<Id extends AnyId>(value: number | bigint | string): Id {
  return Number(value) as Id;
}
