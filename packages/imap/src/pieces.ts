// Cuts a set of UIDs into what one command may ask for: bounded in text, because servers cut off long lines, and in number. Pure.
import type { UidSet } from "@packetboat/core";

/** Longest UID set in one command: RFC 7162 section 4 and many servers end at 8,192 octets, the command's other words included. */
const SET_BYTES = 6_000;

/** Gives the set in ascending pieces of at most `most` UIDs whose text fits one command. */
export function* uidPieces(set: UidSet, most = Number.POSITIVE_INFINITY): Generator<UidSet> {
  let piece: [number, number][] = [];
  let bytes = 0;
  let room = most;
  for (const [start, end] of set) {
    for (let from = start; from <= end; ) {
      const to = Math.min(end, from + room - 1);
      const length = String(from).length + String(to).length + 2;
      if (piece.length > 0 && (bytes + length > SET_BYTES || room === 0)) {
        yield piece;
        piece = [];
        bytes = 0;
        room = most;
        continue;
      }
      piece.push([from, to]);
      bytes += length;
      room -= to - from + 1;
      from = to + 1;
    }
  }
  if (piece.length > 0) yield piece;
}
