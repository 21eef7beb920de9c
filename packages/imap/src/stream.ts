// Turns a command that pushes into an iterable that is pulled: the producer waits when what it has put is too much, and stops when
// nobody reads any more. It must never hold more than its bound plus one item, and never leave the producer waiting for ever.

const ENDED = { done: true, value: undefined } as const;

/** A queue of bounded weight between one or more producers and one consumer. */
export class Stream<T> {
  readonly #limit: number;
  readonly #items: { readonly item: T; readonly weight: number }[] = [];
  #weight = 0;
  #roomFor: (() => void)[] = [];
  #wake: (() => void) | null = null;
  #ended: { readonly error: unknown } | "done" | null = null;
  #abandoned = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** True when the consumer has gone. */
  get abandoned(): boolean {
    return this.#abandoned;
  }

  /** Puts an item; when the queue is full gives a promise that settles as soon as there is room, or nobody reads any more. */
  put(item: T, weight: number): Promise<void> | undefined {
    if (this.#abandoned) return undefined;
    this.#items.push({ item, weight });
    this.#weight += weight;
    this.#wake?.();
    if (this.#weight <= this.#limit) return undefined;
    return new Promise((resolve) => this.#roomFor.push(resolve));
  }

  /** No more items. The first call decides. */
  end(): void {
    this.#ended ??= "done";
    this.#wake?.();
  }

  /** Ends with an error, after the items put so far. */
  fail(error: unknown): void {
    this.#ended ??= { error };
    this.#wake?.();
  }

  #makeRoom(): void {
    if (this.#weight > this.#limit && !this.#abandoned) return;
    for (const resolve of this.#roomFor.splice(0)) resolve();
  }

  /**
   * For one consumer that asks for one item at a time. No generator: for a hundred thousand messages that is a hundred thousand promises less,
   * at each place which it would be handed through.
   */
  [Symbol.asyncIterator](): AsyncIterator<T, undefined> & { return(): Promise<IteratorReturnResult<undefined>> } {
    // The weight of the item in the consumer's hands: until the next one is asked for, it counts.
    let handed = 0;
    const next = async (): Promise<IteratorResult<T, undefined>> => {
      await this.#arrival();
      return take() ?? next();
    };
    const take = (): Promise<IteratorResult<T, undefined>> | null => {
      const first = this.#items.shift();
      if (first !== undefined) {
        handed = first.weight;
        return Promise.resolve({ done: false, value: first.item });
      }
      if (this.#ended === null) return null;
      this.#leave();
      return this.#ended === "done" ? Promise.resolve(ENDED) : Promise.reject(this.#ended.error);
    };
    return {
      next: () => {
        this.#weight -= handed;
        handed = 0;
        this.#makeRoom();
        return take() ?? next();
      },
      return: () => {
        this.#leave();
        return Promise.resolve(ENDED);
      },
    };
  }

  #leave(): void {
    this.#abandoned = true;
    this.#items.length = 0;
    this.#makeRoom();
  }

  async #arrival(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = null;
  }
}
