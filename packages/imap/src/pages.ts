// Gathers FETCH answers into ascending pages while they stream in, and holds the reader back while the consumer works: memory is one
// page, whatever the mailbox (I4). It must never show a UID twice.
import { asId, normalFlags, type ObservedMessage, type Uid } from "@packetboat/core";
import type { FetchRow } from "./fetch-line.ts";

/** Most messages in a page (port: observe and identify). */
export const PAGE = 1_000;

/** Reads what one answer shows of a message; null when it names no UID or no flags. */
export function observedOf(row: FetchRow): ObservedMessage | null {
  if (row.uid === undefined || row.flags === undefined) return null;
  return { uid: asId<Uid>(row.uid), flags: normalFlags(row.flags), modseq: row.modseq ?? null };
}

/** Collects items into sorted pages. An item that comes again within its page replaces the first; one of an earlier page is dropped. */
export class Pager<T extends { readonly uid: number }> {
  #page = new Map<number, T>();
  #last = 0;
  #full: T[][] = [];
  /** Distinct UIDs so far. */
  count = 0;

  add(item: T): void {
    if (item.uid <= this.#last) return;
    if (!this.#page.has(item.uid)) this.count++;
    this.#page.set(item.uid, item);
    if (this.#page.size >= PAGE) this.#close();
  }

  #close(): void {
    if (this.#page.size === 0) return;
    const page = [...this.#page.values()].sort((a, b) => a.uid - b.uid);
    this.#last = page.at(-1)?.uid ?? this.#last;
    this.#full.push(page);
    this.#page = new Map();
  }

  /** A full page, if there is one. */
  next(): readonly T[] | undefined {
    return this.#full.shift();
  }

  /** What is left, after the last answer. */
  rest(): readonly (readonly T[])[] {
    this.#close();
    return this.#full.splice(0);
  }
}
