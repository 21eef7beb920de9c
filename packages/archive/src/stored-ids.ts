// The ids of bodies that a session stored or found lately, so that the commit that follows need not look for each by its digest, in an index
// that is in no order. It may forget any of them; what it says is proved where it is used (addMessages), since a body may be gone since.
import type { Digest } from "@packetboat/core";

/** Several batches in flight, at 150 bytes each. */
const KEPT = 10_000;

/** Two generations: the older one goes as a whole, which costs nothing. */
export interface StoredIds {
  recent: Map<Digest, bigint>;
  older: ReadonlyMap<Digest, bigint>;
}

export const noIds = (): StoredIds => ({ recent: new Map(), older: new Map() });

export const idOf = ({ recent, older }: StoredIds, sha256: Digest): bigint | null =>
  recent.get(sha256) ?? older.get(sha256) ?? null;

export function keepIds(stored: StoredIds, ids: ReadonlyMap<Digest, bigint>): void {
  if (stored.recent.size + ids.size > KEPT) {
    stored.older = stored.recent;
    stored.recent = new Map();
  }
  for (const [sha256, id] of ids) stored.recent.set(sha256, id);
}

export function forgetIds(stored: StoredIds): void {
  stored.recent = new Map();
  stored.older = new Map();
}
