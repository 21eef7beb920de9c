// A bell that one side rings and the other waits for: any number of rings while nobody listens count as one.
// It must never lose a ring that comes between two waits, nor keep the process alive by itself.

/** Why a wait ended: `late` when it took longer than it was to, `closed` when nothing was rung and nothing will come. */
export type Heard = "rung" | "late" | "closed";

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

  /** Waits for a ring, at most so many milliseconds. Default: without end. */
  async heard(atMost?: number): Promise<Heard> {
    if (!this.#rung && !this.#closed) {
      await new Promise<void>((resolve) => {
        const timer = atMost === undefined ? undefined : setTimeout(resolve, atMost);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#wake = null;
    if (!this.#rung) return this.#closed ? "closed" : "late";
    this.#rung = false;
    return "rung";
  }
}
