// What the runs of one archive share while they pull at the same time: the turn in which one of them plans on the archive and commits what it
// planned, the room for batches that are being written, and who came before whom. A run without company has one of its own.
// It must never keep the turn while bodies are read or stored: only what is short is done in it.

/** The batches of a company that are being written, of whatever mailbox: they are what its memory is bounded by (I4). */
export interface WritingRoom {
  readonly taken: { readonly task: Promise<unknown>; readonly bytes: number }[];
}

/** Runs of one archive that go on at the same time, made for one round. */
export interface Company {
  /** Their memory is bounded together (I4). */
  readonly room: WritingRoom;
  /** Does a step while no other run of the company is at such a step: what it plans on is still so when it commits (S4). */
  turn<T>(step: () => Promise<T>): Promise<T>;
  /** A place for one more run. */
  place(): Place;
}

/** One run's place in its company. */
export interface Place {
  /** From now on mailboxes of the archive may be filled by this run. Called in a turn. */
  enter(): void;
  /** Waits until all that had entered before have left: their mail is in the archive then, or will not come in this round. */
  earlierHaveLeft(): Promise<void>;
  /** Its mail is in the archive. */
  leave(): void;
}

/** Makes a company for the runs of one round. */
export function openCompany(): Company {
  let last: Promise<unknown> = Promise.resolve();
  const inside = new Set<Promise<void>>();
  return {
    room: { taken: [] },
    turn(step) {
      const done = last.then(step);
      last = done.catch(() => undefined); // thrown where it is awaited
      return done;
    },
    place() {
      const { promise, resolve } = Promise.withResolvers<void>();
      let earlier: readonly Promise<void>[] = [];
      return {
        enter() {
          earlier = [...inside];
          inside.add(promise);
        },
        async earlierHaveLeft() {
          await Promise.all(earlier);
        },
        leave() {
          inside.delete(promise);
          resolve();
        },
      };
    },
  };
}
