// UID MOVE and UID COPY out of the mailbox that is open read-write. It must never believe a COPYUID that does not fit, nor take an OK
// without one for more than "somewhere".
import { asId, formatUids, type Transferred, type Uid, type UidSet, uidCount } from "@packetboat/core";
import { orderedUids } from "./append-command.ts";
import { mailboxGone, Refused } from "./errors.ts";
import type { Gate } from "./gate.ts";
import { mailboxArgument, whyRefused } from "./list.ts";
import { uidPieces } from "./pieces.ts";
import { type Answer, responseCode, textOf } from "./tokens.ts";
import { additionRefused, namesNoMailbox, thrownRefusal, wantsPause } from "./write-errors.ts";

type Pairs = readonly (readonly [Uid, Uid])[];

/** Reads COPYUID. Null: none. Empty: one that cannot be believed (wrong UIDVALIDITY, counts that differ). */
export function readCopyUid(answer: Answer, uidValidity: bigint | null, asked: UidSet): Pairs | null {
  const code = responseCode(answer);
  if (code?.name !== "COPYUID") return null;
  const [validity, from, to] = code.rest.map(textOf);
  if (uidValidity === null || validity !== String(uidValidity)) return [];
  const count = countOf(from, uidCount(asked));
  const [sources, targets] = [orderedUids(from, count), orderedUids(to, count)];
  if (sources === null || targets === null) return [];
  return sources.map((source, at) => [asId<Uid>(source), asId<Uid>(targets[at] ?? 0)] as const);
}

/** How many UIDs a set names, as long as they are not more than were asked for; 0 for anything else. */
function countOf(text: string | undefined, most: number): number {
  let count = 0;
  for (const piece of (text ?? "").split(",")) {
    const match = /^(\d{1,10})(?::(\d{1,10}))?$/.exec(piece);
    if (!match) return 0;
    count += Math.abs(Number(match[2] ?? match[1]) - Number(match[1])) + 1;
    if (count > most) return 0;
  }
  return count;
}

interface Piece {
  readonly pairs: Pairs;
  /** OK, and no COPYUID that can be believed. */
  readonly unknown: boolean;
  readonly refused: Refused | null;
}

async function transferPiece(
  gate: Gate,
  verb: "MOVE" | "COPY",
  uids: UidSet,
  wire: string,
  uidValidity: bigint | null,
): Promise<Piece> {
  let pairs: Pairs = [];
  let doubtful = false;
  const note = (answer: Answer): void => {
    const read = readCopyUid(answer, uidValidity, uids);
    if (read === null) return;
    doubtful ||= read.length === 0;
    pairs = [...pairs, ...read];
  };
  try {
    // RFC 6851: MOVE names COPYUID in an untagged OK, before the first EXPUNGE.
    note(await gate.command(`UID ${verb} ${formatUids(uids)}`, { args: [mailboxArgument(wire)], on: { OK: note } }));
    return { pairs, unknown: doubtful || pairs.length === 0, refused: null };
  } catch (error) {
    if (error instanceof Refused && !wantsPause(error)) return { pairs, unknown: doubtful, refused: error };
    throw thrownRefusal(error, gate.endpoint);
  }
}

/** Moves or copies; the mailbox they come from is open read-write. */
export async function transfer(
  gate: Gate,
  verb: "MOVE" | "COPY",
  uids: UidSet,
  to: { readonly wire: string; readonly uidValidity: bigint | null },
): Promise<Transferred> {
  const pairs: (readonly [Uid, Uid])[] = [];
  let unknown = false;
  for (const piece of uidPieces(uids)) {
    const done = await transferPiece(gate, verb, piece, to.wire, to.uidValidity);
    pairs.push(...done.pairs);
    unknown ||= done.unknown;
    if (done.refused === null) continue;
    // What went before stays true: of the others nothing is known, and the next plan sees them.
    if (pairs.length > 0 || unknown) break;
    return { kind: "refused", error: await refusal(gate, to.wire, done.refused) };
  }
  return unknown ? { kind: "unknown" } : { kind: "done", pairs };
}

async function refusal(gate: Gate, wire: string, refused: Refused) {
  if (namesNoMailbox(refused)) {
    const why = await whyRefused(gate, wire, refused);
    if (why.code === "MAILBOX_GONE") return mailboxGone();
  }
  return additionRefused(refused, null);
}
