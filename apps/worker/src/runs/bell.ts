// A bell that one side rings and the other waits for: any number of rings while nobody listens count as one. No timers of its own.
// It must never lose a ring that comes between two waits.

export class Bell {
  #rung = false;
  #closed = false;
  #wake: (() => void) | null = null;

  /** Something is to be done. */
  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Nothing more will come; what was rung before is still heard. */
  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  /** Waits for a ring; gives false when there was none and none will come. */
  async heard(): Promise<boolean> {
    while (!this.#rung && !this.#closed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#wake = null;
    const rung = this.#rung;
    this.#rung = false;
    return rung;
  }
}
