// Counts by digest, in as little memory as it takes: 16 bytes for each of them, and half as much again free. For what is asked of every
// message of a source: how often was this seen? Twelve bytes of SHA-256 tell more digests apart than there will ever be mail.
// It must never be asked with keys that somebody can choose to collide: they are digests.
import { createHash } from "node:crypto";

const WORDS = 4;

/** Made empty; grows as it must. */
export class DigestTable {
  #slots = new Uint32Array(WORDS * 1_024);
  #used = 0;

  /** Adds one and gives how many there are now. */
  add(digest: string | Buffer): number {
    if (this.#used * 1.5 * WORDS > this.#slots.length) this.#grow();
    const slot = this.#slotOf(keyOf(digest));
    if (this.#slots[slot + 3] === 0) this.#used++;
    const count = (this.#slots[slot + 3] ?? 0) + 1;
    this.#slots[slot + 3] = count;
    return count;
  }

  count(digest: string | Buffer): number {
    return this.#slots[this.#slotOf(keyOf(digest), false) + 3] ?? 0;
  }

  #slotOf(key: readonly [number, number, number], write = true): number {
    const slots = this.#slots;
    const mask = slots.length / WORDS - 1;
    for (let at = key[0] & mask; ; at = (at + 1) & mask) {
      const slot = at * WORDS;
      if (slots[slot + 3] === 0) {
        if (write) slots.set(key, slot);
        return slot;
      }
      if (slots[slot] === key[0] && slots[slot + 1] === key[1] && slots[slot + 2] === key[2]) return slot;
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    for (let at = 0; at < old.length; at += WORDS) {
      if (old[at + 3] === 0) continue;
      const slot = this.#slotOf([old[at] ?? 0, old[at + 1] ?? 0, old[at + 2] ?? 0]);
      this.#slots[slot + 3] = old[at + 3] ?? 0;
    }
  }
}

function keyOf(digest: string | Buffer): readonly [number, number, number] {
  const bytes = typeof digest === "string" ? Buffer.from(digest.slice(0, 24), "hex") : digest;
  return [bytes.readUInt32LE(0), bytes.readUInt32LE(4), bytes.readUInt32LE(8)];
}

/** The digest of any text, as a key. */
export const textDigest = (text: string): Buffer => createHash("sha256").update(text).digest();
