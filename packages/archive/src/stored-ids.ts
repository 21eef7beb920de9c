// The ids and sizes of bodies that a session stored or found lately, so that the commit that follows need not look for each by its digest, in an index
// that is in no order. It may forget any of them; what it says is proved where it is used (addMessages), since a body may be gone since.
// And whether bodies are worth looking for before they are stored: in a first pull nothing is there, and asking for each is a tenth of what Postgres does.
import type { Digest } from "@packetboat/core";

/** Several batches in flight, at 150 bytes each. */
const KEPT = 10_000;
/** So many that nobody had, and the next ones are taken to be new as well. */
const TELLING = 1_000;

export interface StoredId {
  readonly id: bigint;
  /** Bytes, before compression. */
  readonly size: number;
}

/** Two generations: the older one goes as a whole, which costs nothing. */
export interface StoredIds {
  recent: Map<Digest, StoredId>;
  older: ReadonlyMap<Digest, StoredId>;
  /** `unknown`: not enough were looked for. `new`: none of many was there. `met`: one was, and from then on each is looked for. */
  outlook: "unknown" | "new" | "met";
}

export const noIds = (): StoredIds => ({ recent: new Map(), older: new Map(), outlook: "unknown" });

/** `lookedFor` bodies were looked for at once, and so many of them were there. */
export function noteFound(stored: StoredIds, lookedFor: number, found: number): void {
  if (found > 0) stored.outlook = "met";
  else if (stored.outlook === "unknown" && lookedFor >= TELLING) stored.outlook = "new";
}

const kept = ({ recent, older }: StoredIds, sha256: Digest): StoredId | undefined =>
  recent.get(sha256) ?? older.get(sha256);

export const idOf = (stored: StoredIds, sha256: Digest): bigint | null => kept(stored, sha256)?.id ?? null;

/** Bytes, before compression; null where the body is not known (any more). */
export const sizeOf = (stored: StoredIds, sha256: Digest): number | null => kept(stored, sha256)?.size ?? null;

export function keepIds(stored: StoredIds, ids: ReadonlyMap<Digest, StoredId>): void {
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
