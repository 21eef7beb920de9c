// A look at an account before mail is put into it: what its server takes, and what its mailboxes hold by size and header. Mailboxes are opened
// read-only; memory holds one mailbox's identities. It must never write, nor be taken for a proof: bytes decide when mail is sent.
import { type Digest, type MailboxPath, type Marks, type Role, samePath } from "@packetboat/core";
import type { Connection } from "../accounts/connect.ts";

export interface LookThere {
  /** Largest message that the server takes, in bytes; null: not stated. */
  readonly appendLimit: number | null;
  /** What the mailbox of this role (B3; null: none), else of this path, holds; nothing where there is none. */
  readonly holds: (
    path: MailboxPath,
    role: Role | null,
  ) => Promise<readonly { readonly size: number; readonly fingerprint: Digest | null }[]>;
}

/** Lists the account. What `holds` throws is what `observe` and `identify` of a Remote throw. */
export async function lookThere({ remote }: Pick<Connection, "remote">): Promise<LookThere> {
  const listing = (await remote.list()).filter(({ selectable }) => selectable);
  const { appendLimit } = remote.capabilities;
  const holds: LookThere["holds"] = async (path, role) => {
    const paired = role === null ? undefined : listing.find((one) => one.role === role);
    const listed = paired ?? listing.find((one) => samePath(one.path, path));
    if (listed === undefined || listed.status?.messages === 0) return [];
    const held: { size: number; fingerprint: Digest | null }[] = [];
    let marks: Marks | null = null;
    for await (const part of remote.observe(listed, { kind: "list" })) {
      if (part.kind === "marks") marks = part.marks;
      if (part.kind !== "end" || part.listed === null || part.listed.length === 0) continue;
      const validity = marks?.uidValidity ?? null;
      for await (const page of remote.identify(listed, validity, part.listed, { fingerprint: true }))
        held.push(...page.map(({ size, fingerprint }) => ({ size, fingerprint })));
    }
    return held;
  };
  return { appendLimit, holds };
}
