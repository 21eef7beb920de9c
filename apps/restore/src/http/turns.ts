// How much of messages may be in memory at once while they are opened: the others wait in the order in which they came. It must never let so
// many wait that waiting is all that is done.
import { MailError } from "@packetboat/core";

const MOST_WAITING = 100;

export interface Turns {
  /** Resolves when there is room for so many bytes; dispose of it to make room. Throws THROTTLED when too many wait. */
  readonly take: (bytes: number) => Promise<Disposable>;
}

interface Waiting {
  readonly bytes: number;
  readonly resolve: (turn: Disposable) => void;
}

/** Room for so many bytes. What is larger by itself has all of it. */
export function turnsOf(most: number): Turns {
  let free = most;
  const waiting: Waiting[] = [];
  const next = (): void => {
    for (let first = waiting[0]; first !== undefined && first.bytes <= free; first = waiting[0]) {
      waiting.shift();
      const { bytes, resolve } = first;
      free -= bytes;
      let isOver = false;
      resolve({
        [Symbol.dispose]: () => {
          if (isOver) return;
          isOver = true;
          free += bytes;
          next();
        },
      });
    }
  };
  const take = (bytes: number): Promise<Disposable> => {
    if (waiting.length >= MOST_WAITING)
      throw new MailError("THROTTLED", "Many messages are being opened. Try again in a moment.", {
        context: { seconds: 1 },
      });
    return new Promise((resolve) => {
      waiting.push({ bytes: Math.min(bytes, most), resolve });
      next();
    });
  };
  return { take };
}
