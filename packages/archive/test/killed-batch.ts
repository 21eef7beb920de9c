// The batch that the killed run and the run after it both have to bring in: made from what the archive shows, as a planner would.
import { type Archive, type Batch, hasUid, type Uid } from "@packetboat/core";
import { bodyOf } from "./stocked-archive.ts";

/** One of them in parts, so that a kill falls between statements too. */
export const BODIES = [
  ...Array.from({ length: 300 }, (_, i) => bodyOf(`message ${i}`)),
  bodyOf(Buffer.alloc(9_000_000, "Subject: large\r\n\r\nx")),
];

/** UID n is body n. What is bound already is not planned again. */
export async function batchOf(archive: Archive): Promise<Batch> {
  const { bases } = await archive.tree();
  const [base] = bases;
  if (base === undefined) throw new Error("no mailbox");
  const { bound } = await archive.known(base.id, 1 as Uid);
  return {
    archive: BODIES.flatMap(({ digests, internalDate }, i) => {
      const uid = (i + 1) as Uid;
      const binding = { remoteMailboxId: base.id, uid, flags: [], modseq: null, emailId: null };
      const op = {
        kind: "addMessage",
        mailboxId: base.mailboxId,
        sha256: digests.sha256,
        internalDate,
        flags: [],
        binding,
      } as const;
      return hasUid(bound, uid) ? [] : [op];
    }),
    base: [],
  };
}
