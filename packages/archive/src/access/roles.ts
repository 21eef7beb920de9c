// Who may do what in the restore app. Pure: tables of tests hold it. An admin may everything; a reader reads the archives that were given; a token
// may no more than its scopes name and its user may. It must never grant by default: what is not named here is refused.
import { type ArchiveId, MailError } from "@packetboat/core";

export const ROLES = ["admin", "reader"] as const;
export type UserRole = (typeof ROLES)[number];

/**
 * `read`: archives and their mail. `status`: how links are and what ran. `restore`: to take mail out in large, and, of an admin's token, to put it
 * back into accounts. `admin`: users and the audit, of an admin's token.
 */
export const SCOPES = ["read", "status", "restore", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

export interface User {
  readonly id: number;
  readonly name: string;
  readonly role: UserRole;
  /** What a reader may read; an admin reads all. */
  readonly archives: readonly ArchiveId[];
}

/** Somebody who has proved who they are, and by what. */
export interface Caller {
  readonly user: User;
  readonly by:
    | { readonly kind: "session"; readonly id: number }
    | { readonly kind: "token"; readonly id: number; readonly scopes: readonly string[] };
}

/**
 * What a question needs: nothing; somebody who is signed in; a person at a browser, never a token (a stolen one must not be able to make others);
 * an administrator, whatever the scopes of the token; or a scope.
 */
export type Need = "nothing" | "anybody" | "session" | "administrator" | Scope;

/** Null: allowed. Else why not; without a caller it is always that nobody is signed in. */
export function refusalOf(caller: Caller | null, need: Need): MailError | null {
  if (need === "nothing") return null;
  if (caller === null)
    return new MailError("NOT_SIGNED_IN", "Sign in first, or send a token: Authorization: Bearer TOKEN.");
  if (need === "anybody") return null;
  const { user, by } = caller;
  if (need === "session") {
    if (by.kind === "session") return null;
    return new MailError("NOT_ALLOWED", "A token cannot do this. Sign in with your name and password.");
  }
  if (need !== "administrator" && by.kind === "token" && !by.scopes.includes(need))
    return new MailError("NOT_ALLOWED", `This token lacks the scope "${need}". Make one that has it.`);
  if ((need === "admin" || need === "administrator") && user.role !== "admin")
    return new MailError("NOT_ALLOWED", "Only an administrator may do this. Ask one.");
  return null;
}

/** Whether a caller may read an archive: its mailboxes, its messages, its history and what ran over it. */
export function mayRead({ user }: Pick<Caller, "user">, archiveId: ArchiveId): boolean {
  return user.role === "admin" || user.archives.includes(archiveId);
}
